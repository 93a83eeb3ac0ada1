"""The app as ASGI, for ``python -m workbench.app``, for ``uvicorn`` and for ``streamlit run FILE``.

The last finds ``app`` by reading this file, so it stays a literal ``st.App(…)``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
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
        await asyncio.to_thread(current)
    except WorkbenchError as error:
        _log.error("%s", error)
    yield
    await asyncio.to_thread(use, None)


def favicon(_: Request) -> FileResponse:
    """Before its first page has run, a tab would show Streamlit's own icon."""
    return FileResponse(HERE / "assets" / "icon.png")


def first_page(request: Request) -> RedirectResponse:
    """Streamlit serves the default page at ``/`` alone; its name should lead there too.

    Relative, because behind a proxy this server does not know its own address.
    """
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


app = st.App(
    HERE / "main.py",
    routes=[*ROUTES, Route("/favicon.png", favicon), Route("/compose", first_page)],
    lifespan=lifespan,
    middleware=[Middleware(Gate)],
)
