"""The Runs page: what it shows, what its link says, and that a deletion can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, make, press, query, text
from workbench.api import Workbench
from workbench.domain.metric import Metric, MetricRange, Strip
from workbench.domain.run import Status
from workbench.domain.times import now
from workbench.media.metrics.about import EDITION, METRICS
from workbench.providers.animatic import Animatic
from workbench.providers.fake import Script
from workbench.ui.measured import SHOWN
from workbench.ui.runs import gallery, run_table
from workbench.ui.runs.view import (
    FIRST_DAY,
    GALLERY,
    LAST_DAY,
    RATINGS,
    TABLE,
    RunsView,
    from_query,
    ranked_key,
)

DAYS = some.none() | some.dates(FIRST_DAY, LAST_DAY)
VIEWS = some.builds(
    RunsView,
    text=some.text(),
    model=some.text(),
    status=some.lists(some.sampled_from(Status), unique=True).map(tuple),
    since=DAYS,
    until=DAYS,
    rating=some.none() | some.sampled_from(RATINGS),
    experiment=some.text(),
    deleted=some.booleans(),
    layout=some.sampled_from((GALLERY, TABLE)),
)
METRIC = some.sampled_from(sorted(SHOWN))
ENDS = some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2).map(sorted)
RANGES = some.builds(lambda name, ends: MetricRange(name, *ends), METRIC, ENDS)
KEYS = some.tuples(some.floats(-1e30, 1e30), some.integers(0, 10**12))
MEASURES = some.fixed_dictionaries(
    {
        "columns": some.lists(METRIC, unique=True).map(tuple),
        "ranges": some.lists(RANGES, unique_by=lambda one: one.name).map(tuple),
        "lowest_first": some.booleans(),
    }
)
NEWEST = some.fixed_dictionaries({"pages": some.lists(some.integers(0, 10**12).map(str)).map(tuple)})
RANKED = some.fixed_dictionaries({"order": METRIC, "pages": some.lists(KEYS.map(ranked_key)).map(tuple)})


@given(some.builds(lambda view, *more: replace(view, **more[0], **more[1]), VIEWS, MEASURES, NEWEST | RANKED))
def test_a_link_says_the_whole_view(view: RunsView) -> None:
    query = {k: v if isinstance(v, list) else [v] for k, v in view.to_query().items()}
    read = from_query(query)
    assert read == view
    assert read.ignored == ()
    assert read.wanted.deleted == view.deleted


@given(
    some.dictionaries(
        some.sampled_from([*RunsView.__slots__, "q", "view", "page", "lowest", "measured", "bin"]),
        some.lists(some.text()),
    )
)
def test_any_link_can_be_read(query: dict[str, list[str]]) -> None:
    assert from_query(query).wanted


def test_an_empty_log_offers_a_sample(tmp_path: Path, open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(providers=[Animatic(tmp_path / "work", at_once=1)])
    at = open_page("runs")
    assert "No runs yet" in text(at)
    assert not at.text_input  # nothing to search
    assert links(at, "Write a prompt of your own") == [{"page": "compose"}]
    press(at, "Make a sample experiment")
    runs = list(log.runs())
    assert len(runs) == 6
    assert html(at).count("wb-frame") == 6
    for run in runs:
        if log.run(run.id).status.is_busy:
            log.cancel(run.id)
    log.wait([run.id for run in runs], timeout_s=30, progress_bar=False)


def test_the_gallery_shows_posters_and_plays_one_clip(log: Workbench, open_page: OpenPage) -> None:
    runs = [make(log, f"A fox crosses the ice number {n}", seed=n) for n in (1, 2)]
    at = open_page("runs")
    assert html(at).count('<img loading="lazy"') == 2
    assert "<video" not in html(at)
    assert "fake/clip · seed 2 · 4 s clip" in html(at)
    assert "just now" in html(at)
    assert links(at, "A fox crosses the ice number 2") == [{"page": "run", "id": runs[1].id}]
    press(at, "Play")
    assert html(at).count("<video") == 1
    assert html(at).count('class="wb-sheet"') == 1, "what plays has no contact sheet over it"


def test_the_table_shows_one_page(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox crosses the ice", seed=4)
    log.rate(run.id, {"motion": 4, "visual_quality": 5}, person="Ada")
    frame = open_page("runs", view="table").dataframe[0].value
    assert len(frame) == 1
    row = frame.iloc[0]
    assert row["prompt"] == "A fox crosses the ice"
    assert (row["seed"], row["rating"], row["cost"]) == (4, 4.5, "≈ $0.20")
    assert row["poster"].startswith("/api/media/")
    assert run_table.PAGE <= 100


def test_search_and_filters_live_in_the_link(log: Workbench, open_page: OpenPage) -> None:
    make(log, "A fox crosses the ice", seed=1)
    make(log, "A whale breathes", seed=2)
    at = open_page("runs")
    at.text_input[0].set_value("fox").run()
    assert query(at) == {"q": ["fox"]}
    assert links(at, "A fox crosses the ice")
    assert not links(at, "A whale breathes")
    again = open_page("runs", q="fox")
    assert again.text_input[0].value == "fox"
    assert html(again).count("wb-frame") == 1
    again.multiselect[0].set_value([Status.FAILED]).run()
    assert query(again) == {"q": ["fox"], "status": ["failed"]}
    assert "No run in the log matches these filters." in text(again)
    press(again, "Clear filters")
    assert query(again) == {}
    assert html(again).count("wb-frame") == 2


def test_filters_reach_the_log(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox crosses the ice", seed=1)
    make(log, "A whale breathes", seed=2)
    log.rate(run.id, {"motion": 4}, person="Ada")
    today = run.created_at.date().isoformat()
    for asked, count in (
        ({"rating": "4"}, 1),
        ({"rating": "5"}, 0),
        ({"model": "fake/clip"}, 2),
        ({"model": "nobody/any"}, 0),
        ({"since": today, "until": today}, 2),
        ({"until": date(2001, 1, 1).isoformat()}, 0),
        ({"experiment": "none"}, 0),
        ({"status": ["succeeded", "failed"]}, 2),
    ):
        assert html(open_page("runs", **asked)).count("wb-frame") == count, asked


def test_what_a_link_says_wrongly_is_named(log: Workbench, open_page: OpenPage) -> None:
    make(log, "A fox")
    at = open_page("runs", status="done", since="yesterday", rating="11", page="x", measured="blur")
    for part in ("status=done", "since=yesterday", "rating=11", "page=x", "measured=blur"):
        assert part in at.warning[0].value
    assert html(at).count("wb-frame") == 1


def test_pages_lead_back_and_forth(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(outcome="failed"))
    request = log.request("A fox", model="fake/clip", seed=0)
    ids = log.submit_many(request.takes(gallery.PAGE + 3))
    log.wait(ids, timeout_s=60, progress_bar=False)
    at = open_page("runs")
    assert html(at).count("wb-frame") == gallery.PAGE
    press(at, "Older")
    assert html(at).count("wb-frame") == 3
    assert links(at, "A fox")[-1]["id"] == ids[0]
    assert html(open_page("runs", **query(at))).count("wb-frame") == 3
    assert next(b for b in at.button if b.label == "Older").disabled
    press(at, "Newer")
    assert query(at) == {}
    assert html(at).count("wb-frame") == gallery.PAGE


def test_two_to_six_are_compared(log: Workbench, open_page: OpenPage) -> None:
    runs = [make(log, f"A fox number {n}", seed=n) for n in range(1, 8)][::-1]
    at = open_page("runs")
    for box in at.checkbox[:2]:
        box.check()
    at.run()
    assert "2 selected" in text(at)
    assert links(at, "Compare") == [{"page": "compare", "clips": f"{runs[0].id}~{runs[1].id}"}]
    for box in at.checkbox[2:6]:
        box.check()
    at.run()
    assert links(at, "Compare") == [{"page": "compare", "clips": "~".join(run.id for run in runs[:6])}]
    at.checkbox[6].check().run()
    assert links(at, "Compare") == []
    compare = next(button for button in at.button if button.label == "Compare")
    assert compare.disabled
    assert compare.help == "Select 2 to 6 runs to compare their clips."
    press(at, "Clear selection")
    assert not any(box.value for box in at.checkbox)
    at.checkbox[1].check().run()
    assert links(at, "Open") == [{"page": "run", "id": runs[1].id}]


def test_a_deletion_is_undone_and_restored_from_the_bin(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    at = open_page("runs")
    at.checkbox[0].check().run()
    press(at, "Delete")
    assert "1 run deleted." in text(at)
    assert log.run(run.id).deleted_at
    press(at, "Undo")
    assert log.run(run.id).deleted_at is None
    assert html(at).count("wb-frame") == 1
    log.delete([run.id])
    in_bin = open_page("runs", bin="1")
    in_bin.checkbox[0].check().run()
    assert "Delete" not in labels(in_bin)
    press(in_bin, "Restore")
    assert log.run(run.id).deleted_at is None
    assert "The bin is empty." in text(in_bin)


def test_a_busy_run_is_shown_live_and_not_deleted(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(latency_s=60, can_cancel=True))
    run_id = log.submit(log.request("A fox", model="fake/clip"))
    at = open_page("runs")
    assert "Play" not in labels(at)
    at.checkbox[0].check().run()
    press(at, "Delete")
    assert "is not finished" in at.warning[0].value
    assert log.run(run_id).deleted_at is None
    log.cancel(run_id)
    log.wait([run_id], timeout_s=30, progress_bar=False)
    at.run()
    assert "Cancelled before there was a clip." in html(at)


def measure(log: Workbench, values: Mapping[str, float]) -> None:
    """By prompt, the sharpness of what waits to be measured."""
    for due in log.store.metrics.claim(99, "test", lambda holder: True, now()):
        sharp = values[log.run(due.run_id).request.prompt]
        about = METRICS["sharpness"]
        metric = Metric("sharpness", sharp, about.unit, about.version)
        log.store.metrics.keep(due, [metric], Strip(), EDITION, now())


def test_runs_in_the_order_of_what_was_measured(
    log: Workbench, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paged, within bounds, as cards and as a table; from the page itself and from its link."""
    values = {"A fox": 12.5, "An owl": 80.25, "A whale": 40.0}
    for prompt in values:
        make(log, prompt)
    measure(log, values)
    make(log, "A cat, not measured")
    at = open_page("runs", view="table")
    assert at.dataframe[0].value["prompt"][0] == "A cat, not measured"
    at.multiselect(key="runs.measures.columns").set_value(["sharpness"]).run()
    assert list(at.dataframe[0].value["sharpness"].fillna(-1)) == [-1, 40.0, 80.25, 12.5]
    at.selectbox(key="runs.measures.order").set_value("sharpness").run()
    assert list(at.dataframe[0].value["sharpness"]) == [80.25, 40.0, 12.5]
    assert "highest first. Runs without this value are left out." in text(at)
    at.segmented_control(key="runs.measures.direction").set_value("Lowest first").run()
    assert list(at.dataframe[0].value["prompt"]) == ["A fox", "A whale", "An owl"]
    at.number_input(key="runs.measures.sharpness.least").set_value(90.0).run()
    assert "No run in the log matches these filters." in text(at)
    at.number_input(key="runs.measures.sharpness.most").set_value(20.0).run()  # the other way round
    assert list(at.dataframe[0].value["prompt"]) == ["A whale", "An owl"]
    assert query(at) == {
        "view": ["table"],
        "columns": ["sharpness"],
        "order": ["sharpness"],
        "lowest": ["first"],
        "measured": ["sharpness~20.0~90.0"],
    }
    press(at, "Clear filters")
    assert "measured" not in query(at)
    monkeypatch.setattr(gallery, "PAGE", 2)
    cards = open_page("runs", order="sharpness")
    assert "Sharpness 80.2" in html(cards)
    press(cards, "Next")
    assert "Sharpness 12.5" in html(cards) and html(cards).count("wb-frame") == 1
    press(cards, "Previous")
    assert html(cards).count("wb-frame") == 2


def test_an_order_by_what_nothing_has_says_so(log: Workbench, open_page: OpenPage) -> None:
    make(log, "A fox")
    at = open_page("runs", order="loudness")
    assert "No run has a value of “Loudness” yet." in text(at)
    press(at, "Newest first")
    assert html(at).count("wb-frame") == 1
