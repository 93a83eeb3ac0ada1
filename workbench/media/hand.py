"""``Hand``: one process beside this one that does what it is given – an ``Executor`` without multiprocessing.

Streamlit replaces ``__main__``, so a worker that ``multiprocessing`` spawns from the app would run the page
once more. This one is started as ``python -m workbench.media.hand`` and told by lines of JSON what to call:
``module:function`` of this package, with arguments and a result that JSON can carry. It starts with the
first piece of work, goes when there has been none for a while, and ends when its parent does, however that
ends. One that is killed costs the piece it was at; the next starts another.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import select
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import IO, Any

from workbench.media.worker import ROOT, command, environment

IDLE_S = 60.0
LONGEST_S = 300.0
NICE = 10  # below the one that renders, which a person waits for

_READY = b"ready\n"
_Piece = tuple["Future[Any]", dict[str, Any]]


class Failed(RuntimeError):
    """What the function raised over there, as a sentence."""


class NotStarted(BrokenExecutor):
    """No process is to be had that does it, whatever the piece is."""


class Hand(Executor):
    """Pieces are done one after the other. Safe to share between threads.

    ``nice`` is by how much its process gives way to others.
    """

    def __init__(self, idle_s: float = IDLE_S, longest_s: float = LONGEST_S, nice: int = NICE) -> None:
        self._idle_s, self._longest_s, self._nice = idle_s, longest_s, nice
        self._pieces: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_shut = False
        self._number = 0  # of the piece

    @property
    def pid(self) -> int | None:
        """The process's, while there is one."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """``call`` is a function of a module of this package. Arguments go over as JSON, so does the result.

        The future raises ``Failed``, ``NotStarted``, or ``BrokenExecutor`` where the process died at it.
        """
        piece = {"call": f"{call.__module__}:{call.__qualname__}", "args": arguments, "named": named}
        json.dumps(piece)  # here, so that who gives what can't go over hears of it
        done: Future[Any] = Future()
        with self._guard:
            if self._is_shut:
                raise RuntimeError("This Hand is shut down.")
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="hand", daemon=True)
                thread.start()
                self._thread = thread
            self._pieces.put((done, piece))
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """With ``cancel_futures`` what is being done is broken off, too."""
        with self._guard:
            thread, self._is_shut = self._thread, True
        if cancel_futures:
            while (piece := self._taken()) is not None:
                piece[0].cancel()
            if self._process:
                self._process.kill()
        self._pieces.put(None)
        if wait and thread:
            thread.join()

    def _taken(self) -> _Piece | None:
        try:
            return self._pieces.get_nowait()
        except queue.Empty:
            return None

    def _work(self) -> None:
        while True:
            try:
                piece = self._pieces.get(timeout=self._idle_s if self._process else None)
            except queue.Empty:
                self._end()
                continue
            if piece is None:
                self._end()
                return
            done, order = piece
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(self._done(order))
            except BaseException as error:  # noqa: BLE001 - the future is to raise it
                done.set_exception(error)

    def _done(self, order: dict[str, Any]) -> Any:
        process = self._process
        if process is None or process.poll() is not None:
            self._end()
            process = self._process = _started(self._nice)
            if self._said(process) != _READY:  # what dies before has nothing against its piece
                self._end()
                raise NotStarted("A process was started, and died before it could do anything.")
        assert process.stdin is not None
        self._number += 1
        try:
            process.stdin.write(json.dumps({**order, "number": self._number}).encode() + b"\n")
            process.stdin.flush()
            answer = self._said(process)
        except OSError:
            answer = b""
        if not answer.endswith(b"\n"):
            self._end()
            raise BrokenExecutor("The process has died at this piece of work.")
        found = _read(answer)
        if found.get("number") != self._number:  # else a clip might get what belongs to another
            self._end()
            raise NotStarted("The process speaks otherwise than this one: the package was changed meanwhile.")
        if "error" in found:
            raise Failed(found["error"])
        return found["value"]

    def _said(self, process: subprocess.Popen[bytes]) -> bytes:
        """Its next line; none from one that has died, or takes for ever and is killed for it."""
        assert process.stdout is not None
        watched = select.poll()
        watched.register(process.stdout, select.POLLIN)
        if not watched.poll(self._longest_s * 1e3):
            process.kill()
        return process.stdout.readline()

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        process.kill()
        process.wait()
        self._process = None  # not before: whoever sees no process here may rely on there being none
        for pipe in (process.stdin, process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:  # what was left in it can't be written any more
                    continue


def _read(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _started(nice: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command("workbench.media.hand", str(nice)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C in the terminal is the parent's to deal with
            env=environment(),
        )
    except OSError as error:
        raise NotStarted(f"No process can be started: {error.strerror or error}.") from error


def serve(orders: Iterable[bytes], answers: IO[bytes]) -> None:
    """Say that it is there, then do what each line of ``orders`` says, until there are no more."""
    answers.write(_READY)
    answers.flush()
    for line in orders:
        order = json.loads(line)
        told = {"number": order["number"]}
        try:
            value = _function(order["call"])(*order["args"], **order["named"])
            words = json.dumps({**told, "value": value})
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits is to be told
            traceback.print_exc()
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            words = json.dumps({**told, "error": said})
        answers.write(words.encode() + b"\n")
        answers.flush()


def _orders(told: IO[bytes]) -> Iterator[bytes]:
    """Each line as it comes. With the last one this process ends: nobody waits for what it is at.

    It reads ahead for that: a clip at which a decoder never comes to an end must not keep it alive.
    """
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        for line in told:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=listen, name="parent", daemon=True).start()
    while True:
        yield lines.get()


def _function(call: str) -> Callable[..., Any]:
    module, _, name = call.partition(":")
    if not module.startswith(ROOT) or not name.isidentifier():
        raise ValueError(f"A hand can't call {call!r}; it calls workbench.MODULE:FUNCTION only.")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


if __name__ == "__main__":
    os.nice(int(sys.argv[1]))
    # Answers go out by a descriptor of their own: whatever prints must not get between them.
    with os.fdopen(os.dup(1), "wb") as own:
        os.dup2(2, 1)
        serve(_orders(sys.stdin.buffer), own)
