"""A submission → the fields and files of ``POST /videos``, in the words of one dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pybase64

from workbench.domain.media import Input, Role
from workbench.domain.request import GenerationRequest
from workbench.providers.base import Submission
from workbench.providers.openai_videos.dialects import Body, Dialect, Length, Size
from workbench.providers.openai_videos.models import Family, pair_field, pixels

if TYPE_CHECKING:
    import aiohttp

Fields: TypeAlias = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class File:
    """A file part; ``part`` is its name in the form."""

    part: str
    filename: str
    mime: str
    content: bytes = field(repr=False)

    @property
    def data_url(self) -> str:
        return f"data:{self.mime};base64,{pybase64.b64encode(self.content).decode()}"


def fields(request: GenerationRequest, name: str, kin: Family, dialect: Dialect) -> Fields:
    """Everything but the files. ``name`` is the model as the server knows it."""
    found: Fields = {"model": name, "prompt": request.prompt}
    if not (dialect.by_name and kin.by_name):
        found |= _length(request, dialect) | _size(request, kin, dialect)
    if dialect.negative_prompt and request.negative_prompt.strip():
        found[dialect.negative_prompt] = request.negative_prompt
    if dialect.seed and request.seed is not None:
        found[dialect.seed] = request.seed
    return found


def _length(request: GenerationRequest, dialect: Dialect) -> Fields:
    seconds = int(request.settings["duration_s"])
    fps = int(request.settings.get("fps", 0))
    found: Fields = {dialect.fps: fps} if dialect.fps and fps else {}
    match dialect.length:
        case Length.TEXT:
            return {"seconds": str(seconds), **found}
        case Length.NUMBER:
            return {"seconds": seconds, **found}
        case Length.FRAMES:
            # One more than a multiple: open models make 4n+1 or 8n+1 frames and would cut off the rest.
            return {"num_frames": seconds * fps + 1, **found}


def _size(request: GenerationRequest, kin: Family, dialect: Dialect) -> Fields:
    resolution, ratio = str(request.settings["resolution"]), str(request.settings["aspect_ratio"])
    if dialect.size is Size.WORDS:
        return {"resolution": resolution, "aspect_ratio": ratio}
    return {"size": pixels(kin, resolution, ratio)}


async def files(submission: Submission, kin: Family, dialect: Dialect) -> tuple[File, ...]:
    """The files in the order in which they are sent: first before last, references as they were put."""
    request = submission.request
    frames = [*request.inputs_as(Role.FIRST_FRAME), *request.inputs_as(Role.LAST_FRAME)]
    name = pair_field(kin, dialect) if len(frames) > 1 else dialect.picture
    found = [(each, name) for each in frames]
    found += [(each, dialect.picture) for each in request.inputs_as(Role.SOURCE_CLIP)]
    references = sorted(request.inputs_as(Role.REFERENCE), key=lambda each: each.position)
    found += [(each, dialect.many) for each in references]
    return tuple([await _file(submission, each, name) for each, name in found])


async def _file(submission: Submission, given: Input, name: str) -> File:
    content = await asyncio.to_thread(submission.files[given.media.sha256].read_bytes)
    number = f"_{given.position + 1}" if given.role is Role.REFERENCE else ""
    return File(name, f"{given.role}{number}.{given.media.extension}", given.media.mime, content)


def as_form(values: Fields, parts: Sequence[File]) -> aiohttp.FormData:
    """Multipart even without files: a server that reads forms need not read the other kind."""
    import aiohttp

    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in values.items():
        form.add_field(name, str(value))
    for file in parts:
        form.add_field(file.part, file.content, filename=file.filename, content_type=file.mime)
    return form


def as_json(values: Fields, parts: Sequence[File]) -> dict[str, object]:
    """Files as data URLs; a field that takes several is a list."""
    found: dict[str, object] = dict(values)
    for file in parts:
        many = [each.data_url for each in parts if each.part == file.part]
        is_list = len(many) > 1 or file.part.endswith("s")
        found[file.part] = many if is_list else file.data_url
    return found


def is_form(dialect: Dialect, parts: Sequence[File]) -> bool:
    return dialect.body is Body.FORM or (dialect.body is Body.MIXED and bool(parts))
