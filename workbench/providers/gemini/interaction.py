"""An interaction as JSON: what is sent for a request, and what an answer says. No network.

Shapes: google-genai 3.4.0, ``_gaos/types/interactions`` (createmodelinteraction, generationconfig,
videoconfig, videoresponseformat, userinputstep, imagecontent, videocontent).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pybase64

from workbench.domain.media import Input, Role
from workbench.domain.request import GenerationRequest
from workbench.providers.base import Submission
from workbench.providers.gemini.models import Omni
from workbench.providers.gemini.roles import CLIP_ORDER, IMAGE_ORDER, declared
from workbench.providers.http.refusals import in_words

RETENTION = timedelta(hours=48)  # of a file on the Developer API
LEAST_HELD = timedelta(hours=1)
_BASES = (Role.SOURCE_CLIP, Role.EDITED_CLIP)
_FILE = re.compile(r"files/([a-z0-9]+)")  # as the SDK cuts it out: the rest of the address is ignored

# The first role that a request has decides the task; without any it is text_to_video.
_TASKS = (
    (Role.SOURCE_CLIP, "extend"),
    (Role.EDITED_CLIP, "edit"),
    (Role.FIRST_FRAME, "image_to_video"),
    (Role.REFERENCE, "reference_to_video"),
    (Role.REFERENCE_CLIP, "reference_to_video"),
)


def body(submission: Submission, omni: Omni, previous: str = "") -> dict[str, Any]:
    """The arguments of ``interactions.create``. Reads the files.

    ``previous`` is the interaction that made the clip to extend or edit; that clip is not sent then.
    """
    request = submission.request
    task = _task(request, goes_on=bool(previous))
    config: dict[str, Any] = {"video_config": {"task": task}}
    if request.seed is not None:
        config["seed"] = request.seed
    sent: dict[str, Any] = {
        "model": omni.id,
        "background": True,
        "store": True,  # without it nothing could go on from this one
        "input": _input(submission, omni, goes_on=bool(previous)),
        "generation_config": config,
        "response_format": _format(request, task),
        "response_modalities": ["video"],
    }
    return {**sent, "previous_interaction_id": previous} if previous else sent


def foreign_clip(request: GenerationRequest) -> Input | None:
    """The clip to extend or edit."""
    return next((i for role in _BASES for i in request.inputs_as(role)), None)


def _task(request: GenerationRequest, *, goes_on: bool) -> str:
    known = (task for role, task in _TASKS if request.inputs_as(role))
    return next(known, "edit" if goes_on else "text_to_video")


def _format(request: GenerationRequest, task: str) -> dict[str, Any]:
    """An extension keeps the ratio of its clip, an edit its length, too. ``duration`` is text: ``8s``."""
    settings = request.settings
    said: dict[str, Any] = {"type": "video", "delivery": "uri", "resolution": settings["resolution"]}
    if task != "edit":
        said["duration"] = f"{settings['duration_s']}s"
    if task not in ("edit", "extend"):
        said["aspect_ratio"] = settings["aspect_ratio"]
    return said


def _input(submission: Submission, omni: Omni, *, goes_on: bool) -> str | list[dict[str, Any]]:
    request = submission.request
    prompt = declared(request, tags=omni.tags, goes_on=goes_on)
    clips = [role for role in CLIP_ORDER if not (goes_on and role in _BASES)]
    files = [
        *(_content("image", submission, i) for role in IMAGE_ORDER for i in request.inputs_as(role)),
        *(_content("video", submission, i) for role in clips for i in request.inputs_as(role)),
    ]
    if not files:
        return prompt
    text = [{"type": "text", "text": prompt}] if prompt else []
    return [{"type": "user_input", "content": [*files, *text]}]


def _content(kind: str, submission: Submission, given: Input) -> dict[str, Any]:
    content = submission.files[given.media.sha256].read_bytes()
    return {"type": kind, "data": pybase64.b64encode(content).decode(), "mime_type": given.media.mime}


@dataclass(frozen=True, slots=True)
class Video:
    """A clip of an answer: an address, or the clip itself as base64."""

    uri: str = ""
    data: str = field(default="", repr=False)

    @property
    def file_id(self) -> str:
        """The file on Google's Files API; empty where the address is another."""
        found = _FILE.search(self.uri)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Interaction:
    """What an answer says. Unknown fields and types are passed over."""

    id: str
    status: str
    videos: tuple[Video, ...]
    words: tuple[str, ...]
    trouble: str
    updated: datetime | None
    told_at: datetime | None
    usage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def wrote_nothing(self) -> bool:
        """The usage says in so many words that the model gave nothing out."""
        return self.usage.get("total_output_tokens") == 0

    def held_until(self, now: datetime) -> datetime:
        """Until when a finished file is likely to be kept, by this machine's clock; the API does not say.

        How old it is says the server's own clock, which may be days behind. Whatever its stamps say, what
        was seen finished just now is not over at once.
        """
        age = (self.told_at or now) - self.updated if self.updated else timedelta(0)
        return now + max(LEAST_HELD, RETENTION - max(age, timedelta(0)))


def read(content: Mapping[str, Any], told_at: datetime | None) -> Interaction:
    """Of the model's own steps only: the input may hold clips, too. ``told_at`` is the server's own clock."""
    parts = [part for step in _dicts(content.get("steps")) for part in _made(step)]
    shown = [part for part in parts if part.get("type") == "video"] or list(
        _dicts([content.get("output_video")])
    )
    usage = content.get("usage")
    return Interaction(
        id=str(content.get("id") or ""),
        status=str(content.get("status") or ""),
        videos=tuple(v for v in map(_video, shown) if v.uri or v.data),
        words=tuple(in_words(part.get("text")) for part in parts if part.get("type") == "text"),
        trouble="; ".join(in_words({"error": e}) for e in _troubles(content)),
        updated=_moment(content.get("updated")),
        told_at=told_at,
        usage=usage if isinstance(usage, dict) else {},
    )


def _made(step: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return _dicts(step.get("content")) if step.get("type") == "model_output" else iter(())


def _video(part: Mapping[str, Any]) -> Video:
    return Video(str(part.get("uri") or ""), str(part.get("data") or ""))


def _troubles(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from _dicts(content.get("errors"))
    yield from _dicts([content.get("error")])


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _moment(value: object) -> datetime | None:
    """ISO text or Unix seconds."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value or ""))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
