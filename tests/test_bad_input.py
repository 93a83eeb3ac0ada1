"""What is wrong with a request, a file or a folder is told in one sentence, and nothing is written.

The same tables go through Python and the command line; the pages' are in ``tests/ui/test_refusals.py``.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bad_files import REFUSED, TAKEN, File, encoded, picture
from tests.disks import on_small_disk
from workbench.api import Workbench
from workbench.cli.main import main
from workbench.cli.targets import _copy
from workbench.domain.errors import (
    BadMedia,
    BadSetting,
    FolderInUse,
    FolderReadOnly,
    LogTooNew,
    LogUnreadable,
    RequestError,
    WorkbenchError,
)
from workbench.domain.media import Role
from workbench.domain.times import now, to_text

Command = Callable[..., tuple[int, str]]
RTL = "ארי הולך בעשב גבוה 🦁 عند الفجر، تصوير بطيء"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "log") as bench:
        yield bench


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """``command("generate", …)`` as typed; its exit status and what it says on standard error."""

    def run(*words: str, stdin: bytes = b"", folder: str = "log") -> tuple[int, str]:
        monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / folder) if "~" not in folder else folder)
        monkeypatch.setattr(sys, "argv", ["workbench", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert out == ""
        return int(ended.value.code or 0), err

    monkeypatch.chdir(tmp_path)
    return run


def assert_untouched(folder: Path) -> None:
    """No run, no row, no file."""
    with Workbench(folder) as bench:
        assert not list(bench.runs())
        assert not bench.store.media.newest()
    assert not [path for name in ("media", "work") for path in (folder / name).rglob("*") if path.is_file()]


# Requests


@dataclass(frozen=True)
class Bad:
    """A request in Python, in words of the command line (none: it can't be said there), and the answer."""

    said: str
    python: dict[str, Any]
    words: tuple[str, ...] = ()
    stdin: bytes = b""

    def __str__(self) -> str:
        return self.said


LENGTH, SEEDS = "whole numbers from 1 to 12 s", "whole numbers from 0 to 4294967295"
MANY = "x" * 100_000

REQUESTS = [
    Bad("The prompt is empty. Write what", {"prompt": ""}, ("--prompt", "")),
    Bad("The prompt is empty. Write what", {"prompt": " \n\t"}, ("--prompt", " \n\t")),
    Bad("Prompt is 100,000 characters long. Allowed: up to", {"prompt": MANY}, ("--prompt", MANY)),
    Bad(
        "Prompt is 100,000 characters", {"prompt": "🦁" * 100_000}, ("--prompt", "-"), "🦁".encode() * 100_000
    ),
    Bad("holds a NUL character. Remove it", {"prompt": "a\0b"}, ("--prompt", "-"), b"a\0b"),
    Bad("holds half of a character pair. Paste", {"prompt": "a\ud83e"}, ("--prompt", "a\udcff")),
    Bad("Prompt can't be None. Allowed: text", {"prompt": None}),
    Bad("Prompt can't be b'x'. Allowed: text", {"prompt": b"x"}),
    Bad("Negative prompt can't be 3. Allowed: text", {"negative_prompt": 3}),
    Bad("Negative prompt is 100,000", {"negative_prompt": MANY}, ("--negative-prompt", MANY)),
    Bad(LENGTH, {"duration_s": 0}, ("--duration", "0")),
    Bad(LENGTH, {"duration_s": 13}, ("--set", "duration_s=13")),
    Bad(LENGTH, {"duration_s": "4"}, ("--duration", "four")),
    Bad(LENGTH, {"duration_s": True}, ("--duration", "")),
    Bad(LENGTH, {"duration_s": 4.0}, ("--duration", "4.0")),
    Bad(LENGTH, {"duration_s": math.nan}, ("--duration", "nan")),
    Bad(LENGTH, {"duration_s": [4]}, ("--duration", "9" * 50)),
    Bad("Allowed: 16:9, 9:16, 1:1", {"aspect_ratio": "2:1"}, ("--aspect-ratio", "2:1")),
    Bad("Allowed: 16:9, 9:16, 1:1", {"aspect_ratio": (16, 9)}, ("--aspect-ratio", "")),
    Bad("Allowed: 360p, 480p, 720p, 1080p", {"resolution": "8k"}, ("--resolution", "8k")),
    Bad("Allowed: 360p, 480p, 720p, 1080p", {"resolution": 720}, ("--resolution", "720")),
    Bad("Allowed: true or false", {"generate_audio": 1}, ("--set", "generate_audio=perhaps")),
    Bad(SEEDS, {"seed": -1}, ("--seed", "-1")),
    Bad(SEEDS, {"seed": 2**32}, ("--seed", str(2**32))),
    Bad("Seed can't be '7'", {"seed": "7"}),
    Bad("Seed can't be 7.0", {"seed": 7.0}),
    Bad("Seed can't be True", {"seed": True}),
    Bad("Seed can't be nan", {"seed": math.nan}),
    Bad("has no setting lens. It has: duration_s", {"lens": "85 mm"}, ("--set", "lens=85 mm")),
    Bad("There is no model", {"model": "nobody/none"}, ("--model", "nobody/none")),
    Bad("There is no model ['a']", {"model": ["a"]}),
    Bad("There is no file 'none.png'", {"first_frame": "none.png"}, ("--start-frame", "none.png")),
    Bad("There is no file", {"first_frame": "x" * 5_000}, ("--start-frame", "x" * 5_000)),
    Bad("There is no file", {"first_frame": "~nobody0/a.png"}, ("--start-frame", "~nobody0/a.png")),
    Bad("There is no file", {"first_frame": "a\0.png"}, ("--start-frame", "\udcff.png")),
    Bad("There is no file ''", {"first_frame": ""}, ("--start-frame", "")),
    Bad("can't be a int. Allowed: a path", {"first_frame": 3}),
    Bad("can't be one str. Give them as a list", {"references": "lion.png"}),
    Bad("can't be one bytes. Give them as a list", {"references": b"\x89PNG"}),
    Bad("timeout_s can't be nan", {"timeout_s": math.nan}),
    Bad("timeout_s can't be '9'", {"timeout_s": "9"}),
    Bad("nan is no number of seconds", {"timeout_s": -1.0}, ("--timeout", "nan")),
]


def _python(row: Bad) -> dict[str, Any]:
    return {"prompt": "A lion at dawn", **row.python}


@pytest.mark.parametrize("row", REQUESTS, ids=str)
def test_a_wrong_request_in_python(log: Workbench, row: Bad) -> None:
    said = "timeout_s can't be" if "timeout_s" in row.python else row.said
    with pytest.raises(RequestError) as told:
        log.generate(**_python(row))
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    assert_untouched(log.settings.data)


@pytest.mark.parametrize("row", [row for row in REQUESTS if row.words], ids=str)
def test_a_wrong_request_on_the_command_line(tmp_path: Path, command: Command, row: Bad) -> None:
    prompt = () if "--prompt" in row.words else ("--prompt", "A lion at dawn")
    status, told = command("generate", *prompt, *row.words, stdin=row.stdin)
    assert status == 2
    assert row.said in told
    assert_untouched(tmp_path / "log")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "nonsense"), "--set takes NAME=VALUE"),
        (("--set", "=4"), "--set takes NAME=VALUE"),
        (("--set", "self=4"), "has no setting self. It has"),
        (("--set", "seed=4"), "it has an option of its own"),
        (("--set", "duration_s=4", "--duration", "8"), "duration_s is given twice"),
        (("--set", "resolution=360p", "--set", "resolution=480p"), "resolution is given twice"),
        (("--seed", "1.5"), "not a valid integer"),
        (("--takes", "0"), "not in the range"),
        (("--extend", "x" * 300), "There is no file"),
        (("--extend", "x" * 300 + ".mp4"), "There is no file"),
        (("--output", "x" * 300 + ".mp4"), "--output can't be written (File name too long)"),
        (("--output", "none/a.mp4"), "There is no folder none"),
    ],
)
def test_wrong_words(tmp_path: Path, command: Command, words: tuple[str, ...], said: str) -> None:
    status, told = command("generate", "--prompt", "A lion at dawn", *words)
    assert (status, "Traceback" in told) == (2, False)
    assert said in told
    assert_untouched(tmp_path / "log")


