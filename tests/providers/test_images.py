"""Stills of the image models: real SDKs, one POST each, on the disk before they are believed."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from immutabledict import immutabledict
from PIL import Image
from ulid import ULID

from tests.providers.contract import Contract, folder
from workbench.api.workbench import Workbench
from workbench.domain.capabilities import Capabilities, validate
from workbench.domain.errors import (
    FailureReason,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
)
from workbench.domain.media import Input, Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.run import Kind, Origin, Parenthood, Status
from workbench.emulators import content, footage
from workbench.emulators.book import FormPart
from workbench.emulators.faults import Fault, Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import Emulator
from workbench.media.files import MediaFiles
from workbench.media.images import read_image
from workbench.media.intake import of_image
from workbench.providers import gemini
from workbench.providers import openai as openai_wire
from workbench.providers.animatic import Animatic
from workbench.providers.base import Finished, Missing, Provider, Submission
from workbench.providers.openai.images import SIZES
from workbench.settings import load

PROMPT = "A lighthouse in a storm, wide shot"


@dataclass
class Side:
    """An image endpoint and the emulator that plays its service."""

    emulator: Emulator
    opens: Callable[[Any], list[Any]]
    data: Path

    def provider(self) -> Provider:
        provider: Provider = self.opens(load(self.data, environ=self.emulator.settings()))[0]
        provider.poll_every_s = 0.05
        return provider

    @property
    def model(self) -> Capabilities:
        return next(m for m in self.provider().models() if m.kind is Kind.IMAGE)

    def request(self, references: int = 0, name: str = "", **settings: Scalar) -> GenerationRequest:
        files = MediaFiles(self.data / "media")
        media = [
            of_image(read_image(footage.still(f"reference {n}"), "still")).store(files)
            for n in range(references)
        ]
        inputs = tuple(Input(Role.REFERENCE, one, n) for n, one in enumerate(media))
        model = self.provider().model(name) if name else self.model
        assert model is not None
        asked = GenerationRequest(model.model, PROMPT, inputs=inputs, settings=immutabledict(settings))
        return validate(asked, model)

    def submission(self, request: GenerationRequest | None = None) -> Submission:
        asked = request or self.request()
        files = MediaFiles(self.data / "media")
        return Submission(str(ULID()), asked, {i.media.sha256: files.path(i.media) for i in asked.inputs})

    def submit(self, request: GenerationRequest | None = None) -> Any:
        async def once() -> Any:
            provider = self.provider()
            try:
                return await provider.submit(self.submission(request))
            finally:
                await provider.close()

        return asyncio.run(once())

    def poll(self, operation: Any) -> Finished:
        answer = asyncio.run(self.provider().poll(json.loads(json.dumps(plain(operation)))))
        assert isinstance(answer, Finished)
        return answer

    def fetch(self, operation: Any, target: Path, index: int = 0) -> Path:
        clip = self.poll(operation).clips[index]
        return asyncio.run(self.provider().fetch(operation, clip, folder(target))).clip

    def sent(self) -> list[Any]:
        return [request.body for request in self.emulator.book.of(Step.CREATE)]


def plain(value: Any) -> Any:
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict | immutabledict) else value


SIDES = {
    "openai": (ImagesEmulator, openai_wire.endpoints),
    "gemini": (InteractionsEmulator, gemini.endpoints),
}


@pytest.fixture(params=list(SIDES))
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    yield from opened(request.param, tmp_path)


@pytest.fixture
def openai(tmp_path: Path) -> Iterator[Side]:
    yield from opened("openai", tmp_path)


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Side]:
    yield from opened("gemini", tmp_path)


def opened(name: str, data: Path) -> Iterator[Side]:
    emulator, opens = SIDES[name]
    with emulator(operation_s=0.0) as running:
        yield Side(running, opens, data)


class TestStills(Contract):
    """As far as it speaks of pictures: what is fetched is no clip that plays."""

    @pytest.fixture
    def make(self, side: Side) -> Callable[[], Provider]:
        def alone() -> Provider:
            provider = side.provider()
            if isinstance(provider, gemini.Gemini):  # its videos keep the contract elsewhere
                provider._works = {Kind.IMAGE: provider._works[Kind.IMAGE]}
            return provider

        return alone

    def test_a_request_becomes_a_clip_that_plays(
        self, make: Callable[[], Provider], quick: dict[str, str | int | bool], tmp_path: Path
    ) -> None:
        """The same for a still: it opens, in the shape that was asked for."""
        provider = make()

        async def whole() -> Path:
            operation = await provider.submit(self.submission(provider.models()[0], quick))
            done = await provider.poll(operation)
            assert isinstance(done, Finished)
            fetched = await provider.fetch(operation, done.clips[0], folder(tmp_path))
            await provider.forget(operation)
            await provider.forget(operation)
            return fetched.clip

        with Image.open(asyncio.run(whole())) as picture:
            assert picture.width / picture.height == pytest.approx(16 / 9)


# What both keep


def test_a_still_comes_with_the_answer_and_lies_on_the_disk(side: Side, tmp_path: Path) -> None:
    assert side.model.kind is Kind.IMAGE
    assert side.model.price(side.request()) is None  # none is known, and none is guessed
    operation = side.submit()
    (made,) = side.emulator.book.operations.values()
    (spooled,) = [f for f in (tmp_path / "spool").rglob("*") if f.is_file()]
    assert spooled.read_bytes() == made.clips[0]
    assert base64.b64encode(made.clips[0][:60]).decode() not in json.dumps(plain(operation))
    done = side.poll(operation)
    assert (len(done.clips), done.filtered) == (1, ())
    assert done.report["usage"]
    assert side.fetch(operation, tmp_path).read_bytes() == made.clips[0]
    asyncio.run(side.provider().forget(operation))
    with pytest.raises(OperationGone, match="spool"):
        side.fetch(operation, tmp_path)


@pytest.mark.parametrize("fault", ["filtered", "done_empty"])
def test_an_answer_without_a_picture_is_a_refusal_in_its_own_words(side: Side, fault: str) -> None:
    side.emulator.faults.add(Fault(Step.CREATE, fault))
    done = side.poll(side.submit())
    assert done.clips == ()
    assert len(done.filtered) >= 1 and all(done.filtered)


def test_googles_words_of_refusal_are_kept(google: Side) -> None:
    google.emulator.faults.add(Fault(Step.CREATE, "filtered"))
    assert google.poll(google.submit()).filtered == (content.REFUSAL, "IMAGE_SAFETY")


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [
        ("400", Rejected, FailureReason.INVALID_REQUEST),
        ("401", Rejected, FailureReason.AUTH),
        ("403", Rejected, FailureReason.AUTH),
        ("404", Rejected, FailureReason.INVALID_REQUEST),
        ("409", Rejected, FailureReason.INVALID_REQUEST),
        ("413", TooLarge, FailureReason.INVALID_REQUEST),
        ("refused_safety", Rejected, FailureReason.SAFETY),
        ("429", NotAccepted, None),
        ("retry_info=7", NotAccepted, None),
        ("408", OutcomeUnknown, None),
        ("500", OutcomeUnknown, None),
        ("html_502", OutcomeUnknown, None),
        ("503", OutcomeUnknown, None),
        ("drop_after", OutcomeUnknown, None),
        ("truncated", OutcomeUnknown, None),
        ("bad_json", OutcomeUnknown, None),
        ("redirect=http://example.org/", Rejected, FailureReason.INVALID_REQUEST),
    ],
)
def test_one_post_and_what_became_of_the_money(
    side: Side, fault: str, error: type[ProviderError], reason: FailureReason | None
) -> None:
    side.emulator.faults.add(Fault.parse(f"create:{fault}*9"))
    with pytest.raises(ProviderError) as caught:
        side.submit()
    assert type(caught.value) is error, caught.value
    assert len(side.sent()) == 1
    assert side.emulator.key not in str(caught.value)
    if isinstance(caught.value, Rejected):
        assert caught.value.reason is reason
    if fault.startswith("retry_info"):
        assert isinstance(caught.value, NotAccepted) and caught.value.retry_after_s == 7


def test_a_service_that_is_not_there_was_never_asked(side: Side) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    environ = {k: v.replace(side.emulator.url, nowhere) for k, v in side.emulator.settings().items()}
    (provider, *_) = side.opens(load(side.data, environ=environ))
    with pytest.raises(NotAccepted, match="can't be reached"):
        asyncio.run(provider.submit(side.submission()))


def test_a_picture_that_the_disk_has_no_room_for_is_not_called_free(side: Side, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    with pytest.raises(OutcomeUnknown, match="may have charged"):
        side.submit()


def test_a_key_that_is_missing_is_named(tmp_path: Path) -> None:
    (bare,) = openai_wire.endpoints(load(tmp_path, environ={}))
    assert bare.missing() == (Missing("OPENAI_API_KEY", "the key of the OpenAI API"),)
    for key in ("ke\ny", "ключ"):
        (wrong,) = openai_wire.endpoints(load(tmp_path, environ={"OPENAI_API_KEY": key}))
        assert [m.variable for m in wrong.missing()] == ["OPENAI_API_KEY"]


def test_a_probe_spends_nothing(side: Side) -> None:
    assert asyncio.run(side.provider().probe()).ok
    side.emulator.faults.add(Fault(Step.PROBE, "401", times=9))
    probed = asyncio.run(side.provider().probe())
    assert not probed.ok and side.emulator.key not in f"{probed.detail}{probed.hint}"
    assert side.sent() == []


def test_a_price_of_ones_own_counts_the_pictures(openai: Side, tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text(
        '[models."openai/gpt-image-2"]\nusd_per_clip = { "1K" = "0.05", "2K" = "0.08" }\n'
    )
    settings = load(tmp_path, environ=openai.emulator.settings())
    with Workbench(tmp_path, settings=settings, providers=[openai.provider()]) as bench:
        model = bench.model("openai/gpt-image-2")
    request = openai.request(0, model.model, resolution="2K", number_of_images=3)
    assert model.price(request) == 240_000


# What each sends


def test_openai_generates_to_the_field(openai: Side, tmp_path: Path) -> None:
    request = openai.request(aspect_ratio="9:16", resolution="2K", quality="max", number_of_images=2)
    operation = openai.submit(request)
    assert openai.sent() == [
        {
            "model": "gpt-image-2.6-sunburst",
            "prompt": PROMPT,
            "n": 2,
            "size": "1440x2560",
            "quality": "max",
            "output_format": "png",
        }
    ]
    assert openai.emulator.book.received[0].path == "/v1/images/generations"
    stills = [openai.fetch(operation, tmp_path, index).read_bytes() for index in (0, 1)]
    assert stills[0] != stills[1]


@pytest.mark.parametrize("references", [1, 2])
def test_openai_edits_from_references(openai: Side, references: int) -> None:
    request = openai.request(references)
    openai.submit(request)
    (received,) = openai.emulator.book.of(Step.CREATE)
    parts = [part for part in received.body if isinstance(part, FormPart)]
    fields = {part.name: part.text for part in parts if not part.content}
    assert received.path == "/v1/images/edits"
    assert fields == {
        "model": "gpt-image-2.6-sunburst",
        "prompt": PROMPT,
        "n": "1",
        "size": "1536x864",
        "quality": "auto",
        "output_format": "png",
    }
    files = [(part.name, part.content_type, part.content) for part in parts if part.content]
    media = MediaFiles(openai.data / "media")
    assert files == [("image[]", "image/png", media.path(i.media).read_bytes()) for i in request.inputs]


def test_every_size_is_one_that_openai_takes() -> None:
    for (ratio, resolution), size in SIZES.items():
        width, height = (int(side) for side in size.split("x"))
        across, down = (int(part) for part in ratio.split(":"))
        assert width % 16 == 0 and height % 16 == 0
        assert abs(width / height - across / down) < 0.001
        assert width * height <= 2560 * 1440, (ratio, resolution)


def test_google_generates_to_the_field(google: Side, tmp_path: Path) -> None:
    request = google.request(2, "gemini/gemini-3-pro-image", aspect_ratio="21:9", resolution="2K")
    operation = google.submit(request)
    (received,) = google.emulator.book.of(Step.CREATE)
    assert received.path == "/v1/models/gemini-3-pro-image:generateContent"
    media = MediaFiles(google.data / "media")
    parts = received.body["contents"][0].pop("parts")
    assert received.body == {
        "contents": [{"role": "user"}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "21:9", "imageSize": "2K"},
        },
    }
    sent = [base64.urlsafe_b64decode(part["inlineData"]["data"]) for part in parts[:2]]
    assert sent == [media.path(i.media).read_bytes() for i in request.inputs]
    assert parts[2] == {"text": PROMPT}
    with Image.open(google.fetch(operation, tmp_path)) as picture:
        assert picture.width / picture.height == pytest.approx(21 / 9, abs=0.01)


def test_the_smallest_of_google_has_one_size(google: Side) -> None:
    google.submit(google.request(0, "gemini/gemini-3.1-flash-lite-image"))
    assert google.sent()[0]["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9"}


def test_drafts_that_the_model_thought_with_are_left_out() -> None:
    from workbench.providers.gemini.images import _read

    parts = [{"thought": True, "inlineData": {"data": "draft"}}, {"inlineData": {"data": "done"}}]
    candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
    assert _read({"candidates": [candidate]}) == (["done"], [])


# From a still to a clip


def test_a_still_becomes_the_first_frame_of_a_clip(side: Side, tmp_path: Path) -> None:
    providers = [side.provider(), Animatic(tmp_path / "work")]
    with Workbench(tmp_path, providers=providers) as bench:
        asked = bench.request(PROMPT, model=side.model.model)
        (still,) = bench.wait([bench.submit(asked)], timeout_s=60)
        assert (still.status, still.kind) == (Status.SUCCEEDED, Kind.IMAGE)
        assert still.clip is not None and still.clip.last_frame == still.clip.media
        assert still.clip.media.mime in ("image/png", "image/jpeg")
        assert bench.path(still.clip.media).is_file()
        assert still.clip.poster is not None and still.clip.poster.mime == "image/jpeg"
        assert still.is_emulated
        assert f"alt='Still of run {still.id}'" in still._repr_html_()
        clip = bench.request(
            "The waves rise",
            first_frame=still,
            resolution="360p",
            duration_s=1,
            generate_audio=False,
        )
        assert clip.inputs[0].media == still.clip.media
        origin = Origin(parent_id=still.id, parenthood=Parenthood.STILL)
        (made,) = bench.wait([bench.submit(clip, origin)], timeout_s=60)
        assert (made.status, made.kind) == (Status.SUCCEEDED, Kind.VIDEO)
        assert made.origin.parent_id == still.id
    assert not [f for f in (tmp_path / "spool").rglob("*") if f.is_file()]
    assert len(side.sent()) == 1


def test_a_refused_still_is_a_filtered_run(side: Side, tmp_path: Path) -> None:
    side.emulator.faults.add(Fault(Step.CREATE, "filtered"))
    with Workbench(tmp_path, providers=[side.provider()]) as bench:
        (run,) = bench.wait([bench.submit(bench.request(PROMPT, model=side.model.model))], timeout_s=60)
    assert run.status is Status.FILTERED
    assert run.filtered


def test_repeats_are_told_apart_without_a_seed(side: Side) -> None:
    one, other = side.request().takes(2)
    assert side.model.seed is None
    assert (one.arm_hash, one.request_hash) != (other.arm_hash, other.request_hash)
    assert one.arm_hash == other.arm_hash == replace(one, take=9).arm_hash
