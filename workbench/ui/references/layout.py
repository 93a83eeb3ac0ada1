"""The parts of the References page: shelf and look above, what was seen and what is written of it below."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.api import Workbench
from workbench.ui.references.looking import look
from workbench.ui.references.onward import onward, part_of_references
from workbench.ui.references.outcome import outcome
from workbench.ui.references.picked import picked
from workbench.ui.references.seen import seen
from workbench.ui.references.state import keep, session, start_over
from workbench.ui.references.writing import as_typed, target, words, write

STYLESHEET = Path(__file__).with_name("references.css")


def halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The shelf and the look: side by side, or one above the other on a narrow page."""
    st.html(STYLESHEET)
    with st.container(key="wb-references"):
        shelf_half, look_half = st.columns(2, gap="medium")
    return shelf_half, look_half


@st.fragment
def looked_at(bench: Workbench) -> None:
    """What is picked, and the look at it."""
    held = session(bench)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.header("Look", anchor=False, width="stretch")
        has_work = held.desk.picks or held.desk.brief
        if has_work and st.button("Start over", key="desk.over", type="tertiary"):
            start_over(bench)
            st.rerun()
    picked(bench, held)
    look(bench, held)


@st.fragment
def work(bench: Workbench) -> None:
    """Seen → written → made. It draws itself again as one works; the shelf above stays as it is."""
    held = session(bench)
    keep(bench, as_typed(held))
    if held.desk.brief is None:
        outcome(bench, held)
        return
    with st.container(key="wb-work"):
        seen_half, written_half = st.columns(2, gap="medium")
    with seen_half:
        seen(bench, held)
    with written_half:
        st.header("Write", anchor=False)
        model = target(bench, held)
        casting = part_of_references(held.desk, model)
        write(bench, held, model)
        is_sent = words(bench, held, model)
        if held.desk.words.prompt.strip():
            onward(bench, held, model, casting, is_sent)
        outcome(bench, held)
