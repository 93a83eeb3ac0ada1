"""The Compose page: what it offers, what it refuses, what it logs, and that nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, make, players, press, text
from workbench.api import Workbench
from workbench.api.current import use
from workbench.domain.errors import BadMedia, FolderFull
from workbench.domain.media import Role
from workbench.domain.run import Parenthood, Run, Status
from workbench.providers.animatic import Animatic
from workbench.providers.fake import Fake, Script
from workbench.runner.clock import SystemClock
from workbench.ui.compose import composer
from workbench.ui.compose.composition import Composition, to_draft
from workbench.ui.compose.state import DRAFT, PRESS_COUNTS, Session

SLOW = Script(latency_s=30.0)


def write(log: Workbench, **fields: Any) -> None:
    """As if typed before the page was opened."""
    draft = to_draft(Composition(**{"model": "fake/clip", **fields}))
    log.store.drafts.save(DRAFT, draft, log.clock.now())


def draft(log: Workbench) -> Mapping[str, Any]:
    return log.store.drafts.load(DRAFT)


def newest(log: Workbench) -> Run:
    return log.runs().page(1).runs[0]


def settle(log: Workbench) -> None:
    log.wait([run.id for run in log.runs()], timeout_s=30, progress_bar=False)


def editor(at: AppTest, label: str) -> dict[str, Any]:
    told = (json.loads(c.proto.mixed.json or c.proto.json) for c in at.get("bidi_component"))
    return next(data for data in told if data["label"] == label)


def widget(kind: Any, label: str) -> Any:
    return next(w for w in kind if w.label == label)


def test_an_empty_log_offers_examples_and_a_sample(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compose")
    assert "Your clips will play here" in html(at)
    press(at, "Lion at dawn")
    assert "A lion walks" in editor(at, "Prompt")["text"]
    assert "A lion walks" in draft(log)["prompt"]


def test_the_sample_experiment_is_one_click(tmp_path: Path, open_page: OpenPage) -> None:
    bench = Workbench(tmp_path / "log", providers=[Animatic(tmp_path / "work", at_once=1)])
    use(bench)
    bench.close()  # no renderer is needed to see that six runs wait
    bench = Workbench(tmp_path / "log", providers=[Animatic(tmp_path / "work", at_once=1)])
    bench.drive = lambda ids: None  # type: ignore[method-assign]
    use(bench)
    try:
        press(open_page("compose"), "Make a sample experiment")
        assert sum(bench.counts().values()) == 6
    finally:
        use(None)


def test_what_was_typed_is_there_and_generate_sends_it(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake at dawn", negative_prompt="text", seed=7, settings={"duration_s": 6})
    at = open_page("compose")
    assert editor(at, "Prompt")["text"] == "a lake at dawn"
    assert "1 clip · \\$0.30 estimated" in text(at)
    press(at, "Generate")
    request = newest(log).request
    assert (request.prompt, request.negative_prompt, request.seed) == ("a lake at dawn", "text", 7)
    assert request.settings["duration_s"] == 6
    settle(log)
    at.run()
    assert "Newest clip" in html(at)
    assert "You already have this clip" in text(at)
    assert {"page": "run", "id": newest(log).id} in links(at, f"Open run {newest(log).id[-6:]}")


def test_takes_share_an_arm_and_an_empty_seed_is_drawn(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake", takes=3)
    at = open_page("compose")
    assert "3 clips · \\$0.60 estimated" in text(at)
    press(at, "Generate")
    runs = list(log.runs())
    assert len({run.request.arm_hash for run in runs}) == 1
    seeds = sorted(run.request.seed for run in runs if run.request.seed is not None)
    assert seeds[2] - seeds[0] in (2, 2**32 - 1, 2**32 - 2)
    settle(log)
    at.run()
    press(at, "Take 2")
    assert len([label for label in labels(at) if label.startswith("Take ")]) == 3


def test_a_second_click_at_once_is_the_same_wish(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake")
    at = open_page("compose")
    press(at, "Generate")
    press(at, "Generate")
    assert len(list(log.runs())) == 1


def test_a_press_outlives_the_drawing_that_brought_it(
    log: Workbench, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fragment that sees a run settle may come before the composer in one turn, and ends that turn."""
    write(log, prompt="a lake")
    at = open_page("compose")
    breaks_off, before_sending = iter([True]), composer.before_sending

    def broken(*arguments: Any) -> None:
        if next(breaks_off, False):
            st.rerun()
        before_sending(*arguments)

    monkeypatch.setattr(composer, "before_sending", broken)
    press(at, "Generate")
    assert len(list(log.runs())) == 1
    at.run()
    assert len(list(log.runs())) == 1


