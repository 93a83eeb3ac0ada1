"""A figure with what stands beside it, and the table that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

NOT_INSTALLED = "peer not installed"
_HEAD = ("line", "ours", "peer or limit", "ratio", "goal", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """``ours`` in ``unit``; ``theirs`` is what ``beside`` needs for the same, in the same unit.

    ``beside`` is empty where nothing stands beside it; ``theirs`` is ``None`` where the peer is not
    installed. ``most`` is the goal for ``ours``, ``most_ratio`` for ours / theirs: 0.04 means 25 times
    as fast. Without either the figure is only reported.
    """

    line: str
    ours: float
    unit: str
    beside: str = ""
    theirs: float | None = None
    most: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    @property
    def verdict(self) -> str:
        """``ok``, ``miss``, or empty where there is no goal or nothing to hold it against."""
        if self.most is not None and self.ours > self.most:
            return "miss"
        if self.most_ratio is None:
            return "" if self.most is None else "ok"
        if self.ratio is None:
            return ""
        return "ok" if self.ratio <= self.most_ratio else "miss"

    @property
    def goal(self) -> str:
        parts = []
        if self.most is not None:
            parts.append(f"≤ {_amount(self.most)} {self.unit}")
        if self.most_ratio is not None:
            parts.append(_times(self.most_ratio, least="≥ ", most="≤ "))
        return ", ".join(parts)

    def cells(self) -> tuple[str, ...]:
        theirs = ""
        if self.beside:
            amount = NOT_INSTALLED if self.theirs is None else f"{_amount(self.theirs)} {self.unit}"
            theirs = f"{amount} ({self.beside})"
        ratio = "" if self.ratio is None else _times(self.ratio)
        return self.line, f"{_amount(self.ours)} {self.unit}", theirs, ratio, self.goal, self.verdict

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "goal": self.goal, "verdict": self.verdict}


def table(figures: Sequence[Figure]) -> Iterable[str]:
    """The lines of one aligned table."""
    rows = [_HEAD, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _amount(value: float) -> str:
    """Three digits that mean something: 0.0132, 1.32, 132, 13,200."""
    if value and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def _times(ratio: float, *, least: str = "", most: str = "") -> str:
    if ratio < 0.5:
        return f"{least}{_amount(1 / ratio)}× faster"
    return f"{most}{ratio:.2f}×" if ratio < 10 else f"{most}{ratio:,.0f}×"
