"""``Emulator``: a server in its own thread, with a book and a plan of faults. Each wire is a subclass."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from aiohttp import BodyPartReader, web

from workbench.domain.run import TEST_PREFIX
from workbench.emulators import footage
from workbench.emulators.book import Book, FormPart, Operation, Received
from workbench.emulators.faults import Fault, FaultPlan, Step

Handler = Callable[[web.Request, Any], Awaitable[web.Response]]
KEY = f"{TEST_PREFIX}key"
FAULT = web.RequestKey("fault", str)  # the kind of the fault of this answer, empty where it goes well
LARGEST_REQUEST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` as aiohttp writes it (``/v1/videos/{id}``). The handler gets the parsed body, too."""

    method: str
    path: str
    step: Step
    handler: Handler


class Emulator(ABC):
    """``operation_s`` is how long an operation takes. ``book`` names a file for other processes.

    Use it in a ``with``: then ``url`` is its address and ``settings`` the environment variables that
    point the workbench at it.
    """

    wire: ClassVar[str]
    most_body_bytes: int = LARGEST_REQUEST_BYTES

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        *,
        operation_s: float = 0.3,
        book: Path | None = None,
        port: int = 0,
    ) -> None:
        self.faults = FaultPlan(faults)
        self.book = Book(book)
        self.operation_s = operation_s
        self.key = KEY
        self.url = ""
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name=f"emulate-{self.wire}", daemon=True)

    # The wire

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """What it answers."""

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Environment variables that point the workbench here, test credentials included."""

    @abstractmethod
    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        """The wire's own JSON body of an error."""

    def is_let_in(self, request: web.Request) -> bool:
        """Whether the request carries this emulator's test credentials."""
        sent = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return self.key in (sent, request.headers.get("x-goog-api-key", ""))

    # For the subclasses

    def accept(self, prompt: str, clips: int = 1, *, name: str = "", **said: Any) -> Operation:
        """A new operation in the book: from here on it would be charged."""
        now = time.time()
        operation = Operation(name or secrets.token_hex(8), prompt, now, now + self.operation_s, said)
        width, height = footage.size(str(said.get("aspect_ratio") or "16:9"))
        seconds = int(said.get("seconds") or 4)
        operation.clips = [
            footage.clip(f"{operation.id}/{number}", width=width, height=height, seconds=seconds)
            for number in range(clips)
        ]
        self.book.accept(operation)
        return operation

    def operation(self, name: str) -> Operation | None:
        return self.book.operations.get(name)

    def refuse(self, status: int, message: str) -> web.Response:
        return web.json_response(self.error(status, message), status=status)

    def file(self, request: web.Request, content: bytes, content_type: str = "video/mp4") -> web.Response:
        """A file with ETag, Content-Length and Range, as storage servers give it."""
        headers = {"etag": f'"{hashlib.sha256(content).hexdigest()[:16]}"', "accept-ranges": "bytes"}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        is_same = request.headers.get("if-range", headers["etag"]) == headers["etag"]
        if span and is_same and (start := int(span[1])) < len(content):
            part = content[start : int(span[2]) + 1 if span[2] else None]
            headers["content-range"] = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
            return web.Response(status=206, body=part, content_type=content_type, headers=headers)
        return web.Response(body=content, content_type=content_type, headers=headers)

    # Life

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(30)
        if self._failed:
            raise self._failed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _main(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        try:
            runner = loop.run_until_complete(self._start())
        except BaseException as error:  # noqa: BLE001 - told to whoever started it
            self._failed = error
            self._ready.set()
            return
        self._ready.set()
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(runner.cleanup())
            loop.close()

    async def _start(self) -> web.AppRunner:
        app = web.Application(client_max_size=LARGEST_REQUEST_BYTES)
        for route in self.routes():
            app.router.add_route(route.method, route.path, self._answering(route))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    def _answering(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            fault = self.faults.take(route.step)
            kind = fault.kind if fault else ""
            if kind == "drop_before":
                return _cut(request)
            body = await _body(request)
            self._write_down(route, request, body)
            if not self.is_let_in(request) and route.step is not Step.TOKEN:
                return self.refuse(401, "The request has no valid credentials.")
            if fault and (said := self._refusal(fault)):
                return said
            request[FAULT] = kind
            response = await route.handler(request, body)
            return await _spoilt(request, response, fault) if fault else response

        return answer

    def _write_down(self, route: Route, request: web.Request, body: Any) -> None:
        received = Received(
            route.step, request.method, request.path, dict(request.query), dict(request.headers), body
        )
        self.book.receive(received)

    def _refusal(self, fault: Fault) -> web.Response | None:
        """What is answered without doing anything."""
        if fault.status:
            return self.refuse(fault.status, f"The emulator was told to answer {fault.status}.")
        match fault.kind:
            case "retry_info":
                body = self.error(429, "Resource has been exhausted.", fault.seconds)
                return web.json_response(body, status=429, headers={"retry-after": f"{fault.seconds:g}"})
            case "html_502":
                page = "<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"
                return web.Response(status=502, text=page, content_type="text/html")
            case "redirect":
                return web.Response(status=302, headers={"location": fault.value})
            case "refused_safety":
                return self.refuse(
                    400, "The prompt was blocked by the safety filter. Support codes: 89371032"
                )
        return None


async def _body(request: web.Request) -> Any:
    if request.content_type.startswith("multipart/"):
        parts = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            content = bytes(await part.read(decode=True))
            is_file = part.filename is not None
            parts.append(
                FormPart(
                    name=part.name or "",
                    text="" if is_file else content.decode(),
                    filename=part.filename or "",
                    content_type=part.headers.get("content-type", ""),
                    content=content if is_file else b"",
                )
            )
        return parts
    raw = await request.read()
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw


async def _spoilt(request: web.Request, response: web.Response, fault: Fault) -> web.StreamResponse:
    """The request was carried out; the answer does not arrive as it should."""
    whole = bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""
    match fault.kind:
        case "drop_after":
            return _cut(request)
        case "slow_headers":
            await asyncio.sleep(fault.seconds)
        case "bad_json":
            return web.Response(text="{not json", content_type="application/json")
        case "slow_body":
            return await _stream(request, response, whole, len(whole), fault.seconds)
        case "truncated":
            return await _stream(request, response, whole[: len(whole) // 2], len(whole))
        case "wrong_length":
            return await _stream(request, response, whole, len(whole) + 1_000)
    return response


async def _stream(
    request: web.Request, response: web.Response, sent: bytes, length: int, seconds: float = 0.0
) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers=_kept(response.headers))
    stream.content_length = length
    await stream.prepare(request)
    blocks = 10
    for number in range(blocks):
        await stream.write(sent[len(sent) * number // blocks : len(sent) * (number + 1) // blocks])
        await asyncio.sleep(seconds / blocks)
    if len(sent) < length and request.transport:
        request.transport.close()
    return stream


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()
