"""The files that both kinds of review give away: the report and all figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from workbench.api import Workbench
from workbench.api.ranking import RankedArms
from workbench.api.rated import RatedArms
from workbench.api.report import report_html


def report_button(bench: Workbench, found: RankedArms | RatedArms) -> None:
    st.download_button(
        "Report",
        lambda: report_html(bench, found).encode(),
        "report.html",
        "text/html",
        icon=":material/description:",
        on_click="ignore",
        help="One file that plays offline: these figures, every prompt, and small copies of the clips.",
    )


def json_button(record: Callable[[], Mapping[str, Any]], name: str) -> None:
    """``record`` is made when it is asked for."""
    st.download_button(
        "JSON", lambda: json.dumps(record(), indent=2).encode(), name, "application/json", on_click="ignore"
    )
