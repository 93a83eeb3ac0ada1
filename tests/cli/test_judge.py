"""``workbench judge`` as a script and a person meet it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.desk import Desk, assert_one_sentence, copied, new_desk
from workbench.api.machine_judges import judged_record
from workbench.api.model_judges import model_judged_record
from workbench.domain.review import Review, ReviewPlan
from workbench.emulators.faults import Fault, Step
from workbench.emulators.images import ImagesEmulator

PLAN = {"duration_s": 1, "resolution": "360p", "generate_audio": False}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Review]:
    desk = new_desk(tmp_path_factory.mktemp("judged"))
    with desk.log() as bench:
        asked = [
            bench.request(f"a lake at {when}, static shot", seed=1, **PLAN) for when in ("dawn", "night")
        ]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        bench.measure()
        made = bench.review("Which lake?", runs, plan=ReviewPlan(overlap=0, repeats=0))
        bench.vote(bench.asked(made.id, "Ana").pairs[0].id, "Ana", "left")
        return desk, made


@pytest.fixture
def review(judged: tuple[Desk, Review], desk: Desk) -> Review:
    whole, made = judged
    copied(whole, desk)
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


@pytest.mark.parametrize(
    "words", [("--by", "metric:sharpness", "--rubric", "x"), ("--by", "metric:sharpness", "--most", "3")]
)
def test_what_is_of_models_only(desk: Desk, review: Review, words: tuple[str, ...]) -> None:
    done = desk.here("judge", review.id, *words)
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "--rubric and --most are of models")


@pytest.fixture
def eyes() -> Iterator[ImagesEmulator]:
    with ImagesEmulator(operation_s=0.0) as emulator:
        yield emulator


def questions(eyes: ImagesEmulator) -> int:
    return len(eyes.book.of(Step.CREATE))


def test_a_model_tells_its_cost_and_sends_nothing_unasked(
    desk: Desk, review: Review, eyes: ImagesEmulator
) -> None:
    done = desk.here("judge", "Which lake?", "--by", "openai", **eyes.settings())
    assert (done.returncode, done.stdout, questions(eyes)) == (2, "", 0)
    assert_one_sentence(
        done.stderr,
        "openai/gpt-6-luna would be asked about 1 pair (2 questions: each pair both ways round) for $",
        "at most; this is an emulator, so nothing will be charged. Add --yes to agree; nothing was sent.",
    )


def test_a_model_agreement_first_and_nothing_is_asked_twice(
    desk: Desk, review: Review, eyes: ImagesEmulator
) -> None:
    done = desk.here("judge", "Which lake?", "--by", "openai", "--yes", **eyes.settings())
    assert (done.returncode, questions(eyes)) == (0, 2)
    assert done.stderr.splitlines() == ["1 of 2 questions", "2 of 2 questions"]
    again = desk.here("judge", review.id, "--by", "openai/gpt-6-luna", "--json", **eyes.settings())
    assert (again.returncode, again.stderr, questions(eyes)) == (0, "", 2)
    told = json.loads(again.stdout)
    assert told.pop("sent") == {"answers": 0, "cost_micros": 0, "failures": []}
    with desk.log(**eyes.settings()) as bench:
        people = bench.rank(review=review.id)
        assert people
        found = bench.judged_by_model(people, bench.model_judge("openai"))
        assert told == json.loads(json.dumps(model_judged_record(found)))
    emulated, first, second, empty, heading, *arms = done.stdout.splitlines()
    assert emulated == "It is an emulator that answers: none of this is the model's word."
    assert (first, second, empty) == (found.agreement.sentence, found.orders.sentence, "")
    assert heading == "By model:openai/gpt-6-luna@general alone, people left out:"
    assert [line[0] for line in arms] == [one.arm for one in found.ranking.standings]


def test_a_failure_is_a_sentence_on_standard_error(desk: Desk, review: Review, eyes: ImagesEmulator) -> None:
    eyes.faults.add(Fault(Step.CREATE, "wrong_shape"))
    done = desk.here("judge", review.id, "--by", "openai", "--yes", **eyes.settings())
    assert done.returncode == 1
    assert_one_sentence(done.stderr, "workbench: Runs ", "answered in another form", "It was charged")
    assert "Pairs of people's that it has not judged: 1." in done.stdout


@pytest.mark.parametrize(
    ("words", "environ", "status", "told"),
    [
        (("--margin", "1"), {}, 2, "--margin is of metrics"),
        (("--rubric", "beauty"), {}, 2, "There is no rubric 'beauty'. Allowed: general"),
        (("--most", "0"), {}, 2, "give 1 or more"),
        ((), {"OPENAI_API_KEY": ""}, 4, "OPENAI_API_KEY"),
        (("--yes",), {"WORKBENCH_BUDGET_USD": "0.000001"}, 3, "Nothing was sent"),
        ((), {"WORKBENCH_BUDGET_USD": "0.000001"}, 3, "Nothing was sent"),
    ],
)
def test_a_model_that_is_not_asked(
    desk: Desk,
    review: Review,
    eyes: ImagesEmulator,
    words: tuple[str, ...],
    environ: dict[str, str],
    status: int,
    told: str,
) -> None:
    done = desk.here("judge", review.id, "--by", "openai", *words, **eyes.settings() | environ)
    assert (done.returncode, done.stdout, questions(eyes)) == (status, "", 0)
    assert_one_sentence(done.stderr, told)
