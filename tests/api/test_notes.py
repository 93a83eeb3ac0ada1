"""Notes on clips: kept with their time, refused where they can't be meant, deleted and brought back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import RequestError, UnknownRun
from workbench.domain.note import LONGEST_NOTE
from workbench.providers.fake import Fake, Script


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    fake = Fake(tmp_path / "journal", Script(clips=2))
    with Workbench(tmp_path / "log", providers=[fake]) as bench:
        yield bench


@pytest.fixture
def run(bench: Workbench) -> LoggedRun:
    return bench.generate("A fox crosses the ice", model="fake/clip", samples=2)


def test_a_note_comes_back_with_its_time(bench: Workbench, run: LoggedRun) -> None:
    kept = bench.note(run.id[:20], "  A paw slides\nthrough the ice ", at_s=0.25, person="Ada", position=1)
    assert (kept.text, kept.at_s, kept.position, kept.person) == (
        "A paw slides\nthrough the ice",
        0.25,
        1,
        "Ada",
    )
    assert kept.run_id == run.id
    assert kept.created_at is not None
    assert bench.notes(run.id) == [kept]


def test_notes_come_by_run_then_clip_then_time(bench: Workbench, run: LoggedRun) -> None:
    other = bench.generate("A fox", model="fake/clip")
    bench.note(run.id, "late", at_s=0.4)
    bench.note(run.id, "second clip", position=1)
    bench.note(run.id, "early", at_s=0.0)
    bench.note(run.id, "whole")
    bench.note(other.id, "other", at_s=0.1)
    assert [note.text for note in bench.notes(other.id, run.id)] == [
        *("other", "whole", "early", "late", "second clip")
    ]
    assert [note.text for note in bench.notes(run.id)] == ["whole", "early", "late", "second clip"]
    assert bench.notes() == []


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ({"text": " \n"}, "empty: write what you see"),
        ({"text": "x" * (LONGEST_NOTE + 1)}, f"{LONGEST_NOTE + 1} characters; the longest allowed has 500"),
        ({"at_s": -0.01}, "no moment -0.01 s. Allowed: 0 to"),
        ({"at_s": 1e9}, "no moment 1e\\+09 s"),
        ({"at_s": math.nan}, "no moment nan s"),
        ({"at_s": math.inf}, "no moment inf s"),
        ({"position": 7}, "no clip 7"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    note: dict[str, Any], said: str, bench: Workbench, run: LoggedRun
) -> None:
    with pytest.raises(RequestError, match=said):
        bench.note(run.id, **({"text": "A paw"} | note))
    assert bench.notes(run.id) == []


def test_a_clip_that_never_came_takes_no_note(tmp_path: Path) -> None:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "j", Script(outcome="failed"))]) as bench:
        run_id = bench.submit(bench.request("A fox", model="fake/clip"))
        bench.wait([run_id], progress_bar=False)
        with pytest.raises(RequestError, match="no clip 0 that a note could be about"):
            bench.note(run_id, "Nothing to see")
    with Workbench(tmp_path / "log") as bench, pytest.raises(UnknownRun):
        bench.note("01NOSUCHRUN", "Nothing to see")


def test_a_deleted_note_comes_back(bench: Workbench, run: LoggedRun) -> None:
    kept = bench.note(run.id, "A paw", at_s=0.1)
    bench.delete_note(kept.id)
    assert bench.notes(run.id) == []
    bench.undelete_note(kept.id)
    assert bench.notes(run.id) == [kept]
    for change in (bench.delete_note, bench.undelete_note):
        with pytest.raises(RequestError, match="no note 01NOPE"):
            change("01NOPE")


def test_notes_go_with_their_run(bench: Workbench, run: LoggedRun) -> None:
    bench.note(run.id, "A paw", at_s=0.1)
    bench.delete([run.id])
    bench.sweep(empty_bin=True)
    left = bench.store.db.read().execute("SELECT count(*) FROM notes").fetchone()
    assert left[0] == 0


def test_who_noted_is_one_of_the_people(bench: Workbench, run: LoggedRun) -> None:
    bench.rate(run.id, {"motion": 4}, person="Bo")
    bench.note(run.id, "A paw", person="Ada")
    bench.note(run.id, "Another", person="Bo")
    bench.note(run.id, "Nobody’s")
    assert bench.people() == ["Ada", "Bo"]
