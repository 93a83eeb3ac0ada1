"""Metrics as judges of a real log: what they say, and that people's ranking never hears of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.api import Workbench
from workbench.api.machine_judges import judged_record
from workbench.domain.errors import RequestError
from workbench.domain.review import Review, ReviewPlan
from workbench.settings import Settings

PLAN = {"duration_s": 1, "resolution": "360p", "generate_audio": False}
PROMPTS = ("a lake at dawn, slow pan left", "a desert at night, static shot")


def value(bench: Workbench, review: Review, place: int, name: str) -> float:
    found = bench.metrics(review.clips[place].run_id)
    known = found.value(name) if found else None
    assert known is not None
    return known


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips, measured, and a person who prefers the sharper one of all six pairs."""
    folder = tmp_path_factory.mktemp("judged")
    with Workbench(settings=Settings(folder)) as bench:
        asked = [bench.request(prompt, seed=seed, **PLAN) for seed in range(2) for prompt in PROMPTS]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        assert bench.measure() == 4
        review = bench.review("Lake or desert", runs, plan=ReviewPlan(overlap=0, repeats=0))
        while pairs := bench.asked(review.id, "Ana").pairs:
            left, right = (value(bench, review, p, "sharpness") for p in (pairs[0].left, pairs[0].right))
            bench.vote(pairs[0].id, "Ana", "left" if left > right else "right")
    return folder


@pytest.fixture
def bench(made: Path, tmp_path: Path) -> Iterator[Workbench]:
    shutil.copytree(made, tmp_path / "log")
    with Workbench(settings=Settings(tmp_path / "log")) as bench:
        yield bench


def test_a_judge_that_says_what_people_say(bench: Workbench) -> None:
    review = bench.find_review("Lake or desert")
    before = bench.rank(review=review.id)
    found = bench.judged_by(review.id, "metric:sharpness")
    assert found and before
    pairs = len(before.votes)
    assert (found.agreement.same, found.agreement.pairs, found.unmeasured) == (pairs, pairs, 0)
    assert found.ranking.standings[0].arm == before.ranking.standings[0].arm
    assert found.agreement.sentence.startswith(f"Sharpness agrees with people on {pairs} of {pairs} pairs")
    after = bench.rank(review=review.id)
    assert after and after.votes.raters == ("Ana",) and len(after.votes) == pairs
    assert after.ranking.standings == before.ranking.standings
    assert json.loads(json.dumps(judged_record(found)))["same"] == pairs


def test_a_wide_margin_makes_ties(bench: Workbench) -> None:
    review = bench.find_review("Lake or desert")
    found = bench.judged_by(review.id, "metric:sharpness", margin=1e9)
    assert found and found.votes.is_tie.all() and found.agreement.rate is None
    assert "can't be told" in found.agreement.sentence


def test_what_can_judge(bench: Workbench) -> None:
    review = bench.find_review("Lake or desert")
    names = [one.name for one in bench.judges(review.id)]
    assert {"metric:sharpness", "metric:flicker"} <= set(names)
    assert "metric:motion" not in names, "no way of it is better"
    assert "metric:first_frame_kept" not in names, "no frame was given"


@pytest.mark.parametrize("judge", ["metric:motion", "metric:", "sharpness", "model:gemini"])
def test_what_is_no_judge(bench: Workbench, judge: str) -> None:
    with pytest.raises(RequestError, match=r"is no judge.*Allowed: .*metric:sharpness"):
        bench.judged_by(bench.find_review("Lake or desert").id, judge)


@pytest.mark.parametrize("margin", [-1.0, float("nan"), float("inf")])
def test_what_is_no_margin(bench: Workbench, margin: float) -> None:
    with pytest.raises(RequestError, match="give 0 or more"):
        bench.judged_by(bench.find_review("Lake or desert").id, "metric:sharpness", margin=margin)


def test_without_values_nothing_is_said(bench: Workbench) -> None:
    review = bench.find_review("Lake or desert")
    found = bench.judged_by(review.id, "metric:first_frame_kept")
    assert found and len(found.votes) == 0 and found.unmeasured > 0
    assert found.agreement.rate is None
