"""The gate without a token: by the ASGI scope, before the running app, and under plain uvicorn."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.e2e.app import App
from workbench.server.callers import is_own_host
from workbench.server.gate import refusal

OWN = {"host": "127.0.0.1:8501"}
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
FRAME = {**LINK, "sec-fetch-dest": "iframe"}


def scope(
    headers: dict[str, str], peer: str | None = "127.0.0.1", path: str = "/", method: str = "GET"
) -> dict[str, object]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "client": (peer, 50_000) if peer else None,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_loopback_peers_pass(peer: str) -> None:
    assert refusal(scope(OWN, peer)) == ""


@pytest.mark.parametrize(
    "peer",
    ["192.168.1.20", "10.0.0.1", "8.8.8.8", "::ffff:8.8.8.8", "fe80::1", "0.0.0.0", "testclient", "", None],
)
def test_other_peers_are_refused(peer: str | None) -> None:
    assert "only the machine that it runs on" in refusal(scope(OWN, peer))
    assert refusal(scope(OWN, peer, "/api/health"))


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP"])
@pytest.mark.parametrize("value", ["8.8.8.8", "127.0.0.1", ""])
def test_forwarded_requests_are_refused_whomever_they_name(name: str, value: str) -> None:
    assert "through a proxy" in refusal(scope({**OWN, name.lower(): value}))


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8501", "LocalHost:1", "127.0.0.1:80", "[::1]:8501", "[::1]"]
)
def test_own_names(host: str) -> None:
    assert is_own_host(host)
    assert refusal(scope({"host": host})) == ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example:8501",
        "127.0.0.1.evil.example",
        "evil.example:127.0.0.1",
        "user@localhost",
        "localhost:8501@evil.example",
        "localhost:x",
        "0.0.0.0:8501",
        "::1",
        "localhost\n",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    assert not is_own_host(host)
    assert "under that name" in refusal(scope({"host": host}))


def test_a_request_without_a_name_or_with_two_is_refused() -> None:
    assert "under that name" in refusal(scope({}))
    twice = scope(OWN)
    twice["headers"] = [(b"host", b"localhost"), (b"host", b"evil.example")]
    assert "under that name" in refusal(twice)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1:3000",
        "http://localhost:8501",
        "null",
        "",
        "http://[",
        "127.0.0.1:8501",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_origins_are_refused(origin: str, method: str) -> None:
    assert "another site or port" in refusal(scope({**OWN, "origin": origin}, method=method))


def test_own_origin_and_no_origin_pass() -> None:
    assert refusal(scope({**OWN, "origin": "http://127.0.0.1:8501"}, method="POST")) == ""
    assert refusal(scope({**OWN, "sec-fetch-site": "same-origin"}, method="POST")) == ""
    assert refusal(scope({**OWN, "sec-fetch-site": "none"})) == ""
    assert refusal(scope(OWN, method="POST")) == ""


def test_from_elsewhere_only_a_link_passes() -> None:
    assert refusal(scope({**OWN, **LINK})) == ""
    assert refusal(scope({**OWN, **LINK}, method="POST"))
    assert refusal(scope({**OWN, **FRAME}))
    assert refusal(scope({**OWN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}))
    assert refusal(scope({**OWN, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}))


# Before the running app

ROUTES = ["/", "/runs", "/_stcore/host-config", "/static/anything.js", "/favicon.png", "/api/nothing"]


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_is_behind_it(client: httpx.Client, path: str) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"X-Forwarded-For": "8.8.8.8"},
    ):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 403
        sentence = answer.json()["error"]["message"] if path.startswith("/api") else answer.text
        assert sentence.startswith("This workbench ")
        assert sentence.count(".") <= 4
        assert "Traceback" not in sentence


def test_pages_are_served_to_this_machine(client: httpx.Client, app: App) -> None:
    assert client.get("/").status_code == 200
    port = urlsplit(app.address).port
    assert client.get("/", headers={"Host": f"localhost:{port}"}).status_code == 200
    assert client.get("/compose?run=1").headers["location"] == "/?run=1"
    assert client.get("/compose").headers["location"] == "/"
    assert client.get("/favicon.png").headers["content-type"] == "image/png"


def test_foreign_page_uploads_nothing(client: httpx.Client) -> None:
    answer = client.put("/_stcore/upload_file/a/b", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert client.post("/api/runs", headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 101),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({"X-Forwarded-For": "127.0.0.1"}, 403),
    ],
)
def test_websocket(app: App, changed: dict[str, str], status: int) -> None:
    address = urlsplit(app.address)
    headers = {"Host": address.netloc, "Origin": app.address, **changed}
    assert handshake(str(address.hostname), address.port or 0, headers) == status


# Under plain uvicorn, which listens everywhere and believes what proxies say


@pytest.fixture(scope="module")
def open_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with socket.create_server(("0.0.0.0", 0)) as probe:
        port = int(probe.getsockname()[1])
    environ = {"WORKBENCH_DATA": str(tmp_path_factory.mktemp("data")), "FORWARDED_ALLOW_IPS": "*"}
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "workbench.app.streamlit_app:app",
            "--host",
            "0.0.0.0",
            "--port",
            str(port),
        ],
        env={**os.environ, **environ},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield wait_until_answering(port)
    finally:
        server.terminate()
        server.wait(20)


def test_other_machines_are_refused_under_plain_uvicorn(open_port: int) -> None:
    """By this machine's own outward addresses; a machine that has none shows the first line alone."""
    assert httpx.get(f"http://127.0.0.1:{open_port}/", trust_env=False).status_code == 200
    for address in outward_addresses():
        own = {"Host": f"127.0.0.1:{open_port}", "Origin": f"http://127.0.0.1:{open_port}"}
        for headers in ({}, own, {**own, "X-Forwarded-For": "127.0.0.1"}):
            answer = httpx.get(f"http://{address}:{open_port}/", headers=headers, trust_env=False)
            assert answer.status_code == 403, (address, headers)
            answer = httpx.get(f"http://{address}:{open_port}/api/health", headers=headers, trust_env=False)
            assert answer.status_code == 403, (address, headers)
            assert handshake(address, open_port, {**own, **headers}) == 403


def handshake(host: str, port: int, headers: dict[str, str]) -> int:
    """HTTP status of an attempt to open the pages' websocket."""
    wanted = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "streamlit",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in wanted.items())
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{lines}\r\n".encode())
        return int(connection.recv(4096).split()[1])


def outward_addresses() -> list[str]:
    found = [
        a.address
        for addresses in psutil.net_if_addrs().values()
        for a in addresses
        if a.family == socket.AF_INET
    ]
    return [address for address in found if not address.startswith("127.")]


def wait_until_answering(port: int, within_s: float = 30) -> int:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5, trust_env=False).is_success:
                return port
        except httpx.TransportError:
            threading.Event().wait(0.05)
    raise AssertionError(f"nothing answered on port {port} within {within_s} s")
