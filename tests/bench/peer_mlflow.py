"""MLflow's side of the bench: ``log N`` or ``search N`` a line on standard input, seconds as the answer.

It runs in the peers' interpreter, so it imports nothing of ours.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def main(folder: Path) -> None:
    import mlflow
    from mlflow.entities import Metric, Param
    from mlflow.tracking import MlflowClient

    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    client = MlflowClient()
    experiment = client.create_experiment("bench", artifact_location=str(folder / "artifacts"))

    def log(runs: int) -> None:
        for number in range(runs):
            run = client.create_run(experiment)
            now = int(time.time() * 1000)
            params = [Param(f"setting_{i}", f"value {number} {i}") for i in range(9)]
            params.append(Param("prompt", f"A lighthouse on a cliff at dusk, slow dolly in, take {number}"))
            metrics = [Metric(f"measure_{i}", float(number + i), now, 0) for i in range(3)]
            client.log_batch(run.info.run_id, metrics=metrics, params=params)

    def search(runs: int) -> None:
        found = mlflow.search_runs([experiment], max_results=runs)
        assert len(found) == runs

    for line in sys.stdin:
        what, runs = line.split()
        start = time.perf_counter()
        {"log": log, "search": search}[what](int(runs))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
