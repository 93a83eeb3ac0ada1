"""One saved prompt: its words as versions, any two of them compared, its runs, and how it ranked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import RequestError
from workbench.domain.saved_prompt import LONGEST_NOTES, PromptVersion, SavedPrompt
from workbench.ui import figures
from workbench.ui.address_bar import say
from workbench.ui.compose.composition import Composition
from workbench.ui.compose.state import start_from
from workbench.ui.differences import show_texts
from workbench.ui.links import go, link
from workbench.ui.prompts.tree import tree

MOST_RUNS = 120


def opened(bench: Workbench, name: str) -> None:
    try:
        one = bench.prompt(name)
    except RequestError as error:
        st.title("Prompts", anchor=False)
        st.error(figures.plain(str(error)))
        link("prompts", "All prompts", icon=":material/arrow_back:")
        return
    versions = bench.prompt_versions(name)
    _head(bench, one)
    words, made = st.tabs(["Versions", "What came of it"], key="prompts.tabs", on_change="rerun")
    if words.open:
        with words:
            _versions(bench, versions)
    if made.open:  # each review is ranked anew
        with made:
            _ranked(bench, one)
            tree(bench, bench.prompt_runs(name, MOST_RUNS), one.runs)


def _head(bench: Workbench, one: SavedPrompt) -> None:
    link("prompts", "All prompts", icon=":material/arrow_back:")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.title(figures.plain(one.name), anchor=False, width="stretch")
        with st.popover("Tags and notes"), st.form("prompts.said", border=False):
            tags = st.text_input("Tags, with commas between", ", ".join(one.tags))
            notes = st.text_area("Notes", one.notes, max_chars=LONGEST_NOTES)
            if st.form_submit_button("Keep"):
                _describe(bench, one.name, tags, notes)
    if one.tags:
        with st.container(horizontal=True, gap="xsmall"):
            for tag in one.tags:
                st.badge(figures.label(tag), color="gray")
    if one.notes:
        st.markdown(figures.plain(one.notes))


def _describe(bench: Workbench, name: str, tags: str, notes: str) -> None:
    try:
        bench.describe_prompt(name, tags=tags, notes=notes)
    except RequestError as error:
        st.error(figures.plain(str(error)))
    else:
        st.rerun()


def _versions(bench: Workbench, versions: Sequence[PromptVersion]) -> None:
    """Which two they are stands in the page's address."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        shown = _chosen("version", "Version", versions, default=0)
        others = [one for one in versions if one is not shown]
        before = next((n for n, one in enumerate(others) if one.number < shown.number), 0)
        base = _chosen(f"against.{shown.number}", "Against", others, default=before) if others else None
        if st.button("Open in Compose", type="primary", key="prompts.compose"):
            start_from(bench, Composition(prompt=shown.text, negative_prompt=shown.negative_text))
            go("compose")
    say("version", str(shown.number))
    say("against", str(base.number) if base else "")
    old = base or shown
    show_texts((old.text, old.negative_text), (shown.text, shown.negative_text), tell_same=base is not None)


def _chosen(key: str, label: str, versions: Sequence[PromptVersion], *, default: int) -> PromptVersion:
    asked = st.query_params.get(key.partition(".")[0], "")
    place = next((n for n, one in enumerate(versions) if str(one.number) == asked), default)
    return st.selectbox(label, versions, place, format_func=_called, key=f"prompts.{key}")


def _called(version: PromptVersion) -> str:
    note = f" – {version.note}" if version.note else ""
    return f"{version.number}, {version.created_at:%Y-%m-%d %H:%M}{note}"


def _ranked(bench: Workbench, one: SavedPrompt) -> None:
    ranks = bench.prompt_ranks(one.name)
    if not ranks:
        st.markdown("No review has ranked it yet.")
    for number, rank in enumerate(ranks):
        with st.container(
            horizontal=True, gap="small", vertical_alignment="center", key=f"wb-named-{number}"
        ):
            link("ranking", rank.review or "A review", {"review": rank.review_id})
            st.markdown(figures.plain(f"Version {rank.version}: {rank.sentence}"))
