import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.errors import RequestError
from workbench.prompting.design import Rows, determinant, fraction, least_size, lost, rank, sampled


def matrix(rows: Rows, counts: tuple[int, ...]) -> np.ndarray:
    """Mean and main effects, coded the plain way."""
    parts = [rows[:, [j]] == np.arange(1, count) for j, count in enumerate(counts)]
    return np.concatenate([np.ones((len(rows), 1)), *parts], axis=1).astype(float)


def spread(rows: Rows, counts: tuple[int, ...]) -> list[int]:
    """Of each factor, how much more often its most frequent level stands than its rarest."""
    return [int(np.ptp(np.bincount(rows[:, j], minlength=count))) for j, count in enumerate(counts)]


def unevenness(rows: Rows, counts: tuple[int, ...]) -> float:
    """A₂ times the number of rows: χ² of each pair of factors, added up."""
    total = 0.0
    for j, k in combinations(range(len(counts)), 2):
        met = np.bincount(rows[:, j] * counts[k] + rows[:, k], minlength=counts[j] * counts[k])
        even = len(rows) / (counts[j] * counts[k])
        total += float(((met - even) ** 2 / even).sum())
    return total


COUNTS = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple)


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.floats(0, 1), st.integers(0, 5))
def test_a_fraction_is_balanced_has_no_repeat_and_tells_main_effects_apart(
    counts: tuple[int, ...], share: float, seed: int
) -> None:
    least, whole = least_size(counts), math.prod(counts)
    size = min(round(least + share * (whole - least)), 400)
    rows = fraction(counts, max(size, least), seed, [True] * len(counts))
    assert rows.shape == (max(size, least), len(counts))
    assert len({tuple(row) for row in rows.tolist()}) == len(rows)
    assert (rows >= 0).all() and (rows < np.array(counts)).all()
    assert max(spread(rows, counts)) <= 1
    assert np.linalg.matrix_rank(matrix(rows, counts)) == least
    assert np.array_equal(rows, fraction(counts, len(rows), seed, [True] * len(counts)))


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ((2, 2, 2), 4),
        ((2,) * 7, 8),
        ((2,) * 11, 12),  # Plackett and Burman's
        ((3, 3, 3, 3), 9),
        ((4, 2, 2), 8),
        ((3, 2, 2), 12),
        ((6, 3, 2, 3), 36),
    ],
)
def test_orthogonal_arrays_are_found(counts: tuple[int, ...], size: int) -> None:
    rows = fraction(counts, size, 0, [True] * len(counts))
    assert unevenness(rows, counts) < 1e-9
    assert spread(rows, counts) == [0] * len(counts)


@pytest.mark.parametrize(
    ("counts", "size"),
    [((5, 2), 6), ((6, 6, 6), 16), ((30, 30), 59), ((40, 40, 40), 118), ((2,) * 20, 21), ((13, 7, 5, 3), 25)],
)
def test_the_smallest_sizes_come_out(counts: tuple[int, ...], size: int) -> None:
    assert size == least_size(counts)
    rows = fraction(counts, size, 3, [True] * len(counts))
    assert np.linalg.matrix_rank(matrix(rows, counts)) == size
    assert max(spread(rows, counts)) <= 1


def test_exchanging_makes_it_more_even_than_chance_by_far() -> None:
    counts = (5, 4, 4, 3)
    chance = [unevenness(sampled(counts, 60, seed), counts) for seed in range(20)]
    for seed in range(3):
        assert unevenness(fraction(counts, 60, seed, [True] * 4), counts) < min(chance) / 5


def test_a_fraction_estimates_better_than_a_random_sample() -> None:
    counts = (4, 3, 3, 2)
    effects = range(len(counts))
    made = determinant(fraction(counts, 24, 0, [True] * 4), counts, effects)
    assert all(made > determinant(sampled(counts, 24, seed), counts, effects) for seed in range(200))


def test_too_few_runs_are_refused_in_a_sentence() -> None:
    with pytest.raises(
        RequestError, match=r"6 runs can't tell 2 × 3 × 4 levels apart. Choose at least 7 runs"
    ):
        fraction((4, 3, 2), 6, 0, [True] * 3)
    with pytest.raises(RequestError, match="up to 500 levels beside the largest factor; here are 600"):
        fraction((600, 600), 1_300, 0, [True] * 2)


def test_what_is_not_treated_needs_no_runs_of_its_own_and_is_balanced_all_the_same() -> None:
    counts = (12, 3, 2)
    rows = fraction(counts, 6, 0, [False, True, True])
    assert spread(rows, counts)[0] <= 1
    assert np.linalg.matrix_rank(matrix(rows[:, 1:], counts[1:])) == 4


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=25), st.sampled_from([(0, 1, 2), (0, 2), (1,)]))
def test_rank_is_that_of_the_matrix(rows: list[tuple[int, int, int]], effects: tuple[int, ...]) -> None:
    levels = np.array(rows, dtype=np.int64).reshape(-1, 3)
    columns = levels[:, list(effects)]
    expected = int(np.linalg.matrix_rank(matrix(columns, (3,) * len(effects)))) if rows else 0
    assert rank(levels, (3, 3, 3), effects) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 0), (0, 1), (1, 0), (1, 1)], ()),
        ([(0, 0), (1, 1)], (0, 1)),  # they go together
        ([(0, 0), (0, 1)], (0,)),  # one level is left
        ([(0, 0), (0, 1), (1, 0)], ()),
        ([], (0, 1)),
    ],
)
def test_lost_effects(rows: list[tuple[int, int]], expected: tuple[int, ...]) -> None:
    assert lost(np.array(rows, dtype=np.int64).reshape(-1, 2), (2, 2), (0, 1)) == expected


def test_a_missing_level_costs_its_factor_nothing_else() -> None:
    rows = np.array([(i, j) for i in range(2) for j in range(3)], dtype=np.int64)
    assert lost(rows, (3, 3), (0, 1)) == ()


def test_a_random_sample_of_a_huge_grid() -> None:
    rows = sampled((1_000,) * 5, 50, 1)
    assert len({tuple(row) for row in rows.tolist()}) == 50
    assert np.array_equal(rows, sampled((1_000,) * 5, 50, 1))
