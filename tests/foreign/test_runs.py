"""Every kind of run, end to end, against services that were written from the recorded wire alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.foreign import flow, interactions, vertex, videos
from tests.foreign.house import House, Street, hurried, picture, secrets_in
from tests.foreign.service import CANCEL, CREATE, Asked, running
from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import InvalidRequest
from workbench.domain.run import Status

pytestmark = pytest.mark.long

VEO, OMNI = "vertex/veo-3.1-generate-001", "gemini/gemini-omni-1.2-flash"
GUIDE, GUIDE_FL = "openai-videos/veo-3.1-fast", "openai-videos/veo-3.1-fast-fl"
WAN = "gpu/Wan-AI/Wan2.2"
PROMPT = "A lion at dawn"
ENDPOINTS = """
[endpoints.{name}]
wire = "openai-videos"
base_url = "{url}/v1"
key_env = "OPENAI_VIDEOS_API_KEY"
dialect = "{dialect}"
"""


@pytest.fixture
def street(tmp_path: Path, clip: bytes) -> Iterator[Street]:
    street = Street.built(tmp_path, clip)
    (tmp_path / "log").mkdir()
    named = ENDPOINTS.format(name="gpu", url=street.vllm.url, dialect="vllm-omni")
    named += ENDPOINTS.format(name="oai", url=street.openai.url, dialect="openai")
    (tmp_path / "log" / "workbench.toml").write_text(named)
    with running(*street.services):
        yield street


@pytest.fixture
def house(tmp_path: Path, street: Street) -> House:
    return House(tmp_path, street.settings())


@pytest.fixture
def wb(house: House) -> Iterator[Workbench]:
    workbench = hurried(house)
    yield workbench
    workbench.close()


def sent(asked: list[Asked], prompt: str) -> Any:
    """The body of the one accepted request with that prompt."""
    (found,) = (one for one in asked if prompt.encode() in one.body)
    return found.json if "json" in found.headers["content-type"] else found.parts


def b64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def test_every_kind_of_run_of_every_wire_from_python(
    tmp_path: Path, street: Street, house: House, wb: Workbench
) -> None:
    start, end = picture(tmp_path, "start.jpg"), picture(tmp_path, "end.png", (20, 90, 200))
    one, two = str(start), str(end)
    asked: dict[str, dict[str, Any]] = {
        "Veo text": {"model": VEO, "negative_prompt": "cartoon", "seed": 7, "duration_s": 4},
        "Veo bucket": {
            "model": VEO,
            "output_gcs_uri": "gs://lions/out/",
            "number_of_videos": 2,
            "labels": "team=x",
        },
        "Veo frames": {"model": VEO, "first_frame": one, "last_frame": two},
        "Veo assets": {"model": VEO, "references": [one, two]},
        "Omni text": {"model": OMNI, "seed": 7},
        "Omni folded": {"model": OMNI, "negative_prompt": "cartoon", "fold_negative_prompt": True},
        "Omni first": {"model": OMNI, "first_frame": one},
        "Omni frames": {"model": OMNI, "first_frame": one, "last_frame": two},
        "Omni assets": {"model": OMNI, "references": [one, two]},
        "Guide text": {"model": GUIDE},
        "Guide frames": {"model": GUIDE_FL, "first_frame": one, "last_frame": two},
        "Plain text": {"model": "oai/sora-like-1"},
        "Plain first": {"model": "oai/sora-like-1", "first_frame": one},
        "Wan text": {"model": f"{WAN}-T2V-A14B", "seed": 7, "negative_prompt": "blur"},
        "Wan first": {"model": f"{WAN}-I2V-A14B", "first_frame": one},
        "Wan assets": {"model": "gpu/Wan-AI/Wan2.1-VACE-14B", "references": [one, two]},
        "Flow text": {"model": "flow/veo_3_1_t2v_fast", "seed": 7},
        "Flow frames": {"model": "flow/veo_3_1_i2v_s_fast_fl", "first_frame": one, "last_frame": two},
        "Flow assets": {"model": "flow/veo_3_0_r2v_fast_ultra", "references": [one]},
    }
    ids = {name: wb.submit(wb.request(f"{name}: {PROMPT}", **asked[name])) for name in asked}
    runs = dict(zip(ids, wb.wait(ids.values(), timeout_s=60), strict=True))
    assert {name: run.outcome for name, run in runs.items() if run.status is not Status.SUCCEEDED} == {}
    more = {
        "Veo on": {"model": VEO, "extend": runs["Veo text"]},
        "Omni on": {"model": OMNI, "extend": runs["Omni text"]},
    }
    later = [wb.generate(f"{name}: it walks on", timeout_s=60, **given) for name, given in more.items()]
    every: list[LoggedRun] = [*runs.values(), *later]
    assert {run.status for run in every} == {Status.SUCCEEDED}
    assert all(not run.is_emulated and run.clip and run.clip.path.exists() for run in every)
    assert len(runs["Veo bucket"].clips) == 2

    veo = street.vertex.accepted
    assert sent(veo, "Veo text") == {
        "instances": [{"prompt": f"Veo text: {PROMPT}"}],
        "parameters": {
            "durationSeconds": 4,
            "seed": 7,
            "aspectRatio": "16:9",
            "resolution": "720p",
            "negativePrompt": "cartoon",
            "generateAudio": True,
        },
    }
    bucket = sent(veo, "Veo bucket")
    assert bucket["labels"] == {"team": "x"}
    assert bucket["parameters"]["storageUri"] == "gs://lions/out/"
    assert bucket["parameters"]["sampleCount"] == 2
    (frames,) = sent(veo, "Veo frames")["instances"]
    assert frames["image"] == {"bytesBase64Encoded": b64(start), "mimeType": "image/jpeg"}
    assert frames["lastFrame"] == {"bytesBase64Encoded": b64(end), "mimeType": "image/png"}
    (assets,) = sent(veo, "Veo assets")["instances"]
    assert [each["referenceType"] for each in assets["referenceImages"]] == ["ASSET", "ASSET"]
    (extended,) = sent(veo, "Veo on")["instances"]
    assert base64.b64decode(extended["video"]["bytesBase64Encoded"]) == street.vertex.clip

    omni = street.omni.accepted
    assert sent(omni, "Omni text") == {
        "model": "gemini-omni-1.2-flash",
        "background": True,
        "generation_config": {"seed": 7, "video_config": {"task": "text_to_video"}},
        "input": f"Omni text: {PROMPT}",
        "response_format": {
            "aspect_ratio": "16:9",
            "delivery": "uri",
            "duration": "8s",
            "resolution": "720p",
            "type": "video",
        },
        "response_modalities": ["video"],
        "store": True,
    }
    assert "cartoon" in sent(omni, "Omni folded")["input"]
    tasks = {
        name: sent(omni, name)["generation_config"]["video_config"]["task"]
        for name in ("Omni first", "Omni frames", "Omni assets", "Omni on")
    }
    assert list(tasks.values()) == ["image_to_video", "image_to_video", "reference_to_video", "extend"]
    content = sent(omni, "Omni frames")["input"][0]["content"]
    assert [each["type"] for each in content] == ["image", "image", "text"]
    assert [each.get("data") for each in content[:2]] == [b64(start), b64(end)]
    assert sent(omni, "Omni on")["previous_interaction_id"] == "v1_foreign" + runs_number(omni, "Omni text")

    text = sent(street.guide.accepted, "Guide text")
    assert (text["model"], text["prompt"]) == ("veo-3.1-fast", f"Guide text: {PROMPT}")
    parts = sent(street.guide.accepted, "Guide frames")
    files = [(name, content) for name, file, content in parts if file]
    assert files == [("input_reference", start.read_bytes()), ("input_reference", end.read_bytes())]
    wan = {name: content for name, file, content in sent(street.vllm.accepted, "Wan text") if not file}
    assert (wan["negative_prompt"], wan["seed"]) == (b"blur", b"7")
    names = [name for name, file, _ in sent(street.vllm.accepted, "Wan assets") if file]
    assert names == ["input_references", "input_references"]

    framed = sent(street.flow.accepted, "Flow frames")["requests"][0]
    assert {framed["startImage"]["mediaId"][:10], framed["endImage"]["mediaId"][:10]} == {"CAMSupload"}
    (asset,) = sent(street.flow.accepted, "Flow assets")["requests"][0]["referenceImages"]
    assert asset["imageUsageType"] == "IMAGE_USAGE_TYPE_ASSET"

    accepted = sum(len(service.accepted) for service in street.services[:-1])
    assert accepted == len(every) == sum(len(service.asked(CREATE)) for service in street.services[:-1])
    assert [
        one.path for one in street.store.book if {"authorization", "x-goog-api-key"} & set(one.headers)
    ] == []
    assert secrets_in(house.data, street.secrets()) == []


def runs_number(asked: list[Asked], prompt: str) -> str:
    """Interactions are numbered in the order in which they were accepted."""
    return f"{1 + next(i for i, one in enumerate(asked) if prompt.encode() in one.body):04d}"


def test_the_document_s_way_through_flow_makes_a_still_and_uses_its_media_id(
    street: Street, wb: Workbench
) -> None:
    street.flow.takes_uploads = False
    still = wb.generate(PROMPT, model="flow/GEM_PIX_2", seed=7, timeout_s=30)
    assert still.clip
    wb.generate(PROMPT, model="flow/veo_3_0_r2v_fast_ultra", references=[still.clip], timeout_s=30)
    (made,) = street.flow.accepted[0].json["requests"][0]["referenceImages"]
    assert made["mediaId"] == "CAMSforeign0001"
    assert [each["imageModelName"] for each in street.flow.pictures] == ["GEM_PIX_2"]


def test_an_omni_run_is_edited_by_conversation_and_cancelled(street: Street, wb: Workbench) -> None:
    first = wb.generate(PROMPT, model=OMNI, timeout_s=30)
    wb.generate("Make it night", model=OMNI, edit=first, timeout_s=30)
    body = street.omni.accepted[1].json
    assert body["generation_config"]["video_config"] == {"task": "edit"}
    assert body["previous_interaction_id"] == "v1_foreign0001"
    street.omni.polls_needed = 10_000
    run_id = wb.submit(wb.request("Never", model=OMNI))
    with pytest.raises(TimeoutError):
        wb.wait([run_id], timeout_s=1.0)
    wb.cancel(run_id)
    (run,) = wb.wait([run_id], timeout_s=15)
    assert run.status is Status.CANCELLED
    assert [one.path for one in street.omni.asked(CANCEL)] == ["/v1/interactions/v1_foreign0003/cancel"]


def test_omni_refuses_a_negative_prompt_unless_it_is_folded(street: Street, wb: Workbench) -> None:
    with pytest.raises(InvalidRequest, match="no negative prompt"):
        wb.generate(PROMPT, model=OMNI, negative_prompt="cartoon")
    assert street.omni.book == []


def test_the_command_line_end_to_end(tmp_path: Path, street: Street, house: House) -> None:
    start, end = str(picture(tmp_path, "start.jpg")), str(picture(tmp_path, "end.png", (20, 90, 200)))
    asked = ["--prompt", PROMPT]
    frames = ["--start-frame", start, "--end-frame", end]
    target = tmp_path / "lion.mp4"
    lines = (
        [*asked, "--model", GUIDE, "--output", str(target)],
        [*asked, "--model", GUIDE_FL, *frames],
        [*asked, "--model", "oai/sora-like-1", "--start-frame", start],
        [*asked, "--model", f"{WAN}-T2V-A14B", "--seed", "7"],
    )
    with ThreadPoolExecutor(2) as desk:
        done = list(desk.map(lambda words: house.made(*words), lines))
    assert [(status, [run["status"] for run in runs]) for status, runs, _ in done] == [(0, ["succeeded"])] * 4
    assert target.read_bytes() == street.guide.clip
    assert [len(service.asked(CREATE)) for service in (street.guide, street.openai, street.vllm)] == [2, 1, 1]
    assert secrets_in(house.data, street.secrets()) == []
    assert [key[:6] for key in street.secrets() if any(key in text for text in house.said)] == []


REFUSED = {
    "no key": (4, ["--model", OMNI], {"GEMINI_API_KEY": ""}, "set GEMINI_API_KEY"),
    "no project": (4, ["--model", VEO], {"GOOGLE_CLOUD_PROJECT": ""}, "set GOOGLE_CLOUD_PROJECT"),
    "no token": (
        4,
        ["--model", "flow/veo_3_1_t2v_fast"],
        {"FLOW_GATEWAY_TOKEN": ""},
        "set FLOW_GATEWAY_TOKEN",
    ),
    "no server": (4, ["--model", GUIDE], {"OPENAI_VIDEOS_BASE_URL": ""}, "set OPENAI_VIDEOS_BASE_URL"),
    "dear": (3, ["--model", VEO], {"WORKBENCH_BUDGET_USD": "1"}, "would cost about $3.20"),
    "unpriced": (3, ["--model", GUIDE], {"WORKBENCH_BUDGET_USD": "1"}, "no price is known"),
    "length": (2, ["--model", VEO, "--duration", "5"], {}, "Allowed: 4 s, 6 s, 8 s"),
    "negative": (2, ["--model", OMNI, "--negative-prompt", "x"], {}, "no negative prompt"),
    "retired": (2, ["--model", "gemini/veo-3.1-generate-preview"], {}, "shut down on 2026-10-22"),
    "bucket": (
        2,
        ["--model", VEO, "--set", "output_gcs_uri=gs://lions/out"],
        {"VERTEX_API_KEY": vertex.KEY, "GOOGLE_CLOUD_PROJECT": "", "GOOGLE_APPLICATION_CREDENTIALS": ""},
        "With an API key no output bucket can be used",
    ),
}


def test_refusals_of_the_command_line_send_nothing(street: Street, house: House) -> None:
    def refused(case: tuple[int, list[str], dict[str, str], str]) -> tuple[int, str]:
        status, runs, told = house.made("--prompt", PROMPT, *case[1], **case[2])
        assert runs == []
        return status, told

    with ThreadPoolExecutor(2) as desk:
        done = dict(zip(REFUSED, desk.map(refused, REFUSED.values()), strict=True))
    assert {name: status for name, (status, _) in done.items()} == {name: c[0] for name, c in REFUSED.items()}
    assert [told for name, (_, told) in done.items() if REFUSED[name][3] not in told] == []
    assert [one.path for service in street.services for one in service.asked(CREATE)] == []


def test_a_vertex_api_key_alone_makes_a_clip(tmp_path: Path, street: Street) -> None:
    only = {"VERTEX_API_KEY": vertex.KEY, "GOOGLE_VERTEX_BASE_URL": street.vertex.url}
    house = House(tmp_path / "keyed", only)
    with hurried(house) as workbench:
        run = workbench.generate(PROMPT, model=VEO, timeout_s=30)
    assert run.status is Status.SUCCEEDED
    (asked,) = street.vertex.accepted
    assert asked.path == "/v1beta1/publishers/google/models/veo-3.1-generate-001:predictLongRunning"
    assert asked.headers["x-goog-api-key"] == vertex.KEY
    assert secrets_in(house.data, [vertex.KEY]) == []


def test_the_keys_of_this_street_look_real() -> None:
    assert not any(
        key.startswith("emulated-") for key in (vertex.KEY, interactions.KEY, videos.KEY, flow.TOKEN)
    )
