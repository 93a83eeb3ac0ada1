"""A job in a process of its own: ``python -m workbench.media.worker JOB_FOLDER``, and its launcher.

The folder is the whole interface: ``job.json`` says what to call; ``progress.json`` and ``result.json``
appear by rename, so a reader never sees half of one; ``worker.lock`` is held for the worker's lifetime,
so after ``kill -9`` or a power cut anybody can tell that nobody works there any more.
"""

from __future__ import annotations

import errno
import fcntl
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

JOB, PROGRESS, RESULT, LOCK, LOG = "job.json", "progress.json", "result.json", "worker.lock", "worker.log"
ROOT = "workbench."  # a job may call nothing else
NICE = 5
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class JobState:
    """What a job folder tells. ``value`` is there when ``done`` and ``error`` is empty."""

    fraction: float = 0.0
    note: str = ""
    alive: bool = False
    done: bool = False
    value: object = None
    error: str = ""


def start(folder: Path, call: str, arguments: Mapping[str, object]) -> None:
    """Write the job (unless it stands there already) and start a detached worker on it.

    ``call`` is ``module:function``; the function gets the folder, a ``Progress`` and ``arguments``.
    Starting a job that is running or done changes nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / JOB).exists():
        write_json(folder / JOB, {"call": call, "arguments": dict(arguments)})
    with (folder / LOCK).open("a+") as lock, (folder / LOG).open("ab") as log:
        if not _try_lock(lock) or (folder / RESULT).exists():
            return
        lock.truncate(0)  # an earlier worker's: its number may be somebody else's by now
        # The worker inherits the lock already held: no moment in which the job looks abandoned.
        process = subprocess.Popen(
            command("workbench.media.worker", str(folder), str(lock.fileno())),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # it goes on when the app, the terminal or the notebook is closed
            pass_fds=(lock.fileno(),),
            env=environment(),
        )
        _sign(lock, process.pid)
    _CHILDREN[process.pid] = process


def state(folder: Path) -> JobState:
    """How the job stands. A folder without a job is neither alive nor done."""
    _reap()
    alive = is_alive(folder)  # before the result: a worker that ends in between has written it
    result = _read_json(folder / RESULT)
    if result is not None:
        ok = result.get("ok") is True
        return JobState(1.0, "", alive, True, result.get("value"), "" if ok else str(result.get("error")))
    progress = _read_json(folder / PROGRESS) or {}
    fraction = progress.get("fraction", 0.0)
    return JobState(
        float(fraction) if isinstance(fraction, int | float) else 0.0, str(progress.get("note", "")), alive
    )


def stop(folder: Path) -> bool:
    """End the job's worker, if one is there. True when nobody works in the folder afterwards."""
    try:
        with (folder / LOCK).open("r+") as lock:
            if not _is_held(lock):
                return True
            pid = _signature(lock)
            if pid is None:
                return False
            os.kill(pid, signal.SIGKILL)
            fcntl.flock(lock, fcntl.LOCK_EX)  # granted as soon as the kernel has buried it
            return True
    except (FileNotFoundError, ProcessLookupError):
        return True
    finally:
        _reap()


def is_alive(folder: Path) -> bool:
    """Whether a worker holds the folder's lock."""
    try:
        with (folder / LOCK).open("r+") as lock:
            return _is_held(lock)
    except FileNotFoundError:
        return False


def write_json(path: Path, value: object) -> None:
    """Write ``value`` so that a reader sees the old file or the whole new one."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(value, ensure_ascii=False))
    part.replace(path)


def command(module: str, *arguments: str) -> list[str]:
    """What starts ``module`` beside this process.

    ``-P``: else a ``json.py`` in the folder where somebody works would be taken for the library's. Raises
    ``OSError`` where no Python is known: what a frozen program names is itself, and it would send its runs
    once more.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError(errno.ENOENT, "this program does not say where its Python is")
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """What a process that decodes or draws is started with: no secrets, which it has no use for.

    One thread each: as many of them as cores share the machine, and results stay the same bytes.
    """
    return {
        **{name: value for name, value in os.environ.items() if not _SECRET.search(name)},
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path),
    }


def main(folder: Path, inherited: int | None = None) -> int:
    """Do the job in ``folder``. 0 when a result stands there, 3 when another worker is at it.

    On a full disk it raises and leaves no result.

    ``inherited`` is the descriptor of the lock where the launcher has taken it.
    """
    with (folder / LOCK).open("a+") if inherited is None else os.fdopen(inherited, "a+") as lock:
        if not _try_lock(lock):
            return 3
        if inherited is None:
            lock.truncate(0)
        if _signature(lock) is None:
            _sign(lock, os.getpid())
        if not (folder / RESULT).exists():
            write_json(folder / RESULT, _result(folder))
    return 0


def _result(folder: Path) -> dict[str, object]:
    def progress(fraction: float, note: str) -> None:
        write_json(folder / PROGRESS, {"fraction": round(fraction, 4), "note": note})

    try:
        job = _read_json(folder / JOB)
        if job is None:
            return {"ok": False, "error": f"The job folder holds no readable {JOB}."}
        function = _function(str(job.get("call", "")))
        arguments = job.get("arguments", {})
        return {"ok": True, "value": function(folder, progress, arguments)}
    except Exception as error:  # whatever it is, the folder has to tell it
        if isinstance(error, OSError) and error.errno in _FULL:
            raise  # no result: there may be room when the job is started again
        traceback.print_exc()
        return {"ok": False, "error": _sentence(error)}


def _function(call: str) -> Callable[..., object]:
    module, _, name = call.partition(":")
    if not module.startswith(ROOT) or not name.isidentifier():
        raise ValueError(f"A job can't call {call!r}; it calls workbench.MODULE:FUNCTION only.")
    function = getattr(importlib.import_module(module), name)
    if not callable(function):
        raise TypeError(f"A job can't call {call!r}: that is no function.")
    return function  # type: ignore[no-any-return]


def _sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    first = text.splitlines()[0]
    return first if first.endswith((".", "!", "?")) else f"{first}."


def _try_lock(lock: IO[str]) -> bool:
    """Take the lock unless a worker holds it; whoever only looks does so for no time."""
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if _is_held(lock):
                return False


def _is_held(lock: IO[str]) -> bool:
    """Looking takes a shared lock, so that two who look do not take each other for a worker."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def _sign(lock: IO[str], pid: int) -> None:
    """Write into the lock who holds it, for ``stop``. A line: launcher and worker may both have signed."""
    lock.write(f"{pid}\n")
    lock.flush()


def _signature(lock: IO[str]) -> int | None:
    lock.seek(0)
    first = lock.read().partition("\n")[0]
    return int(first) if first.isdecimal() else None


def _read_json(path: Path) -> dict[str, object] | None:
    try:
        value = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return value if isinstance(value, dict) else None


# Children of this process that may have ended; asking them takes their zombies away.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


def _reap() -> None:
    for pid, child in list(_CHILDREN.items()):
        if child.poll() is not None:
            _CHILDREN.pop(pid, None)


if __name__ == "__main__":
    os.nice(NICE)
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
