"""Popovers by keyboard: what is opened is next, instead of at the end of the whole page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "workbench.popovers", js=Path(__file__).with_name("popovers.js").read_text(encoding="utf-8")
)


def come_next() -> None:
    """Call once a page run."""
    with st.container(key="wb-popovers"):
        _component(key="popovers", height=0)
