"""Access: who can reach this workbench, and the way out."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench


def access(bench: Workbench) -> None:
    found = bench.settings.access
    if not found.token:
        st.markdown("Open to this machine only: no `WORKBENCH_TOKEN` is set.")
        return
    names = ", ".join(f"`{host}`" for host in found.hosts) or "this machine's own"
    st.markdown(f"Open to everybody who has the token `WORKBENCH_TOKEN`, under these names: {names}.")
    st.html('<a href="/sign-out">Sign out of this browser</a>')
