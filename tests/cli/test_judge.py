"""``workbench judge`` as a script and a person meet it."""

from __future__ import annotations

import json

import pytest

from tests.cli.desk import Desk, assert_one_sentence
from workbench.api.machine_judges import judged_record
from workbench.domain.review import Review, ReviewPlan

PLAN = {"duration_s": 1, "resolution": "360p", "generate_audio": False}


@pytest.fixture
def review(desk: Desk) -> Review:
    with desk.log() as bench:
        asked = [
            bench.request(f"a lake at {when}, static shot", seed=1, **PLAN) for when in ("dawn", "night")
        ]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        bench.measure()
        made = bench.review("Which lake?", runs, plan=ReviewPlan(overlap=0, repeats=0))
        bench.vote(bench.asked(made.id, "Ana").pairs[0].id, "Ana", "left")
        return made


def test_agreement_first_then_its_own_ranking(desk: Desk, review: Review) -> None:
    done = desk.here("judge", "Which lake?", "--by", "metric:sharpness")
    assert (done.returncode, done.stderr) == (0, "")
    with desk.log() as bench:
        found = bench.judged_by(review.id, "metric:sharpness")
    assert found
    first, empty, heading, *arms = done.stdout.splitlines()
    assert (first, empty) == (found.agreement.sentence, "")
    assert heading == "By metric:sharpness alone, people left out:"
    assert [line[0] for line in arms] == [one.arm for one in found.ranking.standings]
    as_json = desk.here("judge", review.id, "--by", "metric:sharpness", "--json")
    assert json.loads(as_json.stdout) == json.loads(json.dumps(judged_record(found)))


def test_no_such_judge_is_one_sentence(desk: Desk, review: Review) -> None:
    done = desk.here("judge", review.id, "--by", "metric:beauty")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "“metric:beauty” is no judge", "metric:sharpness")
