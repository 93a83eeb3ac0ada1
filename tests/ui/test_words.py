"""Word diffs as they are shown: what is folded, what is told in short."""

from __future__ import annotations

import re

import pytest

from workbench.ui.words import diff_html, phrases

SAME = " ".join(f"w{n}" for n in range(60))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a fox at dawn", "a fox at dusk", "dawn → dusk"),
        ("a fox", "a fox, mist over the hills", "+ mist over the hills"),
        ("a fox, mist over the hills", "a fox", "− mist over the hills"),
        ("a fox", "a fox", ""),
        ("", "text", "+ text"),
        ("text", "", "− text"),
        (
            "alpha lion beta lion gamma lion delta",
            "one lion two lion three lion four",
            "alpha → one, beta → two, gamma → three, …",
        ),
        ("a fox crosses the ice", "rain falls on a tin roof, night", "rain falls on a tin roof, night"),
        ("one word", "<script>alert(1)</script> word", "one → <script>alert(1)</script>"),
        (f"a fox at dawn {SAME}", f"a fox at {'very ' * 30}dawn {SAME}", f"+ {' '.join(['very'] * 8)} …"),
    ],
)
def test_what_changed_in_short(old: str, new: str, told: str) -> None:
    assert phrases(old, new) == told


@pytest.mark.parametrize(
    ("old", "new", "folds"),
    [
        (f"{SAME} dawn", f"{SAME} dusk", [48]),
        (f"dawn {SAME}", f"dusk {SAME}", [48]),
        (f"dawn {SAME} slow", f"dusk {SAME} fast", [36]),
        (f"dawn {SAME}", f"dawn {SAME}", [61]),
        ("a short text dawn", "a short text dusk", []),
        (f"{' '.join(['w'] * 27)} dawn", f"{' '.join(['w'] * 27)} dusk", []),
        (f"{' '.join(['w'] * 28)} dawn", f"{' '.join(['w'] * 28)} dusk", [16]),
    ],
)
def test_long_stretches_that_are_the_same_are_folded(old: str, new: str, folds: list[int]) -> None:
    drawn = diff_html(old, new, folded=True)
    assert [int(count) for count in re.findall(r"<summary>(\d+) words", drawn)] == folds
    unfolded = re.sub(r"<summary>.*?</summary>|</?(details|div|ins)[^>]*>|<del>.*?</del>", "", drawn)
    assert unfolded == new  # nothing is lost, whatever is folded
    assert "<details" not in diff_html(old, new)


def test_white_space_and_markup_survive_a_fold() -> None:
    text = "\n\n".join(f"<b>line {n}</b>" for n in range(40))
    drawn = diff_html(text + " a", text + " b", folded=True)
    assert "<b>" not in drawn
    assert drawn.count("\n\n") == 39
