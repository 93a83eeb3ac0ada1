"""A job in a process of its own: real processes, really killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from workbench.media import worker

HERE = "workbench.media.worker"  # `write_json` is the one function of it that a job can usefully call


def _finished(folder: Path, within_s: float = 20.0) -> worker.JobState:
    """The state once the job is done or nobody works on it any more."""
    tick = threading.Event()
    for _ in range(int(within_s / 0.02)):
        state = worker.state(folder)
        if state.done or not state.alive:
            return worker.state(folder)
        tick.wait(0.02)
    raise AssertionError(f"not finished: {worker.state(folder)}")


def _long_job(folder: Path) -> None:
    """A job that would take minutes."""
    plan: Mapping[str, object] = {"scene": "grassland"}
    arguments = {
        "plan": plan, "width": 640, "height": 360, "duration_s": 600, "audio": False, "media": {},
        "clean_last_frame": None, "continues": False, "badged": False,
    }  # fmt: skip
    worker.start(folder, "workbench.providers.animatic.render:render_job", arguments)


def test_a_folder_without_a_job_is_neither_alive_nor_done(tmp_path: Path) -> None:
    assert worker.state(tmp_path / "none") == worker.JobState()
    assert worker.stop(tmp_path / "none")


def test_only_functions_of_this_package_are_called(tmp_path: Path) -> None:
    for number, call in enumerate(("os:system", "workbenchx.evil:run", "workbench.media.worker:no such")):
        worker.start(tmp_path / str(number), call, {})
        state = _finished(tmp_path / str(number))
        assert state.done
        assert "can't call" in state.error
        assert state.error.endswith(".")


def test_a_file_where_somebody_works_is_not_taken_for_the_librarys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a script of the user')")
    monkeypatch.chdir(tmp_path)
    worker.start(tmp_path / "job", "os:getpid", {})
    assert "can't call" in _finished(tmp_path / "job").error


def test_a_failure_is_told_in_one_sentence_and_logged_in_full(tmp_path: Path) -> None:
    worker.start(tmp_path, "workbench.providers.animatic.render:render_job", {"plan": {}})
    state = _finished(tmp_path)
    assert state.done and state.error
    assert "\n" not in state.error
    assert "Traceback" in (tmp_path / worker.LOG).read_text()


def test_a_running_job_is_alive_at_once_and_reports_progress(tmp_path: Path) -> None:
    _long_job(tmp_path)
    assert worker.state(tmp_path).alive  # the launcher hands the lock over: no gap
    tick = threading.Event()
    for _ in range(500):
        if worker.state(tmp_path).fraction > 0:
            break
        tick.wait(0.02)
    state = worker.state(tmp_path)
    assert 0 < state.fraction < 1
    assert state.note
    assert worker.stop(tmp_path)
    assert not worker.state(tmp_path).alive
    assert not worker.state(tmp_path).done


def test_a_second_worker_leaves_a_held_job_alone(tmp_path: Path) -> None:
    _long_job(tmp_path)
    second = subprocess.run([sys.executable, "-m", HERE, str(tmp_path)], timeout=30, check=False)
    assert second.returncode == 3
    pid = (tmp_path / worker.LOCK).read_text()
    _long_job(tmp_path)  # a second start changes nothing either
    assert (tmp_path / worker.LOCK).read_text() == pid
    assert worker.stop(tmp_path)


def test_anybody_can_tell_that_a_worker_was_killed(tmp_path: Path) -> None:
    _long_job(tmp_path)
    os.kill(int((tmp_path / worker.LOCK).read_text()), signal.SIGKILL)
    state = _finished(tmp_path)
    assert not state.alive and not state.done
    code = f"from pathlib import Path; from {HERE} import state; print(state(Path({str(tmp_path)!r})).alive)"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert told.stdout.strip() == "False"


def test_a_worker_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    job = {"call": "workbench.providers.animatic.render:render_job", "arguments": {}}
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / worker.JOB).write_text(json.dumps(job))
    code = f"from pathlib import Path; from {HERE} import start; start(Path({str(folder)!r}), '', {{}})"
    subprocess.run([sys.executable, "-c", code], timeout=30, check=True)
    state = _finished(folder)
    assert state.done and state.error  # empty arguments: it ran, and said so


def test_a_done_job_is_not_run_again(tmp_path: Path) -> None:
    worker.write_json(tmp_path / worker.RESULT, {"ok": True, "value": {"kept": 1}})
    worker.start(tmp_path, "workbench.media.worker:state", {})
    assert worker.state(tmp_path).value == {"kept": 1}
    assert not (tmp_path / worker.LOG).exists() or not (tmp_path / worker.LOG).read_text()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, stop = tmp_path / worker.PROGRESS, threading.Event()

    def write() -> None:
        while not stop.is_set():
            worker.write_json(path, {"fraction": 0.5, "note": "x" * 50_000})

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = {worker.state(tmp_path).fraction for _ in range(300)}
    finally:
        stop.set()
        thread.join()
    assert seen <= {0.0, 0.5}


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_a_damaged_progress_file_is_no_progress(tmp_path: Path, text: str) -> None:
    (tmp_path / worker.PROGRESS).write_text(text)
    assert worker.state(tmp_path) == worker.JobState()


def test_whoever_only_looks_is_not_taken_for_a_worker(tmp_path: Path) -> None:
    """Two lookers met: one took the other for a worker, and killed whoever had the old worker's number."""
    (tmp_path / worker.LOCK).write_text(f"{os.getpid()}\n")  # left by a worker that was killed
    ended = threading.Event()
    seen: list[bool] = []

    def look() -> None:
        while not ended.is_set():
            seen.append(worker.is_alive(tmp_path))

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    try:
        assert all(worker.stop(tmp_path) for _ in range(300)), "and this process is still here"
        looked = len(seen)  # what is seen after this is the lock of the next lines
        with (tmp_path / worker.LOCK).open("a+") as lock:
            assert worker._try_lock(lock), "to look is not to hold"
    finally:
        ended.set()
        for looker in lookers:
            looker.join()
    assert looked and True not in seen[:looked]


def test_launcher_and_worker_may_both_sign(tmp_path: Path) -> None:
    with (tmp_path / worker.LOCK).open("a+") as lock:
        worker._sign(lock, 41)
        worker._sign(lock, 41)
        assert worker._signature(lock) == 41
