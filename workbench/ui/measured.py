"""What was measured, as a person reads it: numbers, units, which way is better, what each value means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from immutabledict import immutabledict

from workbench.api.metrics import METRICS, About, Direction
from workbench.ui import figures

# The two halves of the fingerprint are there only to find near-duplicates by.
SHOWN: Final[Mapping[str, About]] = immutabledict(
    {name: about for name, about in METRICS.items() if not name.startswith("fingerprint_")}
)
ARROWS: Final[Mapping[Direction, str]] = immutabledict(
    {
        Direction.HIGHER: "↑ higher is better",
        Direction.LOWER: "↓ lower is better",
        Direction.AS_ASKED: "as asked is best",
        Direction.NONE: "",
    }
)
NO_SCORE: Final = (
    "There is no single score on purpose: blur, darkness and a low bit rate make a clip smoother and its "
    "pictures more alike, so a sum would praise them. Better and worse are told of one measure, all else "
    "being equal, and not of differences under 2 %."
)
MINUS: Final = "\N{MINUS SIGN}"


def number(value: float | None) -> str:
    """Three significant digits, never more than three decimals, no exponent; a dash where there is none."""
    if value is None:
        return figures.NONE
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{size:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if value >= 0 or text == "0" else MINUS + text


def labelled(name: str, value: float) -> str:
    """``Motion 0.21 frame widths/s``."""
    about = SHOWN[name]
    return f"{about.label} {number(value)} {about.unit}".rstrip()


def meaning(about: About) -> str:
    """Formula, unit, bounds, what not to take it for, and its source, as sentences."""
    ends = [f"{word} {end:g}" for word, end in (("from", about.low), ("to", about.high)) if end is not None]
    where = ", ".join(part for part in (f"in {about.unit}" if about.unit else "", " ".join(ends)) if part)
    parts = (about.formula, where, about.caveat.rstrip("."), f"Source: {about.source}")
    return ". ".join(part for part in parts if part) + "."
