"""What the Runs page shows, as a file: nothing is made before somebody asks for it."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from workbench.domain.times import to_text
from workbench.ui.runs.view import RunsView

_FORMS = {
    "csv": "CSV, for a spreadsheet",
    "jsonl": "JSON lines",
    "parquet": "Parquet, for pandas and others",
    "zip": "Archive, for another folder",
}


def export_button(view: RunsView) -> None:
    """All that match, not this page of them alone."""
    with st.popover("Export", icon=":material/download:", width="content"):
        st.markdown(
            "All runs that match the filters. The archive holds the settled ones with clips, references, "
            "ratings, notes and votes; Import takes it in elsewhere."
        )
        st.html("".join(f"<p>{_link(view, kind, label)}</p>" for kind, label in _FORMS.items()))


def _link(view: RunsView, kind: str, label: str) -> str:
    return f'<a class="wb-link" href="{escape(address(view, kind))}" download>{escape(label)}</a>'


def address(view: RunsView, kind: str) -> str:
    """Where the server has what ``view`` filters as ``kind``: csv, jsonl, parquet or zip."""
    wanted = view.wanted
    query: dict[str, str | list[str]] = {
        "text": wanted.text,
        "model": wanted.model,
        "status": [str(status) for status in wanted.status],
        "since": to_text(wanted.since) if wanted.since else "",
        "until": to_text(wanted.until) if wanted.until else "",
        "rating_least": str(wanted.rating_least or ""),
        "experiment": wanted.experiment_id,
        "deleted": "true" if wanted.deleted else "",
        "measured": [str(one) for one in wanted.measured],
    }
    told = urlencode({name: value for name, value in query.items() if value}, doseq=True)
    return f"/api/exports/runs.{kind}" + (f"?{told}" if told else "")
