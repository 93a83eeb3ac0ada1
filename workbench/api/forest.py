"""A forest plot: values with their intervals, as one SVG or one PNG on white that needs nothing else.

Both are drawn of the same marks, so they say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Literal
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from workbench.review import Interval

LONGEST_TITLE: Final = 46
WIDTH: Final = 860
_ROW, _LEFT, _RIGHT, _TOP, _FOOT = 34, 330, 150, 30, 44
_INK, _QUIET, _LINE, _MARK = "#1c1c1b", "#565653", "#c9c9c4", "#0b6b75"


@dataclass(frozen=True, slots=True)
class Line:
    """One value: what it is of, where it lies (nowhere where it is not known), and in words."""

    title: str
    interval: Interval | None
    told: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """From one point to another; a thick one has round ends."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str
    width: int = 1


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    radius: float
    colour: str


@dataclass(frozen=True, slots=True)
class Label:
    """``y`` is that of the base line."""

    x: float
    y: float
    text: str
    colour: str
    size: int = 13
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Forest:
    """``reach``: the ends of the axis. ``upright``: where lines stand across it, and what they are called.

    ``title`` is what who can't see it is told; ``about`` stands below.
    """

    lines: Sequence[Line]
    reach: tuple[float, float]
    upright: Mapping[float, str]
    title: str
    about: str

    @property
    def height(self) -> int:
        return self._foot + _FOOT

    def marks(self) -> Iterator[Stroke | Dot | Label]:
        """What is drawn, in this order, in pixels of a picture that is ``WIDTH`` wide."""
        for value, name in self.upright.items():
            x = self._x(value)
            yield Stroke((x, _TOP - 8), (x, self._foot + 8), _LINE)
            if name:
                yield Label(x, _TOP - 14, name, _QUIET, 12, "middle")
        for number, one in enumerate(self.lines):
            y = _TOP + _ROW * number + _ROW // 2
            yield Label(12, y + 4, _cut(one.title), _INK)
            if one.interval:
                yield Stroke((self._x(one.interval.low), y), (self._x(one.interval.high), y), _MARK, 3)
                yield Dot(self._x(one.interval.value), y, 5.5, _MARK)
            yield Label(WIDTH - 12, y + 4, one.told, _QUIET, anchor="end")
        yield Label(_LEFT, self.height - 12, self.about, _QUIET, 12)

    def svg(self) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.height}" '
            f'viewBox="0 0 {WIDTH} {self.height}" style="max-width: 100%; height: auto" '
            f'font-family="system-ui, sans-serif" role="img">'
        )
        title = f"<title>{escape(self.title)}</title>"
        ground = f'<rect width="{WIDTH}" height="{self.height}" fill="#ffffff"/>'
        return "\n".join([head, title, ground, *map(_element, self.marks()), "</svg>"])

    def png(self) -> bytes:
        """With two pixels for each of the SVG's. Its text is the title's, too."""
        from workbench.api.forest_png import drawn

        return drawn(self)

    @property
    def _foot(self) -> int:
        return _TOP + _ROW * len(self.lines)

    def _x(self, value: float) -> float:
        low, high = self.reach
        return round(_LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT), 1)


def _element(mark: Stroke | Dot | Label) -> str:
    match mark:
        case Stroke((x1, y1), (x2, y2)):
            return (
                f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" stroke="{mark.colour}" '
                f'stroke-width="{mark.width}" stroke-linecap="{"round" if mark.width > 1 else "butt"}"/>'
            )
        case Dot():
            return f'<circle cx="{mark.x}" cy="{mark.y}" r="{mark.radius}" fill="{mark.colour}"/>'
        case Label():
            return (
                f'<text x="{mark.x}" y="{mark.y}" fill="{mark.colour}" font-size="{mark.size}" '
                f'text-anchor="{mark.anchor}">{escape(mark.text)}</text>'
            )


def _cut(text: str) -> str:
    """To what fits beside the plot; letters as wide as high count twice."""
    widths = list(accumulate(2 if east_asian_width(letter) in "WF" else 1 for letter in text))
    if not widths or widths[-1] <= LONGEST_TITLE:
        return text
    return f"{text[: sum(width < LONGEST_TITLE for width in widths)].rstrip()}…"
