"""Everything that can go wrong with a ``/v1/videos`` server, at each step."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.providers.contract import finished, folder
from tests.providers.openai_videos_ground import (
    WAN,
    now,
    often,
    opened,
    starting,  # noqa: F401 - the fixture start
    submission,
)
from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
    Unavailable,
)
from workbench.domain.run import Charge
from workbench.emulators.faults import Fault, Step
from workbench.emulators.videos import VideosEmulator
from workbench.providers.base import Failed, Finished, Poll, RemoteClip, Running
from workbench.providers.openai_videos import OpenAIVideos, endpoints
from workbench.settings import load

# What goes wrong


def failing(
    emulator: VideosEmulator, data: Path, work: Callable[[OpenAIVideos], Awaitable[Any]], **more: str
) -> ProviderError:
    provider = opened(emulator, data, **more)
    with pytest.raises(ProviderError) as raised:
        now(provider, work(provider))
    assert emulator.key not in str(raised.value)
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("kind", "error", "accepted", "words"),
    [
        ("400", Rejected, 0, "openai-videos answered 400: The emulator was told to answer 400"),
        ("401", Rejected, 0, "Check its key"),
        ("403", Rejected, 0, "Check its key and what that key may do"),
        ("404", Rejected, 0, "answered 404"),
        ("408", OutcomeUnknown, 0, "answered 408"),
        ("409", Rejected, 0, "answered 409"),
        ("413", TooLarge, 0, "answered 413"),
        ("429", NotAccepted, 0, "answered 429"),
        ("retry_info", NotAccepted, 0, "answered 429"),
        ("500", OutcomeUnknown, 0, "answered 500"),
        ("html_502", OutcomeUnknown, 0, "openai-videos answered 502: Bad Gateway"),
        ("503", OutcomeUnknown, 0, "answered 503"),
        ("refused_safety", Rejected, 0, "Support codes: 89371032"),
        ("redirect", Rejected, 0, "a paid request follows no redirect"),
        ("drop_before", OutcomeUnknown, 0, "closed the connection"),
        ("drop_after", OutcomeUnknown, 1, "closed the connection"),
        ("bad_json", OutcomeUnknown, 1, "answered 200 without naming an operation"),
        ("truncated", OutcomeUnknown, 1, "gave no answer .its answer broke off"),
        ("wrong_length", OutcomeUnknown, 1, "gave no answer"),
    ],
)
def test_faults_at_create(
    kind: str,
    error: type[ProviderError],
    accepted: int,
    words: str,
    tmp_path: Path,
    start: Callable[..., VideosEmulator],
) -> None:
    value = {"redirect": "http://127.0.0.1:1/v1/videos", "retry_info": "34"}.get(kind, "")
    emulator = start(Fault(Step.CREATE, kind, value=value))
    found = failing(emulator, tmp_path, lambda p: p.submit(submission(p, "sora-2")))
    assert type(found) is error, found
    assert re.search(words, str(found)), found
    assert len(emulator.book.of(Step.CREATE)) <= 1, "a paid request is never repeated"
    assert len(emulator.book.operations) == accepted
    if isinstance(found, NotAccepted):
        assert found.retry_after_s == (34 if kind == "retry_info" else 30)
    if kind == "refused_safety":
        assert isinstance(found, Rejected) and found.reason is FailureReason.SAFETY


def test_slow_headers_at_create_are_waited_for(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    emulator = start(
        Fault(Step.CREATE, "slow_headers", value="0.3"), Fault(Step.CREATE, "slow_body", value="0.3")
    )
    provider = opened(emulator, tmp_path)

    async def twice() -> list[Any]:
        return [await provider.submit(submission(provider, "sora-2")) for _ in range(2)]

    assert [each["id"] for each in now(provider, twice())] == list(emulator.book.operations)


def test_a_server_that_is_not_there_was_certainly_not_reached(tmp_path: Path) -> None:
    (provider,) = endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_BASE_URL": "http://127.0.0.1:9"}))
    with pytest.raises(NotAccepted, match="nothing answers at its address"):
        now(provider, provider.submit(submission(provider, "sora-2")))


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("401", AuthLapsed, "answered 401"),
        ("403", AuthLapsed, "answered 403"),
        ("404", OperationGone, "answered 404"),
        ("gone", OperationGone, "Video not found"),
        ("429", Unavailable, "answered 429"),
        ("retry_info", Unavailable, "answered 429"),
        ("500", Unavailable, "answered 500"),
        ("html_502", Unavailable, "Bad Gateway"),
        ("503", Unavailable, "answered 503"),
        ("drop_before", Unavailable, "closed the connection"),
        ("drop_after", Unavailable, "closed the connection"),
        ("bad_json", Unavailable, "something that can't be read"),
        ("truncated", Unavailable, "its answer broke off"),
        ("redirect", Unavailable, "it redirects"),
    ],
)
def test_faults_at_poll(
    kind: str,
    error: type[ProviderError],
    words: str,
    tmp_path: Path,
    start: Callable[..., VideosEmulator],
) -> None:
    value = {"redirect": "http://127.0.0.1:1/", "retry_info": "12"}.get(kind, "")
    emulator = start(Fault(Step.POLL, kind, often(kind), value=value))
    provider = opened(emulator, tmp_path)

    async def once_and_again() -> Poll:
        operation = await provider.submit(submission(provider, "sora-2"))
        with pytest.raises(error, match=words) as raised:
            await provider.poll(operation)
        if isinstance(raised.value, Unavailable):
            hints = {"429": 30, "retry_info": 12}
            assert raised.value.retry_after_s == hints.get(kind)
        return await provider.poll(operation)  # nothing is lost by it

    assert isinstance(now(provider, once_and_again()), Finished)


def poll_after(emulator: VideosEmulator, data: Path, model: str = "sora-2") -> Poll:
    provider = opened(emulator, data)

    async def polled() -> Poll:
        operation = await provider.submit(submission(provider, model))
        async with asyncio.timeout(10):
            while isinstance(answer := await provider.poll(operation), Running):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return answer

    return now(provider, polled())


def test_a_failure_is_told_with_its_reason(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    failed = poll_after(start(Fault(Step.POLL, "done_error")), tmp_path)
    assert failed == Failed(
        FailureReason.PROVIDER, "openai-videos: The model ran out of memory", Charge.MAYBE
    )
    failed = poll_after(start(Fault(Step.POLL, "filtered")), tmp_path)
    assert isinstance(failed, Failed)
    assert failed.reason is FailureReason.SAFETY and "Support codes: 15236754" in failed.message
    failed = poll_after(start(Fault(Step.POLL, "done_error"), dialect="reseller"), tmp_path, "veo-3.1")
    assert failed == Failed(
        FailureReason.PROVIDER,
        "openai-videos: The model ran out of memory (not charged: its guide says that failed tasks are not "
        "charged)",
        Charge.NONE,
    )
    failed = poll_after(start(Fault(Step.POLL, "done_error"), dialect="vllm-omni"), tmp_path, WAN)
    assert isinstance(failed, Failed) and failed.charge is Charge.NONE


def test_completed_is_believed_only_with_a_clip(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    """LiteLLM's ``gemini/`` says completed of what failed and of what the filter took."""
    model = "veo-3.1-generate-001"
    filtered = poll_after(start(Fault(Step.POLL, "filtered"), dialect="litellm"), tmp_path, model)
    assert isinstance(filtered, Finished) and filtered.clips == ()
    assert len(filtered.filtered) == 1 and "Support codes: 15236754" in filtered.filtered[0]
    failed = poll_after(start(Fault(Step.POLL, "done_error"), dialect="litellm"), tmp_path, model)
    assert isinstance(failed, Failed) and failed.reason is FailureReason.PROVIDER
    assert "says that it is done, but has no clip" in failed.message and "No video" in failed.message
    for dialect in ("litellm", "openai", "reseller"):
        empty = poll_after(start(Fault(Step.POLL, "done_empty"), dialect=dialect), tmp_path, model)
        assert isinstance(empty, Failed) and "has no clip: Not found" in empty.message, dialect


