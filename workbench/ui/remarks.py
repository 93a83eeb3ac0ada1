"""What speaks against pictures as references, as a quiet list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.domain.media import Media, Role
from workbench.domain.request import Scalar
from workbench.ui import figures

_COLOURS = {"missing": "violet", "conflict": "red", "ignored": "orange", "advice": "blue"}


def remarks(
    bench: Workbench,
    pictures: Sequence[tuple[str, Role, Media]],
    model: Capabilities,
    settings: Mapping[str, Scalar],
) -> None:
    """Advice only: nothing of it stands in the way. Nothing where there is none."""
    found = bench.picture_remarks(pictures, model, settings)
    if not found:
        return
    with st.container(gap="xxsmall", key="wb-remarks"):
        for remark in found:
            st.markdown(f":{_COLOURS[remark.level]}-badge[{remark.level}] {figures.plain(remark.message)}")
