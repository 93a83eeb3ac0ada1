"""How a run's state looks everywhere: one colour, one icon, one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.domain.run import Status

Colour = Literal["red", "orange", "blue", "green", "violet", "gray"]


@dataclass(frozen=True, slots=True)
class Look:
    colour: Colour
    icon: str
    label: str


LOOKS: dict[Status, Look] = {
    Status.QUEUED: Look("gray", "⏳", "queued"),
    Status.SUBMITTING: Look("blue", "↑", "submitting"),
    Status.GENERATING: Look("blue", "◐", "generating"),
    Status.DOWNLOADING: Look("blue", "↓", "downloading"),
    Status.UNCERTAIN: Look("orange", "?", "uncertain"),
    Status.SUCCEEDED: Look("green", "✓", "succeeded"),
    Status.FAILED: Look("red", "✕", "failed"),
    Status.FILTERED: Look("violet", "⊘", "filtered"),
    Status.EXPIRED: Look("gray", "∅", "expired"),
    Status.CANCELLED: Look("gray", "–", "cancelled"),
}


def badge(status: Status) -> str:
    """Markdown badge."""
    look = LOOKS[status]
    return f":{look.colour}-badge[{look.icon} {look.label}]"
