"""``workbench replay`` as a script and a person meet it."""

from __future__ import annotations

import json

import pytest

from tests.cli.desk import Desk, assert_one_sentence

PROMPTS = ("A lion at {dawn|dusk}", "A fox runs", "A lighthouse")
SUITE = ("replay", "Old suite", "--on", "fake/new")


@pytest.fixture
def suite(desk: Desk) -> str:
    """An experiment of six runs of the old model. Returns its id."""
    from workbench.domain.run import Origin

    desk.script(models=["old", "new"])
    with desk.log() as bench:
        made = bench.store.experiments.create("Old suite", "", {}, bench.clock.now())
        asked = [bench.request(p, model="fake/old", seed=seed) for seed in (1, 2) for p in PROMPTS]
        ids = bench.submit_many(asked, Origin(experiment_id=made.id))
        bench.wait(ids, timeout_s=60, progress_bar=False)
        return made.id


def test_cost_first_then_once_then_the_report(desk: Desk, suite: str) -> None:
    done = desk.here(*SUITE)
    assert done.returncode == 2
    assert_one_sentence(
        done.stderr, "6 runs of fake/old, 6 to send to fake/new", "6 runs of fake/new", "$1.20"
    )
    assert "nothing was sent" in done.stderr
    assert desk.accepted() == 6
    done = desk.here(*SUITE, "--yes")
    assert (done.returncode, desk.accepted()) == (0, 12), done.stderr
    head, sentence, *lines = done.stdout.splitlines()
    assert head.startswith("fake/old → fake/new, Old suite on fake/new (")
    assert sentence.startswith("6 of 6 requests have a new clip.")
    assert any(line.startswith("Cost ") and "the same" in line and "0.2 → 0.2 USD" in line for line in lines)
    assert any(line.startswith("Exposure ") for line in lines), "clips are measured for it"
    again = desk.here("replay", suite[:24], "--on", "fake/new")
    assert (again.returncode, desk.accepted()) == (0, 12), again.stderr
    assert "0 to send to fake/new, 6 sent before" in again.stderr
    assert again.stdout == done.stdout


def test_the_report_and_the_review_of_a_replay(desk: Desk, suite: str) -> None:
    assert desk.here(*SUITE, "--yes", "--name", "To new", "--json").returncode == 0
    done = desk.here("replay", "to new", "--report", "--review", "--json", "--no-metrics")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert (told["old"], told["new"], len(told["pairs"])) == ("fake/old", "fake/new", 6)
    with desk.log() as bench:
        (review,) = bench.reviews()
        assert told["review"] == review.id
        assert len(review.plan.pairs) == 6
    assert desk.accepted() == 12


def test_what_is_refused_is_told_and_some_runs_can_be_chosen(desk: Desk, suite: str) -> None:
    with desk.log() as bench:
        ids = [run.id for run in bench.runs(experiment=suite)]
    done = desk.here("replay", "--run", ids[0], "--run", ids[1], "--on", "fake/new", "--set", "duration_s=5")
    assert done.returncode == 2
    assert "2 that it refuses" in done.stderr
    assert "2 refused: Duration can't be '5'" in done.stderr
    done = desk.here(
        *("replay", "--run", ids[0], "--on", "fake/new", "--set", "duration_s=6", "--yes", "--cap", "0.1")
    )
    assert done.returncode == 3
    assert desk.accepted() == 6
    done = desk.here("replay", "--run", ids[0], "--on", "fake/new", "--set", "duration_s=6", "--yes")
    assert (done.returncode, desk.accepted()) == (0, 7), done.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "needs a suite"),
        (("--report",), "needs SUITE"),
        (("Nothing", "--report"), "No experiment is called so"),
        (("Old suite", "--report"), "no replay"),
        (("--model", "fake/old"), "No model is known that follows fake/old"),
        (("--model", "fake/old", "--on", "fake/old"), "on itself"),
        (("--model", "fake/old", "--on", "fake/none"), "There is no model"),
        (("Old suite", "--on", "fake/new", "--set", "duration_s"), "NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(
    words: tuple[str, ...], part: str, desk: Desk, suite: str
) -> None:
    done = desk.here("replay", *words)
    assert done.returncode == 2
    assert_one_sentence(done.stderr, part)
    assert desk.accepted() == 6


def test_a_failed_replay_ends_with_1(desk: Desk, suite: str) -> None:
    desk.script(models=["old", "new"], outcome="failed")
    done = desk.here(*SUITE, "--yes")
    assert done.returncode == 1
    assert "0 of 6 requests have a new clip, 6 failed." in done.stdout