def test_any_script_and_emoji_go_in_and_come_out_again(log: Workbench) -> None:
    run_id = log.store.runs.resolve(_queued(log, RTL))
    assert log.run(run_id).request.prompt == RTL
    assert [run.id for run in log.runs("בעשב")] == [run_id]


def _queued(log: Workbench, prompt: str) -> str:
    log.drive = lambda ids: None  # type: ignore[method-assign]  # to be read, not to be rendered
    return log.submit(log.request(prompt))


# Files


@pytest.mark.parametrize("file", REFUSED, ids=lambda f: f.name)
def test_a_file_that_is_no_picture(tmp_path: Path, log: Workbench, command: Command, file: File) -> None:
    path = tmp_path / f"{file.name}.png"
    path.write_bytes(file.data)
    for source in (path, str(path), file.data):
        for given in ({"first_frame": source}, {"references": [encoded(picture()), source]}):
            with pytest.raises(BadMedia) as told:
                log.generate("A lion at dawn", **given)
            assert file.said in str(told.value)
            assert "\n" not in str(told.value)
    status, said = command("generate", "--prompt", "A lion at dawn", "--start-frame", str(path))
    assert (status, said.count("\n")) == (2, 1)
    assert f"{file.name}.png {file.said}" in said
    assert_untouched(log.settings.data)


