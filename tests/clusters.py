"""A Dask cluster on this machine, for whatever is done by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from immutabledict import immutabledict

from workbench.runner.clock import SystemClock


@contextmanager
def cluster(
    folder: Path, workers: int = 2, more: Mapping[str, str] = immutabledict(), protocol: str = "tcp"
) -> Iterator[str]:
    """A real scheduler and real workers, each a process."""
    run = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    address_file = folder / "scheduler.json"
    told = ["--no-jupyter", "--protocol", protocol, "--scheduler-file", str(address_file)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **more}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environ}
    started = [
        subprocess.Popen(
            [*run, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *told],
            **quiet,  # type: ignore[call-overload]
        )
    ]
    try:
        for _ in range(4_500):
            if address_file.exists() and address_file.stat().st_size:
                break
            SystemClock().pause(0.02)
        address = json.loads(address_file.read_text())["address"]
        for number in range(workers):
            place = folder / f"worker-{number}"
            place.mkdir()
            work = [
                sys.executable,
                "-m",
                "distributed.cli.dask_worker",
                address,
                "--no-nanny",
                "--protocol",
                protocol,
            ]
            alone = ["--no-nanny", "--no-dashboard", "--nthreads", "1", "--local-directory", str(place)]
            started.append(subprocess.Popen([*work, *alone], **quiet))  # type: ignore[call-overload]
        from distributed import Client
        from distributed.security import Security

        with Client(address, set_as_default=False, timeout=60, security=Security()) as client:
            client.wait_for_workers(workers, timeout=90)
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
