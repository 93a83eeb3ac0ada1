"""What a clip was asked to be, as far as it can be measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Move(StrEnum):
    """Camera moves with a sign that can be measured; an orbit, a hand or a drone has none."""

    STATIC = "static"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    DOLLY_IN = "dolly_in"
    DOLLY_OUT = "dolly_out"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"


@dataclass(frozen=True, slots=True)
class Asked:
    """``None``, or empty, is what was not asked for; nothing is held against it then.

    ``width`` and ``height`` are in pixels as shown, ``codec`` as in ``Probe``. ``moves`` are those of one
    shot, together. Pictures are files; one that can't be read counts as not given.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    codec: str = ""
    audio: bool | None = None
    moves: tuple[Move, ...] = ()
    first_frame: Path | None = None
    last_frame: Path | None = None
    references: tuple[Path, ...] = ()


NOTHING = Asked()


def moves_of(names: Iterable[str]) -> tuple[Move, ...]:
    """The moves among these names; others have no sign to be measured."""
    known = {move.value: move for move in Move}
    return tuple(known[name] for name in names if name in known)
