"""Log a run through the façade, beside the bare INSERT and beside MLflow.

The app's runner is registered as up and serving the account, as when a notebook works beside the app:
``submit`` then does everything but drive the run (validation, hashes, prompt text and its words, row,
full-text index, indices, counts, the look for who drives it), and no runner's work is counted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.api import Workbench
from workbench.domain.times import now, to_text
from workbench.providers.fake import Fake
from workbench.store import Store
from workbench.store.db import FILE_NAME
from workbench.store.runners import APP

MODEL = "fake/clip"


def measure(ground: Ground) -> Iterator[Figure]:
    runs, rounds = ground.size.logged, ground.size.rounds
    folder = ground.folder / "logging"
    bench = Workbench(folder / "ours", providers=[Fake(folder / "accepted.journal")])
    prompts = (f"A lighthouse on a cliff at dusk, slow dolly in, take {n}" for n in count())

    def submit() -> None:
        bench.store.runners.seen("the app's", APP, ["fake:script"], os.getpid(), now())
        for _ in range(runs):
            bench.submit(bench.request(next(prompts), model=MODEL, duration_s=4, resolution="720p", seed=7))

    peer, fewer = ground.mlflow, max(1, runs // 15)
    with bench, closing(_bare(folder / "bare")) as connection:
        turns = [submit, lambda: _insert(connection, runs)]
        if peer:
            turns += [lambda: peer.log_s(fewer), lambda: peer.batch_s(fewer)]
        ours, bare, *theirs = medians_s(rounds, *turns)
        assert len(bench.store.runs.page(bench.runs().filter, runs).runs) == runs
    ours_ms = 1e3 * ours / runs
    plain_ms, batch_ms = (1e3 * taken / fewer for taken in theirs) if theirs else (None, None)
    yield Figure("log a run", ours_ms, "ms", "bare INSERT", 1e3 * bare / runs, most_ratio=10)
    yield Figure("log a run", ours_ms, "ms", "MLflow", plain_ms, most_ratio=1 / 25)
    yield Figure("log a run", ours_ms, "ms", "MLflow, unfinished, one batch", batch_ms)


def _bare(folder: Path) -> sqlite3.Connection:
    """The same tables and indices without the triggers."""
    Store(folder).close()
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def _insert(connection: sqlite3.Connection, runs: int) -> None:
    """What is known beforehand, one transaction a run: a row, its prompt, its words."""
    born = to_text(now())
    start = connection.execute("SELECT coalesce(max(rowid), 0) FROM runs").fetchone()[0]
    settings = '{"aspect_ratio": "16:9", "duration_s": 4, "resolution": "720p", "samples": 1}'
    for number in range(start + 1, start + runs + 1):
        prompt, sha256 = f"A lighthouse on a cliff at dusk, slow dolly in, take {number}", f"{number:064x}"
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO prompt_texts VALUES (?, ?, '', ?)", [sha256, prompt, born])
        connection.execute(
            "INSERT INTO runs (rowid, id, kind, model, account, prompt_hash, settings_json, seed, take, "
            "request_hash, arm_hash, template, slots_json, status, estimate_micros, created_at) "
            "VALUES (?, ?, 'video', 'fake/clip', 'fake:script', ?, ?, 7, 1, ?, ?, '', '{}', 'queued', 0, ?)",
            [number, f"{number:026d}", sha256, settings, sha256, sha256, born],
        )
        connection.execute("INSERT INTO runs_fts VALUES (?, '', 'fakeclip queued')", [prompt])
        connection.execute("COMMIT")
