"""Runs as a tree: what was remixed, extended or edited stands below what it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.run.lineage import strip

MOST_BELOW = 200
INDENT = "⤷ "


def tree(bench: Workbench, runs: Sequence[Run], count: int) -> None:
    """``runs`` of one prompt, newest first, of ``count`` in all; with what came of them in other words."""
    if not runs:
        st.markdown("No run was made of it yet.")
        return
    below = _below(bench, runs)
    ours = {run.id for run in runs}
    roots = [run for run in runs if run.origin.parent_id not in ours]
    st.markdown(
        f"**Runs** · {count:,}" + (f", of which the newest {len(runs):,} follow" if count > len(runs) else "")
    )
    alone = [run for run in roots if run.id not in below]
    for root in roots:
        if root.id in below:
            _branch(root, below)
    if alone:
        if len(alone) < len(roots):
            st.markdown("Nothing came of these:")
        strip(alone)


def _below(bench: Workbench, runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Run id → its children, as far down as they go; ``MOST_BELOW`` of them in all."""
    below: dict[str, list[Run]] = defaultdict(list)
    seen, level, left = {run.id for run in runs}, list(runs), MOST_BELOW
    while level and left > 0:
        children = bench.store.runs.children(*(run.id for run in level), most=left)
        for child in children:
            below[child.origin.parent_id or ""].append(child)
        left -= len(children)
        level = [child for child in children if child.id not in seen]
        seen.update(child.id for child in level)
    return dict(below)


def _branch(root: Run, below: dict[str, list[Run]]) -> None:
    """A root and all that came of it, a line of posters for each step down."""
    with st.container(border=True, gap="xsmall"):
        strip([root])
        level, depth = below[root.id], 1
        while level:
            st.markdown(f"{INDENT * depth}{figures.plain(_step(level))}")
            strip(level)
            level, depth = [child for run in level for child in below.get(run.id, ())], depth + 1


def _step(runs: Sequence[Run]) -> str:
    return "1 run came of it" if len(runs) == 1 else f"{len(runs):,} runs came of it"
