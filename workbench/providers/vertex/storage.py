"""``gs://`` over Cloud Storage's JSON API, with the endpoint's own credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TypeGuard
from urllib.parse import quote

from workbench.domain.errors import Unavailable
from workbench.providers.http.downloads import download
from workbench.providers.http.origin import Origin

SCHEME = "gs://"


def is_gs(uri: object) -> TypeGuard[str]:
    """A whole address of an object: ``gs://bucket/object``."""
    return isinstance(uri, str) and uri.startswith(SCHEME) and all(_parts(uri))


def media_url(base_url: str, uri: str) -> str:
    """Where the bytes of the object are. The object's name is one part of the path, slashes included."""
    bucket, name = _parts(uri)
    return f"{base_url.rstrip('/')}/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?alt=media"


async def collect(origin: Origin, uri: str, target: Path) -> None:
    """Write the object to ``target``; raises as ``http.downloads.download`` does."""
    if not is_gs(uri):
        raise Unavailable(f"{origin.who} says that the clip is at {uri!r:.100}, which is no gs:// address")
    text = await download(origin, media_url(origin.base_url, uri), target)
    if text is not None:
        raise Unavailable(f"Cloud Storage gave a text instead of the clip {uri:.200}")


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, name = uri.removeprefix(SCHEME).partition("/")
    return bucket, name