def test_a_press_that_was_left_behind_sends_nothing_later(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake")
    at = open_page("compose")
    held: Session = at.session_state["compose.session"]
    held.pressed_at = log.clock.now() - PRESS_COUNTS
    at.run()
    assert not list(log.runs())


def test_a_second_click_is_the_same_wish_however_long_the_log_took(
    log: Workbench, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, prompt="a lake")
    at = open_page("compose")
    late, clock, submit_many = [timedelta()], log.clock, log.submit_many

    class Turned(SystemClock):
        def now(self) -> datetime:
            return clock.now() + late[0]

    def slow(*arguments: Any) -> list[str]:
        ids = submit_many(*arguments)
        late[0] += timedelta(seconds=5)
        return ids

    monkeypatch.setattr(log, "clock", Turned())
    monkeypatch.setattr(log, "submit_many", slow)
    press(at, "Generate")
    press(at, "Generate")
    assert len(list(log.runs())) == 1
    late[0] += timedelta(seconds=5)
    press(at, "Generate")
    assert len(list(log.runs())) == 2


def test_an_empty_prompt_is_told_at_the_click_and_nothing_is_sent(
    log: Workbench, open_page: OpenPage
) -> None:
    at = open_page("compose")
    assert not at.error and not at.warning
    press(at, "Generate")
    assert "The prompt is empty" in at.error[0].value
    assert not list(log.runs())


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("x" * 4_001, "Prompt is 4,001 characters long"),
        ("a\0b", "holds a NUL character"),
        ("a {camera} shot", "has no value"),
        ("{a=x|y} and {a=x|z}", "two different lists of choices"),
    ],
)
def test_faults_stand_beside_generate_before_the_click(
    log: Workbench, open_page: OpenPage, prompt: str, said: str
) -> None:
    write(log, prompt=prompt)
    at = open_page("compose")
    assert said in at.warning[0].value.replace("\\", "")
    press(at, "Generate")
    assert said in at.error[0].value.replace("\\", "")
    assert not list(log.runs())


