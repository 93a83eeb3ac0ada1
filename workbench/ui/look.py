"""The project's own CSS classes, put into the page once a run of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

STYLESHEET = Path(__file__).with_name("look.css")


def apply() -> None:
    """Call once a page run, before anything that uses ``wb-…`` classes."""
    st.html(STYLESHEET)
