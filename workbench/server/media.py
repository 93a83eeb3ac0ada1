"""``GET /api/media/{sha256}.{ext}``: clips, references and posters, found by the hash of their bytes.

A path is never made from what was asked: the name is looked up in the log, and the log's row names the
file. The bytes behind such an address never change, so a browser may keep them for good.
"""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from workbench.api.current import current
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import EXTENSIONS, Media
from workbench.server import answers

PATH = "/api/media/{name}"
_NAME = re.compile(r"(?P<sha256>[0-9a-f]{64})\.(?P<extension>" + "|".join(EXTENSIONS.values()) + ")")
_UNFIT_FOR_A_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_NAME_LENGTH = 120
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'; sandbox allow-same-origin",
}


def media(request: Request) -> Response:
    """The file, or a part of it (``Range``). ``?download=NAME`` has the browser save it under that name.

    A plain ``def``: Starlette runs it in a thread, where it may read the log.
    """
    asked = _NAME.fullmatch(request.path_params["name"])
    try:
        bench = current()
        found = bench.store.media.get(asked["sha256"]) if asked else None
    except WorkbenchError as error:
        return answers.error(503, "folder_unusable", str(error))
    if asked is None or found is None or found.extension != asked["extension"]:
        return answers.error(404, "unknown_media", "The log has no such file.")
    bench.mark_seen(found)
    return sent(request, bench.path(found), found, request.query_params.get("download"))


def url(media: Media) -> str:
    """Where a stored file can be had, relative to this server."""
    return PATH.format(name=f"{media.sha256}.{media.extension}")


def sent(request: Request, path: Path, found: Media, download: str | None = None) -> Response:
    """A stored file, or the part of it that is asked for; 404 where it was lost."""
    headers = _headers(found, download)
    if _is_known(found, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if not path.is_file():
        return answers.error(
            404,
            "lost_media",
            f"The file {path.name} is in the log but no longer in the data folder.",
            hint="Put it back from a backup of the data folder's media.",
        )
    return FileResponse(path, media_type=found.mime, headers=headers)


def _headers(found: Media, download: str | None) -> dict[str, str]:
    return {
        "ETag": _etag(found),
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": _disposition(found, download),
        **SAFE,
    }


def _etag(found: Media) -> str:
    return f'"{found.sha256}"'


def _is_known(found: Media, if_none_match: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or _etag(found) in tags


def _disposition(found: Media, download: str | None) -> str:
    ending = f".{found.extension}"
    if download is None:
        return f'inline; filename="{found.sha256[:12]}{ending}"'
    stem = _UNFIT_FOR_A_NAME.sub("-", download).removesuffix(ending).strip(" .-")[:_NAME_LENGTH]
    return attachment(f"{stem or found.sha256[:12]}{ending}")


def attachment(name: str) -> str:
    """``Content-Disposition`` of a file that is to be saved as ``name``.

    Both spellings of RFC 6266: plain ASCII for old readers, UTF-8 for the rest.
    """
    from urllib.parse import quote

    name = _UNFIT_FOR_A_NAME.sub("-", name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
