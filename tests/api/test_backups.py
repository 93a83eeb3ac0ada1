"""Backups: made while others write, opened as a folder of their own, never written over, never paid twice."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.media.footage import write_clip
from tests.store.test_runs import new, request
from workbench.api import Workbench
from workbench.api import backups as backups_module
from workbench.api.backups import MANIFEST, check_backup
from workbench.domain.errors import FolderFull, RequestError
from workbench.domain.media import Media, Role
from workbench.domain.run import Charge, Status
from workbench.settings import load
from workbench.store import Store

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def opened(folder: Path) -> Workbench:
    return Workbench(settings=load(folder, {}), providers=[], readers=[])


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return opened(tmp_path / "log")


def with_clip(bench: Workbench, tmp_path: Path, frames: int = 24) -> Media:
    clip = tmp_path / f"clip-{frames}.mp4"
    write_clip(clip, frames=frames)
    return bench.take_in(clip.read_bytes(), clip.name, Role.REFERENCE_CLIP)


def test_a_backup_is_a_folder_that_opens_with_every_run_and_every_byte(
    bench: Workbench, tmp_path: Path
) -> None:
    media = with_clip(bench, tmp_path)
    run = new()
    bench.store.runs.insert([run], NOW)
    (bench.settings.data / "workbench.toml").write_text("# mine\n")
    made = bench.backup(tmp_path / "copy")
    assert (made.runs, made.files, made.copied, made.is_whole) == (1, 1, 1, True)
    assert check_backup(tmp_path / "copy").is_whole
    copy = opened(tmp_path / "copy")
    assert copy.store.runs.get(run.id).request == run.request
    assert copy.path(media).read_bytes() == bench.path(media).read_bytes()
    assert copy.store.db.read().execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert (tmp_path / "copy" / "workbench.toml").read_text() == "# mine\n"


def test_it_is_one_moment_of_a_log_that_is_being_written(bench: Workbench, tmp_path: Path) -> None:
    """Each write adds a pair of runs: a backup that holds an odd number is of no moment at all."""
    stop, under_way, failed = threading.Event(), threading.Event(), []

    def write() -> None:
        store = Store(bench.settings.data)
        try:
            while not stop.is_set():
                store.runs.insert([new(), new()], NOW)
                under_way.set()
        except Exception as error:
            failed.append(error)
        finally:
            store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert under_way.wait(30)
        counts = [bench.backup(tmp_path / f"copy{number}").runs for number in range(3)]
    finally:
        stop.set()
        writer.join()
    assert not failed
    assert all(count and count % 2 == 0 for count in counts)
    assert all(check_backup(tmp_path / f"copy{number}").is_whole for number in range(3))


def test_nothing_of_it_is_sent_a_second_time_and_what_is_being_made_can_still_be_fetched(
    bench: Workbench, tmp_path: Path
) -> None:
    runs = [new(request(seed=n)) for n in range(3)]
    ledger = bench.store.ledger
    bench.store.runs.insert(runs, NOW)
    sending, making = ledger.claim("me", runs[0].account, 2, NOW)
    assert ledger.begin_submit(sending, "h", NOW)
    attempt = ledger.begin_submit(making, "h", NOW)
    assert attempt
    ledger.accepted(making, attempt, {"name": "op"}, NOW)
    bench.backup(tmp_path / "copy")
    copy = Store(tmp_path / "copy")
    found = {run.id: copy.runs.get(run.id) for run in runs}
    assert [found[run.id].status for run in runs] == [
        Status.UNCERTAIN,
        Status.GENERATING,
        Status.CANCELLED,
    ]
    assert found[runs[0].id].charge is Charge.MAYBE
    assert "not sent from here" in found[runs[2].id].message
    (lease,) = copy.ledger.claim("other", runs[0].account, 9, NOW + timedelta(seconds=1))
    assert lease.run_id == runs[1].id
    here = [bench.store.runs.get(run.id).status for run in runs]
    assert here == [Status.SUBMITTING, Status.GENERATING, Status.QUEUED]


def test_the_next_one_copies_only_what_is_new(bench: Workbench, tmp_path: Path) -> None:
    with_clip(bench, tmp_path)
    bench.backup(tmp_path / "copy")
    new_media = with_clip(bench, tmp_path, frames=36)
    made = bench.backup(tmp_path / "copy")
    assert (made.files, made.copied, made.copied_bytes) == (2, 1, new_media.size_bytes)
    assert check_backup(tmp_path / "copy").files == 2


def test_files_that_are_missing_or_damaged_are_named(bench: Workbench, tmp_path: Path) -> None:
    gone, torn = with_clip(bench, tmp_path), with_clip(bench, tmp_path, frames=36)
    bench.path(gone).unlink()
    bench.path(torn).write_bytes(b"x" * torn.size_bytes)
    made = bench.backup(tmp_path / "copy")
    assert (made.missing, made.damaged, made.copied) == ((gone.sha256,), (torn.sha256,), 0)
    assert not list((tmp_path / "copy" / "media").rglob("*.mp4"))


def test_a_check_reads_every_byte(bench: Workbench, tmp_path: Path) -> None:
    gone, torn = with_clip(bench, tmp_path), with_clip(bench, tmp_path, frames=36)
    bench.backup(tmp_path / "copy")
    place = {
        media: tmp_path / "copy" / bench.path(media).relative_to(bench.settings.data)
        for media in (gone, torn)
    }
    place[gone].unlink()
    place[torn].write_bytes(b"x" * torn.size_bytes)
    found = check_backup(tmp_path / "copy")
    assert (found.missing, found.damaged) == ((gone.sha256,), (torn.sha256,))


def test_a_backup_that_was_worked_in_is_not_written_over(bench: Workbench, tmp_path: Path) -> None:
    bench.backup(tmp_path / "copy")
    store = Store(tmp_path / "copy")
    store.runs.insert([new()], NOW)
    with pytest.raises(RequestError, match="worked in"):
        bench.backup(tmp_path / "copy")
    store.close()
    with pytest.raises(RequestError, match="worked in"):
        bench.backup(tmp_path / "copy")
    with pytest.raises(RequestError, match="worked in"):
        check_backup(tmp_path / "copy")


@pytest.mark.parametrize("where", ["log", "log/inside", ".", "others", "a file"])
def test_a_folder_that_is_no_place_for_one_is_left_alone(
    bench: Workbench, tmp_path: Path, where: str
) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "letter.txt").write_text("mine")
    (tmp_path / "a file").write_text("mine")
    before = {path: path.is_file() and path.suffix != ".json" for path in tmp_path.rglob("*")}
    with pytest.raises(RequestError):
        bench.backup(tmp_path / where)
    assert {path: path.is_file() and path.suffix != ".json" for path in tmp_path.rglob("*")} == before


def test_a_full_disk_leaves_nothing(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups_module, "_HEADROOM_BYTES", 1 << 62)
    with pytest.raises(FolderFull, match="too full for this backup"):
        bench.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_one_that_was_broken_off_before_its_log_goes_on(bench: Workbench, tmp_path: Path) -> None:
    with_clip(bench, tmp_path)
    bench.backup(tmp_path / "copy")
    (tmp_path / "copy" / "workbench.db").unlink()
    with pytest.raises(RequestError, match="broken off"):
        check_backup(tmp_path / "copy")
    assert bench.backup(tmp_path / "copy").copied == 0
    assert check_backup(tmp_path / "copy").is_whole
    with sqlite3.connect(tmp_path / "copy" / "workbench.db") as log:
        assert log.execute("SELECT count(*) FROM media").fetchone()[0] == 1
    assert (tmp_path / "copy" / MANIFEST).exists()
