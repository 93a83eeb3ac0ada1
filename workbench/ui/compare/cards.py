"""Below the player, in a column each: what every clip is, how it moves, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.metric import Strip
from workbench.ui import figures
from workbench.ui.compare.address import Shown
from workbench.ui.compare.board import Board, drop, promote
from workbench.ui.compare.sheet import number_html
from workbench.ui.differences import in_short
from workbench.ui.facts import summary_html
from workbench.ui.links import link
from workbench.ui.sparkline import strip_html

_FEW = 3  # clips whose names have room in one line
_REMIX = "Remix from this one: everything of it stands in Compose then, to be changed."


def labels(bench: Workbench, clips: Sequence[Shown]) -> list[str]:
    """A name for each: the base by its prompt, the others by what tells them from it."""
    base = clips[0]
    return [
        figures.first_line(base.run.request.prompt, 60),
        *(_told_from(bench, base, clip) for clip in clips[1:]),
    ]


def cards(bench: Workbench, board: Board, names: Sequence[str], strips: Sequence[Strip | None]) -> None:
    """``strips`` are drawn to one scale, so that they can be compared."""
    drawn, many = strip_html(strips), " wb-many" if len(board.clips) > _FEW else ""
    for number, (column, clip, name, strip) in enumerate(
        zip(st.columns(len(board.clips), gap="small"), board.clips, names, drawn, strict=True), 1
    ):
        with column, st.container(gap="xsmall", key=f"wb-clip-{number}"):
            told = "base · " if number == 1 else ""
            st.html(f'<p class="wb-named{many}">{number_html(number)} {told}{escape(name)}</p>{strip}')
            st.html(summary_html(clip.run, bench.clock.now(), alone=True))
            _actions(board, clip, number)


def _actions(board: Board, clip: Shown, number: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"wb-do-{number}"):
        link("compose", "Remix", {"from": clip.run.id}, icon=":material/edit_note:", reason=_REMIX)
        link("run", "Details", {"id": clip.run.id}, icon=":material/open_in_full:")
        if number > 1:
            st.button(
                "Make base",
                key=f"compare.base.{number}",
                icon=":material/flag:",
                type="tertiary",
                help="It comes first, and the others are held against it.",
                on_click=promote,
                args=(board, number),
            )
        st.button(
            "Drop",
            key=f"compare.drop.{number}",
            icon=":material/close:",
            type="tertiary",
            help=f"Take clip {number} out of the comparison; the log keeps it.",
            on_click=drop,
            args=(board, number),
        )


def _told_from(bench: Workbench, base: Shown, clip: Shown) -> str:
    if clip.run.id == base.run.id:
        return f"clip {clip.clip.index + 1} of the same run"
    return in_short(bench, base.run, clip.run) or "the same request again"
