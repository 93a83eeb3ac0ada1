"""Improve, vary, translate in Compose: always offered as a difference, never done by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.providers.reader_ground import EMULATORS
from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.desk import draft as desk_draft
from tests.ui.desk import written
from tests.ui.reading import html, labels, make, press, text
from tests.ui.scribe import MODEL, Scribe
from tests.ui.studio import Studio
from workbench.api import Workbench
from workbench.domain.errors import OutcomeUnknown
from workbench.providers.base import Missing
from workbench.settings import load
from workbench.ui import errands
from workbench.ui.compose.composition import Composition, to_draft
from workbench.ui.compose.state import DRAFT
from workbench.ui.rewriting import IMPROVE, TRANSLATE, VARY, Offers

OFFERS = "compose.rewriting"
PROMPT = "A lighthouse on a cliff in a storm, slow pan left"
GERMAN = "Ein Leuchtturm auf einer Klippe im Sturm"


def write(log: Workbench, **fields: Any) -> None:
    draft = to_draft(Composition(**{"prompt": PROMPT, "model": "fake/clip", **fields}))
    log.store.drafts.save(DRAFT, draft, log.clock.now())


def draft(log: Workbench) -> Mapping[str, Any]:
    return log.store.drafts.load(DRAFT)


def editor(at: AppTest, label: str) -> str:
    told = (json.loads(c.proto.mixed.json or c.proto.json) for c in at.get("bidi_component"))
    return str(next(data["text"] for data in told if data["label"] == label))


def choose(at: AppTest, what: str) -> AppTest:
    next(group for group in at.button_group if group.label == "What to do").set_value(what).run()
    assert not at.exception, at.exception
    return at


def test_there_is_nothing_to_rewrite_without_words(log: Workbench, open_page: OpenPage) -> None:
    assert "Improve" not in labels(open_page("compose"))


def test_rules_improve_and_nothing_changes_until_it_is_taken(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lighthouse", negative_prompt="no text, watermark")
    at = open_page("compose")
    at.selectbox(key="rewrite.case").set_value("luxury_brand").run()
    press(at, "Improve")
    assert "<ins>" in html(at)
    assert "<del>no</del> text" in html(at)
    assert (draft(log)["prompt"], editor(at, "Prompt")) == ("a lighthouse", "a lighthouse")
    press(at, "Put into the editor")
    taken = draft(log)["prompt"]
    assert taken != "a lighthouse"
    assert taken.startswith("a lighthouse")
    assert draft(log)["negative_prompt"] == "text, watermark"
    assert editor(at, "Prompt") == taken
    assert "Refuse" not in labels(at)
    press(at, "Earlier draft")
    assert draft(log)["prompt"] == "a lighthouse", "it can be taken back"


def test_what_is_refused_leaves_no_trace(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="a lighthouse", negative_prompt="no text")
    at = press(open_page("compose"), "Improve")
    assert "<del>" in html(at)
    press(at, "Refuse")
    assert "<del>" not in html(at)
    assert draft(log)["prompt"] == "a lighthouse"
    assert log.store.drafts.load(OFFERS)["written"] == []


def test_variants_differ_along_one_axis_and_stay_until_each_is_decided(
    log: Workbench, open_page: OpenPage
) -> None:
    write(log)
    at = choose(open_page("compose"), VARY)
    at.selectbox(key="rewrite.axis").set_value("camera").run()
    press(at, "Vary")
    offered = [one["prompt"] for one in log.store.drafts.load(OFFERS)["written"]]
    assert len(set(offered)) == 3
    assert all(one.startswith("A lighthouse on a cliff in a storm") for one in offered)
    assert "Variant 1 of 3" in text(at)
    again = open_page("compose")
    press(again, "Put into the editor")
    assert draft(log)["prompt"] == offered[0]
    assert "Variant 1 of 2" in text(again), "the others are still there, also after a reload"
    press(again, "Refuse all")
    assert "Refuse" not in labels(again)


def test_more_variants_than_rules_know_is_told(log: Workbench, open_page: OpenPage) -> None:
    write(log, prompt="A lighthouse, {camera=slow pan left|static}")
    at = choose(open_page("compose"), VARY)
    at.selectbox(key="rewrite.axis").set_value("camera").run()
    press(at, "Vary")
    assert at.error, "a slot varies by itself"
    assert draft(log)["prompt"] == "A lighthouse, {camera=slow pan left|static}"


def test_translating_without_a_key_says_what_to_set(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(readers=[Scribe(lacks=[Missing("SCRIBE_KEY", "a key of Scribe")])])
    write(log, prompt=GERMAN)
    at = choose(open_page("compose"), TRANSLATE)
    assert "Rules can't translate: that needs a model. Set `SCRIBE_KEY`" in text(at).replace("\\_", "_")
    assert next(b for b in at.button if b.label == TRANSLATE).disabled


def test_a_model_translates_for_its_price(open_log: OpenLog, open_page: OpenPage) -> None:
    scribe = Scribe({"prompt": PROMPT, "negative_prompt": ["fog"], "notes": ["“Sturm” is a storm."]})
    log = open_log(readers=[scribe])
    write(log, prompt=GERMAN, negative_prompt="Nebel")
    at = choose(open_page("compose"), TRANSLATE)
    assert at.selectbox(key="rewrite.by").value == MODEL.model, "one that is set up goes before the rules"
    assert re.search(r"At most \$0\.\d\d", text(at).replace("\\", ""))
    press(at, TRANSLATE)
    assert GERMAN in scribe.asked[0].text
    assert "“Sturm” is a storm." in text(at)
    press(at, "Put into the editor")
    assert (draft(log)["prompt"], draft(log)["negative_prompt"]) == (PROMPT, "fog")


def test_what_is_asked_goes_on_through_a_reload(
    open_log: OpenLog, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "PATIENCE_S", 0.05)
    scribe = Scribe({"prompt": PROMPT})
    scribe.hold.clear()
    log = open_log(readers=[scribe])
    write(log, prompt="a lighthouse")
    at = press(open_page("compose"), "Improve")
    assert "Improve" not in labels(at)
    again = open_page("compose")
    token = log.store.drafts.load(OFFERS)["errand"]
    scribe.hold.set()
    assert errands.is_done(str(token), 30)
    again.run()
    assert "Put into the editor" in labels(again)
    assert len(scribe.asked) == 1


def test_what_fails_is_told_and_can_be_asked_again(open_log: OpenLog, open_page: OpenPage) -> None:
    scribe = Scribe({"prompt": PROMPT})
    scribe.error = OutcomeUnknown("Scribe broke off; it may have been charged.")
    log = open_log(readers=[scribe])
    write(log, prompt="a lighthouse")
    at = press(open_page("compose"), "Improve")
    assert "Scribe broke off; it may have been charged" in text(at)
    scribe.error = None
    press(at, "Improve")
    assert "Put into the editor" in labels(at)
    assert not at.error


def test_a_model_without_negative_prompt_keeps_what_a_person_wrote(
    open_log: OpenLog, open_page: OpenPage, tmp_path: Path
) -> None:
    log = open_log(providers=[Studio(tmp_path / "journal")], readers=[Scribe({"prompt": PROMPT})])
    write(log, prompt="a lighthouse", negative_prompt="text", model="studio/plain")
    press(press(open_page("compose"), "Improve"), "Put into the editor")
    assert (draft(log)["prompt"], draft(log)["negative_prompt"]) == (PROMPT, "text")


@pytest.mark.parametrize("wire", EMULATORS)
@pytest.mark.parametrize("what", [IMPROVE, VARY, TRANSLATE])
def test_each_service_rewrites(
    wire: str, what: str, open_log: OpenLog, open_page: OpenPage, tmp_path: Path
) -> None:
    with EMULATORS[wire](operation_s=0.0) as emulator:
        log = open_log(settings=load(tmp_path / "log", environ=emulator.settings()))
        write(log, prompt="a lighthouse")
        at = choose(open_page("compose"), what)
        assert "nothing is charged: emulated" in text(at).replace("\\", "")
        press(at, what)
        if token := log.store.drafts.load(OFFERS)["errand"]:
            assert errands.is_done(str(token), 30)
            at.run()
        offered = Offers.of_json(log.store.drafts.load(OFFERS)).written
        assert len(offered) >= 1
        assert all(one.by.startswith(f"{wire}/") for one in offered)
        assert "Refuse" in labels(at)


def test_other_words_have_nothing_to_do_with_what_was_offered(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "a lake at dawn")
    write(log, prompt="a lighthouse", negative_prompt="no text")
    at = press(open_page("compose"), "Improve")
    assert "Refuse" in labels(at)
    remix = open_page("compose", **{"from": run.id})
    assert editor(remix, "Prompt") == "a lake at dawn"
    assert "Refuse" not in labels(remix)


def test_what_was_written_from_references_is_varied_there(log: Workbench, open_page: OpenPage) -> None:
    at = written(log, open_page, "amber-bottle")
    before = editor(at, "Prompt")
    choose(at, VARY)
    at.selectbox(key="rewrite.axis").set_value("camera").run()
    press(at, "Vary")
    assert log.store.drafts.load(OFFERS) == {}, "of this page alone"
    press(at, "Put into the editor")
    taken = editor(at, "Prompt")
    assert taken != before
    assert desk_draft(log)["words"][0] == taken
    assert "Variant 1 of 2" in text(at)
    press(at, "Take the earlier one")
    assert editor(at, "Prompt") == before
    press(at, "Write again")
    assert "Variant 1 of 2" not in text(at)
