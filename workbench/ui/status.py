"""How a run's state looks everywhere: one colour, one icon, one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.domain.run import Run, Status

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


def badges(run: Run, *, short: bool = False) -> str:
    """The state, and that an emulator or somebody elsewhere made it.

    ``short`` where little room is and the cost says the rest.
    """
    if run.is_imported:
        return f"{badge(run.status)} :blue-badge[imported{'' if short else ' – made elsewhere'}]"
    if not run.is_emulated:
        return badge(run.status)
    charged = "nothing was charged" if run.status.is_final else "nothing is charged"
    return f"{badge(run.status)} :violet-badge[emulated{'' if short else f' – {charged}'}]"
