"""Which rows of a full factorial to run when all are too many: balanced fractions, and random samples.

A row holds one level number a factor. ``fraction`` gives rows without a repeat in which the levels of each
factor differ by one at most in how often they stand, and from which all main effects can be estimated.

Orthogonal arrays exist for few sizes and mixtures of levels, so none are tabulated. Instead the rows are
exchanged until they are as near to one as they get: two rows trade their level of one factor whenever that
lowers A₂, the χ² of all pairs of factors added up. This is the columnwise exchange of Li and Wu (1997,
Technometrics 39:171) with the criterion of Xu and Wu (2001, Annals of Statistics 29:1066). A₂ is 0 exactly
for an orthogonal array and small arrays are found; to second order, −A₂ is log det X'X of the main effects,
so this is a D-optimal coordinate exchange that never loses the balance and stays quick at 10,000 rows. Of
several starts the one with the largest determinant is kept.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from workbench.domain.errors import RequestError

Rows = npt.NDArray[np.int64]  # runs × factors
Numbers = npt.NDArray[np.float64]
MOST_LEVELS = 500  # of all factors but the largest: what a rank is computed for
_STARTS = ((600, 12), (4_000, 3), (math.inf, 1))  # up to how many numbers in all, how often to begin anew
_EFFORT = 350_000  # of all starts together, in steps of about a microsecond; counted, so the same everywhere
_TABLE = 1_000_000  # cells of a pair of factors beyond which its balance is left to chance


def least_size(counts: Sequence[int]) -> int:
    """How many runs main effects take at least: one, and one for each level but the first of each factor."""
    return 1 + sum(count - 1 for count in counts)


def sampled(counts: Sequence[int], size: int, seed: int) -> Rows:
    """``size`` different rows by chance, in random order."""
    flat = random.Random(seed).sample(range(math.prod(counts)), size)  # noqa: S311
    return np.stack(np.unravel_index(np.array(flat, dtype=np.int64), tuple(counts)), axis=1).astype(np.int64)


def fraction(counts: Sequence[int], size: int, seed: int, treated: Sequence[bool]) -> Rows:
    """``size`` different rows, balanced; the main effects of the ``treated`` factors can be told apart.

    The same arguments give the same rows. Raises ``RequestError`` where ``size`` is too small for that, or
    there are too many levels to see to it.
    """
    effects = [j for j, is_treated in enumerate(treated) if is_treated]
    levels = sorted(counts[j] for j in effects)
    if size < (least := least_size(levels)):
        raise RequestError(
            f"{size:,} runs can't tell {' × '.join(str(n) for n in levels)} levels apart. Choose at least "
            f"{least:,} runs, or a random sample."
        )
    if sum(levels[:-1]) > MOST_LEVELS:
        raise RequestError(
            f"A balanced fraction is planned for up to {MOST_LEVELS} levels beside the largest factor; here "
            f"are {sum(levels[:-1]):,}. Choose a random sample, or fewer levels."
        )
    best, best_score = None, -math.inf
    starts = next(starts for cells, starts in _STARTS if size * len(counts) <= cells)
    for start in range(starts):
        rows = _Rows(counts, size, f"{seed} {start}")
        is_orthogonal = rows.exchange(_EFFORT // starts)
        if (score := determinant(rows.levels, counts, effects)) > best_score:
            best, best_score = rows, score
        if is_orthogonal:
            break
    if best is None:
        best = _Rows(counts, size, f"{seed} mended")
        if not best.mend(effects):
            raise RequestError(
                f"No balanced fraction of {size:,} runs was found that tells the main effects apart. Choose "
                f"some more runs than {least:,}."
            )
    return best.levels


def determinant(levels: Rows, counts: Sequence[int], effects: Sequence[int]) -> float:
    """Log determinant of the main effects' information, up to a constant; −∞ where one can't be estimated.

    Every level of the largest factor has to stand somewhere.
    """
    values = _values(levels, counts, effects)
    return float(np.log(values).sum()) if bool((values > _tolerance(levels)).all()) else -math.inf


def rank(levels: Rows, counts: Sequence[int], effects: Sequence[int]) -> int:
    """Rank of the matrix of the mean and the main effects of the factors ``effects``."""
    if not len(levels):
        return 0
    if not effects:
        return 1
    largest = max(effects, key=lambda j: counts[j])
    values = _values(levels, counts, effects)
    return len(np.unique(levels[:, largest])) + int((values > _tolerance(levels)).sum())


def lost(levels: Rows, counts: Sequence[int], effects: Sequence[int]) -> tuple[int, ...] | None:
    """The factors of ``effects`` with fewer than two levels in ``levels``, or whose levels go together with
    those of others, so that nobody could say which of them did it. A level that is missing is left aside.

    ``None`` where there are too many levels to say.
    """
    if sum(sorted(counts[j] for j in effects)[:-1]) > MOST_LEVELS:
        return None
    whole = rank(levels, counts, effects)
    alone = {j: rank(levels, counts, [k for k in effects if k != j]) for j in effects}
    present = {j: len(np.unique(levels[:, j])) for j in effects}
    return tuple(j for j in effects if present[j] < 2 or whole - alone[j] < present[j] - 1)


def _values(levels: Rows, counts: Sequence[int], effects: Sequence[int]) -> Numbers:
    """Eigenvalues of the information on all factors but the largest, once that one and the mean are out.

    The largest factor's own block is diagonal, so it costs nothing however many levels it has.
    """
    if not effects:
        return np.ones(0)
    largest = max(effects, key=lambda j: counts[j])
    others = [j for j in effects if j != largest]
    coded = [levels[:, [j]] == np.arange(1, counts[j]) for j in others]
    if not coded:
        return np.ones(0)
    x = np.concatenate(coded, axis=1).astype(np.float64)
    told = np.bincount(levels[:, largest], minlength=counts[largest]).astype(np.float64)
    sums = np.zeros((counts[largest], x.shape[1]))
    np.add.at(sums, levels[:, largest], x)
    within = x.T @ x - (sums / np.maximum(told, 1.0)[:, None]).T @ sums
    return np.asarray(np.linalg.eigvalsh(within), dtype=np.float64)


def _tolerance(levels: Rows) -> float:
    return 1e-9 * max(len(levels), 10)


class _Rows:
    """Rows that stay different from each other, and balanced, while they are exchanged."""

    def __init__(self, counts: Sequence[int], size: int, seed: str) -> None:
        self._counts = tuple(counts)
        self._random = random.Random(seed)  # noqa: S311
        self._strides = [math.prod(self._counts[j + 1 :]) for j in range(len(self._counts))]
        flat = self._random.sample(range(math.prod(self._counts)), size)
        self._flat = flat
        self._taken = set(flat)
        self.levels = np.empty((size, len(self._counts)), dtype=np.int64)
        for j, (stride, count) in enumerate(zip(self._strides, self._counts, strict=True)):
            self.levels[:, j] = [(cell // stride) % count for cell in flat]
            self._balance(j)

    def exchange(self, effort: int) -> bool:
        """Trade levels between rows while that lowers A₂. Says whether the rows are an orthogonal array."""
        size, factors = self.levels.shape
        tables = self._tables()
        step = 15 * factors + size * factors // 25
        turns = max(effort // max(step, 1), 1)
        idle, places = 0, self._places()
        while turns and idle < size * factors:
            turns -= 1
            row, j = next(places)
            idle = 0 if self._trade(row, j, tables) else idle + 1
        return all(bool(np.abs(table).max() < 1e-9) for table in tables.values())

    def mend(self, effects: Sequence[int]) -> bool:
        """Trade levels until the main effects can be told apart; says whether that came out."""
        size, factors = self.levels.shape
        score = self._smoothed(effects)
        cost = size * factors + least_size([self._counts[j] for j in effects]) ** 2
        for _ in range(max(40_000_000 // (cost * 40), 50)):
            if determinant(self.levels, self._counts, effects) > -math.inf:
                return True
            j = self._random.randrange(factors)
            r, s = self._random.randrange(size), self._random.randrange(size)
            if self.levels[r, j] == self.levels[s, j] or not self._swap(r, s, j):
                continue
            if (after := self._smoothed(effects)) >= score:
                score = after
            else:
                self._swap(r, s, j)
        return determinant(self.levels, self._counts, effects) > -math.inf

    def _smoothed(self, effects: Sequence[int]) -> float:
        return float(np.log(np.maximum(_values(self.levels, self._counts, effects), 0.0) + 1e-3).sum())

    def _balance(self, j: int) -> None:
        """Move rows of the most frequent level to the rarest, until they differ by one at most.

        There is always a row that can move: more rows stand at the one level than at the other, so some row
        has no twin there.
        """
        column = self.levels[:, j]
        held = np.bincount(column, minlength=self._counts[j])
        rows_at: list[list[int]] = [[] for _ in range(self._counts[j])]
        for row, level in enumerate(column):
            rows_at[level].append(row)
        while int(held.max()) - int(held.min()) > 1:
            many, few = int(held.argmax()), int(held.argmin())
            row = next(r for r in rows_at[many] if self._moved(r, j, few) not in self._taken)
            self._put(row, j, few)
            rows_at[many].remove(row)
            rows_at[few].append(row)
            held[many] -= 1
            held[few] += 1

    def _moved(self, row: int, j: int, level: int) -> int:
        return self._flat[row] + (level - int(self.levels[row, j])) * self._strides[j]

    def _put(self, row: int, j: int, level: int) -> None:
        moved = self._moved(row, j, level)
        self._taken.remove(self._flat[row])
        self._taken.add(moved)
        self._flat[row] = moved
        self.levels[row, j] = level

    def _swap(self, r: int, s: int, j: int) -> bool:
        """Trade the levels of two rows, unless a row would then stand twice."""
        a, b = int(self.levels[r, j]), int(self.levels[s, j])
        if self._moved(r, j, b) in self._taken or self._moved(s, j, a) in self._taken:
            return False
        self._put(r, j, b)
        self._put(s, j, a)
        return True

    def _places(self) -> Iterator[tuple[int, int]]:
        """Every (row, factor) in random order, again and again."""
        size, factors = self.levels.shape
        while True:
            order = list(range(size * factors)) if size * factors <= 100_000 else []
            self._random.shuffle(order)
            for place in order or (self._random.randrange(size * factors) for _ in range(100_000)):
                yield divmod(place, factors)

    def _tables(self) -> dict[tuple[int, int], Numbers]:
        """(factor, other factor) → how often their levels meet, beyond what an even spread would have."""
        found: dict[tuple[int, int], Numbers] = {}
        for j, first in enumerate(self._counts):
            for k, second in enumerate(self._counts):
                if j >= k or first * second > _TABLE:
                    continue
                pairs = self.levels[:, j] * second + self.levels[:, k]
                met = np.bincount(pairs, minlength=first * second).reshape(first, second)
                found[j, k] = met - np.outer(met.sum(axis=1), met.sum(axis=0)) / len(self.levels)
                found[k, j] = found[j, k].T  # a view: both change together
        return found

    def _trade(self, row: int, j: int, tables: dict[tuple[int, int], Numbers]) -> bool:
        """Give ``row`` the level of ``j`` that lowers A₂ most, and its own to the row that had it."""
        column = self.levels[:, j]
        own = int(column[row])
        change = np.zeros(len(column))
        others = [k for k in range(len(self._counts)) if (j, k) in tables]
        for k in others:
            table, there, here = tables[j, k], self.levels[:, k], int(self.levels[row, k])
            # Four cells change by one, each square x² by 2x·δ + 1.
            gain = table[column, here] - table[own, here] + table[own, there] - table[column, there] + 2.0
            change += np.where(there != here, gain, 0.0) * (self._counts[j] * self._counts[k])
        change[column == own] = 0.0
        better = np.flatnonzero(change < -1e-9)
        for other in better[np.argsort(change[better], kind="stable")][:6]:
            theirs = int(column[other])
            if self._swap(row, int(other), j):
                for k in others:
                    table = tables[j, k]
                    for at, away, come in ((row, own, theirs), (other, theirs, own)):
                        table[away, self.levels[at, k]] -= 1
                        table[come, self.levels[at, k]] += 1
                return True
        return False
