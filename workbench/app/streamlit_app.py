"""The app as ASGI: ``streamlit run workbench/app/streamlit_app.py``, ``uvicorn``, or ``python -m workbench.app``.

``streamlit run`` finds ``app`` by reading this file, so it stays a literal ``st.App(…)``.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from workbench.api.current import current, use
from workbench.domain.errors import WorkbenchError
from workbench.server.gate import Gate
from workbench.server.routes import ROUTES

HERE = Path(__file__).parent
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the data folder and start its runner; stop it at the end.

    A folder that can't be used does not stop the server: the pages and ``/api/health`` say what to do.
    """
    try:
        await to_thread.run_sync(current)
    except WorkbenchError as error:
        _log.error("%s", error)
    yield
    await to_thread.run_sync(use, None)


def favicon(_: Request) -> FileResponse:
    """Before its first page has run, a tab would show Streamlit's own icon."""
    return FileResponse(HERE / "assets" / "icon.png")


app = st.App(
    HERE / "main.py",
    routes=[*ROUTES, Route("/favicon.png", favicon)],
    lifespan=lifespan,
    middleware=[Middleware(Gate)],
)
