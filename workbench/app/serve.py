"""Start the app: one process, one line that says where it is, and Ctrl+C ends it."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
import webbrowser
from collections.abc import Iterable

import uvicorn

from workbench.domain.errors import BadSetting
from workbench.server.gate import check_access
from workbench.settings import Settings

FAREWELL_S = 2  # how long open websockets and downloads may take to end
_FAMILIES = {"::1": socket.AF_INET6}


def serve(settings: Settings, *, open_browser: bool = True) -> None:
    """Serve the app until it is interrupted (Ctrl+C or SIGTERM).

    Port 0 takes a free one. Raises ``BadSetting`` when the address is taken, not this machine's, or would
    open the workbench to others.
    """
    check_access(settings)
    listener = _listen(settings)
    try:
        host, port = listener.getsockname()[:2]
        # The pages open the folder by themselves, from the environment: they must find the same one.
        os.environ["WORKBENCH_DATA"] = str(settings.data)
        # Streamlit otherwise warns about each thread of ours that imports it.
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        server = _Server(_config(settings), f"Workbench: {address} (data folder {settings.data})")
        if open_browser:
            server.when_ready = lambda: _open(address)
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # uvicorn raises the signal again once it has ended in order
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """Tells its address once it answers, and never waits long for a browser that stays connected."""
