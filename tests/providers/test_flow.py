"""Flow over a gateway of one's own: every step to the field, every answer in words, the token kept."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.providers.contract import Contract, finished, folder
from tests.providers.flow_ground import (
    FRAMES,
    PORTRAIT,
    PROMPT,
    REFERENCES,
    STILL,
    TEXT,
    asked,
    capabilities,
    made,
    opened,
    picture,
    sent,
)
from workbench.api.workbench import Workbench
from workbench.domain.capabilities import faults
from workbench.domain.errors import (
    InvalidRequest,
)
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Kind
from workbench.emulators import footage
from workbench.emulators.faults import Fault, Step
from workbench.emulators.flow import PROJECT, FlowEmulator
from workbench.media.files import MediaFiles
from workbench.media.images import read_image
from workbench.media.intake import of_image
from workbench.media.probe import probe
from workbench.providers import flow, registry
from workbench.providers.base import Provider
from workbench.providers.flow import Flow
from workbench.settings import load


@pytest.fixture
def gateway() -> Iterator[FlowEmulator]:
    with FlowEmulator(operation_s=0.1) as emulator:
        yield emulator


@pytest.fixture
def provider(gateway: FlowEmulator, tmp_path: Path) -> Flow:
    return opened(gateway, tmp_path)


class TestFlow(Contract):
    @pytest.fixture
    def make(self, gateway: FlowEmulator, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: opened(gateway, tmp_path)

    def test_every_model_accepts_its_own_defaults_and_has_a_price_function(
        self, make: Callable[[], Provider]
    ) -> None:
        """All but the one between two frames, which says what it needs; no price is known for any."""
        for model in make().models():
            found = faults(model.complete(GenerationRequest(model.model, "A lighthouse")), model)
            wanted = (str(Role.FIRST_FRAME),) if model.model == FRAMES else ()
            assert tuple(fault.field for fault in found) == wanted
            assert model.price(GenerationRequest(model.model, "A lighthouse")) is None


def without_moments(body: Any) -> Any:
    """The body with the session and scene, which are new each time, checked and taken out."""
    contexts = [
        body["clientContext"],
        *[r["clientContext"] for r in body["requests"] if "clientContext" in r],
    ]
    for context in contexts:
        session = context.pop("sessionId", ";0")
        assert session[0] == ";" and session[1:].isdecimal()
    for request in body["requests"]:
        if "metadata" in request:
            assert len(request.pop("metadata")["sceneId"]) == 36
    return body


CONTEXT = {
    "projectId": PROJECT,
    "recaptchaToken": "",
    "tool": "PINHOLE",
    "userPaygateTier": "PAYGATE_TIER_TWO",
}


# What is sent


@pytest.mark.parametrize(
    ("name", "shape"), [(TEXT, "LANDSCAPE"), (PORTRAIT, "PORTRAIT")], ids=["landscape", "portrait"]
)
def test_text(gateway: FlowEmulator, provider: Flow, tmp_path: Path, name: str, shape: str) -> None:
    facts = probe(made(provider, asked(name), tmp_path))
    assert (facts.width > facts.height) is (shape == "LANDSCAPE")
    ((path, body),) = sent(gateway)
    assert path == "/v1/video:batchAsyncGenerateVideoText"
    assert without_moments(body) == {
        "clientContext": CONTEXT,
        "requests": [
            {
                "aspectRatio": f"VIDEO_ASPECT_RATIO_{shape}",
                "seed": 8465,
                "textInput": {"prompt": PROMPT},
                "videoModelKey": name.removeprefix("flow/"),
            }
        ],
    }


def test_references_are_uploaded_once(gateway: FlowEmulator, provider: Flow, tmp_path: Path) -> None:
    cat, hat = picture(tmp_path, "cat"), picture(tmp_path, "hat", 180, 320)
    given = [(Role.REFERENCE, cat), (Role.REFERENCE, hat)]
    made(provider, asked(REFERENCES, given, aspect_ratio="9:16"), tmp_path)
    uploads = [body for path, body in sent(gateway, Step.PROBE) if path == "/v1:uploadUserImage"]
    assert [u["imageInput"]["aspectRatio"] for u in uploads] == [
        "IMAGE_ASPECT_RATIO_LANDSCAPE",
        "IMAGE_ASPECT_RATIO_PORTRAIT",
    ]
    assert base64.b64decode(uploads[0]["imageInput"]["rawImageBytes"]) == cat[1].read_bytes()
    assert uploads[0]["imageInput"]["mimeType"] == "image/png"
    assert uploads[0]["imageInput"]["isUserUploaded"] is True
    ((path, body),) = sent(gateway)
    assert path == "/v1/video:batchAsyncGenerateVideoReferenceImages"
    assert without_moments(body) == {
        "clientContext": CONTEXT,
        "requests": [
            {
                "aspectRatio": "VIDEO_ASPECT_RATIO_PORTRAIT",
                "referenceImages": [
                    {"imageUsageType": "IMAGE_USAGE_TYPE_ASSET", "mediaId": "upload-0"},
                    {"imageUsageType": "IMAGE_USAGE_TYPE_ASSET", "mediaId": "upload-1"},
                ],
                "seed": 8465,
                "textInput": {"prompt": PROMPT},
                "videoModelKey": "veo_3_0_r2v_fast_ultra",
            }
        ],
    }
    made(opened(gateway, tmp_path), asked(REFERENCES, given), tmp_path)  # as another process would
    assert len(sent(gateway, Step.PROBE)) == 2


def test_first_and_last_frame(gateway: FlowEmulator, provider: Flow, tmp_path: Path) -> None:
    given = [(Role.FIRST_FRAME, picture(tmp_path, "dawn")), (Role.LAST_FRAME, picture(tmp_path, "dusk"))]
    made(provider, asked(FRAMES, given), tmp_path)
    ((path, body),) = sent(gateway)
    assert path == "/v1/video:batchAsyncGenerateVideoStartAndEndImage"
    assert without_moments(body)["requests"] == [
        {
            "aspectRatio": "VIDEO_ASPECT_RATIO_LANDSCAPE",
            "seed": 8465,
            "textInput": {"prompt": PROMPT},
            "videoModelKey": "veo_3_1_i2v_s_fast_fl",
            "startImage": {"mediaId": "upload-0"},
            "endImage": {"mediaId": "upload-1"},
        }
    ]


def test_the_documents_two_steps(gateway: FlowEmulator, provider: Flow, tmp_path: Path) -> None:
    """Without a picture of one's own: a still from words, and the clip from the still's media id."""
    made(provider, asked(REFERENCES, still_prompt="A cute cat"), tmp_path)
    (still_path, still), (_, clip) = sent(gateway)
    assert still_path == f"/v1/projects/{PROJECT}/flowMedia:batchGenerateImages"
    context = {"projectId": PROJECT, "tool": "PINHOLE"}
    assert without_moments(still) == {
        "clientContext": context,
        "requests": [
            {
                "clientContext": context,
                "seed": 8465,
                "imageModelName": "GEM_PIX_2",
                "imageAspectRatio": "IMAGE_ASPECT_RATIO_LANDSCAPE",
                "prompt": "A cute cat",
                "imageInputs": [],
            }
        ],
    }
    (name,) = [operation.id for operation in gateway.book.operations.values() if "still" in operation.prompt]
    assert clip["requests"][0]["referenceImages"][0]["mediaId"] == name


def test_a_still_of_flow_becomes_a_reference_without_an_upload(
    gateway: FlowEmulator, provider: Flow, tmp_path: Path
) -> None:
    assert capabilities(STILL).kind is Kind.IMAGE
    file = made(provider, asked(STILL, aspect_ratio="9:16"), tmp_path)
    files = MediaFiles(tmp_path / "media")
    media = of_image(read_image(file, "still")).store(files)
    assert media.height > media.width
    made(provider, asked(REFERENCES, [(Role.REFERENCE, (media, files.path(media)))]), tmp_path)
    assert sent(gateway, Step.PROBE) == []
    assert sent(gateway)[1][1]["requests"][0]["referenceImages"][0]["mediaId"] in gateway.book.operations


def test_a_still_takes_references_of_its_own(gateway: FlowEmulator, provider: Flow, tmp_path: Path) -> None:
    made(provider, asked(STILL, [(Role.REFERENCE, picture(tmp_path, "cat"))]), tmp_path)
    inputs = sent(gateway)[0][1]["requests"][0]["imageInputs"]
    assert inputs == [{"name": "upload-0", "imageInputType": "IMAGE_INPUT_TYPE_REFERENCE"}]


def test_the_whole_array_is_polled_unchanged(gateway: FlowEmulator, provider: Flow) -> None:
    async def poll() -> Any:
        operation = await provider.submit(asked(TEXT))
        await finished(provider, operation)
        return operation

    operation = asyncio.run(poll())
    polls = [body for _, body in sent(gateway, Step.POLL)]
    assert len(polls) >= 2
    assert all(body == {"operations": operation["operations"]} for body in polls)


# Where the token goes


@pytest.fixture
def storage() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Another host with the clip, which notes the headers that it is sent."""
    seen: list[dict[str, str]] = []
    clip = footage.clip("elsewhere")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(403 if self.path.startswith("/lapsed") else 200)
            self.send_header("content-type", "video/mp4")
            self.send_header("content-length", str(len(clip)))
            self.end_headers()
            self.wfile.write(clip)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def test_the_token_goes_to_no_other_host(
    gateway: FlowEmulator, provider: Flow, tmp_path: Path, storage: tuple[str, list[dict[str, str]]]
) -> None:
    url, seen = storage
    gateway.storage = url
    assert probe(made(provider, asked(TEXT), tmp_path)).width > 0
    gateway.storage = ""
    gateway.faults.add(Fault(Step.FETCH, "redirect", value=f"{url}/moved"))
    made(provider, asked(TEXT), tmp_path)
    assert len(seen) == 2
    assert not [headers for headers in seen if "authorization" in headers]
    assert all(r.headers.get("Authorization") == f"Bearer {gateway.key}" for r in gateway.book.received)