def test_the_form_shows_what_the_model_takes_and_keeps_values(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake", settings={"aspect_ratio": "9:16", "resolution": "8k", "samples": 2})
    at = open_page("compose")
    shown = {group.label: group.value for group in at.button_group}
    assert shown["Aspect ratio"] == "9:16"
    assert shown["Resolution"] == "720p", "what the model does not allow falls back"
    assert widget(at.number_input, "Videos").value == 2
    widget(at.number_input, "Seed").set_value(5).run()
    assert draft(log)["seed"] == 5


def test_slots_get_a_control_each_and_the_filled_prompt_is_shown(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a {animal} at {time=dawn|dusk}", seed=1)
    at = open_page("compose")
    widget(at.text_input, "{animal}").set_value("heron").run()
    widget(at.selectbox, "{time}").set_value(2).run()
    assert "Will be sent:** a heron at dusk" in text(at)
    press(at, "Generate")
    run = newest(log)
    assert run.request.prompt == "a heron at dusk"
    assert run.origin.template == "a {animal} at {time=dawn|dusk}"
    assert dict(run.origin.slots) == {"animal": "heron", "time": "dusk"}


def test_a_slot_with_named_options_is_chosen_and_told_by_name(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake, {camera=dolly:=slow dolly in|static}", seed=1)
    at = open_page("compose")
    chosen = widget(at.selectbox, "{camera}")
    assert chosen.options == ["left to the seed", "dolly – slow dolly in", "static"]
    chosen.set_value(1).run()
    press(at, "Generate")
    run = newest(log)
    assert run.request.prompt == "a lake, slow dolly in"
    assert dict(run.origin.slots) == {"camera": "dolly"}
    write(log, prompt=run.origin.template, slots={"camera": "slow dolly in"})
    assert widget(open_page("compose").selectbox, "{camera}").value == 1


def test_hints_come_with_a_fix(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="A lion lion walks through tall grass at dawn, slow dolly in, documentary style")
    at = open_page("compose")
    assert "stands twice in a row" in text(at)
    assert [mark[2] for mark in editor(at, "Prompt")["marks"]] == ["advice"]
    edition = editor(at, "Prompt")["edition"]
    press(at, "Use “lion”")
    assert draft(log)["prompt"].startswith("A lion walks")
    assert editor(at, "Prompt")["edition"] != edition, "or the browser would keep the old words"


def test_marks_count_as_the_browser_does(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="🦁🦁 roars roars at dawn in the savanna, slow dolly in")
    at = open_page("compose")
    start, end, _ = editor(at, "Prompt")["marks"][0]
    units = editor(at, "Prompt")["text"].encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "roars roars"


def test_what_is_written_next_follows_from_what_was_sent(log: Workbench, open_page: OpenPage) -> None:
    first = make(log, "a lake at dawn", seed=1)
    write(log, prompt="a lake at dusk", parent_id=first.id, seed=1, settings={"duration_s": 6})
    at = open_page("compose")
    press(at, "Generate")
    assert (newest(log).origin.parent_id, newest(log).origin.parenthood) == (first.id, Parenthood.VARIANT)
    assert draft(log)["parent_id"] == newest(log).id
    settle(log)
    at.run()
    (pair,) = players(at)
    assert [clip["label"] for clip in pair["clips"]] == ["Before", "Now"]
    assert [clip["url"].split("/")[-1][:64] for clip in pair["clips"]] == [
        *(run.clips[0].media.sha256 for run in (first, newest(log)))
    ]
    assert "<del>dawn</del><ins>dusk</ins>" in html(at).replace(" ", "")
    assert "Duration 4 s → 6 s" in text(at).replace("\\", "")
    press(at, "Start fresh")
    assert draft(log)["parent_id"] is None


def test_another_seed_is_a_take_of_the_same_arm(log: Workbench, open_page: OpenPage) -> None:
    first = make(log, "a lake", seed=1)
    press(open_page("compose"), "Another seed")
    again = newest(log)
    assert (again.origin.parent_id, again.origin.parenthood) == (first.id, Parenthood.TAKE)
    assert again.request.arm_hash == first.request.arm_hash
    assert again.request.seed != 1


def test_remix_and_extend_by_link_put_the_draft_aside(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "a lake", seed=4)
    write(log, prompt="half a thought")
    at = open_page("compose", **{"from": run.id})
    assert (draft(log)["prompt"], draft(log)["seed"], draft(log)["parent_id"]) == ("a lake", 4, run.id)
    assert "from" not in at.query_params
    press(at, "Earlier draft")
    assert draft(log)["prompt"] == "half a thought"
    at = open_page("compose", extend=run.id)
    assert run.clip
    assert draft(log)["inputs"] == [["source_clip", run.clip.media.sha256]]
    press(at, "Generate")
    assert newest(log).origin.parenthood is Parenthood.EXTENSION
    assert draft(log)["parent_id"] == run.id, "the next extension goes on from the same clip"


@pytest.mark.parametrize(("name", "run_id"), [("from", "01J0"), ("extend", "nonsense!")])
def test_a_link_to_no_run_says_so(log: Workbench, open_page: OpenPage, name: str, run_id: str) -> None:
    write(log, prompt="kept")
    at = open_page("compose", **{name: run_id})
    assert "run" in at.error[0].value
    assert draft(log)["prompt"] == "kept"


def test_a_failed_run_says_its_outcome(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(outcome="failed"))
    run = make(log, "a lake")
    at = open_page("compose")
    assert run.status is Status.FAILED
    assert "failed" in text(at)
    extend = widget(at.button, "Extend")
    assert extend.disabled and extend.help == "There is no clip to go on from."


def test_an_uncertain_run_says_its_outcome(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(submit_errors=("OutcomeUnknown",)))
    assert make(log, "a lake").status is Status.UNCERTAIN
    assert "is uncertain" in text(open_page("compose"))


def test_open_runs_show_live_in_any_tab_and_can_be_cancelled(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(latency_s=30.0, can_cancel=True))
    write(log, prompt="a slow lake")
    press(open_page("compose"), "Generate")
    other_tab = open_page("compose")
    assert "a slow lake" in other_tab.get("progress")[0].proto.text
    press(other_tab, "Cancel")
    settle(log)
    assert newest(log).status is Status.CANCELLED


def test_a_budget_that_forbids_it_is_told(log: Workbench, open_page: OpenPage, monkeypatch: Any) -> None:
    monkeypatch.setattr(type(log), "_budget_micros", lambda self: 1)
    write(log, prompt="a lake")
    at = open_page("compose")
    press(at, "Generate")
    assert "This would cost about" in at.error[0].value.replace("\\", "")
    assert not list(log.runs())


def test_saved_prompts_have_versions(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake at dawn")
    at = open_page("compose")
    widget(at.text_input, "Save this prompt as").set_value("Lake")
    press(at, "Save version")
    assert log.store.prompts.names() == ["Lake"]
    log.store.prompts.save("Lake", "a lake at dusk", "", log.clock.now(), "darker")
    write(log, prompt="something else")
    at = open_page("compose")
    assert len(widget(at.selectbox, "Version").options) == 2
    press(at, "Open version")
    assert draft(log)["prompt"] == "a lake at dusk"


def test_new_empties_the_form_and_can_be_taken_back(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lake")
    at = press(open_page("compose"), "New")
    assert draft(log)["prompt"] == ""
    press(at, "Earlier draft")
    assert draft(log)["prompt"] == "a lake"


def test_a_sample_becomes_a_reference_and_can_be_removed(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compose")
    press(at, "Savanna lion")
    assert [role for role, _ in draft(log)["inputs"]] == ["first_frame"]
    assert "First frame ·" in html(at)
    press(at, "Remove first frame")
    assert draft(log)["inputs"] == []


def test_a_file_that_is_no_picture_gets_one_sentence(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compose")
    uploader = at.get("file_uploader")[0]
    uploader.set_value([("notes.png", b"this is text", "image/png")]).run()
    assert not at.exception
    assert "notes.png" in at.error[0].value
    with pytest.raises(BadMedia):
        log.take_in(b"this is text", "notes.png", Role.FIRST_FRAME)
    assert draft(log).get("inputs", []) == []


def test_words_for_roles_that_the_model_lacks_are_kept(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "a lake")
    assert run.clip and run.clip.last_frame
    from workbench.domain.media import Input

    write(log, prompt="x", inputs=(Input(Role.STYLE, run.clip.last_frame),))
    assert "takes no style image" in text(open_page("compose"))


def test_a_log_of_a_dropped_model_can_still_be_remixed(
    tmp_path: Path, log: Workbench, open_page: OpenPage
) -> None:
    run = make(log, "a lake")
    log.close()
    bench = Workbench(tmp_path / "log", providers=[Animatic(tmp_path / "work")])
    use(bench)
    try:
        at = open_page("compose", **{"from": run.id})
        assert "No endpoint serves fake/clip" in text(at)
        assert widget(at.button, "Another seed").disabled
        assert "1 clip · Free – rendered on this machine" in text(at)
    finally:
        bench.close()


def test_two_endpoints_are_offered_and_values_survive_the_change(tmp_path: Path, open_page: OpenPage) -> None:
    both = [Animatic(tmp_path / "work"), Fake(tmp_path / "journal")]
    bench = Workbench(tmp_path / "log", providers=both)
    use(bench)
    try:
        write(
            bench, prompt="a lake", model="animatic/preview", settings={"duration_s": 8, "resolution": "360p"}
        )
        at = open_page("compose")
        widget(at.selectbox, "Model").set_value("fake/clip").run()
        shown = {group.label: group.value for group in at.button_group}
        assert (shown["Duration"], shown["Resolution"]) == (8, "720p")
    finally:
        use(None)


def test_a_full_disk_is_told_and_the_words_stay(
    log: Workbench, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FolderFull("The disk is full; free some space.")

    at = open_page("compose")
    monkeypatch.setattr(log.store.drafts, "save", full)
    press(at, "Lion at dawn")
    assert "The draft is not saved. The disk is full" in at.error[0].value
    assert "A lion walks" in editor(at, "Prompt")["text"]
