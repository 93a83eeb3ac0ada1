"""What stands where clips will be, while the log is empty."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.ui.compose.state import session, start_from

EXAMPLES = (
    ("Lion at dawn", "A lion walks through tall grass at dawn, slow dolly in, documentary style"),
    ("Neon street", "Rain falls on a neon street at night, pan left, cinematic style"),
    ("Emerald ring", "An emerald ring rotates on black velvet, the camera orbits it slowly, cinematic style"),
)


def first_run(bench: Workbench) -> None:
    """Three prompts to start from, and a whole experiment in one click."""
    st.html(
        '<div class="wb-empty"><strong>Your clips will play here</strong>'
        "<p>Write a prompt and press Generate. The local preview needs no key and costs nothing.</p></div>"
    )
    st.caption("Start from an example")
    with st.container(horizontal=True, gap="small", key="wb-examples"):
        for label, prompt in EXAMPLES:
            if st.button(label, key=f"example.{label}", help=prompt):
                start_from(bench, replace(session(bench).composition, prompt=prompt))
                st.rerun()
    st.caption("Or see every page filled: two prompts, three seeds each")
    if st.button("Make a sample experiment", key="sample"):
        try:
            bench.sample()
        except WorkbenchError as error:
            st.error(str(error))
        else:
            st.rerun()
