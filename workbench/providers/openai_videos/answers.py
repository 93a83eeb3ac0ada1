"""What such servers answer, read with patience: other words, other places, other types, things left out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

JsonObject = Mapping[str, Any]


class Standing(Enum):
    RUNNING = auto()
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()
    EXPIRED = auto()


_WORDS = {
    Standing.RUNNING: (
        "queued in_progress processing pending running generating submitted created accepted starting "
        "started not_started in_queue waiting preprocessing postprocessing uploading scheduled cancelling"
    ),
    Standing.DONE: "completed complete succeeded success successful done finished ready",
    Standing.FAILED: (
        "failed failure fail error errored rejected filtered blocked moderated moderation_blocked"
    ),
    Standing.CANCELLED: "cancelled canceled deleted aborted",
    Standing.EXPIRED: "expired",
}
_STANDINGS = {word: standing for standing, words in _WORDS.items() for word in words.split()}
_LINKS = (  # where servers put the address of the clip
    ("output", "url"),
    ("output", "video_url"),
    ("video_url",),
    ("url",),
    ("download_url",),
    ("result", "url"),
    ("result", "video_url"),
    ("video", "url"),
    ("content", "video_url"),
    ("data", "url"),
    ("data", "video_url"),
    ("output",),
    ("result",),
    ("video",),
    ("videos",),
    ("outputs",),
    ("data",),
)
_MILLISECONDS_FROM = 1e11  # in seconds that would be the year 5138


@dataclass(frozen=True, slots=True)
class State:
    """How an operation stands. ``word`` is the server's own, ``is_known`` whether anybody says so."""

    standing: Standing
    word: str = ""
    is_known: bool = True


def inner(body: JsonObject) -> JsonObject:
    """The operation itself, where a gateway wraps it in ``data``."""
    wrapped = body.get("data")
    return wrapped if isinstance(wrapped, dict) and not _name(body) else body


def operation_id(body: JsonObject) -> str:
    """Its name; empty where there is none."""
    return _name(inner(body))


def _name(body: JsonObject) -> str:
    for key in ("id", "task_id", "video_id", "taskId"):
        found = body.get(key)
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
            return str(found).strip()
    return ""


def state(body: JsonObject) -> State:
    """An unknown word means that it goes on: an operation is never given up because of a word."""
    words = (body.get(key) for key in ("status", "state", "task_status"))
    said = next((word.strip() for word in words if isinstance(word, str) and word.strip()), "")
    known = _STANDINGS.get(re.sub(r"[\s-]+", "_", said.lower()))
    if known:
        return State(known, said)
    if body.get("error"):
        return State(Standing.FAILED, said, is_known=False)
    if not said and link(body):
        return State(Standing.DONE)
    return State(Standing.RUNNING, said, is_known=False)


def fraction(body: JsonObject) -> float | None:
    """0 to 1. Whole numbers and percentages are of 100; a broken number up to 1 is of 1."""
    said = body.get("progress")
    if isinstance(said, str):
        said = float(said.strip(" %")) if re.fullmatch(r"\s*\d{1,3}(\.\d+)?\s*%?\s*", said) else None
        said = said / 100 if said is not None else None
    elif isinstance(said, int) and not isinstance(said, bool):
        said = said / 100
    elif isinstance(said, float) and math.isfinite(said):
        said = said if said <= 1 else said / 100
    else:
        said = None
    return None if said is None else min(1.0, max(0.0, said))


def moment(said: object) -> datetime | None:
    """A time as seconds or milliseconds since 1970 (as text, too), or as ISO text (UTC where bare)."""
    if isinstance(said, str):
        text = said.strip()
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            try:
                found = datetime.fromisoformat(text)
            except ValueError:
                return None
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        said = float(text)
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said) or said <= 0:
        return None
    try:
        return datetime.fromtimestamp(said / 1000 if said >= _MILLISECONDS_FROM else said, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def link(body: object) -> str:
    """The address of the clip, wherever it stands; empty where none is told."""
    if isinstance(body, str):
        text = body.strip().strip('"')
        return text if re.fullmatch(r"https?://\S+", text) else ""
    if not isinstance(body, dict):
        return ""
    return next(_links(body), "")


def _links(body: JsonObject) -> Iterator[str]:
    for path in _LINKS:
        found: Any = body
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, list) and found:
            found = found[0]
            found = (found.get("url") or found.get("video_url")) if isinstance(found, dict) else found
        # A bare path is an address only under a name that says so; elsewhere it is a file of the server's.
        allowed = r"https?://|/(?!/)" if path[-1].endswith("url") else r"https?://"
        if isinstance(found, str) and re.match(allowed, found):
            yield found


def report(body: JsonObject) -> dict[str, object]:
    """What is worth keeping beside the clip."""
    kept = ("model", "seconds", "size", "quality", "seed", "inference_time_s", "completed_at")
    return {key: body[key] for key in kept if isinstance(body.get(key), str | int | float)}


def items(body: object, keys: tuple[str, ...] = ("data", "videos", "models")) -> Iterator[JsonObject]:
    """The objects of a list, whatever it is wrapped in."""
    if isinstance(body, dict):
        body = next((body[key] for key in keys if isinstance(body.get(key), list)), None)
    for each in body if isinstance(body, list) else ():
        if isinstance(each, dict):
            yield each
        elif isinstance(each, str):
            yield {"id": each}
