"""The References page's upper half: what is on the shelf, what is picked, and what speaks against it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.desk import SAMPLES, draft, pick, picture, shelve, ticked, widget
from tests.ui.reading import html, labels, press, text
from tests.ui.studio import Studio
from workbench.api import Workbench
from workbench.api.samples import samples
from workbench.domain.errors import FolderFull
from workbench.domain.media import Input, Role
from workbench.ui.compose.composition import Composition, to_draft
from workbench.ui.compose.state import DRAFT as COMPOSE
from workbench.ui.references.state import DRAFT

# The shelf


def test_an_empty_shelf_takes_the_samples_in_one_click(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("references")
    assert "Nothing is on the shelf yet" in html(at)
    assert "Nothing is picked" in html(at)
    press(at, "Put the samples on the shelf")
    assert [one.name for one in log.shelf()] == [sample.label for sample in samples()]
    assert "Nothing is on the shelf yet" not in html(at)


def test_uploads_come_in_together_and_what_cannot_is_told(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("references")
    files = [
        ("lamp.png", picture("#806040"), "image/png"),
        ("boat.mp4", SAMPLES["sailing-boat"].path.read_bytes(), "video/mp4"),
        ("notes.txt", b"not a picture at all", "text/plain"),
        ("old.avi", b"RIFF\x00\x00\x00\x00AVI " + bytes(60), "video/avi"),
    ]
    at.get("file_uploader")[0].set_value(files).run()
    assert {one.name for one in log.shelf()} == {"lamp.png", "boat.mp4"}
    assert {one.name for one in log.shelf() if one.media.is_video} == {"boat.mp4"}
    told = text(at)
    assert "notes.txt" in told
    assert "old.avi" in told
    assert "MP4" in told


def test_a_full_disk_is_told_and_nothing_is_half_kept(
    log: Workbench, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FolderFull("The disk is full. Make room.")

    at = open_page("references")
    monkeypatch.setattr(log.files, "add_bytes", full)
    at.get("file_uploader")[0].set_value([("lamp.png", picture("red"), "image/png")]).run()
    assert "The disk is full" in text(at)
    assert log.shelf() == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("lamp.png", "An address begins with https"),
        ("file:///etc/passwd", "An address begins with https"),
        ("http://127.0.0.1:9/lamp.png", "127"),
    ],
)
def test_an_address_that_cannot_be_is_told(
    log: Workbench, open_page: OpenPage, address: str, told: str
) -> None:
    at = open_page("references")
    widget(at.text_input, "Address of a picture or MP4").set_value(address)
    press(at, "Fetch it")
    assert any(told in error.value.replace("\\", "") for error in at.error)
    assert log.shelf() == []


def test_a_clip_gives_the_picture_at_a_moment(log: Workbench, open_page: OpenPage) -> None:
    shelve(log, "sailing-boat")
    at = open_page("references")
    widget(at.slider, "Moment in seconds").set_value(1.5).run()
    press(at, "Keep this picture")
    newest = log.shelf()[0]
    assert (newest.name, newest.origin, newest.media.is_video) == (
        "Sailing boat at 1.50 s",
        "Sailing boat",
        False,
    )
    assert (newest.media.width, newest.media.height) == (640, 360)


def test_a_run_gives_its_clip_or_a_picture_of_it(log: Workbench, open_page: OpenPage) -> None:
    run_id = log.submit(log.request("a lake at dawn", model="fake/clip"))
    log.wait([run_id], timeout_s=30, progress_bar=False)
    at = open_page("references")
    press(at, "Keep the whole clip")
    clip = log.shelf()[0]
    assert clip.media == log.run(run_id).clip.media  # type: ignore[union-attr]
    assert (clip.name, clip.origin) == ("a lake at dawn", f"run {run_id[-6:]}")
    press(at, "Keep this picture")
    assert log.shelf()[0].name == f"run {run_id[-6:]} at 0.00 s"


def test_what_is_taken_off_comes_back_with_undo(log: Workbench, open_page: OpenPage) -> None:
    (lake,) = shelve(log, "mountain-lake")
    at = pick(open_page("references"), "Mountain lake")
    press(at, "Take off the shelf")
    assert log.shelf() == []
    assert draft(log)["picks"] == []
    assert "Mountain lake is off the shelf" in text(at)
    press(at, "Undo")
    assert [(one.media, one.name) for one in log.shelf()] == [(lake.media, "Mountain lake")]
    assert "Undo" not in labels(at)


def test_a_name_can_be_changed_but_not_away(log: Workbench, open_page: OpenPage) -> None:
    shelve(log, "mountain-lake")
    at = open_page("references")
    widget(at.text_input, "Name").set_value("The lake at seven").run()
    assert log.shelf()[0].name == "The lake at seven"
    widget(at.text_input, "Name").set_value("  ").run()
    assert log.shelf()[0].name == "The lake at seven"
    assert "A reference needs a name" in text(at)


def test_names_are_searched_and_long_shelves_paged(log: Workbench, open_page: OpenPage) -> None:
    for number in range(62):
        log.shelve(picture(f"#{number:02x}4080"), f"swatch {number:02d}")
    at = open_page("references")
    assert len(at.checkbox) == 60
    press(at, "Older")
    assert [box.label for box in at.checkbox] == ["swatch 01", "swatch 00"]
    at.text_input(key="shelf.search").set_value("SWATCH 0").run()
    assert len(at.checkbox) == 10, "a search begins on its first page"
    at.text_input(key="shelf.search").set_value("nothing like it").run()
    assert "No name on the shelf holds" in text(at)


# Picking


def test_three_pictures_and_a_clip_and_no_more(log: Workbench, open_page: OpenPage) -> None:
    shelve(log, *SAMPLES)
    log.shelve(picture("red"), "red")
    second = io.BytesIO(SAMPLES["sailing-boat"].path.read_bytes() + b"\x00\x00\x00\x08free")
    log.shelve(second.getvalue(), "second clip", clip=True)
    at = pick(open_page("references"), "Sailing boat", "Neon street", "Amber bottle", "red")
    assert set(ticked(at)) == {"Sailing boat", "Neon street", "Amber bottle", "red"}
    assert "Image 1 · Neon street" in html(at), "pictures count in the order of picking"
    assert "Image 4, the clip · Sailing boat" in html(at), "and the clip last"
    pick(at, "Mountain lake")
    assert "Mountain lake" not in ticked(at)
    assert "3 pictures are picked" in text(at)
    pick(at, "second clip")
    assert "second clip" not in ticked(at)
    assert "One clip can be looked at" in text(at)
    press(at, "Take off image 1")
    pick(at, "Mountain lake")
    assert set(ticked(at)) == {"Sailing boat", "Amber bottle", "red", "Mountain lake"}


def test_what_speaks_against_a_picture_is_told(
    open_log: OpenLog, open_page: OpenPage, tmp_path: Path
) -> None:
    log = open_log(providers=[Studio(tmp_path / "journal")])
    log.store.drafts.save(DRAFT, {"model": "studio/full"}, log.clock.now())
    log.shelve(picture("#101010"), "a dark stamp")
    shelve(log, "neon-street")
    at = pick(open_page("references"), "a dark stamp", "Neon street")
    told = text(at).replace("\\", "")
    assert "Image 1 is 96 × 72: too few pixels" in told
    assert "Image 1 is very dark" in told
    assert "Image 2 is upright, the clip wide" in told
    press(at, "Look")
    next(group for group in at.button_group if group.label == "Aspect ratio").set_value("9:16").run()
    told = text(at).replace("\\", "")
    assert "Image 2 is upright" not in told
    assert "Image 1 is wide, the clip upright" in told, "against the shape that is asked for now"


def test_compose_takes_from_the_shelf(open_log: OpenLog, open_page: OpenPage, tmp_path: Path) -> None:
    log = open_log(providers=[Studio(tmp_path / "journal")])
    bottle, boat = shelve(log, "amber-bottle", "sailing-boat")
    written = Composition(prompt="a lake", model="studio/full")
    log.store.drafts.save(COMPOSE, to_draft(written), log.clock.now())
    at = open_page("compose")
    for role, media in ((Role.REFERENCE, bottle.media), (Role.REFERENCE_CLIP, boat.media)):
        at.button(key=f"shelf.{role}.{media.sha256}").click().run()
        assert not at.exception, at.exception
    assert f"shelf.{Role.REFERENCE}.{boat.media.sha256}" not in [button.key for button in at.button]
    inputs = log.store.drafts.load(COMPOSE)["inputs"]
    assert inputs == [["reference", bottle.media.sha256], ["reference_clip", boat.media.sha256]]


def test_compose_tells_of_its_pictures_too(open_log: OpenLog, open_page: OpenPage, tmp_path: Path) -> None:
    log = open_log(providers=[Studio(tmp_path / "journal")])
    stamp = log.shelve(picture("#101010"), "a dark stamp").media
    inputs = (Input(Role.FIRST_FRAME, stamp), Input(Role.REFERENCE, stamp))
    written = Composition(prompt="a lake", model="studio/full", inputs=inputs)
    log.store.drafts.save(COMPOSE, to_draft(written), log.clock.now())
    told = text(open_page("compose")).replace("\\", "")
    assert "First frame is very dark" in told
    assert "First frame has another shape than 16:9" in told
    assert "Reference image is 96 × 72: too few pixels" in told
