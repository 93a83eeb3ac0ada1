"""The real app in a process of its own, and a browser to look at it with."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workbench.domain.run import Status
from workbench.store import Store

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
START_S = 40.0


class App:
    """``kill()`` is SIGKILL, ``stop()`` is Ctrl+C; ``address`` is what it printed."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        settings = {"WORKBENCH_DATA": str(folder), "WORKBENCH_PORT": "0", **(environ or {})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workbench.app", "--no-browser"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **settings},
            text=True,
        )
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.address = self._told_address()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _listen(self) -> None:
        """To the end: a full pipe would hold the app up."""
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.put(line)
        self._said.put("")

    def _told_address(self) -> str:
        said, deadline = "", time.monotonic() + START_S
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                line = self._said.get(timeout=left_s)
            except queue.Empty:
                break
            said += line
            if found := re.search(r"http://\S+:\d+", line):
                return found.group()
            if not line:
                break
        self.kill()
        raise AssertionError(f"the app did not start: {said}")


@contextmanager
def serving(folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[App]:
    app = App(folder, environ)
    try:
        yield app
    finally:
        app.stop()


def log_of(app: App) -> Store:
    return Store(app.folder)


def finished(app: App, count: int, within_s: float = 180.0) -> None:
    """Wait until the embedded engine has made clips for ``count`` runs."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if log_of(app).runs.counts().get(("animatic/preview", Status.SUCCEEDED), 0) >= count:
            return
        time.sleep(0.2)  # noqa: TID251 - waiting for another process
    raise AssertionError(f"not {count} clips in {within_s} s: {log_of(app).runs.counts()}")
