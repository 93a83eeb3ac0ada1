"""What was seen in the references that a run's prompt was written from."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.brief import Brief, Facet
from workbench.domain.run import Run
from workbench.prompting.brief import seen_in
from workbench.ui.clip import thumbnail_html
from workbench.ui.facts import facts_html
from workbench.ui.palette import palette, unseen
from workbench.ui.reader_choice import reader_name


def brief(bench: Workbench, run: Run) -> None:
    """Folded away; nothing for a run that was written by hand."""
    found = bench.store.briefs.get(run.origin.brief_id) if run.origin.brief_id else None
    if found is None:
        return
    with st.expander("What was seen in the references", key="wb-brief"):
        _looked_at(bench, found)
        facts = [(facet.label, _told(found, facet)) for facet in Facet]
        by = ", ".join(map(reader_name, found.models))
        st.html(facts_html([*facts, ("Looked by", by)], stacked=True))
        palette(found.palette)
        unseen(found)


def _looked_at(bench: Workbench, found: Brief) -> None:
    """Which is image 1, and which 2; those of which nothing is left are left out."""
    kept = [(n, bench.store.media.get(sha256)) for n, sha256 in enumerate(found.references, 1)]
    with st.grid(min_column_width=110, gap="xsmall"):
        for number, media in kept:
            if media:
                called = f"Image {number}" + (", the clip" if media.is_video else "")
                caption = f'<figcaption class="wb-small">{called}</figcaption>'
                picture = thumbnail_html(media, called)
                st.html(f'<figure style="margin:0">{picture}{caption}</figure>')


def _told(brief: Brief, facet: Facet) -> str:
    """One answer a line, with where it was seen where there is more than one place."""
    several = len(brief.references) > 1
    return "\n".join(
        f"{one.text} ({seen_in(brief, one)})" if several else one.text
        for one in brief.findings.get(facet, ())
    )
