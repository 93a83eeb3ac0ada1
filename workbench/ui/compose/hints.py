"""Lint as a list below the editors, and as marks inside them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.prompting.lint import Field, Hint, Level
from workbench.prompting.template import Literal, Template
from workbench.ui import figures
from workbench.ui.editor import Mark

SHOWN = 4
_COLOURS: dict[Level, str] = {"missing": "violet", "conflict": "red", "ignored": "orange", "advice": "blue"}


def marks(hints: Sequence[Hint], field: Field, template: Template | None = None) -> list[Mark]:
    """What is underlined in ``field``, with the slots of ``template`` tinted, in reading order."""
    found = [Mark(h.start, h.end, h.level) for h in hints if h.field == field and h.start < h.end]
    if template:
        found += [
            Mark(at, at + len(part.source), "slot")
            for at, part in template.placed()
            if not isinstance(part, Literal)
        ]
    return sorted(found, key=lambda mark: (mark.start, mark.end))


def hint_list(hints: Sequence[Hint]) -> Hint | None:
    """Level and sentence of each, with a button where there is a fix; the one whose fix is wanted."""
    if not hints:
        return None
    with st.container(gap="xxsmall", key="wb-hints"):
        wanted = _rows(hints[:SHOWN])
        if rest := hints[SHOWN:]:
            with st.expander(f"{len(rest)} more"):
                wanted = _rows(rest) or wanted
    return wanted


def _rows(hints: Sequence[Hint]) -> Hint | None:
    wanted = None
    for hint in hints:
        with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
            st.markdown(
                f":{_COLOURS[hint.level]}-badge[{hint.level}] {figures.plain(hint.message)}", width="stretch"
            )
            if hint.fix is not None and st.button(
                _fix_label(hint), key=f"fix.{hint.field}.{hint.rule}.{hint.start}.{hint.end}", type="tertiary"
            ):
                wanted = hint
    return wanted


def _fix_label(hint: Hint) -> str:
    fix = (hint.fix or "").strip(" ,.")
    if not fix:
        return "Take out"
    verb = "Add" if hint.start == hint.end else "Use"
    return f"{verb} “{figures.plain(fix)}”"
