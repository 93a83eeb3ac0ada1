"""An edit decision list as CMX3600 has it: clips one after the other, and markers on them.

A marker is a line ``* LOC: TIME COLOUR TEXT`` below its clip's event, with its time in the list (record
time), as Avid and DaVinci Resolve read it. A list counts in one frame rate – 24, 25, 30, 48, 50 or 60 – and
drops no numbers (“non-drop frame”): 23.976 is counted as 24 and 29.97 as 30, so that each frame has the next
number, and an hour of numbers lasts 3.6 s longer than one of the clock. A clip of any other rate is counted
by time, at 24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

BASES = (24, 25, 30, 48, 50, 60)
MOST_EVENTS = 999  # an event's number has three digits
_OTHERWISE = 24
_STARTS_H = 1  # by custom a programme begins at one o'clock
_ROUNDING = 1e-3  # of a frame: 0.04 s is the second picture at 25 a second


class Colour(StrEnum):
    """Those that both editors know."""

    RED = "RED"
    MAGENTA = "MAGENTA"
    YELLOW = "YELLOW"
    CYAN = "CYAN"
    WHITE = "WHITE"


@dataclass(frozen=True, slots=True)
class Counting:
    """``base`` frame numbers a second of timecode; ``rate`` of them are in a second of the clip."""

    base: int
    rate: float

    @classmethod
    def of(cls, fps: float) -> Counting:
        base = round(fps)
        return cls(base, fps) if base in BASES else cls(_OTHERWISE, float(_OTHERWISE))

    def frame(self, at_s: float) -> int:
        """The picture that shows at this moment, from 0."""
        return int(at_s * self.rate + _ROUNDING)

    def length(self, duration_s: float) -> int:
        return max(1, round(duration_s * self.rate))


@dataclass(frozen=True, slots=True)
class Marker:
    frame: int
    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """All of a clip, ``length`` frames from its first."""

    clip_name: str
    comment: str
    length: int
    markers: tuple[Marker, ...]


def timecode(frame: int, base: int) -> str:
    """Hours, minutes, seconds and frame, without drops."""
    seconds, frames = divmod(frame, base)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"


def edl_text(title: str, events: Sequence[Event], base: int) -> str:
    lines = [f"TITLE: {one_line(title)}", "FCM: NON-DROP FRAME", ""]
    start = _STARTS_H * 3600 * base
    for number, event in enumerate(events, start=1):
        end = start + event.length
        times = [timecode(frame, base) for frame in (0, event.length, start, end)]
        lines.append(f"{number:03}  AX       V     C        {' '.join(times)}")
        lines.append(f"* FROM CLIP NAME: {one_line(event.clip_name)}")
        lines.append(f"* COMMENT: {one_line(event.comment)}")
        for marker in event.markers:
            at = timecode(start + min(marker.frame, event.length - 1), base)
            lines.append(f"* LOC: {at} {marker.colour:7} {one_line(marker.text)}")
        lines.append("")
        start = end
    return "\n".join(lines)


def one_line(text: str) -> str:
    """Without line breaks, tabs and whatever else doesn't print: a line of a list is one statement."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
