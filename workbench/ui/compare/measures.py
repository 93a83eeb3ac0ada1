"""What was measured of each clip, side by side: value, unit, which way is better, difference to the base."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api.metrics import About, Direction
from workbench.domain.metric import Measured
from workbench.ui import figures
from workbench.ui.compare.sheet import Cell, Line, Tone, sheet_html
from workbench.ui.facts import facts_html
from workbench.ui.measured import ARROWS, MINUS, NO_SCORE, SHOWN, labelled, meaning, number

NOTICED = 0.02  # of the larger value
LEAST = 0.002  # two of the last digit that is shown


def show_measures(measured: Sequence[Measured | None]) -> None:
    """``measured`` by clip, the base first; ``None`` for one that waits for it."""
    for clip, one in enumerate(measured, 1):
        if one is None:
            st.caption(f"Clip {clip} is not measured yet; the app does it by itself.")
        elif one.fault:
            st.caption(f"Clip {clip} could not be measured: {figures.plain(one.fault)}")
    lines, same = measure_lines(measured)
    if lines:
        st.html(sheet_html("Measured", lines, len(measured)))
    if same:
        st.caption(figures.plain(f"As good as the same in all: {', '.join(same)}."))
    if any(measured):
        st.caption(NO_SCORE)
        with st.expander("What each of these means"):
            st.html(facts_html([(about.label, meaning(about)) for about in SHOWN.values()]))


def measure_lines(measured: Sequence[Measured | None]) -> tuple[list[Line], list[str]]:
    """A line for each metric that differs, and in few words what is as good as the same in all. What has no
    value in any clip is left out.
    """
    lines, same = [], []
    for name, about in SHOWN.items():
        values = [one.value(name) if one else None for one in measured]
        known = [value for value in values if value is not None]
        if not known:
            continue
        if not any(noticed(one, known[0]) for one in known) and len(measured) > 1:
            same.append(labelled(name, known[0]))
            continue
        cells = [Cell(number(values[0])), *(_cell(one, values[0], about, name) for one in values[1:])]
        aside = " · ".join(part for part in (about.unit, ARROWS[about.direction]) if part)
        lines.append(Line(about.label, tuple(cells), aside=aside, about=meaning(about)))
    return lines, same


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
    text = number(value)
    if value is None or base is None or not noticed(value, base):
        return Cell(text)
    shade = tone(value, base, about, name)
    difference = value - base
    sign, arrow = ("+", "▲") if difference > 0 else (MINUS, "▼")
    note = f"{arrow} {sign}{number(abs(difference))}" + (f", {shade}" if shade else "")
    return Cell(text, note, shade, differs=True)
