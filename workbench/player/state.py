"""What a player shows, and how: as values, and as the text that a link carries.

``wipe~t3.125~r1_2.5~o0_-0.5``: what is as it begins is left out. ``state.js`` reads and writes the same;
``tests/player/links.json`` holds both to it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

Layout = Literal["side", "grid", "wipe", "difference", "onion", "flip"]
LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)
PAIRED: Final = frozenset({"wipe", "difference", "onion", "flip"})
BOOSTS: Final = (1, 2, 4, 8)

_PART: Final = re.compile(r"(?P<letter>[trvozpcmb])(?P<numbers>-?\d+(\.\d+)?(_-?\d+(\.\d+)?)*)", re.ASCII)
_MOST_S: Final = 86_400
_MOST_OFFSET_S: Final = 3_600
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class PlayerState:
    """``time_s`` and ``range_s`` are on the shared timeline; a clip with an offset begins so much later.

    ``pair`` and ``chosen`` count clips from 0. ``centre`` is what a zoom looks at, in shares of the
    picture. ``mix`` is where the wipe line stands, or how much of the second clip an onion skin shows.
    """

    offsets_s: tuple[float, ...]
    layout: Layout = "side"
    pair: tuple[int, int] = (0, 1)
    time_s: float = 0.0
    range_s: tuple[float, float] | None = None
    loop: bool = True
    speed: float = 1.0
    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)
    chosen: int = 0
    muted: bool = False
    mix: float = 0.5
    boost: int = 1

    @property
    def link(self) -> str:
        """As text of letters, digits and ``-_.~``, which links carry as they are; empty at the beginning."""
        parts: list[str] = []

        def some(letter: str, *numbers: float) -> None:
            parts.append(letter + "_".join(map(_short, numbers)))

        if self.layout != "side":
            parts.append(self.layout)
        if self.time_s:
            some("t", self.time_s)
        if self.range_s:
            some("r", *self.range_s)
        if not self.loop:
            parts.append("once")
        if self.speed != 1:
            some("v", self.speed)
        if any(_thousandths(offset) for offset in self.offsets_s):
            some("o", *self.offsets_s)
        if self.zoom != 1:
            some("z", self.zoom, *self.centre)
        if self.pair != _first_two(len(self.offsets_s)):
            some("p", *(clip + 1 for clip in self.pair))
        if self.chosen:
            some("c", self.chosen + 1)
        if self.muted:
            parts.append("mute")
        if self.mix != 0.5:
            some("m", self.mix)
        if self.boost != 1:
            some("b", self.boost)
        return "~".join(parts)


def beginning(count: int) -> PlayerState:
    """As a player of ``count`` clips begins."""
    return PlayerState(offsets_s=(0.0,) * count, pair=_first_two(count))


def from_link(text: str, count: int) -> PlayerState:
    """What a link says of a player of ``count`` clips; what can't be meant is as it begins."""
    state = beginning(count)
    for part in text[:_LONGEST].split("~"):
        if part in LAYOUTS and (count > 1 or part not in PAIRED):
            state = replace(state, layout=part)
        elif part == "once":
            state = replace(state, loop=False)
        elif part == "mute":
            state = replace(state, muted=True)
        elif found := _PART.fullmatch(part):
            numbers = [float(number) for number in found["numbers"].split("_")]
            if all(abs(number) <= _MOST_S for number in numbers):
                state = replace(state, **_meant(found["letter"], numbers, count))
    return state


def _meant(letter: str, numbers: list[float], count: int) -> Mapping[str, Any]:
    clips = [int(number) - 1 for number in numbers if number.is_integer() and 1 <= number <= count]
    match letter, numbers:
        case "t", [time_s]:
            return {"time_s": time_s}
        case "r", [from_s, to_s] if from_s < to_s:
            return {"range_s": (from_s, to_s)}
        case "v", [speed] if 0.1 <= speed <= 2:
            return {"speed": speed}
        case "o", [*offsets_s] if len(offsets_s) == count and max(map(abs, offsets_s)) <= _MOST_OFFSET_S:
            return {"offsets_s": tuple(offsets_s)}
        case "z", [zoom, x, y] if 1 <= zoom <= 32 and 0 <= x <= 1 and 0 <= y <= 1:
            return {"zoom": zoom, "centre": (x, y)}
        case "p", [_, _] if len(clips) == 2 and clips[0] != clips[1]:
            return {"pair": (clips[0], clips[1])}
        case "c", [_] if clips:
            return {"chosen": clips[0]}
        case "m", [mix] if 0 <= mix <= 1:
            return {"mix": mix}
        case "b", [boost] if boost in BOOSTS:
            return {"boost": int(boost)}
    return {}


def _first_two(count: int) -> tuple[int, int]:
    return (0, min(1, count - 1))


def _thousandths(number: float) -> int:
    return math.floor(number * 1000 + 0.5)


def _short(number: float) -> str:
    """To the thousandth, without a tail of noughts."""
    return f"{_thousandths(number) / 1000:.3f}".rstrip("0").rstrip(".")
