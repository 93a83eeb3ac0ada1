"""Idempotency keys: the same key never makes a second run, whatever thread or process asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.domain.errors import RequestError
from workbench.domain.times import to_text
from workbench.store.db import Database


@dataclass(frozen=True, slots=True)
class Once:
    """A caller's wish that a request runs once: its key, and a hash of everything that it asks for."""

    key: str
    asked_hash: str


class KeyReused(RequestError):
    """The key was used before, for another request."""


class AlreadyMade(Exception):
    """No error: the answer to a request that was sent again."""

    def __init__(self, run_ids: Sequence[str]) -> None:
        self.run_ids = tuple(run_ids)
        super().__init__(", ".join(run_ids))


class Keys:
    def __init__(self, db: Database) -> None:
        self._db = db

    def made(self, once: Once) -> tuple[str, ...]:
        """Ids of the runs that the key has made, empty where it is new. Raises ``KeyReused``."""
        row = (
            self._db.read()
            .execute("SELECT asked_hash, run_ids_json FROM idempotency_keys WHERE key = ?", [once.key])
            .fetchone()
        )
        if row is None:
            return ()
        if row["asked_hash"] != once.asked_hash:
            raise KeyReused(
                f"The Idempotency-Key {once.key!r:.80} was sent before with another request. "
                f"Send that request again as it was, or take a new key; nothing was sent."
            )
        return tuple(json.loads(row["run_ids_json"]))

    def take(self, once: Once, run_ids: Sequence[str], now: datetime) -> None:
        """Inside the transaction that inserts the runs. Raises ``AlreadyMade`` or ``KeyReused``."""
        if earlier := self.made(once):
            raise AlreadyMade(earlier)
        self._db.read().execute(
            "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)",
            [once.key, once.asked_hash, json.dumps(list(run_ids)), to_text(now)],
        )
