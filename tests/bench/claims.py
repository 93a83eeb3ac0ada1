"""What a runner asks the log four times a second, in a small log and in a large one: what may be sent now?

A thousand runs of three models wait in the queue. All operations that the account may have open are taken
and sixty requests were sent within the last minute; one of the models is paused by a 429.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path

from immutabledict import immutabledict
from ulid import ULID

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Status
from workbench.domain.times import now
from workbench.store import NewRun, Store
from workbench.store.db import FILE_NAME
from workbench.store.ledger import Lease
from workbench.store.limits import Limits

ACCOUNT, OWNER = "bench:host:0", "the bench"
MODELS = ("bench/first", "bench/second", "bench/paused")
AT_ONCE, SENT, QUEUED, TURNS = 10, 60, 1_000, 31
_NO_HURRY = 1_000_000


class Queue:
    """A copy of a log with a queue in it."""

    def __init__(self, log: Store, folder: Path, sent: int) -> None:
        folder.mkdir()
        with (
            closing(sqlite3.connect(log.db.path)) as source,
            closing(sqlite3.connect(folder / FILE_NAME)) as copy,
        ):
            source.backup(copy)
        self.store = Store(folder)
        self._driven: list[str] = []
        self._fill(sent)

    def _fill(self, count: int) -> None:
        ledger, moment = self.store.ledger, now()
        self._log(["bench/first"] * count, moment)
        sent = self._claim(count)
        assert len(sent) == count
        for number, lease in enumerate(sent):
            attempt = ledger.begin_submit(lease, "hash", moment)
            assert attempt
            if number < AT_ONCE:
                ledger.accepted(lease, attempt, {"id": lease.run_id}, moment)
                self._driven.append(lease.run_id)
            else:
                ledger.end(lease, Status.FAILED, moment, message="refused", attempt=attempt)
        self._log([MODELS[2]], moment)
        (held,) = self._claim(AT_ONCE + 1)
        attempt = ledger.begin_submit(held, "hash", moment)
        assert attempt
        ledger.refused(held, attempt, "429", 3_600.0, moment)
        ledger.release(held)
        self._log(list(islice(cycle(MODELS), QUEUED)), moment)

    def _log(self, models: list[str], moment: datetime) -> None:
        settings = immutabledict({"duration_s": 4})
        requests = (GenerationRequest(model, "A lighthouse", settings=settings) for model in models)
        runs = [NewRun(str(ULID()), request, ACCOUNT) for request in requests]
        self.store.runs.insert(runs, moment)

    def _claim(self, at_once: int) -> list[Lease]:
        limits = Limits(at_once=at_once, a_minute=_NO_HURRY)
        ledger = self.store.ledger
        return ledger.claim(
            OWNER,
            ACCOUNT,
            at_once,
            now(),
            driven=self._driven,
            a_minute=_NO_HURRY,
            of_model=lambda _: limits,
        )

    def look(self) -> None:
        """Nothing fits."""
        assert self.store.ledger.has_work([ACCOUNT], now())
        assert not self._claim(AT_ONCE)

    def take_one(self) -> None:
        """One fits: it is claimed, and let go of again."""
        (lease,) = self._claim(AT_ONCE + 1)
        self.store.ledger.release(lease)


def measure(ground: Ground) -> Iterator[Figure]:
    few, many = ground.size.few, ground.size.many
    sent = min(SENT, ground.size.few // 5)
    small = Queue(ground.log_of(few), ground.folder / "queue-small", sent)
    large = Queue(ground.log_of(many), ground.folder / "queue-large", sent)
    turns = TURNS if ground.size.rounds > 1 else 1
    little, much, took_little, took_much = medians_s(
        turns, small.look, large.look, small.take_one, large.take_one
    )
    line = f"look for what may be sent, in {many:,}"
    yield Figure(line, 1e3 * much, "ms", f"in {few:,}", 1e3 * little, most=2.0, most_ratio=2)
    line = "… claim a run and let go of it"
    yield Figure(line, 1e3 * took_much, "ms", f"in {few:,}", 1e3 * took_little, most=2.0, most_ratio=2)
    small.store.close()
    large.store.close()