@pytest.mark.parametrize("file", TAKEN, ids=lambda f: f.name)
def test_an_odd_picture_is_made_plain_and_says_so(log: Workbench, file: File) -> None:
    media = log.take_in(file.data, f"{file.name}.png", Role.FIRST_FRAME)
    assert file.said in media.note
    assert log.files.verify(media.sha256)


def test_a_picture_whose_file_is_lost_is_not_sent(log: Workbench) -> None:
    request = log.request("A lion at dawn", first_frame=picture())
    log.path(request.inputs[0].media).unlink()
    with pytest.raises(BadMedia, match="is not in this data folder"):
        log.submit(request)
    assert not list(log.runs())


def test_a_copy_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "lion.mp4"
    target.write_text("the old one")
    assert not _copy(tmp_path / "gone.mp4", target, force=True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the old one"]


# Folders


@dataclass(frozen=True)
class Folder:
    """A folder that can't be used: how it came to that, and what is said."""

    error: type[WorkbenchError]
    said: str
    spoil: Callable[[Path], None] = field(repr=False)


def _newer(folder: Path) -> None:
    Workbench(folder).close()
    with sqlite3.connect(folder / "workbench.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()


def _elsewhere(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    content = {"machine": "somebody/else", "host": "edit-suite-2", "seen_at": to_text(now())}
    (folder / "in-use.json").write_text(json.dumps(content))


def _no_database(folder: Path) -> None:
    folder.mkdir()
    (folder / "workbench.db").write_text("somebody's notes " * 400)


FOLDERS = {
    "newer": Folder(LogTooNew, "was written by a newer workbench", _newer),
    "in use": Folder(FolderInUse, "is being used by the machine edit-suite-2", _elsewhere),
    "no database": Folder(LogUnreadable, "is no readable workbench log", _no_database),
    "a file": Folder(FolderReadOnly, "can't be made", lambda folder: folder.touch() or None),
}


def _hashes(folder: Path) -> dict[str, str]:
    """Of everything but SQLite's own scratch files, which opening alone may make."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_can_not_be_used(tmp_path: Path, command: Command, name: str) -> None:
    bad = FOLDERS[name]
    bad.spoil(tmp_path / "log")
    before = _hashes(tmp_path / "log")
    with pytest.raises(bad.error, match=bad.said):
        Workbench(tmp_path / "log")
    for words in (("generate", "--prompt", "x"), ("runs",), ("sample",), ("resume",)):
        status, told = command(*words)
        assert (status, told.count("\n")) == (2, 1)
        assert bad.said in told
    assert _hashes(tmp_path / "log") == before


def test_a_folder_that_no_path_leads_to(command: Command) -> None:
    with pytest.raises(BadSetting, match="The data folder can't be '~nobody0/log'"):
        Workbench("~nobody0/log")
    status, told = command("runs", folder="~nobody0/log")
    assert (status, told.count("\n")) == (2, 1)


@pytest.mark.parametrize("name", ["newer", "in use"])
def test_a_folder_that_is_taken_over_from_a_running_process(log: Workbench, name: str) -> None:
    bad, kept = FOLDERS[name], _queued(log, "A lion at dawn")
    bad.spoil(log.settings.data)
    log.store.db._occupancy._renewed = now() - timedelta(seconds=20)  # the next write looks again
    before = len(list(log.runs()))
    with pytest.raises(bad.error):
        log.check_folder()
    with pytest.raises(bad.error):
        _queued(log, "Another lion")
    assert len(list(log.runs())) == before
    assert log.run(kept).request.prompt == "A lion at dawn"


def test_a_read_only_disk(tmp_path: Path) -> None:
    said = on_small_disk(
        """
        import sys, pathlib
        from workbench.api import Workbench
        Workbench(pathlib.Path(sys.argv[1]) / "log").close()
        # then
        import pathlib, subprocess, sys
        folder = pathlib.Path(sys.argv[1]) / "log"
        before = sorted(folder.rglob("*"))
        for words in (["generate", "--prompt", "x"], ["runs"]):
            command = [sys.executable, "-m", "workbench.cli", "--data", folder, *words]
            done = subprocess.run(command, capture_output=True, text=True)
            print(done.returncode, done.stderr.count("\\n"), done.stderr, done.stdout)
        assert sorted(folder.rglob("*")) == before
        """,
        tmp_path,
        size="3m",
        then="ro",
    )
    assert said.count("2 1 workbench: ") == 2
    assert said.count("WORKBENCH_DATA") == 2


def test_a_full_disk_before_and_while_a_clip_is_made(tmp_path: Path) -> None:
    """Refused before, waited out while rendering: the run goes on by itself once there is room."""
    said = on_small_disk(
        """
        import os, pathlib, subprocess, sys
        disk = pathlib.Path(sys.argv[1])
        filler = disk / "filler"
        command = [sys.executable, "-m", "workbench.cli", "--data", disk / "log", "generate", "--prompt", "x"]

        def fill(leave):
            room = os.statvfs(disk)
            with filler.open("wb") as handle:
                os.posix_fallocate(handle.fileno(), 0, room.f_bavail * room.f_frsize - leave)

        fill(leave=1_000_000)
        done = subprocess.run(command, capture_output=True, text=True)
        print("before:", done.returncode, done.stderr.count("\\n"), done.stderr)
        assert not (disk / "log" / "work").exists() and not (disk / "log" / "media").exists()
        filler.unlink()

        small = ["--duration", "12", "--resolution", "360p", "--set", "generate_audio=false"]
        running = subprocess.Popen([*command, *small],
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in running.stderr:
            print(line, end="")
            if "generating" in line and not filler.exists():
                fill(leave=100_000)
            if filler.exists() and "it waits: " in line:
                filler.unlink()
                break
        print(running.stderr.read())
        print("while:", running.wait(60), len(list((disk / "log" / "work").glob("*"))))
        """,
        tmp_path,
        size="80m",
    )
    assert "before: 2 1 workbench: The disk of " in said
    assert "Free some space there, or set WORKBENCH_DATA" in said
    assert "generating; it waits: The disk " in said  # of the clip or, where the log fails first, of the log
    assert "while: 0 0" in said
