"""Peers in interpreters of their own: their dependencies are not ours, and need not agree with ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Where `make bench` installs them; without that folder, this interpreter is asked.
PEERS = Path(sys.prefix) / "peers" / "bin" / "python"
VARIABLE = "BENCH_PEERS"


class Mlflow:
    """MLflow 3 on SQLite, in a process that answers how long it took; so it takes turns with ours."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    def start(cls, folder: Path) -> Mlflow | None:
        """``None`` where MLflow is not installed."""
        for python in _interpreters():
            looked = subprocess.run([python, "-c", _LOOK], capture_output=True, check=False)
            if looked.returncode == 0:
                folder.mkdir(parents=True)
                process = subprocess.Popen(
                    [python, str(Path(__file__).with_name("peer_mlflow.py")), str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                return cls(process)
        return None

    def log_s(self, runs: int) -> float:
        """Seconds to log so many runs, each with 10 parameters and 3 metrics."""
        return self._ask(f"log {runs}")

    def batch_s(self, runs: int) -> float:
        """The same with the fewest calls: the run is made, then one batch; nothing finishes it."""
        return self._ask(f"batch {runs}")

    def copy(self, runs: int) -> None:
        """So many runs more, without the time that logging them would take."""
        self._ask(f"copy {runs}")

    def search_s(self, runs: int) -> float:
        """Seconds until the newest so many runs are a DataFrame."""
        return self._ask(f"search {runs}")

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _ask(self, what: str) -> float:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


_LOOK = "import importlib.util, sys; sys.exit(importlib.util.find_spec('mlflow') is None)"


def _interpreters() -> Iterator[str]:
    if named := os.environ.get(VARIABLE):
        yield named
    if PEERS.exists():
        yield str(PEERS)
    yield sys.executable
