"""What ``openai-videos`` sends in each dialect, to the field, and how it reads what comes back."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.providers.contract import finished, folder
from tests.providers.openai_videos_ground import (
    H3,
    PROMPT,
    WAN,
    now,
    opened,
    picture,
    sent,
    starting,  # noqa: F401 - the fixture start
    submission,
)
from workbench.domain.media import Role
from workbench.emulators.faults import Step
from workbench.emulators.videos import VideosEmulator
from workbench.providers.openai_videos import OpenAIVideos, answers, endpoints
from workbench.providers.openai_videos.dialects import DIALECTS
from workbench.providers.openai_videos.models import family
from workbench.providers.openai_videos.payload import as_json, fields, files
from workbench.settings import load

# What is sent


def test_text_in_each_dialect(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    asked = {"duration_s": 4, "resolution": "720p", "aspect_ratio": "9:16"}
    plain = {"model": "veo-3.1-fast-x", "prompt": PROMPT, "seconds": "4", "size": "720x1280"}
    cases: dict[str, tuple[str, dict[str, Any], Any]] = {
        "openai": ("veo-3.1-fast-x", {}, list(plain.items())),
        "litellm": ("veo-3.1-fast-x", {}, plain),
        "reseller": ("veo-3.1-fast-x", {}, plain),
        "vllm-omni": (
            WAN,
            {"seed": 7, "negative_prompt": "blur, fog"},
            [
                ("model", WAN),
                ("prompt", PROMPT),
                ("seconds", "4"),
                ("fps", "16"),
                ("size", "720x1280"),
                ("negative_prompt", "blur, fog"),
                ("seed", "7"),
            ],
        ),
        "sglang": (
            WAN,
            {"seed": 7, "negative_prompt": "blur, fog"},
            {
                "model": WAN,
                "prompt": PROMPT,
                "num_frames": 65,
                "fps": 16,
                "size": "720x1280",
                "negative_prompt": "blur, fog",
                "seed": 7,
            },
        ),
    }
    for dialect, (model, more, expected) in cases.items():
        emulator = start(dialect=dialect)
        provider = opened(emulator, tmp_path)
        operation = now(provider, provider.submit(submission(provider, model, settings=asked, **more)))
        assert sent(emulator) == expected, dialect
        (received,) = emulator.book.of(Step.CREATE)
        assert received.headers["Authorization"] == f"Bearer {emulator.key}"
        assert list(operation) == ["id"] and operation["id"] in emulator.book.operations


def test_the_default_dialect_sends_the_plain_fields_to_any_of_them(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    for dialect in ("openai", "litellm", "reseller"):
        emulator = start(dialect=dialect)
        provider = opened(emulator, tmp_path, OPENAI_VIDEOS_DIALECT="")
        assert provider.dialect.name == "auto"

        async def whole(provider: OpenAIVideos = provider) -> Path:
            operation = await provider.submit(submission(provider, "veo-3.1-fast"))
            done = await finished(provider, operation)
            return (await provider.fetch(operation, done.clips[0], folder(tmp_path))).clip

        assert now(provider, whole()).read_bytes()[4:8] == b"ftyp"
        assert sent(emulator) == {
            "model": "veo-3.1-fast",
            "prompt": PROMPT,
            "seconds": "8",
            "size": "1280x720",
        }


def test_the_first_frame_is_one_file_of_a_form(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    first = picture(tmp_path / "in", "first", Role.FIRST_FRAME)
    for dialect, model in (
        ("openai", "sora-2"),
        ("litellm", "veo-3.1-generate-001"),
        ("reseller", "gemini-omni-1.2-flash"),
        ("vllm-omni", WAN),
        ("sglang", WAN),
    ):
        emulator = start(dialect=dialect)
        provider = opened(emulator, tmp_path)
        now(provider, provider.submit(submission(provider, model, first)))
        assert sent(emulator)[-1] == ("input_reference", "first_frame.png", "image/png"), dialect
        assert emulator.book.of(Step.CREATE)[0].body[-1].content == first[1].read_bytes()


def test_first_and_last_frame(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    first = picture(tmp_path / "in", "first", Role.FIRST_FRAME)
    last = picture(tmp_path / "in", "last", Role.LAST_FRAME)
    emulator = start(dialect="reseller")  # the asynchronous guide, to the letter
    provider = opened(emulator, tmp_path)
    now(provider, provider.submit(submission(provider, "veo-3.1-fast-fl", last, first)))
    assert sent(emulator) == [
        ("model", "veo-3.1-fast-fl"),
        ("prompt", PROMPT),
        ("input_reference", "first_frame.png", "image/png"),
        ("input_reference", "last_frame.png", "image/png"),
    ]
    emulator = start(dialect="vllm-omni", models=[H3])
    provider = opened(emulator, tmp_path)
    now(provider, provider.submit(submission(provider, H3, first, last)))
    assert sent(emulator)[-2:] == [
        ("input_references", "first_frame.png", "image/png"),
        ("input_references", "last_frame.png", "image/png"),
    ]


def test_references_in_their_order_and_a_clip_to_go_on_from(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    one = picture(tmp_path / "in", "one", Role.REFERENCE, 0)
    two = picture(tmp_path / "in", "two", Role.REFERENCE, 1)
    clip = picture(tmp_path / "in", "clip", Role.SOURCE_CLIP)
    emulator = start(dialect="vllm-omni", models=[H3])
    provider = opened(emulator, tmp_path)
    now(provider, provider.submit(submission(provider, H3, two, one)))
    assert sent(emulator)[-2:] == [
        ("input_references", "reference_1.png", "image/png"),
        ("input_references", "reference_2.png", "image/png"),
    ]
    emulator = start(dialect="vllm-omni", models=[H3])
    provider = opened(emulator, tmp_path)
    now(provider, provider.submit(submission(provider, H3, clip)))
    assert sent(emulator)[-1] == ("input_reference", "source_clip.mp4", "video/mp4")


def test_json_only_says_it_in_words_and_data_urls(tmp_path: Path) -> None:
    dialect = DIALECTS["json"]
    settings = load(tmp_path, environ={"OPENAI_VIDEOS_BASE_URL": "http://h", "OPENAI_VIDEOS_DIALECT": "json"})
    (provider,) = endpoints(settings)
    one = picture(tmp_path / "in", "one", Role.REFERENCE)
    asked = submission(provider, "gemini-omni-1.2-flash", one, settings={"duration_s": 5}, seed=3)
    kin = family("gemini-omni-1.2-flash", dialect)
    parts = asyncio.run(files(asked, kin, dialect))
    data_url = "data:image/png;base64," + base64.b64encode(one[1].read_bytes()).decode()
    assert as_json(fields(asked.request, "gemini-omni-1.2-flash", kin, dialect), parts) == {
        "model": "gemini-omni-1.2-flash",
        "prompt": PROMPT,
        "seconds": 5,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "seed": 3,
        "input_references": [data_url],
    }


# Reading


@pytest.mark.parametrize(
    ("body", "state", "fraction", "link"),
    [
        ({"status": "processing", "progress": 45}, "RUNNING", 0.45, ""),
        ({"status": "In-Progress", "progress": "45%"}, "RUNNING", 0.45, ""),
        ({"status": "IN_QUEUE", "progress": 0.45}, "RUNNING", 0.45, ""),
        ({"status": "in progress", "progress": 1}, "RUNNING", 0.01, ""),
        ({"state": "succeeded", "video_url": "https://a/b"}, "DONE", None, "https://a/b"),
        (
            {"status": "completed", "output": {"url": "https://a/b"}, "progress": 250},
            "DONE",
            1.0,
            "https://a/b",
        ),
        ({"status": "completed", "output": ["https://a/b"]}, "DONE", None, "https://a/b"),
        ({"status": "completed", "output": "/srv/x.mp4", "url": "/v1/f/1"}, "DONE", None, "/v1/f/1"),
        ({"status": "completed", "data": [{"url": "https://a/b"}]}, "DONE", None, "https://a/b"),
        ({"url": "https://a/b"}, "DONE", None, "https://a/b"),
        ({"error": "boom"}, "FAILED", None, ""),
        ({"status": "canceled", "progress": True}, "CANCELLED", None, ""),
        ({"status": "expired", "progress": "soon"}, "EXPIRED", None, ""),
        ({"progress": -3}, "RUNNING", 0.0, ""),
        ({"status": 7}, "RUNNING", None, ""),
    ],
)
def test_answers_are_read_with_patience(
    body: dict[str, Any], state: str, fraction: float | None, link: str
) -> None:
    assert answers.state(body).standing.name == state
    assert answers.fraction(body) == fraction
    assert answers.link(body) == link


def test_times_of_every_kind() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    stamp = int(moment.timestamp())
    for said in (
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00",
        stamp,
        float(stamp),
        str(stamp),
        stamp * 1000,
    ):
        assert answers.moment(said) == moment, said
    for said in (None, True, "soon", 0, -1, 1e300, float("nan"), {}):
        assert answers.moment(said) is None, said


def test_ids_of_every_kind() -> None:
    assert answers.operation_id({"id": "a"}) == "a"
    assert answers.operation_id({"task_id": 17}) == "17"
    assert answers.operation_id({"data": {"id": "a", "status": "queued"}}) == "a"
    assert answers.operation_id({"id": None, "error": "no"}) == ""
