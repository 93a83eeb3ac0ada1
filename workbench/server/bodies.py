"""What a request carries, JSON or form alike, as plain values; a file is an ``Upload``."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message as MimeHeaders
from pathlib import Path
from typing import IO, Any

import pydantic_core
from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from workbench.server.refusals import Refused

MOST_FIELDS, MOST_FILES, FIELD_BYTES = 100, 16, 4_000_000
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_UNFIT_FOR_A_NAME = re.compile(r"[^\w.() -]+")
_PART = re.compile(r"(?P<name>[^\[\]]+)(?P<many>\[\d*\])?(?:\[(?P<key>[^\[\]]+)\])?")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. ``sha256`` is of its bytes as they came."""

    name: str
    file: IO[bytes]
    size_bytes: int

    @property
    def sha256(self) -> str:
        self.file.seek(0)
        found = hashlib.sha256()
        while block := self.file.read(1 << 20):
            found.update(block)
        return found.hexdigest()

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()

    def save(self, folder: Path) -> Path:
        """A copy under its own name, or what of that a file may be called."""
        name = _UNFIT_FOR_A_NAME.sub("-", Path(self.name.replace("\\", "/")).name)[-100:].strip(". ")
        path = folder / (name or "upload")
        self.file.seek(0)
        with path.open("wb") as copy:
            shutil.copyfileobj(self.file, copy)
        return path


@asynccontextmanager
async def body(request: Request) -> AsyncIterator[Mapping[str, Any]]:
    """The values of a JSON object or a form. Raises ``Refused``.

    In a form, ``name[]`` or a repeated name is a list, and ``name[key]`` an object. How large a body may be
    is the gate's matter (``server.limits``).
    """
    mime = _mime(request)
    if mime == "application/json":
        yield await to_thread.run_sync(_json, await request.body())
    elif mime in FORMS:
        try:
            form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES)
        except (MultiPartException, HTTPException) as error:
            said = error.message if isinstance(error, MultiPartException) else error.detail
            raise Refused(400, "unreadable_body", f"The form can't be read: {said.rstrip('.')}.") from error
        try:
            yield _values(form)
        finally:
            await form.close()
    else:
        raise Refused(
            415,
            "unsupported_type",
            f"The body is {mime or 'of no named type'}.",
            hint=f"Allowed: application/json, {', '.join(FORMS)}.",
        )


def _mime(request: Request) -> str:
    header = MimeHeaders()
    header["content-type"] = request.headers.get("content-type", "")
    return header.get_content_type() if request.headers.get("content-type") else ""


def _json(content: bytes) -> Mapping[str, Any]:
    """Strict: no NaN, no halves of character pairs, which no database or answer could hold."""
    try:
        found = pydantic_core.from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(400, "unreadable_body", f"The body is no JSON ({error}).") from error
    if not isinstance(found, dict):
        raise Refused(400, "unreadable_body", "The body is no JSON object.", hint='Send {"name": value, …}.')
    return found


def _values(form: FormData) -> dict[str, Any]:
    """Empty texts count as not given: that is how forms say it."""
    found: dict[str, Any] = {}
    for written, value in form.multi_items():
        match = _PART.fullmatch(written)
        if match is None:
            raise Refused(400, "unreadable_body", f"A field can't be called {written!r:.60}.")
        if isinstance(value, UploadFile):
            if not value.filename and not value.size:
                continue
            content: Any = Upload(value.filename or match["name"], value.file, value.size or 0)
        elif value == "":
            continue
        elif not _is_text(value):
            raise Refused(400, "unreadable_body", f"The field {written!r:.60} holds no text in UTF-8.")
        else:
            content = value
        if match["key"]:
            content = {match["key"]: content}
        name = match["name"]
        if name in found:
            earlier = found[name]
            if isinstance(earlier, dict) and isinstance(content, dict) and not match["many"]:
                earlier |= content
            else:
                found[name] = [*(earlier if isinstance(earlier, list) else [earlier]), content]
        else:
            found[name] = [content] if match["many"] else content
    return found


def _is_text(value: str) -> bool:
    """Not halves of character pairs, which a form may bring by its charset."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_form(request: Request) -> bool:
    return _mime(request) in FORMS
