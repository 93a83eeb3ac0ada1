"""The Experiments page: from a starter or an empty form to a grid, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from immutabledict import immutabledict
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, press, query, text
from workbench.api import Workbench
from workbench.domain.run import Status
from workbench.prompting.sweep import Design, Sweep, Wording, consecutive
from workbench.prompting.sweeps import starters
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.fake import Script
from workbench.store.experiments import Experiment
from workbench.ui.experiments.laid import NONE, Axes, axes_of
from workbench.ui.experiments.outline import (
    FORM,
    TABLE,
    Outline,
    from_draft,
    of_starter,
    reading,
    to_draft,
)

SWEEP = Sweep(
    prompts=(Wording("A lion walks at {light}"), Wording("A fox runs at {light}", name="fox")),
    models=("fake/clip",),
    slots={"light": ("dawn", "dusk")},
    seeds=(1, 2),
)
WORDS = some.text(max_size=20)
SCALARS = some.booleans() | some.integers() | some.floats(allow_nan=False) | WORDS
OUTLINES = some.builds(
    Outline,
    name=WORDS,
    question=WORDS,
    starter=WORDS,
    source=some.sampled_from((FORM, TABLE)),
    prompts=some.lists(some.builds(Wording, WORDS, WORDS, WORDS), min_size=1).map(tuple),
    models=some.lists(WORDS).map(tuple),
    slots=some.dictionaries(WORDS, WORDS).map(immutabledict),
    varied=some.dictionaries(WORDS, some.lists(SCALARS).map(tuple)).map(immutabledict),
    seeds=some.integers(0, 1_000),
    seed_base=some.integers(0, 2**32 - 1),
    design=some.sampled_from(("full", "fraction", "random")),
    size=some.integers(1, 10_000),
    cap_usd=some.none() | some.floats(0, 1e6),
    table=WORDS,
)


@given(OUTLINES)
def test_a_draft_holds_the_whole_form(outline: Outline) -> None:
    assert from_draft(json.loads(json.dumps(to_draft(outline)))) == outline


def test_a_form_draws_from_the_lists_that_it_names_and_keeps_those() -> None:
    lists = {"sky": ("fog", "rain"), "other": ("x",)}
    outline = Outline(prompts=(Wording("A lake in {sky=__sky__}"),), models=("fake/clip",), seeds=1)
    sweep = outline.sweep(lambda _: SWEEP, lists)
    assert [cell.request.prompt for cell in sweep] == ["A lake in fog", "A lake in rain"]
    assert sweep.lists == {"sky": ("fog", "rain")}
    read = reading(lambda _: PREVIEW, ["fake/clip"], frozenset(), lists)
    table, content = "prompt\nA lake in {__sky__}", '{"prompts": ["A lake in {__sky__}"], "seeds": [1, 2]}'
    for sweep in (read(table), read(content)):
        assert {cell.request.prompt for cell in sweep} <= {"A lake in fog", "A lake in rain"}


@pytest.mark.parametrize("draft", [{}, {"prompts": [{"no": 1}]}, {"prompts": 3}, {"from": "elsewhere"}])
def test_a_draft_that_can_not_be_read_is_an_empty_form(draft: dict[str, Any]) -> None:
    assert from_draft(draft) == Outline()


@pytest.mark.parametrize("name", starters())
def test_a_starter_fills_in_the_form_without_losing_anything(name: str) -> None:
    starter = starters()[name]
    models = ["fake/clip", "fake/other"][: starter.least_models]
    made = of_starter(starter, models).sweep(lambda _: SWEEP)
    assert [cell.request for cell in made] == [cell.request for cell in starter.sweep(models)]


@pytest.mark.parametrize(
    ("factors", "asked", "axes"),
    [
        ({}, ("", ""), Axes()),
        ({"seed": "12"}, ("", ""), Axes("seed")),
        ({"seed": "12", "prompt": "ab"}, ("", ""), Axes("prompt")),
        ({"seed": "12", "{light}": "ab", "prompt": "ab"}, ("", ""), Axes("{light}", "prompt")),
        ({"seed": "12", "model": "ab", "prompt": "ab"}, ("", ""), Axes("prompt", "model")),
        ({"seed": "12", "model": "ab", "prompt": "ab"}, ("seed", "model"), Axes("seed", "model")),
        ({"seed": "12", "model": "ab"}, ("model", "model"), Axes("model")),
        ({"seed": "12", "model": "ab"}, ("gone", "seed"), Axes("model", "seed")),
        ({"model": "ab", "prompt": "ab"}, ("prompt", NONE), Axes("prompt")),
    ],
)
def test_axes(factors: dict[str, str], asked: tuple[str, str], axes: Axes) -> None:
    assert axes_of({name: tuple(levels) for name, levels in factors.items()}, *asked) == axes


def settled(log: Workbench, sweep: Sweep = SWEEP, name: str = "Lights") -> Experiment:
    made = log.start_experiment(name, "Dawn or dusk?", sweep)
    log.wait([run.id for run in log.runs(experiment=made.id)], timeout_s=60, progress_bar=False)
    return made


def fill(at: AppTest, kind: str, label: str, value: Any) -> AppTest:
    """Put ``value`` into the control of that name."""
    found = next(each for each in getattr(at, kind) if each.label == label)
    found.set_value(value).run()
    assert not at.exception, at.exception
    return at


def sent(log: Workbench, count: int) -> None:
    """Wait for the thread that logs the runs, and for these."""
    for _ in range(2_000):
        if len(runs := list(log.runs())) == count:
            log.wait([run.id for run in runs], timeout_s=60, progress_bar=False)
            return
        log.store.db.read().execute("SELECT 1")
    raise AssertionError(f"not {count} runs, but {len(list(log.runs()))}")


def test_an_empty_log_shows_the_form_and_what_to_start_from(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    assert {starter.label for starter in starters().values()} <= set(labels(at))
    assert "No prompt is written yet" in text(at)
    assert "Make a sample experiment" in labels(at)
    press(at, "Start")
    assert "No prompt is written yet" in text(at)
    assert log.experiments() == []


def test_from_a_starter_to_a_grid(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    press(at, "A/B of one phrase")
    assert "How to read it" in text(at)
    assert "**12 runs**" in text(at)
    fill(at, "number_input", "Seeds", 2)
    assert "**4 runs**" in text(at)
    assert "estimated" in text(at)
    press(at, "Start")
    (made,) = log.experiments()
    assert query(at) == {"id": [made.id]}
    assert made.question == starters()["one_phrase"].question
    sent(log, 4)
    at.run()
    assert html(at).count('class="wb-sheet"') == 4
    assert html(at).count('href="/run?id=') == 4
    assert "4 runs: 4 done" in at.get("progress")[0].proto.text.replace("\\", "")
    assert {run.origin.slots["weather"] for run in log.runs()} == {"clear", "rain"}


def test_a_form_of_ones_own(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    fill(at, "text_input", "Question", "Does the fox run?")
    fill(at, "text_area", "Prompt A", "A fox {gait=walks|runs} over {place}")
    fill(at, "multiselect", "Models", ["fake/clip"])
    assert "no value" in text(at), "the slot without options is told"
    fill(at, "text_area", "Options of {place}", "ice\nsand\nice\n")
    fill(at, "multiselect", "Settings", ["duration_s", "negative_prompt"])
    fill(at, "multiselect", "Values of Duration", [4, 6])
    fill(at, "text_area", "Values of Negative prompt", "(nothing)\ntext, watermark")
    fill(at, "number_input", "Seeds", 1)
    assert "**16 runs**" in text(at)  # gait × place × duration × negative prompt
    fill(at, "selectbox", "Runs", Design.RANDOM.value)
    fill(at, "number_input", "How many", 5)
    assert "**5 runs**" in text(at)
    press(at, "Start")
    sent(log, 5)
    (made,) = log.experiments()
    assert made.name == "Does the fox run?"
    sweep = log.sweep_of(made.id)
    assert sweep and sweep.design is Design.RANDOM
    assert sweep.varied == {"duration_s": (4, 6), "negative_prompt": ("", "text, watermark")}


def test_prompts_come_and_go_and_nothing_is_lost_on_reload(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    fill(at, "text_area", "Prompt A", "A fox")
    fill(at, "text_area", "Prompt B", "A lion")
    press(at, "Add a prompt")
    assert [area.value for area in at.text_area] == ["A fox", "A lion", "A lion"]
    press(at, "Remove A")
    assert [area.value for area in at.text_area] == ["A lion", "A lion"]
    fill(at, "text_area", "Prompt B", "A bear at {light}")
    fill(at, "text_area", "Options of {light}", "dawn\ndusk")
    fill(at, "number_input", "Cap in US dollars", 2.5)
    again = open_page("experiments")
    assert [area.value for area in again.text_area] == ["A lion", "A bear at {light}", "dawn\ndusk"]
    assert next(n for n in again.number_input if n.label == "Cap in US dollars").value == 2.5
    press(again, "Empty")
    assert {area.value for area in again.text_area} == {""}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "Nothing is pasted or uploaded yet"),
        ("prompt,seed\nA fox,1\nA fox,2\nA lion,1", "**3 runs**"),
        ('[{"prompt": "A fox", "seed": 1}, {"prompt": "A lion"}]', "**2 runs**"),
        ('{"prompts": ["A fox", "A lion"], "seeds": [1, 2], "models": ["fake/clip"]}', "**4 runs**"),
        ("prompt\tduration_s\nA fox\t5\nA lion\t4", "**1 run** · 1 left out"),
        ("prompt,seed\nA fox,x", "Row 1, column seed"),
        ("seed\n1", "no column prompt"),
        ("[1", "This is no JSON"),
        ('{"prompts": ["A fox"], "wrong": 1}', "can't be read"),
    ],
)
def test_a_table_that_is_pasted(table: str, said: str, log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    fill(at, "multiselect", "Models", ["fake/clip"])
    at.get("button_group")[0].set_value(TABLE).run()
    fill(at, "text_area", "Table or JSON", table)
    assert said in text(at).replace("\\", "")
    reloaded = open_page("experiments")
    assert next(a for a in reloaded.text_area if a.label == "Table or JSON").value == table


def test_what_is_refused_stays_in_the_form(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("experiments")
    press(at, "A/B of one phrase")
    fill(at, "number_input", "Cap in US dollars", 0.1)
    press(at, "Start")
    assert "the experiment may cost $0.10" in text(at).replace("\\", "")
    assert log.experiments() == []
    assert any("sailing boat" in area.value for area in at.text_area)
    fill(at, "number_input", "Cap in US dollars", 50.0)
    assert "may cost" not in text(at)


def test_holes_are_told_with_their_reasons(log: Workbench, open_page: OpenPage) -> None:
    log.store.drafts.save(
        "experiment",
        to_draft(
            Outline(
                prompts=(Wording("A fox"),),
                models=("fake/clip",),
                varied=immutabledict({"duration_s": (4,), "no_such": ("1", "2")}),
            )
        ),
        log.clock.now(),
    )
    at = open_page("experiments")
    assert "0 runs" in text(at)
    assert "6 left out" in text(at)
    assert "has no setting no_such" in text(at).replace("\\", "")


def test_the_list_says_how_far_each_is(log: Workbench, open_page: OpenPage) -> None:
    made = settled(log)
    log.start_experiment("Later", "", replace(SWEEP, seeds=(7,)), run=False)
    at = open_page("experiments")
    bars = [bar.proto.text.replace("\\", "") for bar in at.get("progress")]
    assert bars == ["4 runs: 4 not sent", "8 runs: 8 done · ≈ $1.60"]
    assert links(at, "Lights") == [{"page": "experiments", "id": made.id}]


def test_one_is_laid_out_as_asked(log: Workbench, open_page: OpenPage) -> None:
    made = settled(log)
    at = open_page("experiments", id=made.id)
    assert html(at).count('<th scope="col">') == 2
    assert "fox" in html(at)
    assert links(at, "Ranking") == [{"page": "ranking", "experiment": made.id}]
    assert html(at).count("/compare?clips=") == 2
    fill(at, "selectbox", "Across", "seed")
    assert query(at)["x"] == ["seed"]
    table = html(at)
    assert '<th scope="col">1</th><th scope="col">2</th>' in table
    fill(at, "selectbox", "Down", NONE)
    assert html(at).count("rowgroup") == html(at).count("/compare?clips=") == 1


@pytest.mark.parametrize("wrong", ["nothing", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_an_unknown_one_is_said(wrong: str, log: Workbench, open_page: OpenPage) -> None:
    assert "no such experiment" in text(open_page("experiments", id=wrong))


def test_pause_resume_and_cancel(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(latency_s=60, at_once=1, can_cancel=True))
    made = log.start_experiment("Lights", "", SWEEP)
    wait_for(lambda: log.experiment_progress(made.id).counts.get(Status.GENERATING, 0) == 1)
    at = open_page("experiments", id=made.id)
    press(at, "Pause")
    assert log.experiment_progress(made.id).is_held
    press(at, "Resume (7)")
    wait_for(lambda: log.experiment_progress(made.id).missing == 0)
    at.run()
    press(at, "Cancel")
    wait_for(lambda: not log.experiment_progress(made.id).busy)
    at.run()
    assert "Pause" not in labels(at)
    assert {"Resume (7)", "Retry failed (1)"} <= set(labels(at)), (
        "the one that was sent may have been charged"
    )


def wait_for(met: Callable[[], bool]) -> None:
    for _ in range(5_000):
        if met():
            return
    raise AssertionError("it did not come")


def test_failed_ones_are_sent_again_and_seeds_added(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(submit_errors=("Rejected", "Rejected", "Rejected"), at_once=1))
    made = settled(log)
    at = open_page("experiments", id=made.id)
    press(at, "Retry failed (3)")
    sent(log, 11)
    at.run()
    assert not [label for label in labels(at) if label.startswith("Retry")]
    fill(at, "number_input", "Seeds more", 2)
    press(at, "Add and send")
    sent(log, 11 + 8)
    assert log.experiment_progress(made.id).counts == {Status.SUCCEEDED: 16}


def test_what_goes_wrong_while_it_is_logged_is_said(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log()
    made = log.start_experiment("Lights", "", replace(SWEEP, seeds=(1,)), 0.8)
    log.wait([run.id for run in log.runs()], progress_bar=False)
    at = open_page("experiments", id=made.id)
    press(at, "Add and send")
    wait_for(lambda: "beside" in text(at.run()))
    assert len(list(log.runs())) == 4


def test_it_is_sent_to_review(log: Workbench, open_page: OpenPage) -> None:
    made = settled(log)
    at = open_page("experiments", id=made.id)
    button = next(button for button in at.button if button.label == "Send to Review")
    button.click().run()
    (review,) = log.reviews()
    assert len(review.clips) == 8


def test_a_large_one_shows_its_first_cells_only(log: Workbench, open_page: OpenPage) -> None:
    log.drive = lambda ids: None  # type: ignore[method-assign]
    made = log.start_experiment("Large", "", replace(SWEEP, seeds=consecutive(300)))
    at = open_page("experiments", id=made.id)
    assert html(at).count('class="wb-take"') == 200
    assert "The first 200 of 1,200 cells" in text(at)
    log.pause_experiment(made.id)


def test_what_is_written_stays_text(log: Workbench, open_page: OpenPage) -> None:
    evil = "<script>alert(1)</script> **bold** $x$"
    sweep = replace(SWEEP, slots={"light": (evil, "dusk")}, seeds=(1,))
    made = settled(log, sweep, name=evil)
    at = open_page("experiments", id=made.id)
    assert "<script>" not in html(at)
    assert "&lt;script&gt;" in html(at)
    assert "**bold**" not in at.title[0].value
