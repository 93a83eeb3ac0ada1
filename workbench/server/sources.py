"""Where a caller over HTTP says a picture or clip is: an upload, a URL, a stored file, a run of this log.

Never a path: this machine's files are nobody's who asks over HTTP.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.api import Workbench
from workbench.api.inputs import CLIP_BYTES, IMAGE_BYTES
from workbench.domain.errors import BadMedia, RequestError
from workbench.domain.media import Role
from workbench.server.bodies import Upload

ALLOWED = (
    "Allowed: a file of a form, an http(s) or data: URL, the sha256 of a stored file, or the id of a run."
)
_KEYS = ("image_url", "video_url", "url", "media", "sha256", "run", "id")
_DATA = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w=.-]+)*;base64,", re.IGNORECASE)


def listed(value: Any) -> Sequence[Any]:
    """One or several."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def source(bench: Workbench, value: Any, role: Role, folder: Path) -> object:
    """What the façade takes for an input. Clips that are uploaded are written to ``folder``.

    Raises ``RequestError``, ``BadMedia`` or ``UnknownRun``; a URL is fetched later, where it is checked.
    """
    if isinstance(value, Upload):
        limit_bytes = CLIP_BYTES if role.is_clip else IMAGE_BYTES
        if value.size_bytes > limit_bytes:
            raise BadMedia(f"{value.name:.100} is larger than {limit_bytes / 1e6:g} MB. Give a smaller one.")
        return value.save(folder) if role.is_clip else value.read()
    if isinstance(value, dict):
        if "file_id" in value:
            raise RequestError(f"There is no store of files with a file_id here. {ALLOWED}")
        keys = [key for key in _KEYS if value.get(key)]
        if len(keys) != 1 or not isinstance(value[keys[0]], str):
            raise RequestError(
                f"A {role.label.lower()} can't be that object. "
                f"Allowed: a text under one of {', '.join(_KEYS)}."
            )
        value = value[keys[0]]
    if not isinstance(value, str):
        raise RequestError(f"A {role.label.lower()} can't be {value!r:.60}. {ALLOWED}")
    return _named(bench, value.strip(), role, folder)


def _named(bench: Workbench, text: str, role: Role, folder: Path) -> object:
    if text.lower().startswith(("http://", "https://")):
        return text.replace(text[:5], text[:5].lower(), 1)  # the façade knows addresses by small letters
    if text[:5].lower() == "data:":
        content = _inline(text, role)
        if not role.is_clip:
            return content
        path = folder / "clip.mp4"
        path.write_bytes(content)
        return path
    if re.fullmatch(r"[0-9a-f]{64}", text):
        if found := bench.store.media.get(text):
            return found
        raise BadMedia(f"No file with the sha256 {text[:12]}… is stored here. Upload it to /api/references.")
    if re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", text):
        return bench.run(text)
    raise RequestError(f"A {role.label.lower()} can't be {text!r:.60}. {ALLOWED}")


def _inline(text: str, role: Role) -> bytes:
    match = _DATA.match(text)
    if match is None:
        raise BadMedia(f"The data: URL of the {role.label.lower()} is not in base64. {ALLOWED}")
    try:
        return base64.b64decode(text[match.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadMedia(
            f"The data: URL of the {role.label.lower()} can't be read ({error}). "
            f"Write it once more in base64."
        ) from error
