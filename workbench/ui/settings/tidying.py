"""Letting go of clips and cached copies: by which rules, what would go, and only then the deed."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.retention import MOST_DAYS, Rules, Share, Tidying
from workbench.ui import figures

_SHOWN, _TOLD = "tidying.shown", "tidying.told"


def tidying(bench: Workbench) -> None:
    """Nothing is looked for before somebody asks: it reads every clip of the log."""
    st.markdown(
        "Drops clips by rules and keeps all else of their runs: prompt, recipe, poster, metrics, ratings, "
        "notes and votes. What others go on from, what is on the shelf, in a draft or an open review stays. "
        "The rules start as `workbench.toml` has them under `[retention]`; an empty one is off."
    )
    rules = _rules(bench.settings.written.retention)
    if told := st.session_state.pop(_TOLD, ""):
        st.success(figures.plain(told))
    if st.button("Show what would go", icon=":material/preview:", disabled=rules.is_empty):
        with st.spinner("Looking through the log …"):
            st.session_state[_SHOWN] = bench.would_tidy(rules)
    shown: Tidying | None = st.session_state.get(_SHOWN)
    if shown is None or shown.rules != rules:
        return
    st.markdown("\n".join(_line(shown, share) for share in shown.shares))
    if st.button("Let it go …", icon=":material/auto_delete:", disabled=not shown.files):
        _confirm(bench, shown)


def _rules(written: Rules) -> Rules:
    unseen, discarded, cache = st.columns(3, vertical_alignment="bottom")
    with unseen:
        days = st.number_input(
            "Unseen clips, days",
            1,
            MOST_DAYS,
            written.unseen_clips_after_days,
            key="tidying.unseen",
            placeholder="off",
            help="Clips that nobody has opened, played, saved, rated, noted or put into a review.",
        )
    with discarded:
        after = st.number_input(
            "Failed and deleted, days",
            1,
            MOST_DAYS,
            written.failed_and_deleted_after_days,
            key="tidying.discarded",
            placeholder="off",
            help="Clips of runs that failed, or lie in the bin, for so long.",
        )
    with cache:
        gigabytes = st.number_input(
            "Cached copies, GB",
            0.0,
            None,
            written.cache_gb,
            key="tidying.cache",
            placeholder="off",
            help="As much as may stay of what can be made again; the longest unused go first.",
        )
    return Rules(days, after, gigabytes)


def _line(shown: Tidying, share: Share) -> str:
    since = f", the oldest from {share.oldest:%Y-%m-%d}" if share.oldest else ""
    name = share.rule.words(shown.rules.days(share.rule))
    return f"- {name[0].upper()}{name[1:]}: **{share.files:,}**, {figures.size(share.size_bytes)}{since}"


@st.dialog("Let it go?")
def _confirm(bench: Workbench, shown: Tidying) -> None:
    files = "file goes" if shown.files == 1 else "files go"
    st.markdown(
        f"{shown.files:,} {files} for good, {figures.size(shown.size_bytes)}. Whatever somebody opens, rates "
        f"or uses before its turn stays. Only an archive or a backup brings a clip back."
    )
    with st.container(horizontal=True):
        if st.button("Let it go", type="primary", on_click=_let_go, args=(bench, shown.rules)):
            st.rerun()
        if st.button("Keep it"):
            st.rerun()


def _let_go(bench: Workbench, rules: Rules) -> None:
    st.session_state.pop(_SHOWN, None)
    try:
        done = bench.tidy(rules)
    except WorkbenchError as error:
        st.session_state[_TOLD] = str(error)
        return
    files = "file was" if done.files == 1 else "files were"
    st.session_state[_TOLD] = f"{done.files:,} {files} removed, {figures.size(done.size_bytes)}."
