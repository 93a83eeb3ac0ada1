"""The References page's desk: looking, editing, writing, and the way on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.reader_ground import EMULATORS
from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.desk import draft, editor, looked, pick, settled, shelve, ticked, widget, written
from tests.ui.reading import html, labels, press, text
from tests.ui.scribe import MODEL, Scribe
from tests.ui.studio import Studio
from workbench.api import Workbench
from workbench.domain.brief import BY_MEASURE, Brief, Facet
from workbench.domain.errors import OutcomeUnknown
from workbench.domain.media import Role
from workbench.providers.base import Missing
from workbench.providers.fake import Fake
from workbench.settings import load
from workbench.ui import errands, figures
from workbench.ui.compose.state import DRAFT as COMPOSE
from workbench.ui.references.state import DRAFT

SEEN = {
    "subject": ["an amber glass bottle"],
    "action": "standing still",
    "light": "low side light",
    "prompt": "An amber bottle stands in low side light, slow dolly in.",
    "negative_prompt": ["text", "fingers"],
    "notes": ["Chose the dolly."],
}
CONFLICTING = ("amber-bottle", "mountain-lake")  # their light differs, and it can be measured


# Looking


def test_measures_are_seen_without_any_model(log: Workbench, open_page: OpenPage) -> None:
    at = looked(log, open_page, "amber-bottle", "sailing-boat")
    kept = draft(log)
    assert kept["seen"]["models"] == [BY_MEASURE]
    assert [area.label for area in at.text_area][:3] == ["Subjects, one per line", "Action", "Setting"]
    assert "slow pan right" in [area.value for area in at.text_area], "the clip tells of its motion"
    assert "wb-palette" in html(at)
    assert "Could not be seen" in text(at)
    assert "Sent to" not in text(at)
    assert at.get("expander")[0].label.startswith("Not seen: ")


def test_without_a_clip_nobody_asks_for_motion(log: Workbench, open_page: OpenPage) -> None:
    at = looked(log, open_page, "amber-bottle")
    assert not {facet.label for facet in Facet if facet.is_motion} & {area.label for area in at.text_area}


def test_what_is_edited_stays_after_a_reload_and_keeps_its_sources(
    log: Workbench, open_page: OpenPage
) -> None:
    at = looked(log, open_page, *CONFLICTING)
    widget(at.text_area, "Subjects, one per line").set_value("a bottle\n\na lake ").run()
    widget(at.text_area, "Action").set_value("the cork\npops").run()
    again = open_page("references")
    assert widget(again.text_area, "Subjects, one per line").value == "a bottle\na lake"
    assert widget(again.text_area, "Action").value == "the cork pops"
    assert set(ticked(again)) == {"Amber bottle", "Mountain lake"}
    seen = {facet: found for facet, found in draft(log)["seen"]["findings"].items() if found}
    assert {f: v for f, v in draft(log)["brief"]["findings"].items() if f in seen} == seen


def test_a_conflict_says_who_says_what_and_is_resolved_by_choice(log: Workbench, open_page: OpenPage) -> None:
    at = looked(log, open_page, *CONFLICTING)
    radio = next(r for r in at.radio if r.label.startswith("Light"))
    assert radio.value is None
    assert [o.partition(" “")[0] for o in radio.options] == ["image 1 says", "image 2 says", "My own words"]
    assert ":orange-badge[differs] **Light**" in text(at)
    (first, second) = draft(log)["seen"]["findings"]["light"]
    radio.set_value(1).run()
    assert draft(log)["brief"]["findings"]["light"] == [second], "with where it was seen"
    assert ":green-badge[chosen] **Light**" in text(at)
    next(r for r in at.radio if r.label.startswith("Light")).set_value(0).run()
    assert draft(log)["brief"]["findings"]["light"] == [first]
    next(r for r in at.radio if r.label.startswith("Light")).set_value(2).run()
    widget(at.text_input, "Light in my own words").set_value("candles only").run()
    assert draft(log)["brief"]["findings"]["light"] == [["candles only", []]]
    again = open_page("references")
    assert next(r for r in again.radio if r.label.startswith("Light")).value == 2
    assert widget(again.text_input, "Light in my own words").value == "candles only"


def test_a_new_look_puts_aside_what_was_written(log: Workbench, open_page: OpenPage) -> None:
    at = looked(log, open_page, "amber-bottle")
    widget(at.text_area, "Action").set_value("the cork pops").run()
    shelve(log, "emerald-ring")
    at.run()
    pick(at, "Emerald ring")
    assert "picked before" in text(at)
    press(at, "Look")
    assert widget(at.text_area, "Action").value == ""
    press(at, "Bring it back")
    assert widget(at.text_area, "Action").value == "the cork pops"


def test_a_model_that_is_not_set_up_says_what_to_set(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(readers=[Scribe(lacks=[Missing("SCRIBE_KEY", "a key of Scribe")])])
    shelve(log, "amber-bottle")
    at = pick(open_page("references"), "Amber bottle")
    assert at.selectbox(key="desk.look_by").value == BY_MEASURE, "what works is chosen first"
    assert f"scribe · {MODEL.label} – not set up" in at.selectbox(key="desk.look_by").options
    at.selectbox(key="desk.look_by").set_value(MODEL.model).run()
    assert "set `SCRIBE_KEY` (a key of Scribe)" in text(at).replace("SCRIBE\\_KEY", "SCRIBE_KEY")
    assert next(b for b in at.button if b.label == "Look").disabled


def test_a_model_looks_for_its_price_once(open_log: OpenLog, open_page: OpenPage) -> None:
    scribe = Scribe(SEEN)
    log = open_log(readers=[scribe])
    at = looked(log, open_page, "amber-bottle")
    assert widget(at.text_area, "Subjects, one per line").value == "an amber glass bottle"
    assert widget(at.text_area, "Light").value == "low side light"
    assert len(scribe.asked) == 1
    assert "Sent to scribe: the picture." in text(at).replace("\\", "")
    micros = log.look_price([log.shelf()[0].media], MODEL.model).micros or 0
    assert micros >= 10 * scribe.asked[0].tokens_out_most + 2 * 2_000, "the whole answer, and one picture"
    assert f"At most {figures.money(micros)}" in text(at).replace("\\", "")
    press(at, "Start over")
    pick(at, "Amber bottle")
    press(at, "Look")
    assert len(scribe.asked) == 1, "what was seen once is in the log"
    press(at, "Look again")
    assert len(scribe.asked) == 2, "unless a person wants it anew"


def test_a_slow_look_goes_on_through_a_reload(
    open_log: OpenLog, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "PATIENCE_S", 0.05)
    scribe = Scribe(SEEN)
    scribe.hold.clear()
    log = open_log(readers=[scribe])
    shelve(log, "amber-bottle")
    at = pick(open_page("references"), "Amber bottle")
    press(at, "Look")
    assert "Look" not in labels(at)
    again = open_page("references")
    assert "Look" not in labels(again), "the other session waits for the same look"
    token = draft(log)["looking"]
    scribe.hold.set()
    settled(again, token)
    assert widget(again.text_area, "Action").value == "standing still"
    assert len(scribe.asked) == 1


def test_a_look_that_fails_says_so_and_can_be_had_again(open_log: OpenLog, open_page: OpenPage) -> None:
    scribe = Scribe(SEEN)
    scribe.error = OutcomeUnknown("Scribe broke off; it may have been charged.")
    log = open_log(readers=[scribe])
    at = looked(log, open_page, "amber-bottle")
    assert "Scribe broke off; it may have been charged" in text(at)
    scribe.error = None
    press(at, "Look")
    assert widget(at.text_area, "Action").value == "standing still"
    assert "Scribe broke off" not in text(at)


def test_a_look_whose_process_is_gone_says_so(log: Workbench, open_page: OpenPage) -> None:
    (bottle,) = shelve(log, "amber-bottle")
    log.store.drafts.save(
        DRAFT, {"picks": [bottle.media.sha256], "looking": "of another process"}, log.clock.now()
    )
    at = open_page("references")
    assert "stopped while it looked" in text(at)
    press(at, "Look")
    assert "Palette" in text(at)


# Writing


def test_rules_write_without_any_key(log: Workbench, open_page: OpenPage) -> None:
    at = written(log, open_page, "amber-bottle")
    words = editor(at, "Prompt")["text"]
    assert words.lower().startswith("an amber glass bottle")
    assert draft(log)["words"][0] == words
    assert "Written by: Rules on this machine" in text(at)
    assert editor(open_page("references"), "Prompt")["text"] == words, "after a reload, too"


def test_a_second_writing_is_told_by_its_differences(log: Workbench, open_page: OpenPage) -> None:
    at = written(log, open_page, "amber-bottle")
    before = editor(at, "Prompt")["text"]
    widget(at.text_area, "Subjects, one per line").set_value("a silver flask").run()
    press(at, "Write again")
    now = editor(at, "Prompt")["text"]
    assert now != before
    assert "<ins>" in html(at)
    assert "<del>" in html(at)
    press(at, "Take the earlier one")
    assert editor(at, "Prompt")["text"] == before


def test_a_model_writes_and_its_notes_are_told(open_log: OpenLog, open_page: OpenPage) -> None:
    scribe = Scribe(SEEN)
    log = open_log(readers=[scribe])
    at = written(log, open_page, "amber-bottle")
    assert editor(at, "Prompt")["text"] == SEEN["prompt"]
    assert editor(at, "Negative prompt")["text"] == "text, fingers"
    assert "Chose the dolly" in text(at)
    assert "Written by: scribe/one" in text(at)
    assert "an amber glass bottle" in scribe.asked[-1].text


@pytest.mark.parametrize(
    ("model", "told", "roles"),
    [
        (
            "studio/full",
            "Goes along: 1 reference image, 1 reference clip.",
            [Role.REFERENCE, Role.REFERENCE_CLIP],
        ),
        ("studio/plain", "Plain takes no reference clip. Its motion is told in the prompt", []),
    ],
)
def test_what_goes_along_is_told_and_sent_to_compose(
    open_log: OpenLog, open_page: OpenPage, tmp_path: Path, model: str, told: str, roles: list[Role]
) -> None:
    log = open_log(providers=[Studio(tmp_path / "journal")])
    shelve(log, "amber-bottle", "sailing-boat")
    log.store.drafts.save(COMPOSE, {"prompt": "what stood there", "model": "studio/full"}, log.clock.now())
    log.store.drafts.save(DRAFT, {"model": model}, log.clock.now())
    at = pick(open_page("references"), "Amber bottle", "Sailing boat")
    press(at, "Look")
    widget(at.text_area, "Subjects, one per line").set_value("an amber glass bottle").run()
    press(at, "Write")
    assert told in text(at).replace("\\", "")
    next(b for b in at.button if b.label == "Send to Compose").click().run()
    sent = log.store.drafts.load(COMPOSE)
    assert sent["model"] == model
    assert sent["prompt"].lower().startswith("an amber glass bottle")
    assert [role for role, _ in sent["inputs"]] == roles
    brief = log.store.briefs.get(sent["brief_id"])
    assert brief and brief.texts(Facet.SUBJECT) == ("an amber glass bottle",)
    assert log.store.drafts.load("compose.earlier")["prompt"] == "what stood there"
    compose = open_page("compose")
    assert "Written from references" in text(compose)
    press(compose, "Generate")
    assert log.runs().page(1).runs[0].origin.brief_id == sent["brief_id"]


def test_generate_now_makes_a_run_that_knows_what_was_seen(
    open_log: OpenLog, open_page: OpenPage, tmp_path: Path
) -> None:
    log = open_log(providers=[Fake(tmp_path / "journal")])
    log.store.drafts.save(DRAFT, {"model": "fake/clip"}, log.clock.now())
    at = written(log, open_page, "amber-bottle")
    press(at, "Generate now")
    (run,) = log.runs().page(2).runs
    log.wait([run.id], timeout_s=30, progress_bar=False)
    at.run()
    assert "Clip made from these references" in html(at)
    assert [i.role for i in run.request.inputs] == [i.role for i in log.run(run.id).request.inputs]
    brief = log.store.briefs.get(run.origin.brief_id or "")
    assert brief and brief.texts(Facet.SUBJECT) == ("an amber glass bottle",)
    page = open_page("run", id=run.id)
    assert "What was seen in the references" in [e.label for e in page.get("expander")]
    assert "an amber glass bottle" in html(page)
    assert f"/api/media/{brief.references[0]}" in html(page), "with what it was seen in"
    assert "Measures on this machine" in html(page)


def test_what_is_wrong_stands_in_the_way_of_generate_alone(
    open_log: OpenLog, open_page: OpenPage, tmp_path: Path
) -> None:
    studio = Studio(tmp_path / "journal")
    studio.lacks = [Missing("STUDIO_KEY", "a key")]
    log = open_log(providers=[studio])
    log.store.drafts.save(DRAFT, {"model": "studio/full"}, log.clock.now())
    at = written(log, open_page, "amber-bottle")
    assert next(b for b in at.button if b.label == "Generate now").disabled
    assert not next(b for b in at.button if b.label == "Send to Compose").disabled
    assert "set STUDIO_KEY" in text(at).replace("\\", "")


@pytest.mark.parametrize("wire", EMULATORS)
def test_each_service_looks_and_writes(
    wire: str, open_log: OpenLog, open_page: OpenPage, tmp_path: Path
) -> None:
    """Through its own SDK, on an emulator: pictures by both, the clip as it is or by its frames."""
    with EMULATORS[wire](operation_s=0.0) as emulator:
        log = open_log(settings=load(tmp_path / "log", environ=emulator.settings()))
        shelve(log, "amber-bottle", "savanna-lion", "sailing-boat")
        at = pick(open_page("references"), "Amber bottle", "Savanna lion", "Sailing boat")
        assert str(at.selectbox(key="desk.look_by").value).startswith(f"{wire}/")
        assert "nothing is charged: emulated" in text(at).replace("\\", "")
        press(at, "Look")
        if token := draft(log)["looking"]:
            settled(at, token)
        brief = Brief.of_json(draft(log)["brief"])
        assert brief.models == (at.selectbox(key="desk.look_by").value,)
        assert len(brief.findings[Facet.SUBJECT]) >= 2
        assert "wb-palette" in html(at)
        press(at, "Write")
        if token := draft(log)["writing"]:
            settled(at, token)
        assert editor(at, "Prompt")["text"]
        assert f"Written by: {wire}/" in text(at).replace("\\", "")