def test_a_gateway_in_trouble_takes_no_clip_away(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    for fault, error in (("503", Unavailable), ("html_502", Unavailable), ("401", AuthLapsed)):
        emulator = start(Fault(Step.FETCH, fault), dialect="litellm")
        provider = opened(emulator, tmp_path)

        async def polled(provider: OpenAIVideos = provider, error: type[Exception] = error) -> Poll:
            operation = await provider.submit(submission(provider, "veo-3.1-generate-001"))
            with pytest.raises(error):
                await provider.poll(operation)
            return await provider.poll(operation)

        assert isinstance(now(provider, polled()), Finished)


def test_strange_words_and_times_change_nothing(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    emulator = start(
        Fault(Step.CREATE, "string_times"),
        Fault(Step.POLL, "unknown_status"),
        Fault(Step.POLL, "string_times"),
        Fault(Step.POLL, "clock_skew"),
    )
    provider = opened(emulator, tmp_path)

    async def polled() -> list[Poll]:
        operation = await provider.submit(submission(provider, "sora-2"))
        return [await provider.poll(operation) for _ in range(3)]

    strange, text, skewed = now(provider, polled())
    assert strange == Running(1.0, "openai-videos says “defragmenting”")
    assert isinstance(text, Finished) and isinstance(skewed, Finished)
    in_a_day = datetime.now(UTC) + timedelta(days=1)
    expires_at = text.clips[0].expires_at
    assert expires_at and abs(expires_at - in_a_day) < timedelta(minutes=1)
    assert skewed.clips[0].expires_at
    assert text.report["model"] == "sora-2" and text.report["seconds"] == "4"


def test_progress_is_told_while_it_runs(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    provider = opened(start(dialect="reseller", operation_s=60), tmp_path)

    async def polled() -> Poll:
        operation = await provider.submit(submission(provider, "veo-3.1"))
        await asyncio.sleep(0.1)
        return await provider.poll(operation)

    running = now(provider, polled())
    assert isinstance(running, Running) and running.fraction == 0.0 and running.note == ""


# Fetching


def collected(
    emulator: VideosEmulator, data: Path, model: str = WAN, errors: tuple[type[Exception], ...] = ()
) -> tuple[bytes, bytes]:
    """What came, after ``errors`` one after the other, and what it should be."""
    provider = opened(emulator, data)
    target = folder(data)

    async def whole() -> tuple[bytes, bytes]:
        operation = await provider.submit(submission(provider, model))
        done = await finished(provider, operation)
        for error in errors:
            with pytest.raises(error) as raised:
                await provider.fetch(operation, done.clips[0], target)
            assert emulator.key not in str(raised.value)
        fetched = await provider.fetch(operation, done.clips[0], target)
        return fetched.clip.read_bytes(), emulator.book.operations[str(operation["id"])].clips[0]

    return now(provider, whole())


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("401", AuthLapsed),
        ("403", AuthLapsed),
        ("429", Unavailable),
        ("500", Unavailable),
        ("html_502", Unavailable),
        ("503", Unavailable),
        ("drop_before", Unavailable),
        ("drop_after", Unavailable),
        ("truncated", Unavailable),
        ("wrong_length", Unavailable),
    ],
)
def test_faults_at_fetch_are_passing(
    kind: str, error: type[Exception], tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    came, whole = collected(
        start(Fault(Step.FETCH, kind, often(kind)), dialect="vllm-omni"), tmp_path, errors=(error,)
    )
    assert came == whole


def test_a_broken_download_goes_on_where_it_broke_off(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    emulator = start(Fault(Step.FETCH, "truncated"), dialect="vllm-omni")
    came, whole = collected(emulator, tmp_path, errors=(Unavailable,))
    assert came == whole
    first, second = emulator.book.of(Step.FETCH)
    assert "Range" not in first.headers
    assert second.headers["Range"] == f"bytes={len(whole) // 2}-" and second.headers["If-Range"]


def test_the_content_may_be_json_with_a_link(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    emulator = start(dialect="reseller")
    provider = opened(emulator, tmp_path)

    async def by_content() -> Path:
        operation = await provider.submit(submission(provider, "veo-3.1"))
        await finished(provider, operation)
        return (await provider.fetch(operation, RemoteClip(0, {}), folder(tmp_path))).clip

    assert now(provider, by_content()).read_bytes()[4:8] == b"ftyp"
    paths = [request.path.rpartition("/")[2] for request in emulator.book.of(Step.FETCH)]
    assert paths[0] == "content" and paths[1].endswith(".mp4")


def test_a_link_to_another_host_never_gets_the_key(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    storage = start(dialect="reseller")
    for emulator, model in (
        (start(dialect="reseller", storage=storage.url), "veo-3.1"),
        (start(dialect="sglang", storage=storage.url), WAN),
    ):
        provider = opened(emulator, tmp_path)

        async def whole(
            provider: OpenAIVideos = provider, model: str = model, emulator: VideosEmulator = emulator
        ) -> bytes:
            operation = await provider.submit(submission(provider, model))
            storage.book.operations.update(emulator.book.operations)
            done = await finished(provider, operation)
            return (await provider.fetch(operation, done.clips[0], folder(tmp_path))).clip.read_bytes()

        assert now(provider, whole())[4:8] == b"ftyp"
    taken = storage.book.of(Step.FETCH)
    assert len(taken) == 2
    assert all("Authorization" not in request.headers for request in taken)
    assert all(storage.key not in json.dumps(dict(request.headers)) for request in taken)


def test_a_redirect_to_another_host_never_gets_the_key(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    storage = start(dialect="reseller")
    held = storage.accept("held", name="held")
    target = f"{storage.url}/files/held.mp4?signature=1"
    emulator = start(Fault(Step.FETCH, "redirect", value=target), dialect="vllm-omni")
    came, _ = collected(emulator, tmp_path)
    assert came == held.clips[0]
    (taken,) = storage.book.of(Step.FETCH)
    assert "Authorization" not in taken.headers
    assert emulator.book.of(Step.FETCH)[0].headers["Authorization"]


def test_a_link_that_lapsed_is_asked_for_anew(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    storage = start(dialect="reseller")
    emulator = start(dialect="reseller", storage=storage.url)
    provider = opened(emulator, tmp_path)

    async def whole() -> bytes:
        operation = await provider.submit(submission(provider, "veo-3.1"))
        done = await finished(provider, operation)
        old = replace(done.clips[0], locator={"url": f"{storage.url}/files/old.mp4?signature=1"})
        storage.book.operations.update(emulator.book.operations)
        fetched = await provider.fetch(operation, old, folder(tmp_path))
        storage.book.operations.clear()
        with pytest.raises(OperationGone, match="has no clip at any address that it names"):
            await provider.fetch(operation, old, folder(tmp_path))
        return fetched.clip.read_bytes()

    assert now(provider, whole())[4:8] == b"ftyp"


def test_a_clip_that_is_gone_is_gone_and_one_that_is_not_done_is_not(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    emulator = start(dialect="vllm-omni", operation_s=60)
    provider = opened(emulator, tmp_path)

    async def whole() -> None:
        operation = await provider.submit(submission(provider, WAN))
        with pytest.raises(Unavailable, match="not done after all"):
            await provider.fetch(operation, RemoteClip(0, {}), folder(tmp_path))
        emulator.book.operations.clear()
        with pytest.raises(OperationGone, match="Video not found"):
            await provider.fetch(operation, RemoteClip(0, {}), folder(tmp_path))

    now(provider, whole())
