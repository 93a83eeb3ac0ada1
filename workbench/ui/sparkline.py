"""Motion and brightness over a clip's time, as two small curves; all clips of a page to one scale.

They are cut out of plain boxes: ``st.html`` lets no SVG through, and a picture would not follow the theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from workbench.domain.metric import Point, Strip

_LEAST_MOTION = 0.02  # frame widths a second at the top at least, so that noise does not look like motion
_LINE_PX = 1.5


def strip_html(strips: Sequence[Strip | None]) -> list[str]:
    """Nothing for a clip that has not been measured."""
    known = [strip for strip in strips if strip]
    most = max([_LEAST_MOTION, *(value for strip in known for _, value in strip.motion)])
    length_s = max((t for strip in known for t, _ in (*strip.motion, *strip.brightness)), default=0.0) or 1.0
    return [_strip(strip, most, length_s) if strip else "" for strip in strips]


def _strip(strip: Strip, most: float, length_s: float) -> str:
    motion = _curve("Motion", strip.motion, most, length_s, " frame widths/s")
    light = _curve("Brightness", strip.brightness, 1.0, length_s, "")
    return f'<div class="wb-strip">{motion}{light}</div>' if motion or light else ""


def _curve(name: str, points: Sequence[Point], most: float, length_s: float, unit: str) -> str:
    if not points:
        return ""
    values = [value for _, value in points]
    told = f"{name} over time: {min(values):.2f} to {max(values):.2f}{unit}"
    path = [(time / length_s * 100, (1 - min(value / most, 1.0)) * 100) for time, value in points]
    above = ",".join(f"{x:.1f}% {y:.1f}%" for x, y in path)
    ends = f"{path[-1][0]:.1f}% 100%,{path[0][0]:.1f}% 100%"
    below = ",".join(f"{x:.1f}% calc({y:.1f}% + {_LINE_PX}px)" for x, y in reversed(path))
    about = escape(told, quote=True)
    return (
        f'<div class="wb-curve wb-{name.lower()}"><span class="wb-aside" aria-hidden="true">{name}</span>'
        f'<div role="img" aria-label="{about}" title="{about}">'
        f'<i style="clip-path:polygon({above},{ends})"></i>'
        f'<b style="clip-path:polygon({above},{below})"></b></div></div>'
    )
