"""Where a run comes from and what came of it: parent, children, takes of the same arm."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.query import RunFilter
from workbench.domain.run import Parenthood, Run
from workbench.ui import differences, figures
from workbench.ui.clip import media_url, still_of
from workbench.ui.links import link
from workbench.ui.status import LOOKS

SHOWN = 24
_CAME = {
    Parenthood.TAKE: "Another take of",
    Parenthood.VARIANT: "A variant of",
    Parenthood.EXTENSION: "An extension of",
    Parenthood.EDIT: "An edit of",
    Parenthood.STILL: "Made from a still of",
}


def parent_of(bench: Workbench, run: Run) -> Run | None:
    """``None`` for a run without parent, and where the parent was deleted for good."""
    found = bench.store.runs.get_many([run.origin.parent_id]) if run.origin.parent_id else []
    return found[0] if found else None


def lineage(bench: Workbench, run: Run) -> None:
    parent = parent_of(bench, run)
    if parent:
        came = _CAME[run.origin.parenthood] if run.origin.parenthood else "Made from"
        st.markdown(f"**{came}**")
        strip([parent])
        differences.show_words(parent, run)
        differences.show_settings(differences.differences(bench, parent, run), ("Parent", "This run"))
        differences.show_inputs(parent, run, ("Parent", "This run"))
    elif run.origin.parent_id:
        st.markdown(f"Its parent {run.origin.parent_id} was deleted for good.")
    children = bench.store.runs.children(run.id)
    if children:
        st.markdown("**What came of it**")
        strip(children)
    takes = [take for take in _takes(bench, run) if take.id != run.id]
    if takes:
        st.markdown("**Takes of the same request**")
        strip(takes)
    if not (run.origin.parent_id or children or takes):
        st.markdown("It has no parent, and nothing came of it yet. Remix, extend or take another seed.")


def _takes(bench: Workbench, run: Run) -> Sequence[Run]:
    return bench.store.runs.page(RunFilter(arm_hash=run.request.arm_hash), SHOWN + 1).runs


def strip(runs: Sequence[Run]) -> None:
    """Small posters; the newest are left out where there are very many."""
    grid = st.grid(min_column_width=150, gap="xsmall")
    for run in runs[:SHOWN]:
        with grid, st.container(gap="xxsmall"):
            st.html(_poster(run))
            seed = "" if run.request.seed is None else f" · seed {run.request.seed}"
            label = f"{str(run.origin.parenthood or 'run').capitalize()}{seed}"
            link("run", label, {"id": run.id}, reason=figures.plain(run.request.prompt))
    if len(runs) > SHOWN:
        st.markdown(f"{len(runs) - SHOWN} more are not shown here.")


def _poster(run: Run) -> str:
    poster = still_of(run.clip) if run.clip else None
    if poster is None:
        return f'<div class="wb-frame"><span>{LOOKS[run.status].label}</span></div>'
    about = escape(f"First picture of: {figures.first_line(run.request.prompt)}", quote=True)
    return f'<div class="wb-frame"><img loading="lazy" src="{media_url(poster)}" alt="{about}"></div>'
