"""Named prompts with their versions: save what stands in the editor, open what stood there before."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.saved_prompt import PromptVersion
from workbench.ui import figures
from workbench.ui.compose.composition import Composition
from workbench.ui.compose.state import start_from


def saved_prompts(bench: Workbench, composition: Composition) -> None:
    """A popover. Opening a version puts what was typed aside first."""
    with st.popover("Saved prompts", key="saved"):
        _save(bench, composition)
        if names := bench.store.prompts.names():
            st.divider()
            _open(bench, composition, names)


def _save(bench: Workbench, composition: Composition) -> None:
    with st.form("saved.form", border=False):
        name = st.text_input("Save this prompt as", key="saved.name", max_chars=120)
        note = st.text_input("What is new in this version", key="saved.note", max_chars=200)
        if not st.form_submit_button("Save version"):
            return
    try:
        saved = bench.store.prompts.save(
            name, composition.prompt, composition.negative_prompt, bench.clock.now(), note.strip()
        )
    except WorkbenchError as error:
        st.error(str(error))
    else:
        st.success(f"Saved as version {saved.number} of {saved.name}.")


def _open(bench: Workbench, composition: Composition, names: list[str]) -> None:
    name = st.selectbox("Open a saved prompt", names, key="saved.pick")
    history = bench.store.prompts.history(name)
    version = st.selectbox("Version", history, format_func=_version, key=f"saved.version.{name}")
    st.caption(figures.first_line(version.text))
    if st.button("Open version", key="saved.open"):
        words = replace(
            composition, prompt=version.text, negative_prompt=version.negative_text, brief_id=None
        )
        start_from(bench, words)
        st.rerun()


def _version(version: PromptVersion) -> str:
    note = f" – {version.note}" if version.note else ""
    return f"{version.number}, {version.created_at:%Y-%m-%d %H:%M}{note}"
