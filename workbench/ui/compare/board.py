"""What stands on the page: the clips in order, and how their player stands – both as the link says.

Every change is a new link and a new edition of the player, which takes up from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from workbench.player import MOST_CLIPS, PlayerState, beginning
from workbench.ui import player
from workbench.ui.compare.address import CLIPS, LEAST_CLIPS, PLAYER, Shown, compared

PLAYER_KEY = "compare.player"
SIDE_BY_SIDE = 3  # clips; more begin as a grid, or each would be a stamp
_CHANGES = "compare.changes"


@dataclass(frozen=True, slots=True)
class Board:
    """The clips, the base first."""

    clips: tuple[Shown, ...]

    @property
    def name(self) -> str:
        """The same for the same clips in the same order."""
        return compared(self.clips)[CLIPS]

    @property
    def edition(self) -> str:
        """The player's: of these clips, and of the changes that were made to its state here by now."""
        return f"{self.name} {st.session_state.get(_CHANGES, 0)}"

    def state(self) -> PlayerState:
        """How the player stands by now."""
        link = st.query_params.get(PLAYER) or ("grid" if len(self.clips) > SIDE_BY_SIDE else "")
        return player.shown(PLAYER_KEY, self.edition, len(self.clips), link)

    @property
    def is_enough(self) -> bool:
        """There is something to compare."""
        return len(self.clips) >= LEAST_CLIPS


def said(state: PlayerState) -> str:
    """As the address says it: a link that says nothing would open many clips as a grid."""
    return state.link or ("side" if len(state.offsets_s) > SIDE_BY_SIDE else "")


def promote(board: Board, number: int) -> None:
    """Make clip ``number`` the base: it comes first."""
    others = [i for i in range(len(board.clips)) if i != number - 1]
    _show(board, [number - 1, *others])


def drop(board: Board, number: int) -> None:
    _show(board, [i for i in range(len(board.clips)) if i != number - 1])


def swap(board: Board) -> None:
    """For callbacks, as all of these. Two clips change places."""
    _show(board, [1, 0])


def add(board: Board, more: Sequence[Shown]) -> None:
    """At the end, as far as there is room."""
    given = {clip.address: clip for clip in (*board.clips, *more)}
    _put(list(given.values())[:MOST_CLIPS], board.state(), range(len(board.clips)))


def go_to(board: Board, time_s: float) -> None:
    """The player stands still at a time of the shared timeline."""
    _put(board.clips, replace(board.state(), time_s=max(time_s, 0.0)), range(len(board.clips)))


def _show(board: Board, order: Sequence[int]) -> None:
    _put([board.clips[i] for i in order], board.state(), order)


def _put(clips: Sequence[Shown], state: PlayerState, order: Sequence[int]) -> None:
    st.session_state[_CHANGES] = st.session_state.get(_CHANGES, 0) + 1
    query = compared(clips)
    changed = rearranged(state, order, len(clips))
    if link := said(changed) if len(state.offsets_s) > SIDE_BY_SIDE else changed.link:
        query[PLAYER] = link
    st.query_params.from_dict(query if clips else {})


def rearranged(state: PlayerState, order: Sequence[int], count: int) -> PlayerState:
    """The state of ``count`` clips, the first of which stood at the places in ``order``; new ones follow.

    What a person chose goes with its clip; what nobody chose is as a player begins.
    """
    offsets = [state.offsets_s[i] for i in order] + [0.0] * (count - len(order))
    first = beginning(count)
    pair = [order.index(i) for i in state.pair if i in order]
    was_first_two = state.pair == beginning(len(state.offsets_s)).pair
    keeps = len(set(pair)) == 2 and not was_first_two
    return replace(
        state,
        offsets_s=tuple(offsets),
        pair=(pair[0], pair[1]) if keeps else first.pair,
        chosen=order.index(state.chosen) if state.chosen and state.chosen in order else 0,
        layout=state.layout if count > 1 else first.layout,
    )
