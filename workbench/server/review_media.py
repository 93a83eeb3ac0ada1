"""``GET /api/review-media/{key}``: a clip of a blind review, under a key that says nothing.

Neither do the headers: an ``ETag`` or ``Last-Modified`` would be the same wherever a clip is shown. What goes
wrong is told without a name, too, because stored files are named by their hash.
"""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from workbench.api import Workbench
from workbench.domain.errors import BadMedia
from workbench.server import answers
from workbench.server.media import SAFE
from workbench.server.operations import Asked, Operation
from workbench.server.scopes import granted

PATH = "/api/review-media/{key}"
_HEADERS = {"Cache-Control": "private, max-age=3600", **SAFE}  # long enough to be loaded ahead, and sought in
_TELLING = ("etag", "last-modified")
_log = logging.getLogger(__name__)


def review_media(bench: Workbench, asked: Asked) -> Response:
    """The clip, or a part of it (``Range``). One of another review is as unknown as none."""
    try:
        found = bench.shown_clip(asked.path["key"])
    except BadMedia as error:
        _log.warning("%s", error)
        return _lost()
    if found is None or not granted(asked.request.scope).opens_review(found.review_id):
        return answers.error(
            404, "unknown_media", "This review has no such clip.", hint="Load the page once more."
        )
    return _Untold(found.path, media_type="video/mp4", headers=_HEADERS) if found.path.is_file() else _lost()


def url(key: str) -> str:
    """Where a clip of a review can be had, relative to this server."""
    return PATH.format(key=key)


def _lost() -> Response:
    hint = "Skip this pair, and tell who runs the workbench; its own output says more."
    return answers.error(404, "lost_media", "This clip can't be shown any more.", hint=hint)


class _Untold(FileResponse):
    """A file without what would tell it from others, or that it is the same as another."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name in _TELLING:
                    del headers[name]
            await send(message)

        await super().__call__(scope, receive, without)


OPERATIONS = (
    Operation(
        "GET",
        PATH,
        review_media,
        "A clip of a blind review",
        "Files",
        binary=("video/mp4",),
        refuses=(404,),
        about="A copy that tells nothing of where it comes from: not its run, model, prompt or file.",
    ),
)
