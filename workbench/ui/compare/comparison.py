"""The page from top to bottom: the clips, what each is, what differs, what is measured, a rating."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.api import Workbench
from workbench.domain.metric import Measured
from workbench.ui import figures
from workbench.ui.compare import address, board, contrast, picker
from workbench.ui.compare.board import Board
from workbench.ui.compare.cards import cards, labels
from workbench.ui.compare.measures import show_measures
from workbench.ui.compare.watching import watching
from workbench.ui.links import link
from workbench.ui.rating_form import rating_form

MEASURED_EVERY_S = 2.0
STYLESHEET = Path(__file__).with_name("compare.css")


def comparison(bench: Workbench) -> None:
    """Whatever the link names; with fewer than two clips, what to do about it."""
    st.html(STYLESHEET)
    found = address.find(bench, address.addresses(st.query_params))
    shown = Board(found.clips)
    if found.complaint:
        st.warning(figures.plain(found.complaint))
    if not shown.clips:
        _nothing(bench, shown)
        return
    _bar(bench, shown)
    names = labels(bench, shown.clips)
    watching(bench, shown, names)
    measured = _measured(bench, shown)
    cards(bench, shown, names, [one.strip if one else None for one in measured])
    if not shown.is_enough:
        st.header("Compare it with", anchor=False)
        picker.choose(bench, shown)
        return
    st.header("What differs", anchor=False)
    contrast.show_words(shown.clips)
    contrast.show_settings(bench, shown.clips)
    st.header("Measured", anchor=False)
    show_measures(measured)
    if any(one is None for one in measured):
        st.fragment(_watch, run_every=MEASURED_EVERY_S)(bench, shown, len(list(filter(None, measured))))
    st.header("Rate", anchor=False)
    _rate(bench, shown)


def _bar(bench: Workbench, shown: Board) -> None:
    if not shown.is_enough:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="wb-bar-compare"):
        picker.picker(bench, shown)
        if len(shown.clips) == address.LEAST_CLIPS:
            st.button(
                "Swap",
                icon=":material/swap_horiz:",
                on_click=board.swap,
                args=(shown,),
                help="Exchange the two: the other one becomes the base.",
            )
        st.caption("The address of this page opens the same comparison, at the same frame.")


def _measured(bench: Workbench, shown: Board) -> list[Measured | None]:
    found = bench.metrics_of(list({clip.run.id: None for clip in shown.clips}))
    return [found.get((clip.run.id, clip.clip.index)) for clip in shown.clips]


def _watch(bench: Workbench, shown: Board, known: int) -> None:
    """Draw the page again once another clip is measured."""
    if len(list(filter(None, _measured(bench, shown)))) != known:
        st.rerun()


def _rate(bench: Workbench, shown: Board) -> None:
    numbers = range(1, len(shown.clips) + 1)
    chosen = st.segmented_control(
        "Clip to rate", numbers, default=1, required=True, key=f"compare.rated.{shown.name}"
    )
    clip = shown.clips[(chosen or 1) - 1]
    rating_form(bench, clip.run, clip.clip)


def _nothing(bench: Workbench, shown: Board) -> None:
    st.markdown(
        "Choose two to six clips: here, or with the checkboxes in the list of runs. They then play on one "
        "timeline, frame by frame, and the address of this page opens the same for somebody else."
    )
    link("runs", "All runs", icon=":material/video_library:")
    picker.choose(bench, shown)
