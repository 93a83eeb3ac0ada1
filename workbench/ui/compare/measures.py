"""What was measured of each clip, side by side: value, unit, which way is better, difference to the base."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api.metrics import METRICS, About, Direction
from workbench.domain.metric import Measured
from workbench.ui import figures
from workbench.ui.compare.sheet import Cell, Line, Tone, sheet_html
from workbench.ui.facts import facts_html

NO_SCORE = (
    "There is no single score on purpose: blur, darkness and a low bit rate make a clip smoother and its "
    "pictures more alike, so a sum would praise them. Better and worse are told of one measure, all else "
    "being equal, and not of differences under 2 %."
)
_MEANINGLESS = frozenset({"fingerprint_high", "fingerprint_low"})  # only to find near-duplicates by
_ARROWS = {
    Direction.HIGHER: "↑ higher is better",
    Direction.LOWER: "↓ lower is better",
    Direction.AS_ASKED: "as asked is best",
    Direction.NONE: "",
}
NOTICED = 0.02  # of the larger value
LEAST = 0.002  # two of the last digit that is shown
_MINUS = "\N{MINUS SIGN}"


def show_measures(measured: Sequence[Measured | None]) -> None:
    """``measured`` by clip, the base first; ``None`` for one that waits for it."""
    for number, one in enumerate(measured, 1):
        if one is None:
            st.caption(f"Clip {number} is not measured yet; the app does it by itself.")
        elif one.fault:
            st.caption(f"Clip {number} could not be measured: {figures.plain(one.fault)}")
    lines, same = measure_lines(measured)
    if lines:
        st.html(sheet_html("Measured", lines, len(measured)))
    if same:
        st.caption(figures.plain(f"As good as the same in all: {', '.join(same)}."))
    if any(measured):
        st.caption(NO_SCORE)
        with st.expander("What each of these means"):
            st.html(facts_html([(METRICS[name].label, _meaning(METRICS[name])) for name in METRICS]))


def measure_lines(measured: Sequence[Measured | None]) -> tuple[list[Line], list[str]]:
    """A line for each metric that differs, and in few words what is as good as the same in all. What has no
    value in any clip is left out.
    """
    lines, same = [], []
    for name, about in METRICS.items():
        values = [one.value(name) if one else None for one in measured]
        known = [value for value in values if value is not None]
        if name in _MEANINGLESS or not known:
            continue
        if not any(noticed(one, known[0]) for one in known) and len(measured) > 1:
            same.append(f"{about.label} {_number(known[0])} {about.unit}".rstrip())
            continue
        cells = [Cell(value_text(values[0])), *(_cell(one, values[0], about, name) for one in values[1:])]
        aside = " · ".join(part for part in (about.unit, _ARROWS[about.direction]) if part)
        lines.append(Line(about.label, tuple(cells), aside=aside, about=_meaning(about)))
    return lines, same


def value_text(value: float | None) -> str:
    return figures.NONE if value is None else _number(value)


def noticed(one: float, other: float) -> bool:
    """Whether a difference is large enough to be spoken of."""
    return abs(one - other) >= max(LEAST, NOTICED * max(abs(one), abs(other)))


def tone(value: float, base: float, about: About, name: str) -> Tone:
    """Whether ``value`` is better than ``base``, where the metric can say so."""
    if not noticed(value, base):
        return ""
    match about.direction:
        case Direction.HIGHER:
            return "better" if value > base else "worse"
        case Direction.LOWER:
            return "better" if value < base else "worse"
        case Direction.AS_ASKED if name.endswith("_off") and abs(value) != abs(base):
            return "better" if abs(value) < abs(base) else "worse"
    return ""


def _cell(value: float | None, base: float | None, about: About, name: str) -> Cell:
    text = value_text(value)
    if value is None or base is None or not noticed(value, base):
        return Cell(text)
    shade = tone(value, base, about, name)
    difference = value - base
    sign, arrow = ("+", "▲") if difference > 0 else (_MINUS, "▼")
    note = f"{arrow} {sign}{_number(abs(difference))}" + (f", {shade}" if shade else "")
    return Cell(text, note, shade, differs=True)


def _number(value: float) -> str:
    """Three significant digits, never more than three decimals, no exponent."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{size:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if value >= 0 or text == "0" else _MINUS + text


def _meaning(about: About) -> str:
    ends = [f"{word} {end:g}" for word, end in (("from", about.low), ("to", about.high)) if end is not None]
    where = ", ".join(part for part in (f"in {about.unit}" if about.unit else "", " ".join(ends)) if part)
    parts = (about.formula, where, about.caveat.rstrip("."), f"Source: {about.source}")
    return ". ".join(part for part in parts if part) + "."
