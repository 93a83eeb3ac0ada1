"""Adding clips: the newest, those whose prompts hold some words, and the family of what stands there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.query import RunFilter
from workbench.domain.run import Run, Status
from workbench.player import MOST_CLIPS
from workbench.ui import figures
from workbench.ui.clip import poster_html
from workbench.ui.compare.address import Shown, clips_of
from workbench.ui.compare.board import Board, add

LOOKED_THROUGH = 30  # runs; the log may hold a hundred thousand
OFFERED = 12


def picker(bench: Workbench, board: Board) -> None:
    """A search and posters; open as long as there are too few clips to compare."""
    if len(board.clips) >= MOST_CLIPS:
        st.button(
            "Add a clip",
            icon=":material/add:",
            disabled=True,
            help=f"{MOST_CLIPS} clips can be compared; drop one first.",
        )
        return
    more = st.popover("Add a clip", icon=":material/add:", key="compare.more", on_change="rerun")
    if more.open:
        with more:
            choose(bench, board)


def choose(bench: Workbench, board: Board) -> None:
    """What ``picker`` holds, in the page itself."""
    _family(bench, board)
    text = st.text_input(
        "Search prompts",
        key="compare.search",
        placeholder="Words of a prompt; without any, the newest are offered",
        autocomplete="off",
        max_chars=200,
    )
    offered = _others(_found(bench, text), board)[:OFFERED]
    if not offered:
        st.markdown(_none(text.strip(), "other clip" if board.clips else "clip"))
        return
    grid = st.grid(min_column_width=150, gap="small")
    for clip in offered:
        with grid, st.container(gap="xxsmall", key=f"wb-offer-{clip.address.replace('.', '-')}"):
            about = figures.first_line(clip.run.request.prompt, 60)
            st.html(f'<div class="wb-frame">{poster_html(clip.clip, f"First picture of: {about}")}</div>')
            st.button(
                figures.label(named(clip)),
                key=f"compare.add.{clip.address}",
                type="tertiary",
                on_click=add,
                args=(board, [clip]),
                help=figures.plain(clip.run.request.prompt[:600]),
            )


def named(clip: Shown) -> str:
    """A line that tells it from others in a list."""
    run = clip.run
    seed = "" if run.request.seed is None else f" · seed {run.request.seed}"
    number = f" · clip {clip.clip.index + 1}" if len(run.clips) > 1 else ""
    return f"{figures.first_line(run.request.prompt, 48)}{seed}{number} · {run.id[-6:]}"


def takes_of(bench: Workbench, run: Run, most: int) -> list[Shown]:
    """``run``'s own clips first, then those of the newest takes of the same request; ``most`` at most."""
    wanted = RunFilter(arm_hash=run.request.arm_hash, status=(Status.SUCCEEDED,))
    others = [take for take in bench.store.runs.page(wanted, most + 1).runs if take.id != run.id]
    return [clip for take in (run, *others) for clip in clips_of(take)][:most]


def _found(bench: Workbench, text: str) -> list[Shown]:
    wanted = RunFilter(text=text.strip(), status=(Status.SUCCEEDED,))
    runs = bench.store.runs.page(wanted, LOOKED_THROUGH).runs
    return [clip for run in runs for clip in clips_of(run)]


def _family(bench: Workbench, board: Board) -> None:
    """The base's parent and takes, where there are any that do not stand there."""
    if not board.clips:
        return
    base = board.clips[0].run
    room = MOST_CLIPS - len(board.clips)
    parents = bench.store.runs.get_many([base.origin.parent_id]) if base.origin.parent_id else []
    parent = _others([clip for run in parents for clip in clips_of(run)[:1]], board)
    takes = _others(takes_of(bench, base, 2 * MOST_CLIPS), board)[:room]
    if not (parent or takes):
        return
    with st.container(horizontal=True, gap="small"):
        if parent:
            st.button("Add its parent", key="compare.parent", on_click=add, args=(board, parent))
        if takes:
            label = "Add its other take" if len(takes) == 1 else f"Add {len(takes)} other takes"
            st.button(label, key="compare.takes", on_click=add, args=(board, takes))


def _none(text: str, what: str) -> str:
    if text:
        return f"No {what} has “{figures.plain(text)}” in its prompt."
    return f"The log holds no {what} yet."


def _others(clips: Sequence[Shown], board: Board) -> list[Shown]:
    """Those that do not stand there yet."""
    there = {clip.address for clip in board.clips}
    return [clip for clip in clips if clip.address not in there]
