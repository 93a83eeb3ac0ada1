"""One run's page: the exact request, the times, the lineage, and what can be done next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, make, press, text
from workbench.api import Workbench
from workbench.domain.clip_name import file_name
from workbench.domain.metric import Metric, Strip
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Origin, Parenthood, Run, Status
from workbench.domain.times import now
from workbench.media.metrics.about import EDITION, METRICS
from workbench.providers.fake import Script
from workbench.ui import figures
from workbench.ui.measured import NO_SCORE
from workbench.ui.people import UNSAID
from workbench.ui.run.timings import bar_html, steps

BORN = datetime(2026, 11, 21, 8, tzinfo=UTC)


def run_of(status: Status = Status.SUCCEEDED, **more: Any) -> Run:
    return Run(
        "0" * 26, 1, GenerationRequest("fake/clip", "A fox", seed=3), status, "fake:script", BORN, **more
    )


def test_everything_of_a_run_is_there(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox crosses the ice", negative_prompt="text", seed=5, duration_s=6)
    assert run.clip
    at = open_page("run", id=run.id)
    said, drawn = text(at), html(at)
    assert at.title[0].value == "A fox crosses the ice"
    assert "succeeded" in said
    assert run.id in said
    assert drawn.count("<video") == 1
    facts = (">text</dd>", ">5</dd>", ">6 s</dd>", run.request.request_hash[:12])
    for fact in (*facts, run.clip.media.sha256, "128 × 72"):
        assert fact in drawn, fact
    assert f"{run.clip.media.sha256}.mp4?download=a-fox-crosses-the-ice-seed5" in drawn
    assert "Estimated" in said
    code = [element.value for element in at.code]
    assert str(run.clip.path) in code
    assert any("wb.generate(" in c and "seed=5" in c for c in code)
    assert any(c.startswith("workbench generate --prompt 'A fox crosses the ice'") for c in code)
    calls = at.table[1].value
    assert list(calls["Outcome"]) == ["accepted"]
    assert links(at, "Remix") == [{"page": "compose", "from": run.id}]
    assert links(at, "Extend") == [{"page": "compose", "extend": run.id}]


@pytest.mark.parametrize("asked", ["", "01HZZZZZZZZZZZZZZZZZZZZZZZ", "../etc/passwd", "[x](y)", "\0"])
def test_an_unknown_run_leads_back_to_all_runs(log: Workbench, open_page: OpenPage, asked: str) -> None:
    at = open_page("run", id=asked)
    assert len(at.info) == 1
    assert links(at, "All runs") == [{"page": "runs"}]


def test_the_beginning_of_an_id_is_enough(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    assert open_page("run", id=run.id[:20]).title[0].value == "A fox"


def test_a_prompt_is_text_and_nothing_else(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "<script>alert(1)</script> :red[fox] $x$ **bold**\nsecond line")
    at = open_page("run", id=run.id)
    assert "<script>" not in html(at)
    assert "&lt;script&gt;" in html(at)
    assert at.title[0].value.replace("\\", "") == "<script>alert(1)</script> :red[fox] $x$ **bold**"
    assert r"\:red\[fox\]" in at.title[0].value


def test_a_very_long_prompt_scrolls_within_reach_of_the_keyboard(log: Workbench, open_page: OpenPage) -> None:
    short, long = make(log, "A fox " * 50), make(log, "A fox " * 200)
    assert "tabindex" not in html(open_page("run", id=short.id))
    assert html(open_page("run", id=long.id)).count('<dd dir="auto" tabindex="0">') == 1


def test_another_seed_is_another_take(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox", seed=5)
    at = open_page("run", id=run.id)
    next(button for button in at.button if button.label == "Another seed").click().run()
    new = next(iter(log.runs()))
    assert new.id != run.id
    assert new.request.seed != 5
    assert new.request.arm_hash == run.request.arm_hash
    assert (new.origin.parent_id, new.origin.parenthood) == (run.id, Parenthood.TAKE)


def test_lineage_shows_what_changed(log: Workbench, open_page: OpenPage) -> None:
    parent = make(log, "A fox crosses the ice", seed=5)
    child_id = log.submit(
        log.request("A fox crosses the river", model="fake/clip", seed=6, duration_s=8),
        Origin(parent.id, Parenthood.VARIANT),
    )
    log.wait([child_id], timeout_s=30, progress_bar=False)
    at = open_page("run", id=child_id)
    assert "A variant of" in text(at)
    assert "<del>ice</del>" in html(at)
    assert "<ins>river</ins>" in html(at)
    changed = next(t.value for t in at.table if "Differs" in t.value.columns)
    assert changed.to_numpy().tolist() == [["Duration", "4 s", "8 s"], ["Seed", "5", "6"]]
    assert links(at, "Compare with parent") == [{"page": "compare", "clips": f"{parent.id}~{child_id}"}]
    assert "What came of it" in text(open_page("run", id=parent.id))


def test_a_deletion_is_undone(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    at = open_page("run", id=run.id)
    press(at, "Delete")
    assert "In the bin since" in text(at)
    press(at, "Undo")
    assert log.run(run.id).deleted_at is None
    assert "In the bin since" not in text(at)


def test_each_of_several_clips_can_be_seen(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(clips=3))
    run = make(log, "A fox", samples=3)
    at = open_page("run", id=run.id)
    assert run.clips[0].media.sha256 in html(at)
    at.segmented_control[0].set_value(3).run()
    player = next(element.proto.body for element in at.get("html") if "<video" in element.proto.body)
    assert run.clips[2].media.sha256 in player


def test_an_uncertain_run_offers_three_ways_on(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(submit_errors=("OutcomeUnknown",) * 3))
    closed, again, found = (make(log, "A fox", seed=n) for n in range(3))
    press(open_page("run", id=closed.id), "Close it")
    assert log.run(closed.id).status is Status.FAILED

    at = open_page("run", id=again.id)
    assert r"about \$0.20 each" in text(at)
    assert next(b for b in at.button if b.label == "Send again").disabled
    next(box for box in at.checkbox if "twice" in box.label).check().run()
    press(at, "Send again")
    assert log.wait([again.id], timeout_s=30, progress_bar=False)[0].status is Status.SUCCEEDED

    at = open_page("run", id=found.id)
    at.text_area(key="uncertain.operation").set_value("[1]").run()
    press(at, "Collect it")
    assert "no JSON object" in at.error[0].value
    assert log.run(found.id).status is Status.UNCERTAIN
    at.text_area(key="uncertain.operation").set_value('{"id": "abc", "accepted": 0}').run()
    press(at, "Collect it")
    assert log.wait([found.id], timeout_s=30, progress_bar=False)[0].status is Status.SUCCEEDED


def test_a_busy_run_can_be_cancelled(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(latency_s=60, can_cancel=True))
    run_id = log.submit(log.request("A fox", model="fake/clip"))
    at = open_page("run", id=run_id)
    assert "Delete" not in labels(at)
    press(at, "Cancel")
    assert log.wait([run_id], timeout_s=30, progress_bar=False)[0].status is Status.CANCELLED
    at.run()
    assert "Delete" in labels(at)


def test_a_rating_is_given_and_shown(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    log.rate(run.id, {"motion": 4}, comment="Smooth *walk*", person="Ada")
    table = next(t.value for t in open_page("run", id=run.id).table if "Who" in t.value.columns)
    assert table.loc[0, ["Who", "Motion", "Blind"]].tolist() == ["Ada", "4", "no"]
    assert table.loc[0, "Comment"] == r"Smooth \*walk\*"


def test_steps_add_up_to_the_whole() -> None:
    times = [BORN + timedelta(seconds=s) for s in (2, 3, 63, 64.5)]
    run = run_of(submitted_at=times[0], accepted_at=times[1], ready_at=times[2], finished_at=times[3])
    found = steps(run)
    assert [s.seconds for s in found] == [2, 1, 60, 1.5]
    assert "generating 1 min 0 s" in bar_html(found)
    queued = run_of(Status.QUEUED)
    assert [(s.label, s.seconds) for s in steps(queued)] == [("Queued", None)]
    assert bar_html(steps(queued)) == ""
    refused = run_of(Status.FAILED, submitted_at=times[0], finished_at=times[1])
    assert [s.label for s in steps(refused)] == ["Queued", "Being accepted"]


@pytest.mark.parametrize(
    ("run", "short", "sentence"),
    [
        (run_of(estimate_micros=0), "free", "Free: the model costs nothing."),
        (
            run_of(estimate_micros=200_000, billed_micros=180_000, charge=Charge.YES),
            "$0.18",
            "Estimated $0.20; billed $0.18.",
        ),
        (
            run_of(Status.UNCERTAIN, estimate_micros=200_000, charge=Charge.MAYBE),
            "maybe $0.20",
            "Estimated $0.20; it may have been charged.",
        ),
        (
            run_of(Status.FAILED, estimate_micros=200_000),
            "not charged",
            "Estimated $0.20; nothing was charged.",
        ),
        (
            run_of(charge=Charge.YES),
            "price unknown",
            "No price is known for this model; it was charged, the provider did not say how much.",
        ),
    ],
)
def test_money_in_words(run: Run, short: str, sentence: str) -> None:
    assert figures.cost(run) == short
    assert figures.cost_sentence(run) == sentence


def test_figures_read_well() -> None:
    assert [figures.seconds(s) for s in (None, 0.008, 0.44, 9.99, 12.3, 60, 200)] == [
        "–",
        "8 ms",
        "0.4 s",
        "10.0 s",
        "12 s",
        "1 min 0 s",
        "3 min 20 s",
    ]
    assert [figures.size(s) for s in (12, 1_500, 262_205, 8_800_000, 999_999, 2 * 10**12)] == [
        "12 B",
        "1.5 kB",
        "262 kB",
        "8.8 MB",
        "1.0 MB",
        "2.0 TB",
    ]
    ages = (5, 60, 7_300, 86_400 * 3, 86_400 * 800)
    assert [figures.age(BORN - timedelta(seconds=s), BORN) for s in ages] == [
        "just now",
        "1 minute ago",
        "2 hours ago",
        "3 days ago",
        "2 years ago",
    ]
    assert figures.money(50) == "$0.0001"
    assert figures.first_line("\n  A fox. \nmore") == "A fox."
    assert figures.first_line(" \n") == "(no prompt)"
    assert len(figures.first_line("word " * 100)) <= 112


def test_a_download_has_a_telling_name(log: Workbench) -> None:
    run = make(log, "A fox: crosses/the ice, at DAWN, slowly and quietly", seed=5)
    assert run.clip
    assert file_name(run, run.clip) == f"a-fox-crosses-the-ice-at-seed5-{run.id[-6:]}.mp4"


def test_a_note_at_a_time_and_its_deletion(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    at = open_page("run", id=run.id)
    assert "Nobody has left a note yet." in text(at)
    press(at, "Add note")
    assert [error.value for error in at.error] == [figures.plain(UNSAID)]
    place = f"run.note.{run.id}.0.0"
    at.text_input(key=f"{place}.text").set_value("The *tail* flickers")
    at.number_input(key=f"{place}.at").set_value(0.5)
    at.text_input(key="run.note.person.").set_value("Ana")
    press(at, "Add note")
    assert [(n.text, n.at_s, n.person) for n in log.notes(run.id)] == [("The *tail* flickers", 0.5, "Ana")]
    assert "0:00.500" in text(at) and "The \\*tail\\* flickers – Ana" in text(at)
    at.button(key=f"note.delete.{log.notes(run.id)[0].id}").click().run()
    assert log.notes(run.id) == []
    press(at, "Undo")
    assert len(log.notes(run.id)) == 1


def test_notes_go_to_an_editor(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    at = open_page("run", id=run.id)
    assert not at.get("download_button")
    log.note(run.id, "A paw slides", at_s=0.5)
    at.run()
    (button,) = at.get("download_button")
    assert button.proto.label == "Markers for an editor (EDL)"


def test_what_was_measured_of_a_run(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox")
    at = open_page("run", id=run.id)
    assert "It is not measured yet" in text(at)
    (due,) = log.store.metrics.claim(9, "test", lambda holder: True, now())
    metric = Metric("sharpness", 123.4, "levels²", METRICS["sharpness"].version)
    strip = Strip(motion=((0.0, 0.1), (1.0, 0.2)))
    log.store.metrics.keep(due, [metric], strip, EDITION, now())
    at.run()
    assert "<dt>Sharpness</dt>" in html(at) and "123 levels²" in html(at)
    assert "wb-strip" in html(at)
    assert NO_SCORE in text(at)
