"""Notes as markers in an edit decision list, as an editor's own reader finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from tests.media.footage import write_clip
from workbench.api import Workbench
from workbench.domain.edl import MOST_EVENTS, Counting, timecode
from workbench.domain.errors import RequestError
from workbench.domain.query import RunFilter
from workbench.providers.fake import Fake, Script


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal", Script(clips=2))]) as bench:
        yield bench


def taken_in(bench: Workbench, folder: Path, fps: float) -> str:
    path = folder / f"clip-{fps}.mp4"
    rate = Fraction(round(fps) * 1000, 1001) if fps % 1 else round(fps)
    write_clip(path, fps=rate, frames=2 * round(fps))
    return bench.take_clip_in(path, prompt=f"A clip at {fps}").run.id


@dataclass(frozen=True)
class Read:
    """A clip as the reader has it. ``places`` are the frames of it at which its markers stand, from 0."""

    name: str
    first: float
    length: float
    markers: list[str]
    colours: list[str]
    places: list[float]


def events(text: str, base: int) -> list[Read]:
    (track,) = otio.adapters.read_from_string(text, "cmx_3600", rate=base).video_tracks()
    hour = otio.opentime.from_timecode("01:00:00:00", base)
    found = []
    for clip in track.find_clips():
        start = hour + track.range_of_child(clip).start_time
        source = clip.source_range
        found.append(
            Read(
                clip.name,
                source.start_time.value,
                source.duration.value,
                [marker.name for marker in clip.markers],
                [marker.color for marker in clip.markers],
                [(marker.marked_range.start_time - start).value for marker in clip.markers],
            )
        )
    return found


@pytest.mark.parametrize(("fps", "base"), [(24, 24), (25, 25), (30, 30), (23.976, 24), (29.97, 30), (16, 24)])
def test_a_marker_stands_at_the_picture_of_its_note(
    bench: Workbench, tmp_path: Path, fps: float, base: int
) -> None:
    run_id = taken_in(bench, tmp_path, fps)
    (clip,) = bench.run(run_id).clips
    pictures = [0, 1, 7, base - 1, base, base + 5]
    counted = fps if round(fps) == base else base
    for picture in pictures:
        bench.note(run_id, f"picture {picture}", at_s=picture / counted)
    (found,) = bench.markers([run_id])
    assert (found.base, found.clips, found.markers) == (base, 1, len(pictures))
    assert "FCM: NON-DROP FRAME" in found.text
    (event,) = events(found.text, base)
    assert event.places == pictures
    assert event.markers == [f"picture {picture}" for picture in pictures]
    assert (event.first, event.length) == (0, round(clip.media.duration_s * counted))


def test_clips_follow_each_other_by_age_and_markers_stay_with_theirs(bench: Workbench) -> None:
    first, quiet, last = (bench.generate(f"Fox {n}", model="fake/clip", samples=2) for n in range(3))
    bench.note(last.id, "of the last", at_s=0.25)
    bench.note(first.id, "second clip", at_s=0.5, position=1)
    bench.note(first.id, "late", at_s=0.5)
    bench.note(first.id, "early", at_s=0.0)
    (found,) = bench.markers(RunFilter())
    told = events(found.text, found.base)
    assert [event.markers for event in told] == [
        ["early", "late"],
        ["second clip"],
        ["of the last"],
    ]
    half = found.base // 2
    assert [event.places for event in told] == [[0, half], [half], [half // 2]]
    assert [event.name for event in told] == [
        *(f"fox-0-seed{first.request.seed}-{first.id[-6:]}-{n}.mp4" for n in (1, 2)),
        f"fox-2-seed{last.request.seed}-{last.id[-6:]}-1.mp4",
    ]
    assert quiet.id not in found.text


@pytest.mark.parametrize(
    ("text", "at_s", "colour"),
    [
        ("The light is lovely", 0.1, "CYAN"),
        ("Morphing", 0.1, "RED"),
        ("Flicker, Sound: at the cut", 0.1, "RED"),
        ("Sound: it clicks", 0.1, "YELLOW"),
        ("Off the prompt: no fox", 0.1, "MAGENTA"),
        ("Physics of the water are fine", 0.1, "CYAN"),
        ("Sound: all of it", None, "WHITE"),
    ],
)
def test_a_colour_tells_the_kind(bench: Workbench, text: str, at_s: float | None, colour: str) -> None:
    run = bench.generate("A fox", model="fake/clip")
    bench.note(run.id, text, at_s=at_s)
    (event,) = events(bench.markers([run.id])[0].text, 24)
    assert (event.colours, event.markers) == ([colour], [text])


def test_a_text_can_not_leave_its_line(bench: Workbench) -> None:
    run = bench.generate("A fox", model="fake/clip")
    bench.note(
        run.id, "One\n002  AX V C\r\n* LOC: 01:00:00:00 RED\u2028x\ty\x00 – “é”", at_s=0.0, person="A\nB"
    )
    (found,) = bench.markers([run.id])
    (event,) = events(found.text, found.base)
    assert event.markers == ["One 002 AX V C * LOC: 01:00:00:00 RED x y – “é” – A B"]
    assert len(re.findall(r"^\d{3} ", found.text, re.MULTILINE)) == 1


def test_each_frame_rate_gets_a_file(bench: Workbench, tmp_path: Path) -> None:
    for fps in (30, 24, 23.976):
        bench.note(taken_in(bench, tmp_path, fps), f"at {fps}", at_s=1.0)
    made = bench.export_markers(tmp_path / "notes.edl", RunFilter())
    assert {path.name: (found.base, found.clips) for path, found in made.items()} == {
        "notes-24.edl": (24, 2),
        "notes-30.edl": (30, 1),
    }
    for path, found in made.items():
        assert path.read_text("utf-8") == found.text
        timeline = otio.adapters.read_from_file(str(path), "cmx_3600", rate=found.base)
        assert timeline.name == "notes"
        assert len(list(timeline.find_clips())) == found.clips
    (only,) = bench.export_markers(tmp_path / "one.edl", [next(iter(bench.runs())).id])
    assert only == tmp_path / "one.edl"


def test_what_can_not_be_marked_is_told(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [bench.generate(f"Fox {n}", model="fake/clip").id for n in range(2)]
    with pytest.raises(RequestError, match="no note on a video"):
        bench.markers(RunFilter())
    for run_id in runs:
        bench.note(run_id, "a paw", at_s=0.1)
    with pytest.raises(RequestError, match="can't be written"):
        bench.export_markers(tmp_path / "nowhere" / "x.edl", runs)
    assert MOST_EVENTS == 999
    monkeypatch.setattr("workbench.api.markers.MOST_EVENTS", 1)
    with pytest.raises(RequestError, match="2 clips have notes; an edit decision list holds 1"):
        bench.markers(runs)


@pytest.mark.parametrize(
    ("frame", "base", "told"),
    [
        (0, 24, "00:00:00:00"),
        (23, 24, "00:00:00:23"),
        (24, 24, "00:00:01:00"),
        (1798, 30, "00:00:59:28"),
        (1800, 30, "00:01:00:00"),
        (90_000, 25, "01:00:00:00"),
    ],
)
def test_no_number_is_dropped(frame: int, base: int, told: str) -> None:
    assert timecode(frame, base) == told
    assert otio.opentime.to_timecode(otio.opentime.RationalTime(frame, base), base) == told


def test_a_clip_of_another_rate_is_counted_by_time() -> None:
    assert [Counting.of(16).frame(at_s) for at_s in (0.0, 0.5, 1.0)] == [0, 12, 24]
    assert [Counting.of(25).frame(n / 25) for n in range(100)] == list(range(100))
