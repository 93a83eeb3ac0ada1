"""What ``/v1/videos`` takes: OpenAI's fields, and whatever else the chosen model has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from workbench.api import Workbench
from workbench.api.drafting import Draft
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import Fault, InvalidRequest
from workbench.domain.media import Role
from workbench.domain.run import Kind
from workbench.server import entering, sizes, sources
from workbench.server.naming import named

_ONE = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "properties": {"image_url": {"type": "string"}, "id": {"type": "string"}}},
    ]
}
Source = Annotated[
    Any, WithJsonSchema({"title": "Source", "anyOf": [*_ONE["anyOf"], {"type": "array", "items": _ONE}]})
]

_ALIASES = {
    "start_frame": "first_frame",
    "end_frame": "last_frame",
    "reference": "references",
    "reference_images": "references",
    "input_references": "references",
    "reference_clip": "reference_clips",
}


class CreateVideo(BaseModel):
    """``input_reference``: one picture is the first frame, two are first and last frame; where the model
    takes no such frames, or there are more, they are reference images. A source is a file of a form, an
    http(s) or data: URL, the sha256 of a stored file, or the id of a run; the last three as a text, or in an
    object under image_url, sha256 or id. Any setting of the model may stand beside these fields;
    GET /api/models lists them.
    """

    model_config = ConfigDict(extra="allow")

    prompt: str = ""
    model: str | None = Field(None, description="endpoint/model, or a bare name that one endpoint serves.")
    seconds: str | int | float | None = None
    size: str | None = Field(None, description="Width x height in pixels: 1280x720.")
    input_reference: Source = None
    negative_prompt: str = ""
    seed: int | None = None
    fold_negative_prompt: bool = Field(False, description="Into the prompt, where the model has none.")
    successor: bool = Field(False, description="Go ahead with the successor of a model that is gone.")
    first_frame: Source = None
    last_frame: Source = None
    references: Source = None
    reference_clips: Source = None
    extend: Source = None
    edit: Source = None


class RemixVideo(BaseModel):
    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1)


class EditVideo(CreateVideo):
    """``video`` is a file, or ``{"id": …}`` of a run, whose model and settings hold then."""

    prompt: str = Field(min_length=1)
    video: Source


class ListVideos(BaseModel):
    after: str | None = None
    limit: int = Field(20, ge=1, le=100)
    order: Literal["asc", "desc"] = "desc"


class Content(BaseModel):
    variant: Literal["video", "thumbnail", "spritesheet"] = "video"


def wanted(
    bench: Workbench, body: CreateVideo, folder: Path, earlier: Mapping[str, Any] | None = None
) -> tuple[Draft, Capabilities, str]:
    """The checked request, its model, and what is to be told of the model's name.

    ``earlier`` are settings that hold where nothing else is said. Raises ``RequestError`` and its kinds.
    """
    heir = named(bench, body.model, successor=body.successor)
    model = heir.model
    if model.kind is not Kind.VIDEO:
        raise InvalidRequest(
            [Fault("model", f"{model.model} makes pictures, not videos.", "POST /api/runs makes them.")]
        )
    extra = {name: value for name, value in (body.model_extra or {}).items() if value is not None}
    files, written = _files(body, extra, model)
    entering.check_scalars(extra)
    settings = {**(earlier or {}), **heir.settings, **_sized(body, extra, model), **extra}
    try:
        checked = entering.drafted(
            bench,
            model,
            folder,
            prompt=body.prompt,
            negative_prompt=body.negative_prompt,
            seed=body.seed,
            fold_negative_prompt=body.fold_negative_prompt,
            settings=settings,
            files=files,
        )
    except InvalidRequest as error:
        if body.seconds is not None:
            written["duration_s"] = "seconds"
        if body.size is not None:
            written |= {"aspect_ratio": "size", "resolution": "size"}
        # Under the names that the caller used.
        raise InvalidRequest(
            [replace(f, field=written.get(f.field, f.field)) for f in error.faults]
        ) from error
    return checked, model, heir.note


def _files(
    body: CreateVideo, extra: dict[str, Any], model: Capabilities
) -> tuple[dict[str, Any], dict[str, str]]:
    """Files by our names, and the caller's name for each role. Other names for the same leave ``extra``."""
    names = [*entering.SINGLE, *entering.MANY]
    files = {name: getattr(body, name) for name in names if getattr(body, name) is not None}
    for alias, name in _ALIASES.items():
        if alias in extra:
            files[name] = [*sources.listed(files.get(name)), *sources.listed(extra.pop(alias))]
    given = sources.listed(body.input_reference)
    written: dict[str, str] = {}
    for name, part in _placed(given, model).items():
        if name in files:
            allowed = f"Give the pictures either as input_reference or as {name}."
            raise InvalidRequest([Fault("input_reference", f"{name} is given beside it.", allowed)])
        files[name] = part
        written[str({**entering.SINGLE, **entering.MANY}[name])] = "input_reference"
    return files, written


def _placed(given: Sequence[Any], model: Capabilities) -> dict[str, Any]:
    """Which of ``input_reference`` is what, by how many there are and what the model takes."""
    if not given:
        return {}
    frames = [role in model.roles for role in (Role.FIRST_FRAME, Role.LAST_FRAME)]
    if Role.REFERENCE in model.roles and (len(given) > 2 or not all(frames[: len(given)])):
        return {"references": list(given)}
    if len(given) > 2:
        allowed = "Allowed: one (first frame) or two (first and last frame)."
        raise InvalidRequest([Fault("input_reference", f"{len(given)} pictures are given.", allowed)])
    return dict(zip(("first_frame", "last_frame"), given, strict=False))


def _sized(body: CreateVideo, extra: Mapping[str, Any], model: Capabilities) -> dict[str, Any]:
    """The settings that ``seconds`` and ``size`` mean."""
    found: dict[str, Any] = {}
    if body.seconds is not None:
        if model.setting("duration_s") is None:
            raise InvalidRequest(
                [Fault("seconds", f"{model.label} lets no duration be chosen.", "Leave it out.")]
            )
        found["duration_s"] = str(body.seconds)
    if body.size is not None:
        found |= sizes.chosen(body.size, model)
    words = {"duration_s": "seconds", "aspect_ratio": "size", "resolution": "size"}
    for name, value in found.items():
        if name in extra and str(extra[name]) != str(value):
            wrong = f"{words[name]} says {value}, and {name} {extra[name]!r:.60}."
            raise InvalidRequest([Fault(name, wrong, "Give one of them.")])
    return found
