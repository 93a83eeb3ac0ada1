"""How often, how large, how slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.types import Message, Scope

from workbench.server.limits import (
    JSON_BYTES,
    PICTURES_IN_JSON_BYTES,
    TOKEN_BYTES,
    UPLOAD_BYTES,
    Bounded,
    Buckets,
    Failures,
    TooMuch,
    most_bytes,
    neighbourhood,
)


class Turned:
    at = 50.0

    def __call__(self) -> float:
        return self.at


def test_a_burst_then_a_trickle() -> None:
    clock = Turned()
    buckets = Buckets(2, 3, now=clock)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert buckets.take("b") == 0
    clock.at += 0.25
    assert buckets.wait_s("a") == pytest.approx(0.25)
    clock.at += 0.25
    assert buckets.wait_s("a") == 0
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    clock.at += 100
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_buckets_do_not_grow_without_end() -> None:
    clock = Turned()
    buckets = Buckets(0.001, 1, now=clock, most=100)
    for number in range(1_000):
        clock.at += 0.001
        buckets.take(f"{number}")
    assert len(buckets._full_at) <= 100
    assert buckets.wait_s("999") > 0  # the latest are remembered


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_whom_failures_are_counted_for(peer: str, counted: str) -> None:
    assert neighbourhood(peer) == counted


def seen(peer: str, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "path": "/", "client": (peer, 1), "headers": headers}


@pytest.mark.parametrize(
    ("failing", "another", "is_shut_out"),
    [
        (seen("8.8.8.8"), seen("8.8.8.8"), True),
        (seen("8.8.8.8"), seen("8.8.4.4"), False),
        (seen("8.8.8.8"), seen("8.8.8.8", "1.1.1.1"), True),  # from afar the header changes nothing
        (seen("10.0.0.1", "1.1.1.1"), seen("10.0.0.1", "9.9.9.9"), False),
        (seen("127.0.0.1", "9.9.9.9, 1.1.1.1"), seen("127.0.0.1", "8.8.8.8, 1.1.1.1"), True),
        (seen("127.0.0.1", "9.9.9.9", "1.1.1.1"), seen("127.0.0.1", "1.1.1.1"), True),
        (seen("::1", "1.1.1.1"), seen("::1"), False),
        (seen("2606:4700::1"), seen("2606:4700::2"), True),
        (seen("2606:4700::1"), seen("2606:4700:0:1::1"), False),
    ],
)
def test_who_is_shut_out_by_whose_failures(failing: Scope, another: Scope, is_shut_out: bool) -> None:
    failures = Failures(Turned())
    for _ in range(6):
        assert failures.wait_s(failing) == 0
        failures.add(failing)
    assert failures.wait_s(failing) == pytest.approx(12)
    assert (failures.wait_s(another) > 0) is is_shut_out


def test_inventing_who_was_forwarded_is_of_little_use() -> None:
    clock = Turned()
    failures = Failures(clock)
    for number in range(300):
        failures.add(seen("10.0.0.1", f"1.1.{number // 250}.{number % 250}"))
    assert failures.wait_s(seen("10.0.0.1", "1.1.9.9")) > 0
    assert failures.wait_s(seen("10.0.0.2", "1.1.9.9")) == 0


FORM, JSON = "multipart/form-data; boundary=x", "application/json"


@pytest.mark.parametrize(
    ("path", "content_type", "most"),
    [
        ("/v1/videos", FORM, UPLOAD_BYTES),
        ("/v1/videos/abc/remix", JSON, PICTURES_IN_JSON_BYTES),
        ("/v1/videos", JSON, PICTURES_IN_JSON_BYTES),
        ("/veo31/generate", FORM, UPLOAD_BYTES),
        ("/veo31/generate", JSON, PICTURES_IN_JSON_BYTES),
        ("/veo31/generate-from-urls", FORM, JSON_BYTES),
        ("/veo31/generate-from-urls", JSON, JSON_BYTES),
        ("/_stcore/upload_file/1/2", FORM, UPLOAD_BYTES),
        ("/_stcore/stream", FORM, JSON_BYTES),
        ("/api/runs/1/cancel", JSON, JSON_BYTES),
        ("/api/prompts", FORM, JSON_BYTES),
        ("/v1/videosx", FORM, JSON_BYTES),
        ("/", "", JSON_BYTES),
        ("/\n/v1/videos", FORM, JSON_BYTES),
        ("/sign-in", "application/x-www-form-urlencoded", TOKEN_BYTES),
        ("/sign-in", FORM, TOKEN_BYTES),
    ],
)
def test_how_large_a_body_may_be(path: str, content_type: str, most: int) -> None:
    assert most_bytes(path, content_type) == most


def scope(**headers: str) -> Scope:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": "/", "headers": named}


def pieces(sizes: list[int]) -> Iterator[Message]:
    for number, size in enumerate(sizes):
        yield {"type": "http.request", "body": bytes(size), "more_body": number < len(sizes) - 1}


@pytest.mark.parametrize(
    ("sizes", "is_taken"),
    [([0], True), ([JSON_BYTES], True), ([JSON_BYTES + 1], False), ([400_000] * 3, False), ([1, 0], True)],
)
def test_a_body_is_counted_as_it_comes(sizes: list[int], is_taken: bool) -> None:
    async def read() -> tuple[int, list[Message]]:
        sent: list[Message] = []
        coming = pieces(sizes)

        async def receive() -> Message:
            return next(coming)

        async def send(message: Message) -> None:
            sent.append(message)

        request = Bounded(scope(), receive, send)
        try:
            while (await request.receive())["more_body"]:
                pass
        except TooMuch:
            with pytest.raises(TooMuch):
                await request.receive()
        await request.send({"type": "http.response.start", "status": 200})
        return request.broken, sent

    broken, sent = asyncio.run(read())
    assert broken == (0 if is_taken else 413)
    assert bool(sent) == is_taken


@pytest.mark.parametrize(("declared", "broken"), [("1000000", 0), ("1000001", 413), ("-1", 0), ("x", 0)])
def test_a_body_that_says_it_is_too_large_is_not_read(declared: str, broken: int) -> None:
    async def never() -> Message:
        raise AssertionError("read")

    async def nothing(message: Message) -> None: ...

    assert Bounded(scope(content_length=declared), never, nothing).broken == broken


def test_a_body_that_drips_has_an_end() -> None:
    async def read() -> int:
        async def dripping() -> Message:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"", "more_body": True}

        async def nothing(message: Message) -> None: ...

        request = Bounded({**scope(), "path": "/sign-in"}, dripping, nothing, pause_s=0.1)
        with pytest.raises(TooMuch):
            async with asyncio.timeout(10):
                while True:
                    await request.receive()
        return request.broken

    assert asyncio.run(read()) == 408


def test_a_body_that_pauses_is_given_up_and_an_open_answer_is_not() -> None:
    async def read() -> int:
        waiting = asyncio.Event()

        async def stalled() -> Message:
            await waiting.wait()
            return {"type": "http.disconnect"}

        async def nothing(message: Message) -> None: ...

        request = Bounded(scope(), stalled, nothing, pause_s=0.05)
        with pytest.raises(TooMuch):
            await request.receive()
        assert request.broken == 408

        coming = pieces([3])

        async def whole_then_open() -> Message:
            found = next(coming, None)
            return found or await stalled()

        request = Bounded(scope(), whole_then_open, nothing, pause_s=0.05)
        await request.receive()
        listening = asyncio.create_task(request.receive())
        await asyncio.sleep(0.15)
        assert not listening.done()
        waiting.set()
        assert (await listening)["type"] == "http.disconnect"
        return request.broken

    assert asyncio.run(read()) == 0
