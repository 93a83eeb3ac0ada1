"""Every line of the bench runs and tells finite figures; how large they are is nobody's test."""

from __future__ import annotations

import math

import pytest

from tests.bench.__main__ import LINES, measured
from tests.bench.figures import Figure, table
from tests.bench.ground import TOY
from tests.bench.peers import Mlflow


@pytest.mark.parametrize("line", LINES)
def test_a_line_measures(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mlflow, "start", lambda folder: None)  # it takes seconds to import
    figures = list(measured([line], TOY))
    assert figures
    for figure in figures:
        assert math.isfinite(figure.ours)
        assert figure.ours > 0 or "CPU" in figure.line, "a short wait may take no tick of the CPU clock"
        assert figure.theirs is None or figure.theirs > 0
    assert len({len(row) for row in map(Figure.cells, figures)}) == 1


def test_the_table_says_ratio_goal_and_verdict() -> None:
    figures = [
        Figure("a", 2.0, "ms", "limit", 1.0, most_ratio=3),
        Figure("b", 2.0, "ms", "peer", 100.0, most_ratio=1 / 25),
        Figure("c", 2.0, "ms", "peer", 10.0, most_ratio=1 / 25),
        Figure("d", 2.0, "ms", "peer", None, most_ratio=1 / 25),
        Figure("e", 2.0, "ms", most=1.0),
        Figure("f", 2.0, "ms"),
    ]
    rows = list(table(figures))[1:]
    assert [figure.verdict for figure in figures] == ["ok", "ok", "miss", "", "miss", ""]
    assert "50× faster" in rows[1]
    assert "≥ 25× faster" in rows[2]
    assert "peer not installed (peer)" in rows[3]
    assert "≤ 1 ms" in rows[4]
