"""What may go by the rules and what never may, that it is shown before, and that nothing goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.media.footage import write_clip
from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import FolderFull, RequestError
from workbench.domain.media import Role
from workbench.domain.query import RunFilter
from workbench.domain.retention import Rule, Rules
from workbench.domain.review import ReviewPlan
from workbench.domain.run import IMPORTED, Origin, Parenthood, Status
from workbench.media.files import MediaFiles
from workbench.providers.fake import Fake
from workbench.runner.clock import SystemClock
from workbench.store.retention import Retention

DAY_S = 86_400
BOTH = Rules(unseen_clips_after_days=30, failed_and_deleted_after_days=7)
UNSEEN, DISCARDED = Rules(unseen_clips_after_days=30), Rules(failed_and_deleted_after_days=7)


class Later(SystemClock):
    def __init__(self, days: float) -> None:
        self._days = days

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self._days)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")]) as bench:
        yield bench


def made(bench: Workbench, seed: int = 1, prompt: str = "A lion at dawn") -> LoggedRun:
    return bench.generate(prompt, model="fake/clip", seed=seed)


def later(bench: Workbench, days: float) -> None:
    """As many days go by: for the log, and for the files in the folder."""
    bench.clock = Later(days)
    for file in bench.settings.data.rglob("*.*"):
        if file.parent != bench.settings.data:
            os.utime(file, (time.time() - days * DAY_S,) * 2)


def clip_file(run: LoggedRun) -> Path:
    assert run.clip
    return run.clip.path


def test_a_clip_that_nobody_looked_at_goes_and_everything_else_stays(bench: Workbench) -> None:
    run = made(bench)
    bench.measure([run.id])
    assert run.clip
    assert run.clip.poster
    poster, measured = bench.path(run.clip.poster), bench.metrics_of([run.id])
    assert measured
    later(bench, 31)
    shown = bench.would_tidy(UNSEEN)
    assert bench.run(run.id).clips, "only shown"
    done = bench.tidy(UNSEEN)
    assert done == shown
    assert (done.files, done.size_bytes) == (1, run.clip.media.size_bytes)
    (share,) = done.shares
    assert (share.rule, share.files) == (Rule.UNSEEN, 1)
    assert share.oldest
    assert abs(share.oldest - datetime.now(UTC)) < timedelta(hours=1)

    now = bench.run(run.id)
    assert (now.request, now.status, now.clips) == (run.request, Status.SUCCEEDED, ())
    assert (now.estimate_micros, now.charge, now.latency_s) == (
        run.estimate_micros,
        run.charge,
        run.latency_s,
    )
    assert not clip_file(run).exists()
    assert poster.is_file()
    assert bench.metrics_of([run.id]) == measured
    (dropped,) = bench.dropped_clips(run.id)
    assert (dropped.sha256, dropped.size_bytes) == (run.clip.media.sha256, run.clip.media.size_bytes)
    assert dropped.poster == run.clip.poster
    assert f"{bench.clock.now():%Y-%m-%d}" in dropped.told
    assert "“clips nobody looked at after 30 days”" in dropped.told
    assert dropped.sha256 in dropped.told
    assert bench.tidy(UNSEEN).files == bench.would_tidy(UNSEEN).files == 0
    assert bench.store.metrics.waiting() == 0
    assert bench.store.media.get(dropped.sha256) is None


def _voted(bench: Workbench, run: LoggedRun, *, close: bool = False) -> None:
    other = made(bench, seed=99, prompt="A lion at dusk")
    review = bench.review("Which", [run, other], plan=ReviewPlan(overlap=0, repeats=0))
    bench.vote(bench.asked(review.id, "Ana").pairs[0].id, "Ana", "left")
    if close:
        bench.close_review(review.id)


def _deleted_note(bench: Workbench, run: LoggedRun) -> None:
    bench.delete_note(bench.note(run.id, "a paw slides").id)


def _draft(bench: Workbench, run: LoggedRun) -> None:
    assert run.clip
    bench.store.drafts.save(
        "compose", {"inputs": [["source_clip", run.clip.media.sha256]]}, bench.clock.now()
    )


def _child(bench: Workbench, run: LoggedRun) -> None:
    child = bench.submit(bench.request("A lion runs", model="fake/clip"), Origin(run.id, Parenthood.VARIANT))
    bench.mark_seen(*bench.wait([child], progress_bar=False))


def _saved(bench: Workbench, run: LoggedRun) -> None:
    bench.save_clip(run, bench.settings.data.parent / "saved.mp4")


KEEPS: dict[str, Callable[[Workbench, LoggedRun], object]] = {
    "opened": lambda bench, run: bench.mark_seen(run),
    "saved to a file": _saved,
    "compared in a notebook": lambda bench, run: bench.runs().compare(run.id),
    "rated": lambda bench, run: bench.rate(run.id, {"motion": 1}),
    "noted": lambda bench, run: bench.note(run.id, "a paw slides"),
    "a note taken back": _deleted_note,
    "in a review": _voted,
    "in a closed review": lambda bench, run: _voted(bench, run, close=True),
    "a parent": _child,
    "on the shelf": lambda bench, run: bench.shelve(clip_file(run), "lion.mp4", clip=True),
    "in a draft": _draft,
}


@pytest.mark.parametrize("how", KEEPS)
def test_what_somebody_has_to_do_with_stays(bench: Workbench, how: str) -> None:
    run, forgotten = made(bench), made(bench, seed=2)
    KEEPS[how](bench, run)
    later(bench, 400)
    bench.tidy(BOTH)
    assert bench.run(run.id).clips
    assert clip_file(run).is_file()
    assert not bench.run(forgotten.id).clips


@pytest.mark.parametrize(("days", "goes"), [(29.9, False), (30.1, True)])
def test_a_clip_goes_by_its_age(bench: Workbench, days: float, goes: bool) -> None:
    made(bench)
    later(bench, days)
    assert bench.would_tidy(UNSEEN).files == int(goes)


def test_clips_of_the_bin_and_of_failed_runs_have_their_own_rule(bench: Workbench) -> None:
    deleted, failed, fine = made(bench), made(bench, seed=2), made(bench, seed=3)
    bench.rate(deleted.id, {"motion": 5})
    bench.delete([deleted.id])
    with bench.store.db.write() as connection:
        connection.execute("UPDATE runs SET status = 'failed' WHERE id = ?", [failed.id])
    later(bench, 8)
    done = bench.tidy(BOTH)
    assert [(share.rule, share.files) for share in done.shares] == [(Rule.UNSEEN, 0), (Rule.DISCARDED, 2)]
    assert [bool(bench.run(run.id).clips) for run in (deleted, failed, fine)] == [False, False, True]
    bench.undelete([deleted.id])
    assert bench.run(deleted.id).rating == 5
    assert "clips of failed and deleted runs after 7 days" in bench.dropped_clips(deleted.id)[0].told


def test_a_deleted_clip_in_an_open_review_waits_for_its_end(bench: Workbench) -> None:
    run = made(bench)
    _voted(bench, run)
    review = bench.reviews()[0]
    bench.delete([run.id])
    later(bench, 8)
    assert bench.would_tidy(DISCARDED).files == 0
    bench.close_review(review.id)
    assert bench.would_tidy(DISCARDED).files == 1


def test_bytes_that_a_kept_run_shares_stay(bench: Workbench) -> None:
    first, second = made(bench), made(bench, seed=2)
    with bench.store.db.write() as connection:
        sha256 = first.clips[0].media.sha256
        connection.execute("UPDATE clips SET media_sha256 = ? WHERE run_id = ?", [sha256, second.id])
    assert clip_file(first) == clip_file(bench.run(second.id))
    bench.rate(second.id, {"motion": 3})
    later(bench, 400)
    assert bench.tidy(BOTH).files == 0
    assert bench.run(first.id).clips
    bench.delete([second.id])
    later(bench, 800)
    assert bench.tidy(BOTH).files == 1, "one file, told once"
    assert [bench.run(run.id).clips for run in (first, second)] == [(), ()]
    assert len(bench.dropped_clips(first.id)) == len(bench.dropped_clips(second.id)) == 1


def test_runs_from_before_it_was_recorded_count_as_looked_at(bench: Workbench) -> None:
    old, new = made(bench), made(bench, seed=2)
    with bench.store.db.write() as connection:
        connection.execute("UPDATE seen_from SET run = ?", [old.rowid])
    later(bench, 400)
    bench.tidy(UNSEEN)
    assert [bool(bench.run(run.id).clips) for run in (old, new)] == [True, False]


def test_what_was_imported_is_not_unseen(bench: Workbench, tmp_path: Path) -> None:
    write_clip(tmp_path / "mine.mp4")
    run = bench.import_clip(tmp_path / "mine.mp4")
    assert run.account == IMPORTED
    later(bench, 400)
    assert bench.tidy(UNSEEN).files == 0


def test_what_is_rated_between_look_and_deed_stays(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    run, other = made(bench), made(bench, seed=2)
    later(bench, 31)
    going = bench.store.retention.going

    def rated_just_then(*asked: object) -> object:
        found = going(*asked)  # type: ignore[arg-type]
        bench.rate(run.id, {"motion": 5})
        return found

    monkeypatch.setattr(bench.store.retention, "going", rated_just_then)
    assert bench.tidy(UNSEEN).files == 1
    assert bench.run(run.id).clips
    assert clip_file(run).is_file()
    assert not bench.run(other.id).clips


def test_broken_off_between_row_and_file_the_next_one_ends_it(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(bench)
    later(bench, 31)
    with monkeypatch.context() as patch:

        def full(*_: object) -> bool:
            raise FolderFull("no room to think")

        patch.setattr(MediaFiles, "discard", full)
        with pytest.raises(FolderFull):
            bench.tidy(UNSEEN)
    assert not bench.run(run.id).clips, "no row promises it any more"
    assert clip_file(run).is_file()
    assert bench.tidy(UNSEEN).files == 0
    assert not clip_file(run).exists()
    assert bench.store.retention.left() == []


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("of", "step"), [(Retention, "drop"), (MediaFiles, "discard"), (Retention, "gone")])
def test_killed_at_any_step_no_row_promises_a_file_that_is_gone(
    of: type, step: str, when: str, bench: Workbench
) -> None:
    runs = [made(bench, seed=seed) for seed in range(3)]
    later(bench, 31)
    if not (child := os.fork()):
        try:
            _deadly(of, step, when)
            bench.tidy(UNSEEN)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    for run in runs:
        if bench.run(run.id).clips:
            assert clip_file(run).is_file()
        else:
            assert bench.dropped_clips(run.id), "what went is told"
    bench.tidy(UNSEEN)
    assert not any(clip_file(run).exists() or bench.run(run.id).clips for run in runs)
    assert all(bench.dropped_clips(run.id) for run in runs)
    assert bench.store.retention.left() == []


def _deadly(of: type, step: str, when: str) -> None:
    """Whoever takes that step dies of it, as by a loss of power."""
    does = getattr(of, step)

    def deadly(*arguments: object) -> None:
        if when == "after":
            does(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(of, step, deadly)


def test_a_file_that_came_back_in_between_stays(bench: Workbench) -> None:
    run = made(bench)
    content = clip_file(run).read_bytes()
    later(bench, 31)
    bench.store.retention.drop(UNSEEN, [run.clips[0].media.sha256], bench.clock.now())
    bench.take_in(content, "lion.mp4", Role.REFERENCE_CLIP)
    later(bench, 32)
    bench.tidy(UNSEEN)
    assert clip_file(run).is_file()
    assert bench.store.retention.left() == []


def test_a_young_file_waits_for_the_next_time(bench: Workbench) -> None:
    """Somebody has just written the same bytes, and their row may still be on its way."""
    run = made(bench)
    later(bench, 31)
    os.utime(clip_file(run))
    bench.tidy(UNSEEN)
    assert clip_file(run).is_file()
    later(bench, 31)
    bench.tidy(UNSEEN)
    assert not clip_file(run).exists()


def test_an_archive_brings_a_dropped_clip_back(bench: Workbench, tmp_path: Path) -> None:
    run = made(bench)
    bench.export_archive(tmp_path / "all.zip", RunFilter())
    later(bench, 31)
    bench.tidy(UNSEEN)
    bench.export_archive(tmp_path / "without.zip", RunFilter())
    bench.import_archive(tmp_path / "all.zip")
    assert bench.run(run.id).clips == run.clips
    assert bench.dropped_clips(run.id) == []
    assert bench.would_tidy(UNSEEN).files == 0, "it has lain here for a moment only"


def test_a_run_without_its_clip_is_not_reused_and_can_be_purged(bench: Workbench) -> None:
    run = made(bench)
    later(bench, 31)
    bench.tidy(UNSEEN)
    assert bench.repeats(run.request) == []
    again = bench.generate("A lion at dawn", model="fake/clip", seed=1, on_repeat="reuse")
    assert again.id != run.id
    assert again.clips
    bench.delete([run.id])
    bench.sweep(empty_bin=True)
    row = bench.store.db.read().execute("SELECT count(*) FROM dropped_clips").fetchone()
    assert row[0] == 0


def test_the_log_is_whole_afterwards_and_travels(bench: Workbench, tmp_path: Path) -> None:
    made(bench)
    later(bench, 31)
    bench.tidy(UNSEEN)
    connection = bench.store.db.read()
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    backup = bench.backup(tmp_path / "copy")
    assert backup.is_whole


def test_the_longest_unused_copies_go_first_and_none_in_use(bench: Workbench) -> None:
    folder = bench.settings.data / "cache"
    ages = {"blind/new": 0, "blind/old": 3, "sheets/oldest": 9, "sheets/older": 5}
    for name, days in ages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(1_000))
        os.utime(file, (time.time() - days * DAY_S, time.time() - 100 * DAY_S))
    rules = Rules(cache_gb=2_500e-9)
    shown = bench.would_tidy(rules)
    assert all((folder / name).exists() for name in ages)
    assert bench.tidy(rules) == shown
    assert (shown.files, shown.size_bytes) == (2, 2_000)
    assert {name for name in ages if (folder / name).exists()} == {"blind/new", "blind/old"}
    bench.tidy(replace(rules, cache_gb=0))
    assert {name for name in ages if (folder / name).exists()} == {"blind/new"}, "it is in use"
    shutil.rmtree(folder)
    assert bench.tidy(rules).files == 0


def test_a_link_in_the_cache_leads_nowhere(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_bytes(bytes(9_000))
    folder = bench.settings.data / "cache"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "mine")
    os.utime(folder / "link", (0, 0), follow_symlinks=False)
    bench.tidy(Rules(cache_gb=0))
    assert (tmp_path / "mine" / "precious").exists()


@pytest.mark.parametrize(
    "wrong", [{"unseen_clips_after_days": 0}, {"cache_gb": -1}, {"cache_gb": float("inf")}]
)
def test_rules_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(RequestError, match=next(iter(wrong))):
        Rules(**wrong)  # type: ignore[arg-type]


def test_without_a_rule_it_says_where_to_write_one(bench: Workbench) -> None:
    for tidy in (bench.tidy, bench.would_tidy):
        with pytest.raises(RequestError, match="retention"):
            tidy()
