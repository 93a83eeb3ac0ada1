"""A successor replay on the Experiments page: what it would send, then once, then old against new."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import labels, links, press, text
from workbench.api import Workbench
from workbench.domain.run import EMULATED
from workbench.providers.fake import Script
from workbench.store.experiments import Experiment
from workbench.ui import errands
from workbench.ui.experiments.told import money_line

OLD, NEW = "fake/clip", "fake/next"
MODELS = Script(models=("clip", "next"))


@pytest.fixture
def log(open_log: OpenLog) -> Workbench:
    """Eight runs of the old model."""
    log = open_log(MODELS)
    asked = [log.request(p, model=OLD, seed=seed) for seed in range(4) for p in ("A lion", "A fox {a|b}")]
    log.wait(log.submit_many(asked), timeout_s=60, progress_bar=False)
    return log


def choose(at: AppTest, label: str, value: str) -> AppTest:
    next(box for box in at.selectbox if box.label == label).set_value(value).run()
    assert not at.exception, at.exception
    return at


def replayed(log: Workbench) -> Experiment:
    made = log.start_replay(log.plan_replay(model=OLD, on=NEW))
    log.wait([run.id for run in log.runs(experiment=made.id)], timeout_s=60, progress_bar=False)
    return made


def table(at: AppTest) -> list[dict[str, str]]:
    return [row for drawn in at.table for row in drawn.value.to_dict("records")]


def test_nothing_of_it_without_a_run(open_log: OpenLog, open_page: OpenPage) -> None:
    open_log(MODELS)
    assert "See what it would send" not in labels(open_page("experiments"))


def test_plan_confirm_send(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    press(at, "See what it would send")
    assert f"No model is known that follows {OLD}" in text(at).replace("\\", "")
    choose(at, "New model", NEW)
    assert "No model is known" not in text(at), "it is of another question"
    press(at, "See what it would send")
    told = text(at).replace("\\", "")
    assert "**8 runs**" in told
    assert "$1.60 estimated" in told
    assert log.experiments() == []
    next(n for n in at.number_input if n.label.startswith("Most it may cost")).set_value(0.5).run()
    press(at, "Send 8 runs")
    assert "may cost $0.50" in text(at).replace("\\", "")
    assert log.experiments() == []
    next(n for n in at.number_input if n.label.startswith("Most it may cost")).set_value(5.0).run()
    next(b for b in at.button if b.label == "Send 8 runs").click().run()
    (made,) = log.experiments()
    assert made.cap_micros == 5_000_000
    assert errands.is_done(at.session_state[f"experiments.errand.{made.id}"], 60)
    assert len(log.runs(model=NEW)) == 8


def test_what_an_emulator_made_cost_nothing(log: Workbench) -> None:
    made = replayed(log)
    assert money_line(log.experiment_progress(made.id)) == "≈ $1.60"
    with log.store.db.write() as connection:
        connection.execute("UPDATE runs SET account = ? WHERE rowid % 2", [f"fake{EMULATED}here:1"])
    told = "≈ $0.80 and $0.80 emulated, which nobody charges"
    assert money_line(log.experiment_progress(made.id)) == told


def test_sent_once_and_opened_after_that(log: Workbench, open_page: OpenPage) -> None:
    made = replayed(log)
    again = next(iter(log.runs(model=OLD)))
    at = open_page("experiments")
    choose(at, "New model", NEW)
    press(at, "See what it would send")
    assert "Open it" in labels(at)
    log.wait([log.submit(again.request)], timeout_s=60, progress_bar=False)
    press(at, "See what it would send")
    assert "1 not asked again: It asks for the same" in text(at).replace("\\", "")
    assert [one.id for one in log.experiments()] == [made.id]


def test_old_against_new(log: Workbench, open_page: OpenPage) -> None:
    made = replayed(log)
    at = open_page("experiments", id=made.id)
    told = text(at).replace("\\", "")
    assert f"{OLD} → {NEW}" in told
    assert "8 of 8 requests have a new clip." in told
    assert "16 clips are not measured yet" in told
    log.measure()
    at = open_page("experiments", id=made.id)
    found = log.replay_report(made.id)
    assert found.sentence in text(at).replace("\\", "")
    rows = {row["Quantity"]: row for row in table(at)}
    assert sorted(rows) == sorted(one.label for one in found.changes)
    assert rows["Cost"]["Old"] == rows["Cost"]["New"] == "0.2 USD"
    assert (rows["Cost"][""], rows["Cost"]["p"]) == ("the same", "–")
    for one in found.changes:
        assert len(links(at, f"Best in {one.label}")) == bool(one.shift.is_settled and one.best)


def test_from_the_report_to_a_blind_review_and_its_ranking(log: Workbench, open_page: OpenPage) -> None:
    made = replayed(log)
    at = open_page("experiments", id=made.id)
    button = next(b for b in at.button if b.label == "Review old against new, blind")
    button.click()
    at.run()
    (review,) = log.reviews()
    assert len(review.plan.pairs) == 8
    while pairs := log.asked(review.id, "Ana").pairs:
        log.vote(pairs[0].id, "Ana", "left")
    at = open_page("experiments", id=made.id)
    assert links(at, "Blind review of these pairs") == [{"page": "review", "id": review.id}]
    assert links(at, "Ranking of the two models") == [{"page": "ranking", "review": review.id, "by": "model"}]
    assert "By people's votes: " in text(at).replace("\\", "")
    assert "Review old against new, blind" not in labels(at)


def test_other_experiments_have_nothing_of_it(log: Workbench, open_page: OpenPage) -> None:
    plain = log.store.experiments.create("Plain", "", {}, log.clock.now())
    assert "Review old against new, blind" not in labels(open_page("experiments", id=plain.id))
