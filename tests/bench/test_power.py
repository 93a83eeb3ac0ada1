"""The power tables: the document has what is stored, and what is stored is what the ranking does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.coverage import SEEDS
from tests.bench.power import GAPS, VOTES, needed, stored, tables, told_apart

DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"


def test_the_document_has_the_stored_figures() -> None:
    replications, shares = stored()
    assert set(shares) == {(seeds, votes, gap) for seeds in SEEDS for votes in VOTES for gap in GAPS}
    blocks = DOCUMENT.read_text("utf-8").split("\n\n")
    told = [one for one in blocks if one.startswith(("| seeds an arm | votes |", "| votes for "))]
    assert told == "\n".join(tables(shares)).split("\n\n")
    assert f"of {replications} replications each:" in DOCUMENT.read_text("utf-8")


def test_more_of_anything_tells_more() -> None:
    """But for the error of so few replications."""
    replications, shares = stored()
    error = 3 * (2 * 0.25 / replications) ** 0.5
    for (seeds, votes, gap), share in shares.items():
        for more in (
            *((few, votes, gap) for few in SEEDS if few > seeds),
            *((seeds, many, gap) for many in VOTES if many > votes),
            *((seeds, votes, wide) for wide in GAPS if wide > gap),
        ):
            assert shares[more] > share - error


def test_a_figure_is_what_the_ranking_gives() -> None:
    replications, shares = stored()
    assert told_apart(2.0, 6, 40, 40) == pytest.approx(shares[6, 40, 2.0], abs=4 * (0.25 / 40) ** 0.5)
    assert replications >= 100


def test_votes_are_read_off_between() -> None:
    shares = dict(zip(((6, votes, 1.0) for votes in VOTES), (0.4, 0.8, 0.8), strict=True))
    assert needed(shares, 6, 1.0) == pytest.approx(120)
    assert needed(shares | {(6, 120, 1.0): 0.6}, 6, 1.0) == pytest.approx(360)
    assert 120 < needed(shares | {(6, 120, 1.0): 0.6, (6, 360, 1.0): 1.0}, 6, 1.0) < 360
    assert needed(shares | {(6, 40, 1.0): 0.9}, 6, 1.0) == pytest.approx(VOTES[0])
    assert needed(dict.fromkeys(shares, 0.7), 6, 1.0) == float("inf")
