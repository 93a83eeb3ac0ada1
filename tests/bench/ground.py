"""What the lines share: how much to measure, where, and logs that are filled once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.bench.filling import filled
from tests.bench.peers import Mlflow
from workbench.store import Store


@dataclass(frozen=True, slots=True)
class Size:
    """How much each line measures. Counts are of runs unless the name says otherwise.

    ``ranked`` are votes.
    """

    rounds: int
    logged: int
    framed: int
    few: int
    many: int
    peer: int
    operations: int
    quickest_s: float
    slowest_s: float
    waiting_s: float
    clip_s: int
    clip_height: int
    shot_s: int
    shot: str
    trials: int
    replications: int
    ranked: int


FULL = Size(
    rounds=7,
    logged=300,
    framed=100_000,
    few=10_000,
    many=1_000_000,
    peer=10_000,
    operations=100,
    quickest_s=2.0,
    slowest_s=4.0,
    waiting_s=20.0,
    clip_s=8,
    clip_height=720,
    shot_s=4,
    shot="480p",
    trials=200,
    replications=2_000,
    ranked=100_000,
)
TOY = Size(
    rounds=1,
    logged=3,
    framed=60,
    few=60,
    many=120,
    peer=2,
    operations=3,
    quickest_s=0.1,
    slowest_s=0.2,
    waiting_s=0.3,
    clip_s=1,
    clip_height=120,
    shot_s=1,
    shot="360p",
    trials=2,
    replications=3,
    ranked=1_000,
)


class Ground:
    """A scratch folder, the logs filled in it so far, and the peers. Close it."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        self.size = size
        self._logs: dict[int, Store] = {}
        self._mlflow: Mlflow | None = None
        self._looked = False

    def log_of(self, runs: int) -> Store:
        """A log that holds so many runs. Shared between lines: read it only."""
        if runs not in self._logs:
            self._logs[runs] = filled(self.folder / f"log-{runs}", runs)
        return self._logs[runs]

    @property
    def mlflow(self) -> Mlflow | None:
        """``None`` where it is not installed."""
        if not self._looked:
            self._looked, self._mlflow = True, Mlflow.start(self.folder / "mlflow")
        return self._mlflow

    def close(self) -> None:
        for store in self._logs.values():
            store.close()
        if self._mlflow:
            self._mlflow.close()
