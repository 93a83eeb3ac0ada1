"""The process that measures: it answers, fails in a sentence, may be killed, never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from workbench.domain.times import now, to_text
from workbench.media import worker
from workbench.media.hand import Failed, Hand, NotStarted
from workbench.media.metrics.hearing import hear
from workbench.media.sniff import shown


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    yield hand
    hand.shutdown(cancel_futures=True)


def until(is_so: object, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline
        signal.sigtimedwait([], 0.02)


def is_a_hand(process: psutil.Process) -> bool:
    try:
        return "workbench.media.hand" in process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return False


def pid_of(hand: Hand) -> int:
    """Of the process that has just done something."""
    assert hand.submit(shown, "x").result(60) == "x"
    assert hand.pid is not None
    return hand.pid


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    """A pipe that nobody writes to: whoever opens it waits."""
    os.mkfifo(tmp_path / "pipe")
    return str(tmp_path / "pipe")


def test_it_does_what_it_is_given_in_another_process(hand: Hand) -> None:
    assert hand.pid is None
    first = pid_of(hand)
    assert first != os.getpid()
    assert hand.submit(shown, "a\nb").result(60) == shown("a\nb")
    assert hand.pid == first
    assert psutil.Process(first).nice() > psutil.Process().nice()


def test_it_knows_no_secret_of_this_process(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "WORKBENCH_TOKEN", "aws_secret_access_key", "PGPASSWORD"):
        monkeypatch.setenv(name, "only-for-their-own-host")
    monkeypatch.setenv("WORKBENCH_DATA", "/tmp/elsewhere")
    environment = psutil.Process(pid_of(hand)).environ()
    assert "only-for-their-own-host" not in environment.values()
    assert environment["WORKBENCH_DATA"] == "/tmp/elsewhere"


def test_a_file_where_somebody_works_is_not_taken_for_the_librarys(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("json", "queue", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a script of the user')")
    monkeypatch.chdir(tmp_path)
    assert hand.submit(shown, "x").result(60) == "x"


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false", "/bin/echo", "", None])
def test_a_machine_that_starts_no_process_is_told_apart(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", program)
        with pytest.raises(NotStarted):
            hand.submit(shown, "x").result(60)
    assert hand.submit(shown, "x").result(60) == "x"


def test_a_frozen_program_is_not_started_once_more(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\necho ready\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(NotStarted, match="where its Python is"):
        hand.submit(shown, "x").result(60)
    with pytest.raises(OSError, match="where its Python is"):
        worker.start(tmp_path / "job", "os:getpid", {})
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("answer", ["ready", "{}", "[]", '{"value": "y"}', '{"number": 7, "value": "y"}'])
def test_one_of_another_edition_is_not_believed(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    """As after an upgrade under a running app: what one piece was answered must not go to another."""
    other = tmp_path / "python"
    other.write_text(f"#!/bin/sh\necho ready\nwhile read line; do echo '{answer}'; done\n")
    other.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(other))
        for _ in range(2):
            with pytest.raises(NotStarted):
                hand.submit(shown, "x").result(60)
    assert hand.submit(shown, "x").result(60) == "x"


def test_what_goes_wrong_over_there_is_told_and_the_next_goes_well(hand: Hand) -> None:
    with pytest.raises(Failed, match="astimezone"):
        hand.submit(to_text, "no time").result(60)
    assert hand.submit(shown, "x").result(60) == "x"


def test_only_functions_of_this_package_are_called(hand: Hand) -> None:
    with pytest.raises(Failed, match=r"workbench\.MODULE:FUNCTION"):
        hand.submit(os.getpid).result(60)
    with pytest.raises(TypeError):
        hand.submit(shown, now())


def test_one_that_is_killed_costs_the_piece_it_was_at(hand: Hand, pipe: str) -> None:
    first = pid_of(hand)
    lost, kept = hand.submit(hear, pipe), hand.submit(shown, "kept")
    until(lost.running)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(BrokenExecutor):
        lost.result(60)
    assert kept.result(60) == "kept"
    assert hand.pid != first


def test_a_piece_that_takes_for_ever_is_broken_off(pipe: str) -> None:
    hand = Hand(longest_s=0.5)
    with pytest.raises(BrokenExecutor):
        hand.submit(hear, pipe).result(60)
    hand.shutdown()


def test_it_goes_when_there_is_nothing_to_do() -> None:
    before = psutil.Process().children()
    hand = Hand(idle_s=0.1)
    assert hand.submit(shown, "x").result(60) == "x"
    until(lambda: hand.pid is None)
    assert not [p for p in psutil.Process().children() if is_a_hand(p) and p not in before]
    assert hand.submit(shown, "y").result(60) == "y"
    hand.shutdown()


def test_shutting_down_breaks_off_and_takes_nothing_more(pipe: str) -> None:
    hand = Hand()
    pid_of(hand)
    stuck, waiting = hand.submit(hear, pipe), hand.submit(shown, "x")
    until(stuck.running)
    hand.shutdown(cancel_futures=True)
    with pytest.raises(BrokenExecutor):
        stuck.result(60)
    with pytest.raises(CancelledError):
        waiting.result(60)
    with pytest.raises(RuntimeError, match="shut down"):
        hand.submit(shown, "x")


def test_it_ends_with_its_parent_however_that_ends() -> None:
    script = (
        "import threading; from workbench.media import hand, sniff; h = hand.Hand(); "
        "h.submit(sniff.shown, 'x').result(); print(h.pid, flush=True); threading.Event().wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_a_piece_without_an_end_does_not_keep_it_when_its_parent_dies(pipe: str) -> None:
    script = (
        "import sys, threading; from workbench.media import hand; "
        "from workbench.media.metrics import hearing; "
        "hand.Hand().submit(hearing.hear, sys.argv[1]); threading.Event().wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, pipe])
    writing: list[int] = []

    def is_read() -> bool:
        with suppress(OSError):  # nobody is at its other end
            writing.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writing)

    until(is_read)
    (child,) = (one for one in psutil.Process(parent.pid).children() if is_a_hand(one))
    parent.kill()
    parent.wait()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 20)
    os.close(writing[0])
