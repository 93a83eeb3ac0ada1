"""How the player stands once clips have changed places: what was chosen goes with its clip."""

from __future__ import annotations

import pytest

from workbench.player import from_link
from workbench.ui.compare.board import rearranged


@pytest.mark.parametrize(
    ("before", "clips", "order", "count", "after"),
    [
        ("", 2, [1, 0], 2, ""),
        ("grid~t1.5~r1_2~once~v0.5~z2_0.3_0.4~mute~m0.2~b4", 2, [1, 0], 2, None),  # not of one clip
        ("o0_0.5_1", 3, [2, 0, 1], 3, "o1_0_0.5"),
        ("o0_0.5_1", 3, [0, 2], 2, "o0_1"),
        ("o0_0.5", 2, [0, 1], 4, "o0_0.5_0_0"),
        ("wipe~p1_3", 3, [2, 0, 1], 3, "wipe~p2_1"),
        ("wipe~p1_3", 3, [0, 1], 2, "wipe"),  # the other one is gone
        ("wipe", 3, [2, 0, 1], 3, "wipe"),  # nobody chose the two: the base and the next
        ("wipe~p2_1", 2, [0], 1, ""),
        ("c3", 3, [2, 0, 1], 3, ""),
        ("c2", 3, [2, 0, 1], 3, "c3"),
        ("c2", 3, [0, 2], 2, ""),
        ("", 3, [2, 0, 1], 3, ""),
    ],
)
def test_a_new_order(before: str, clips: int, order: list[int], count: int, after: str | None) -> None:
    state = rearranged(from_link(before, clips), order, count)
    assert state.link == (before if after is None else after)
    assert from_link(state.link, count) == state