def test_a_link_that_has_lapsed_is_asked_for_anew(
    gateway: FlowEmulator, provider: Flow, tmp_path: Path, storage: tuple[str, list[dict[str, str]]]
) -> None:
    gateway.storage = f"{storage[0]}/lapsed"

    async def late() -> Path:
        operation = await provider.submit(asked(TEXT))
        done = await finished(provider, operation)
        gateway.storage = ""
        return (await provider.fetch(operation, done.clips[0], folder(tmp_path))).clip

    assert probe(asyncio.run(late())).duration_s > 0


# All of it


def test_from_still_to_clip_in_the_log(gateway: FlowEmulator, provider: Flow, tmp_path: Path) -> None:
    with Workbench(tmp_path, providers=[provider]) as bench:
        still = bench.generate("A cute cat", model=STILL, timeout_s=60)
        made = bench.generate(PROMPT, model=REFERENCES, references=[still], timeout_s=60)
        assert (still.kind, made.kind) == (Kind.IMAGE, Kind.VIDEO)
        assert made.clip is not None and made.clip.media.is_video
        assert made.is_emulated
        with pytest.raises(InvalidRequest, match="Give both pictures"):
            bench.request(PROMPT, model=FRAMES, first_frame=still)
    assert gateway.book.prompts() == ["still: A cute cat", PROMPT]
    assert sent(gateway, Step.PROBE) == []
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not [content for content in files if gateway.key.encode() in content]


