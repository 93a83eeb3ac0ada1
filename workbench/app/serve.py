"""Start the app: one process, one line that says where it is, ended by Ctrl+C."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from workbench.domain.errors import BadSetting
from workbench.server.access import check_access
from workbench.server.callers import OWN_NAMES
from workbench.settings import Settings

APP = "workbench.app.streamlit_app:app"
MOST_CONNECTIONS = 1_000  # every open page keeps one; more are answered 503
MOST_HEADER_BYTES = 64 * 1024
FAREWELL_S = 2  # how long downloads may take to end; websockets are told to go at once


def serve(settings: Settings, *, open_browser: bool = True) -> None:
    """Serve the app until it is interrupted (Ctrl+C or SIGTERM), then stop the runner in order.

    Port 0 takes a free one. Raises ``BadSetting`` when the address is taken, is not this machine's, or
    would open the workbench to others.
    """
    check_access(settings)
    # The app reads its settings from the environment: it must find the folder that was asked for here.
    os.environ["WORKBENCH_DATA"] = str(settings.data)
    with _listen(settings.host, settings.port) as listener:
        address = _address(listener)

        def tell() -> None:
            print(f"Workbench: {address}  (data folder {settings.data}; Ctrl+C stops it)", flush=True)
            if settings.host not in OWN_NAMES:
                print(_from_elsewhere(settings, address), flush=True)
            if open_browser and _has_screen():
                threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

        try:
            _Server(tell).run(sockets=[listener])
        except KeyboardInterrupt:
            return  # uvicorn raises it again once everything has ended in order


class _Server(uvicorn.Server):
    """Calls ``when_ready`` once pages are served."""

    def __init__(self, when_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                APP,
                workers=1,  # with two, each would start a runner, and sessions would split
                access_log=False,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=FAREWELL_S,
                limit_concurrency=MOST_CONNECTIONS,
                http="h11",
                h11_max_incomplete_event_size=MOST_HEADER_BYTES,
                ws="websockets-sansio",
                ws_per_message_deflate=False,  # messages are small, and mostly stay on this machine
            )
        )
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from workbench.server import events  # with the whole façade, which a taken port need not wait for

        events.end()  # streams never end by themselves, and it would be waited for them
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    """Bound before anything is loaded, so that a taken port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadSetting(_why_not(host, port, error)) from error
    # asyncio does this only where the protocol is named, as it is not here. Without it the second part of
    # every answer waits for the reader to acknowledge the first: 40 ms. Accepted connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    another = "choose another with --port or WORKBENCH_PORT (0 takes a free one)"
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken, perhaps by a workbench that is already running: "
            f"look at http://{host}:{port}, stop what runs there, or {another}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved by the system: {another}."
    return f"Can't listen on {host}, port {port} ({error.strerror}): set WORKBENCH_HOST to 127.0.0.1."


def _from_elsewhere(settings: Settings, address: str) -> str:
    port = address.rpartition(":")[2]
    named = [
        f"http://{host}" if host.rpartition(":")[2].isdecimal() else f"http://{host}:{port}"
        for host in settings.access.hosts
    ]
    return (
        f"From elsewhere: {', '.join(named)} – or under those names through a proxy with TLS, which is the "
        "better way: this server does not encrypt. It asks for WORKBENCH_TOKEN."
    )


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:  # all of them: none that a browser opens
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _has_screen() -> bool:
    """On a server without a screen, ``webbrowser`` would start a text browser in this terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
