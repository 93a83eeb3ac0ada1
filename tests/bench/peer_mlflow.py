"""MLflow's side of the bench: ``log N``, ``batch N``, ``copy N`` or ``search N`` a line.

Seconds are the answer. ``log`` is the way of its tutorial, ``batch`` the fewest calls there are, and the run
left unfinished. ``copy`` writes a logged run N times by SQL, as logging them would take minutes.

It runs in the peers' interpreter, so it imports nothing of ours.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def main(folder: Path) -> None:
    import mlflow
    from mlflow.entities import Metric, Param
    from mlflow.tracking import MlflowClient

    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    client = MlflowClient()
    experiment = client.create_experiment("bench", artifact_location=str(folder / "artifacts"))

    def values(number: int) -> tuple[dict[str, str], dict[str, float]]:
        params = {f"setting_{i}": f"value {number} {i}" for i in range(9)}
        prompt = f"A lighthouse on a cliff at dusk, slow dolly in, take {number}"
        return {**params, "prompt": prompt}, {f"measure_{i}": float(number + i) for i in range(3)}

    def log(runs: int) -> None:
        for number in range(runs):
            params, metrics = values(number)
            with mlflow.start_run(experiment_id=experiment):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)

    def batch(runs: int) -> None:
        for number in range(runs):
            params, metrics = values(number)
            now = int(time.time() * 1000)
            client.log_batch(
                client.create_run(experiment).info.run_id,
                params=[Param(*item) for item in params.items()],
                metrics=[Metric(*item, now, 0) for item in metrics.items()],
            )

    def search(runs: int) -> None:
        found = mlflow.search_runs([experiment], max_results=runs)
        assert len(found) == runs

    def copy(runs: int) -> None:
        log(1)
        with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
            for table in ("runs", "params", "metrics", "latest_metrics", "tags"):
                _copy(connection, table, runs)
            connection.commit()

    calls = {"log": log, "batch": batch, "copy": copy, "search": search}
    for line in sys.stdin:
        what, runs = line.split()
        start = time.perf_counter()
        calls[what](int(runs))
        print(time.perf_counter() - start, flush=True)


def _copy(connection: sqlite3.Connection, table: str, runs: int) -> None:
    """The rows of the newest run, again for as many runs."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    copied = ", ".join("printf('%032x', n)" if name == "run_uuid" else name for name in columns)
    newest = "(SELECT run_uuid FROM runs WHERE run_uuid NOT LIKE '0000%' ORDER BY start_time DESC LIMIT 1)"
    connection.execute(
        f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) "
        f"INSERT INTO {table} SELECT {copied} FROM {table}, n WHERE run_uuid = {newest}",
        [runs],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
