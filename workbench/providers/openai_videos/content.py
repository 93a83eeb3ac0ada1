"""Whether a clip is really there: asked before "completed" is believed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from workbench.domain.errors import Unavailable
from workbench.providers.http.origin import Origin
from workbench.providers.http.refusals import afterwards, in_words, is_safety
from workbench.providers.openai_videos.answers import link

_MOST_BYTES = 20_000
# What gateways say with a 5xx when the service behind them finished without a clip.
_NO_CLIP = re.compile(
    r"no (generated )?(video|clip|sample|output|content)s?\b|(video|clip|url)s? (was |were |is )?not found"
    r"|failed to extract|could not (find|extract)|generat\w+ failed|without (a )?video",
    re.I,
)
_COME_BACK = frozenset({404, 408, 409, 410, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Look:
    """``said`` is what came instead of a clip: parsed JSON or text.

    ``is_none``: there certainly is no clip. ``is_empty``: nothing is there, but that may be for now.
    """

    said: Any = None
    is_none: bool = False
    is_empty: bool = False


async def look(origin: Origin, url: str) -> Look:
    """Ask for the first bytes of ``url``. Raises ``Unavailable`` or ``AuthLapsed``."""
    import aiohttp

    try:
        async with origin.get(url, {"range": "bytes=0-63", "accept-encoding": "identity"}) as response:
            status, headers = response.status, dict(response.headers)
            body = await response.content.read(64)
            if status in (200, 206) and not _is_text(response.content_type, body):
                return Look()
            while len(body) < _MOST_BYTES and (block := await response.content.read(_MOST_BYTES)):
                body += block
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(f"{origin.who} could not be asked for the clip ({type(error).__name__})") from error
    said = _parsed(body)
    if 300 <= status < 400:  # to where the clip lies
        return Look()
    if status in (200, 206):
        return Look(said, is_none=is_refusal(said), is_empty=not link(said))
    if _is_final(status, said):
        return Look(said, is_none=True)
    if status in (404, 410):
        return Look(said, is_empty=True)
    raise afterwards(origin.who, status, said, headers, origin.secrets)


def _is_text(content_type: str, head: bytes) -> bool:
    return content_type.startswith(("application/json", "text/")) or head.lstrip()[:1] in (b"{", b"[", b"<")


def is_refusal(said: Any) -> bool:
    """JSON that speaks of an error instead of a clip or a link to it."""
    return isinstance(said, dict) and bool(said.get("error") or said.get("detail")) and not link(said)


def _is_final(status: int, said: Any) -> bool:
    if not isinstance(said, dict):  # a gateway's page
        return False
    if 400 <= status < 500 and status not in (401, 403, *_COME_BACK):
        return True
    return is_safety(said) or (status >= 500 and bool(_NO_CLIP.search(in_words(said))))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
