"""All saved prompts, by words and tag, and the library as a file: out and in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from workbench.api import Workbench
from workbench.api.prompt_library import matching
from workbench.domain.errors import WorkbenchError
from workbench.domain.saved_prompt import SavedPrompt
from workbench.ui import figures
from workbench.ui.address_bar import say
from workbench.ui.links import link

SHOWN = 200
_ROUND = "prompts.import.round"


def listing(bench: Workbench) -> None:
    every = bench.prompts()
    _top(bench, every)
    if not every:
        st.info("Nothing is saved yet. Save a prompt in Compose under “Saved prompts”, or import a library.")
        link("compose", "Open Compose", icon=":material/edit_note:")
        return
    found = _filtered(every)
    for number, one in enumerate(found[:SHOWN]):
        _row(one, number)
    if not found:
        st.markdown("No saved prompt is like that: take away some words, or the tag.")
    if len(found) > SHOWN:
        st.caption(f"{len(found) - SHOWN:,} more are not shown; narrow it by words.")


def _top(bench: Workbench, every: Sequence[SavedPrompt]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.title("Prompts", anchor=False, width="stretch")
        number = st.session_state.setdefault(_ROUND, 0)  # after each import it is another one, empty and shut
        with st.popover("Import", icon=":material/upload:", key=f"prompts.import.{number}"):
            _import(bench, number)
        if every:
            with st.popover("Export", icon=":material/download:"):
                for kind in ("csv", "json"):
                    made = partial(_exported, bench, kind)
                    st.download_button(kind.upper(), data=made, file_name=f"prompts.{kind}")


def _filtered(every: Sequence[SavedPrompt]) -> list[SavedPrompt]:
    """By words and tag, which stand in the page's address."""
    tags = ["", *sorted({tag for one in every for tag in one.tags}, key=str.casefold)]
    asked = st.query_params.get("tag", "")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.text_input("Words", st.query_params.get("text", ""), key="prompts.text")
        tag = st.selectbox(
            "Tag",
            tags,
            tags.index(asked) if asked in tags else 0,
            key="prompts.tag",
            format_func=lambda tag: tag or "Any",
        )
    say("text", text)
    say("tag", tag)
    return matching(every, text, tag)


def _row(one: SavedPrompt, number: int) -> None:
    with st.container(border=True, gap="xxsmall"):
        with st.container(
            horizontal=True, gap="small", vertical_alignment="center", key=f"wb-named-{number}"
        ):
            link("prompts", one.name, {"prompt": one.name})
            for tag in one.tags:
                st.badge(figures.label(tag), color="gray")
        st.markdown(figures.plain(figures.first_line(one.newest.text)))
        runs = "1 run" if one.runs == 1 else f"{one.runs:,} runs"
        st.caption(f"Version {one.versions} of {figures.moment(one.newest.created_at)} · {runs}")


def _import(bench: Workbench, number: int) -> None:
    st.markdown(
        "A table or a JSON list with the columns *name* and *prompt*; others may be "
        "*negative_prompt*, *note*, *tags*, *notes*. What is there already is not added again."
    )
    given = st.file_uploader("Library", type=["csv", "tsv", "json"], key=f"prompts.file.{number}")
    if given is None or not st.button("Take it in", key="prompts.import"):
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / Path(given.name).name[-60:]  # names of any length come from elsewhere
        file.write_bytes(given.getvalue())
        try:
            came = bench.import_prompts(file)
        except WorkbenchError as error:
            st.error(figures.plain(str(error)))
        else:
            st.toast(f"{came.new:,} new versions, {came.known:,} known before.")
            st.session_state[_ROUND] += 1
            st.rerun()


def _exported(bench: Workbench, kind: str) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"prompts.{kind}"
        bench.export_prompts(file)
        return file.read_bytes()
