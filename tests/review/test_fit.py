from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from tests.review.worlds import drawn
from workbench.review import Assumptions, Interval, Votes, fit, fitted, ranked
from workbench.review.model import tallied
from workbench.review.newton import mode_at

WORLDS = {
    "few votes": drawn(arms=3, seeds=2, votes=15),
    "a clip each": drawn(arms=3, seeds=1, votes=90),
    "clips alike": drawn(arms=3, seeds=5, votes=900, luck=0),
    "clips far apart": drawn(arms=3, seeds=20, votes=4_000, luck=2.5),
    "no vote": drawn(votes=0),
}
CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def intervals(votes: Votes) -> list[Interval]:
    ranking = ranked(votes)
    return [ranking.sigma, ranking.side, ranking.tie, *(one.gap for one in ranking.differences)]


def assert_near(ours: list[Interval], theirs: list[Interval], within: float) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert astuple(one) == pytest.approx(astuple(other), abs=within)


@pytest.mark.parametrize("votes", WORLDS.values(), ids=WORLDS)
def test_a_few_nodes_of_the_grid_tell_what_many_do(votes: Votes, monkeypatch: pytest.MonkeyPatch) -> None:
    few = intervals(votes)
    monkeypatch.setattr(fit, "_NODES", 80)
    monkeypatch.setattr(fit, "_MOST", 400)
    many = intervals(votes)
    assert_near(few[1:], many[1:], 0.02)
    assert_near(few[:1], many[:1], 0.06)


@pytest.mark.parametrize("guess", [(0.0, 0.02), (0.3, 0.31), (0.0, 40.0), (5.0, 6.0)])
@pytest.mark.parametrize("votes", WORLDS.values(), ids=WORLDS)
def test_wherever_the_grid_begins_it_finds_the_weight(
    votes: Votes, guess: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_is = intervals(votes)
    monkeypatch.setattr(fit._Grid, "_guess", lambda grid: guess)
    assert_near(intervals(votes)[1:], as_is[1:], 0.03)


def test_the_mode_has_no_slope() -> None:
    """By differences of the log density, written out."""
    votes = drawn(arms=3, seeds=3, votes=80)
    assumptions, sigma = Assumptions(), 0.6
    mode, _ = mode_at(sigma, tallied(votes), assumptions)

    def log_density(unknown: np.ndarray) -> float:
        z, beta, side, eta = unknown[:9], unknown[9:12], unknown[12], unknown[13]
        theta = beta[votes.arm_of] + sigma * z
        d = theta[votes.left] - theta[votes.right] + side
        told = np.where(votes.is_tie, eta, np.where(votes.outcome == 0, d / 2, -d / 2))
        prior = z @ z + beta @ beta / 4 + side**2 + eta**2 / 4
        return float((told - np.log(np.exp(d / 2) + np.exp(-d / 2) + np.exp(eta))).sum() - prior / 2)

    at = np.r_[mode.z, mode.outer]
    steps = 1e-5 * np.eye(len(at))
    slopes = [(log_density(at + step) - log_density(at - step)) / 2e-5 for step in steps]
    assert slopes == pytest.approx(np.zeros(len(at)), abs=1e-5)
    wide = 1e-3 * np.eye(len(at))
    around = [[[log_density(at + i * a + j * b) for i, j in CORNERS] for a in wide] for b in wide]
    curvature = np.array(around) @ [1, -1, -1, 1] / -4e-6
    assert np.linalg.inv(curvature)[9:, 9:] == pytest.approx(mode.cov, abs=1e-4)
    assert mode.log_density == pytest.approx(log_density(at) - np.linalg.slogdet(curvature)[1] / 2, abs=1e-4)


def test_a_fixed_sigma_is_the_whole_grid() -> None:
    found = fitted(drawn(), Assumptions(sigma=0.5))
    assert (found.sigma, found.weights.tolist(), len(found.modes)) == (0.5, [1.0], 1)


@pytest.mark.parametrize("votes", WORLDS.values(), ids=WORLDS)
def test_nodes_that_are_not_asked_would_have_had_no_weight(
    votes: Votes, monkeypatch: pytest.MonkeyPatch
) -> None:
    foretold = fitted(votes)
    monkeypatch.setattr(fit, "_is_last", lambda density: False)
    asked = fitted(votes)
    assert foretold.sigmas == pytest.approx(asked.sigmas, abs=1e-12)
    assert foretold.weights == pytest.approx(asked.weights, abs=1e-9)


def test_foretelling_spares_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(fit, "mode_at", lambda sigma, *more: asked.append(sigma) or mode_at(sigma, *more))
    votes = drawn(arms=3, seeds=5, votes=300)
    fitted(votes)
    foretold = len(asked)
    monkeypatch.setattr(fit, "_is_last", lambda density: False)
    fitted(votes)
    assert foretold < len(asked) - foretold
