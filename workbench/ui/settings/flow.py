"""Why Google Flow is off, what is left out on purpose, and the official ways to the same clips."""

from __future__ import annotations

import streamlit as st


def flow() -> None:
    st.markdown(
        "Flow has no public interface. The endpoint `flow` speaks to **one gateway that you run or are "
        "entitled to**: no address is built in, and it stays off until `FLOW_GATEWAY_URL` is set."
    )
    with st.expander("Why there is no captcha relay, and what to use instead"):
        st.markdown(
            "Recipes that go round hand your browser's own Google token to a stranger's server, which gets "
            "past a captcha with it. Whoever holds that token can act as you; the workbench has no such "
            "relay and takes no such token.\n\n"
            "The official ways: up to three reference images with Veo 3.1 (`vertex`), or reference images "
            "and clips with Omni Flash (`gemini`). A clip that you made in Flow by hand is a file like any "
            "other: give it in Compose as the clip to extend or edit, or as a reference."
        )
