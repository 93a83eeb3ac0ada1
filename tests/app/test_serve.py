"""The launcher as a person meets it: what it prints, what it refuses, how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.app import App, serving
from tests.server.test_gate import handshake, wait_until_answering

STOP_S = 5.0


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serving(tmp_path_factory.mktemp("data")) as app:
        yield app


def start(*flags: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """For starts that are refused."""
    command = [sys.executable, "-m", "workbench.app", "--no-browser", *flags]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=30)


def test_a_taken_port_gets_one_sentence(app: App, tmp_path: Path) -> None:
    port = str(urlsplit(app.address).port)
    done = start("--port", port, WORKBENCH_DATA=str(tmp_path / "data"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"Port {port} is taken")
    assert "WORKBENCH_PORT" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("flags", "environ", "told"),
    [
        (["--host", "0.0.0.0"], {}, "needs WORKBENCH_TOKEN (such as WORKBENCH_TOKEN="),
        ([], {"WORKBENCH_HOST": "192.168.1.2", "WORKBENCH_TOKEN": "secret"}, "has 6 characters"),
        ([], {"WORKBENCH_HOST": "192.168.1.2", "WORKBENCH_TOKEN": "secret-" * 4}, "WORKBENCH_ALLOWED_HOSTS"),
        ([], {"WORKBENCH_ALLOWED_HOSTS": "wb.example"}, "without WORKBENCH_TOKEN"),
        ([], {"WORKBENCH_ALLOWED_HOSTS": "https://wb.example"}, "takes names as they stand"),
        (["--port", "http"], {}, "WORKBENCH_PORT is 'http'"),
    ],
)
def test_an_address_that_is_refused(
    flags: list[str], environ: dict[str, str], told: str, tmp_path: Path
) -> None:
    done = start(*flags, **environ, WORKBENCH_DATA=str(tmp_path / "data"))
    assert done.returncode == 2
    assert told in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_one_line_says_where_and_ctrl_c_ends_it_under_an_open_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench.app", "--no-browser", "--port", "0"]
    environ = {**os.environ, "WORKBENCH_DATA": str(tmp_path)}
    began = time.monotonic()
    server = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout
    try:
        line = server.stdout.readline()
        ready_s = time.monotonic() - began
        address = urlsplit(line.split()[1])
        with open_page(str(address.hostname), address.port or 0):
            began = time.monotonic()
            server.send_signal(signal.SIGINT)
            rest = server.stdout.read()
            status = server.wait(STOP_S)
    finally:
        server.kill()
    stop_s = time.monotonic() - began
    print(f"ready after {ready_s:.2f} s, stopped after {stop_s:.2f} s")
    assert line == f"Workbench: {address.geturl()}  (data folder {tmp_path}; Ctrl+C stops it)\n"
    assert rest == ""
    assert status == 0
    assert stop_s < STOP_S


def test_from_elsewhere_it_says_by_which_names_and_what_is_asked(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "WORKBENCH_DATA": str(tmp_path),
        "WORKBENCH_HOST": "0.0.0.0",
        "WORKBENCH_TOKEN": "correct-horse-battery-staple-42",
        "WORKBENCH_ALLOWED_HOSTS": "wb.example, 10.0.0.5:8501",
    }
    command = [sys.executable, "-m", "workbench.app", "--no-browser", "--port", "0"]
    server = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout
    try:
        first, second = server.stdout.readline(), server.stdout.readline()
    finally:
        server.terminate()
        server.wait(20)
    port = first.split()[1].rpartition(":")[2]
    assert first.startswith(f"Workbench: http://127.0.0.1:{port}  ")
    assert second.startswith(f"From elsewhere: http://wb.example:{port}, http://10.0.0.5:8501 – ")
    assert "does not encrypt" in second
    assert "correct-horse" not in first + second


def open_page(host: str, port: int) -> socket.socket:
    """A websocket that stays open and never says goodbye."""
    page = socket.create_connection((host, port), timeout=10)
    page.sendall(
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: streamlit\r\n\r\n".encode()
    )
    assert b" 101 " in page.recv(4096).split(b"\r\n")[0] + b" "
    return page


def test_a_folder_that_cannot_be_used_is_told_and_does_not_stop_the_server(tmp_path: Path) -> None:
    (tmp_path / "workbench.db").write_text("this is no database, but somebody's notes " * 40)
    with serving(tmp_path) as app:
        answer = httpx.get(f"{app.address}/api/health", trust_env=False)
        assert answer.status_code == 503
        assert str(tmp_path) in answer.json()["error"]["message"]
        stranger = httpx.get(
            f"{app.address}/api/health", headers={"Host": "balancer.example"}, trust_env=False
        )
        assert stranger.status_code == 503
        assert str(tmp_path) not in stranger.text
        assert httpx.get(app.address, trust_env=False).status_code == 200
        assert httpx.get(f"{app.address}/api/media/{'0' * 64}.mp4", trust_env=False).status_code == 503


def test_streamlit_run_starts_the_same_app(tmp_path: Path, root: Path) -> None:
    """Found by its literal; from another folder, and only on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    launcher = root / "workbench" / "app" / "streamlit_app.py"
    flags = ["--server.headless", "true", "--server.port", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(launcher), *flags],
        cwd=tmp_path,
        env={**os.environ, "WORKBENCH_DATA": str(tmp_path / "data")},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_answering(port)
        assert handshake("127.0.0.1", port, {"Host": "evil.example"}) == 403
        assert listening_addresses(server.pid, port) == {"127.0.0.1"}
    finally:
        server.terminate()
        server.wait(20)


def listening_addresses(pid: int, port: int) -> set[str]:
    import psutil

    sockets = psutil.Process(pid).net_connections("tcp")
    return {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN and s.laddr.port == port}
