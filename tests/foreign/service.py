"""``Service``: a threaded HTTP server on loopback with a book of its own and faults on order."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CREATE, POLL, FETCH, CANCEL, TOKEN, OTHER = "create", "poll", "fetch", "cancel", "token", "other"


@dataclass(frozen=True)
class Asked:
    """One request as it came off the wire. Header names are lower case."""

    step: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def parts(self) -> list[tuple[str, str | None, bytes]]:
        """Multipart: (name, file name, content) of every part, in order."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [
            (
                str(part.get_param("name", header="content-disposition")),
                part.get_filename(),
                part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            )
            for part in message.iter_parts()  # type: ignore[attr-defined]
        ]


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def said(body: object, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status, json.dumps(body).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


class Gone(Exception):
    """The connection ends without an answer."""


Fault = Callable[[Asked, Callable[[], Reply]], Reply]


def answers(reply: Reply) -> Fault:
    """The service answers so instead, and does no work."""
    return lambda _asked, _work: reply


def refuses(status: int, word: str, message: str, *details: object, **headers: str) -> Fault:
    """Google's shape of an error."""
    error = {"code": status, "message": message, "status": word, "details": list(details)}
    return answers(said({"error": error}, status, **headers))


def drops_before(_asked: Asked, _work: Callable[[], Reply]) -> Reply:
    raise Gone


def drops_after(_asked: Asked, work: Callable[[], Reply]) -> Reply:
    work()
    raise Gone


def cuts(_asked: Asked, work: Callable[[], Reply]) -> Reply:
    """Announces all, sends half."""
    whole = work()
    return Reply(
        whole.status, whole.body[: len(whole.body) // 2], whole.kind, {"Content-Length": str(len(whole.body))}
    )


def halves(_asked: Asked, work: Callable[[], Reply]) -> Reply:
    """Announces and sends half: the transfer is sound, the file is not."""
    whole = work()
    return Reply(whole.status, whole.body[: len(whole.body) // 2], whole.kind)


def sleeps(seconds: float) -> Fault:
    def late(_asked: Asked, work: Callable[[], Reply]) -> Reply:
        reply = work()
        threading.Event().wait(seconds)
        return reply

    return late


def sends_to(address: str) -> Fault:
    return answers(Reply(302, b"", headers={"Location": address}))


class Service(ABC):
    """``steps`` names what a request is; ``work`` does it. Faults of a step are used up one by one."""

    def __init__(self) -> None:
        self.book: list[Asked] = []
        self.accepted: list[Asked] = []
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.lock = threading.RLock()
        self.polls_needed = 1
        self._seen: dict[str, int] = defaultdict(int)
        self.last_word: dict[str, Any] | None = None  # what a finished poll says instead of success
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @abstractmethod
    def step(self, method: str, path: str) -> str: ...

    @abstractmethod
    def work(self, asked: Asked) -> Reply: ...

    def asked(self, step: str) -> list[Asked]:
        return [one for one in self.book if one.step == step]

    def is_ready(self, operation: str) -> bool:
        """Whether an operation was asked for often enough to be done."""
        self._seen[operation] += 1
        return self._seen[operation] > self.polls_needed

    def reset(self) -> None:
        with self.lock:
            self.book.clear()
            self.accepted.clear()
            self.faults.clear()
            self.always.clear()
            self._seen.clear()
            self.polls_needed, self.last_word = 1, None

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _reply(self, asked: Asked) -> Reply:
        with self.lock:
            self.book.append(asked)
            queue = self.faults[asked.step]
            fault = queue.popleft() if queue else self.always.get(asked.step)

        def work() -> Reply:
            with self.lock:
                reply = self.work(asked)
                if asked.step == CREATE and reply.status == 200:
                    self.accepted.append(asked)
                return reply

        return fault(asked, work) if fault else work()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                    body = b"".join(self._chunks())
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(service.step(self.command, path), self.command, path, query, headers, body)
                try:
                    reply = service._reply(asked)
                except Gone:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._send(reply, self.headers.get("Range", ""))

            do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = handle_one

            def _chunks(self) -> Iterator[bytes]:
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def _send(self, reply: Reply, span: str) -> None:
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.kind)
                told = {"Content-Length": str(len(reply.body)), **reply.headers}
                for name, value in told.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(reply.body)
                except OSError:
                    self.close_connection = True
                if int(told["Content-Length"]) != len(reply.body):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class Elsewhere(Service):
    """Another host: it keeps what it is sent, and gives out one clip."""

    def __init__(self, clip: bytes) -> None:
        super().__init__()
        self.clip, self.picture = clip, b""

    def step(self, method: str, path: str) -> str:
        return FETCH

    def work(self, asked: Asked) -> Reply:
        if asked.path.endswith(".png"):
            return Reply(200, self.picture, "image/png")
        return Reply(200, self.clip, "video/mp4")


@contextmanager
def running(*services: Service) -> Iterator[None]:
    for service in services:
        service.__enter__()
    try:
        yield
    finally:
        for service in services:
            service.__exit__()