# Setting it up


def test_it_is_off_until_it_is_set_up(tmp_path: Path) -> None:
    (off,) = flow.endpoints(load(tmp_path, environ={}))
    assert [m.variable for m in off.missing()] == [
        "FLOW_GATEWAY_URL",
        "FLOW_GATEWAY_TOKEN",
        "FLOW_PROJECT_ID",
    ]
    found = registry.providers(load(tmp_path, environ={}))
    assert [p.endpoint for p in found if isinstance(p, Flow)] == ["flow"]


@pytest.mark.parametrize(
    ("variable", "value"), [("FLOW_GATEWAY_URL", "gateway"), ("FLOW_GATEWAY_TOKEN", "to\nken")]
)
def test_what_can_not_be_used_is_named(tmp_path: Path, variable: str, value: str) -> None:
    environ = {
        "FLOW_GATEWAY_URL": "https://gateway.example",
        "FLOW_GATEWAY_TOKEN": "t",
        "FLOW_PROJECT_ID": "p",
    }
    assert flow.endpoints(load(tmp_path, environ=environ))[0].missing() == []
    (wrong,) = flow.endpoints(load(tmp_path, environ={**environ, variable: value}))
    assert [m.variable for m in wrong.missing()] == [variable]


def test_no_host_is_built_in(root: Path) -> None:
    for file in [*(root / "workbench/providers/flow").glob("*.py"), root / "workbench/emulators/flow.py"]:
        assert "googleapis.com/v1" not in file.read_text() and "://" not in _addresses(file.read_text())


def _addresses(text: str) -> str:
    """The text without what is said of addresses in general."""
    for harmless in ("https?://", "https:// or http://", "type.googleapis.com"):
        text = text.replace(harmless, "")
    return text


def test_the_settings_of_the_emulator_make_it_ready(gateway: FlowEmulator, tmp_path: Path) -> None:
    (ready,) = flow.endpoints(load(tmp_path, environ=gateway.settings()))
    assert ready.missing() == []
    assert ":emulated:" in ready.account
    assert asyncio.run(ready.probe()).ok
    assert sent(gateway) == []


@pytest.mark.parametrize(("fault", "words"), [("401", "fresh"), ("403", "fresh"), ("500", "URL")])
def test_a_probe_says_what_is_wrong(gateway: FlowEmulator, provider: Flow, fault: str, words: str) -> None:
    gateway.faults.add(Fault(Step.POLL, fault))
    probed = asyncio.run(provider.probe())
    assert not probed.ok and words in probed.hint
