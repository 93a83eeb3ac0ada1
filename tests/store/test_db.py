"""Opening the log: migrating, refusing what can't be used, and writing from many threads and processes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest

from tests.disks import on_small_disk
from tests.store.test_runs import new
from workbench.domain.errors import FolderError, FolderInUse, FolderReadOnly, LogTooNew, LogUnreadable
from workbench.domain.times import now, to_text
from workbench.store import Store, migrations
from workbench.store.db import Database

ARCHITECTURE_TABLES = {
    "runs", "attempts", "clips", "media", "run_inputs", "prompt_texts", "prompts", "prompt_versions",
    "experiments", "briefs", "workflows", "metrics", "people", "reviews", "review_clips",
    "review_pairs", "votes", "ratings", "notes", "drafts",
}  # fmt: skip


def tables(db: Database) -> set[str]:
    return {row[0] for row in db.read().execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_folder_has_every_table_and_wal(tmp_path: Path) -> None:
    db = Database(tmp_path / "deep" / "data")
    assert tables(db) >= ARCHITECTURE_TABLES
    assert db.read().execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.read().execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_opening_again_migrates_nothing_and_keeps_rows(tmp_path: Path) -> None:
    first = Store(tmp_path)
    first.drafts.save("compose", {"prompt": "a lion"}, now())
    first.close()
    again = Store(tmp_path)
    assert again.drafts.load("compose") == {"prompt": "a lion"}
    applied = again.db.read().execute("SELECT name FROM _sqlite_migrations").fetchall()
    assert [row[0] for row in applied] == [migrations.name(module) for module in migrations.ALL]


def test_a_write_of_anybody_shows_at_the_file_and_a_read_does_not(tmp_path: Path) -> None:
    ours, theirs = Store(tmp_path), Store(tmp_path)
    before = ours.db.last_write()
    theirs.runs.insert([new()], now())
    after = ours.db.last_write()
    assert after != before
    assert theirs.runs.counts()
    assert ours.runs.counts() == theirs.runs.counts()
    assert ours.db.last_write() == after


def test_four_processes_that_open_a_new_folder_at_once_all_succeed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from workbench.store import Store; Store(pathlib.Path(sys.argv[1])).close()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path], stderr=subprocess.PIPE) for _ in range(4)
    ]
    for process in started:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error.decode()
    assert tables(Database(tmp_path)) >= ARCHITECTURE_TABLES


def test_a_log_of_the_first_release_is_updated_with_its_runs_and_a_copy_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new()
    today = Store(tmp_path / "today")
    today.runs.insert([run], now())
    today.close()
    with monkeypatch.context() as first_release:
        first_release.setattr(migrations, "ALL", migrations.ALL[:1])
        first_release.setattr(migrations, "VERSION", 1)
        old = Store(tmp_path)
        assert old.db.read().execute("PRAGMA user_version").fetchone()[0] == 1
        old.close()
    _copy_run(tmp_path / "today" / "workbench.db", tmp_path / "workbench.db")
    store = Store(tmp_path)
    assert (tmp_path / "workbench.db.v1.bak").exists()
    found = store.runs.get(run.id)
    assert (found.request, found.followed_from) == (run.request, None)
    (lease,) = store.ledger.claim("me", run.account, 1, now())
    assert lease.run_id == run.id
    assert store.experiments.create("Lions", "", {}, now(), 5).cap_micros == 5
    store.close()


def _copy_run(today: Path, old: Path) -> None:
    """The rows of a run, with the columns that the older log has."""
    with sqlite3.connect(old) as raw:
        raw.execute("ATTACH ? AS today", [str(today)])
        for table in ("prompt_texts", "runs"):
            columns = ", ".join(row[1] for row in raw.execute(f"PRAGMA main.table_info({table})"))
            raw.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")


def test_a_log_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with sqlite3.connect(tmp_path / "workbench.db") as raw:
        raw.execute("PRAGMA user_version = 99")
    before = (tmp_path / "workbench.db").read_bytes()
    with pytest.raises(LogTooNew, match="newer workbench"):
        Database(tmp_path)
    assert (tmp_path / "workbench.db").read_bytes() == before


def test_an_older_process_stops_writing_once_the_log_was_updated(tmp_path: Path) -> None:
    old = Store(tmp_path)
    with sqlite3.connect(tmp_path / "workbench.db") as newer:
        newer.execute(f"PRAGMA user_version = {migrations.VERSION + 1}")
    with pytest.raises(LogTooNew, match="while this one was running"):
        old.drafts.save("compose", {"prompt": "lost?"}, now())
    assert old.drafts.load("compose") == {}


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "workbench.db").write_text("my diary, not a database " * 400)
    before = (tmp_path / "workbench.db").read_bytes()
    with pytest.raises(LogUnreadable, match="move it away"):
        Database(tmp_path)
    assert (tmp_path / "workbench.db").read_bytes() == before


def test_a_folder_that_another_machine_uses_is_refused_and_free_a_minute_later(tmp_path: Path) -> None:
    def seen(seconds_ago: float) -> None:
        content = {
            "machine": "somebody/else",
            "host": "edit-suite-2",
            "seen_at": to_text(now() - timedelta(seconds=seconds_ago)),
        }
        (tmp_path / "in-use.json").write_text(json.dumps(content))

    seen(5)
    with pytest.raises(FolderInUse, match="edit-suite-2"):
        Database(tmp_path)
    assert not (tmp_path / "workbench.db").exists()
    seen(90)
    Database(tmp_path)


def test_a_machine_that_takes_the_folder_over_stops_our_writes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    content = {"machine": "somebody/else", "host": "edit-suite-2", "seen_at": to_text(now())}
    (tmp_path / "in-use.json").write_text(json.dumps(content))
    store.db._occupancy._renewed = now() - timedelta(seconds=20)  # as if it had been asleep
    with pytest.raises(FolderInUse):
        store.drafts.save("compose", {}, now())


@pytest.mark.parametrize("before", ["", "Store(pathlib.Path(sys.argv[1])).close()"], ids=["new", "used"])
def test_a_read_only_folder_gets_one_sentence(tmp_path: Path, before: str) -> None:
    printed = on_small_disk(
        f"""
        import sys, pathlib
        from workbench.store import Store
        {before}
        # then
        import sys, pathlib
        from workbench.domain.errors import FolderReadOnly
        from workbench.store import Store
        try:
            Store(pathlib.Path(sys.argv[1]))
        except FolderReadOnly as error:
            print(error)
        """,
        tmp_path,
        then="ro",
    )
    assert "WORKBENCH_DATA" in printed
    assert printed.count("\n") == 1


def test_a_full_disk_undoes_the_write_and_says_so(tmp_path: Path) -> None:
    printed = on_small_disk(
        """
        import sys, pathlib
        from workbench.domain.errors import FolderFull
        from workbench.domain.times import now
        from workbench.store import Store
        folder = pathlib.Path(sys.argv[1])
        store = Store(folder)
        store.drafts.save("compose", {"prompt": "kept"}, now())
        (folder / "filler").write_bytes(b"x")
        try:
            with open(folder / "filler", "wb") as filler:
                while True:
                    filler.write(b"x" * 65536); filler.flush()
        except OSError:
            pass
        try:
            store.drafts.save("compose", {"prompt": "y" * 300_000}, now())
        except FolderFull as error:
            print(error)
        (folder / "filler").unlink()
        assert store.drafts.load("compose") == {"prompt": "kept"}
        store.drafts.save("compose", {"prompt": "goes on"}, now())
        """,
        tmp_path,
        size="3m",
    )
    assert "full" in printed and "Free some space" in printed


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderReadOnly, match="can't be made"):
        Database(tmp_path / "file" / "data")


def test_an_error_inside_a_write_undoes_it(tmp_path: Path) -> None:
    db = Database(tmp_path)
    with pytest.raises(ZeroDivisionError), db.write() as connection:
        connection.execute("INSERT INTO drafts VALUES ('a', '{}', '')")
        raise ZeroDivisionError
    assert db.read().execute("SELECT count(*) FROM drafts").fetchone()[0] == 0


def test_sixteen_threads_lose_nothing(tmp_path: Path) -> None:
    store, errors = Store(tmp_path), []

    def work(name: int) -> None:
        try:
            for number in range(50):
                store.drafts.save(f"{name}/{number}", {"n": number}, now())
        except FolderError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[name]) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert Store(tmp_path).db.read().execute("SELECT count(*) FROM drafts").fetchone()[0] == 16 * 50


def test_ctrl_c_at_any_line_of_a_write_leaves_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.store.db.BUSY_TIMEOUT_MS", 500)
    db, other = Database(tmp_path), Database(tmp_path)
    interrupted = 0
    for delay in range(1, 20):
        left = delay

        def interrupt(frame: FrameType, event: str, _: object) -> object:
            nonlocal left
            if not frame.f_code.co_filename.endswith("db.py") or frame.f_code.co_name != "write":
                return None
            left -= event == "line"
            if left == 0:
                left = -1
                raise KeyboardInterrupt
            return interrupt

        sys.settrace(interrupt)  # one line later each time
        try:
            with db.write() as connection:
                connection.execute("INSERT INTO drafts VALUES (?, '{}', '')", [str(delay)])
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            sys.settrace(None)
        with other.write() as connection:
            connection.execute("INSERT INTO drafts VALUES (?, '{}', '')", [f"other {delay}"])
    assert interrupted > 8


def test_a_log_that_is_kept_locked_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.store.db.BUSY_TIMEOUT_MS", 50)
    holding, waiting = Database(tmp_path), Database(tmp_path)
    with (
        holding.write(),
        pytest.raises(FolderInUse, match="locked for"),
        waiting.write(),
    ):
        pass
    with waiting.write() as connection:
        connection.execute("INSERT INTO drafts VALUES ('goes on', '{}', '')")
