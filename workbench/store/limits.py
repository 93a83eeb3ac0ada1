"""How much may be sent: operations at once and requests a minute, over every process of the folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.domain.times import from_text, to_text
from workbench.store import pauses
from workbench.store.db import IS_UNDER_WAY
from workbench.store.pauses import Pause

MINUTE_S = 60.0
SLACK_S = 60.0  # another process may have read the clock after this one; a clock put back by more is seen


@dataclass(frozen=True, slots=True)
class Limits:
    """Operations open at once, and requests within a minute; ``None`` is any number."""

    at_once: int | None = None
    a_minute: int | None = None


OfModel = Callable[[str], Limits]


def unlimited(_: str) -> Limits:
    return Limits()


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an account has under way, by model. Runs that are claimed and about to be sent count as both."""

    open: Mapping[str, int]
    sent: Mapping[str, int]
    pauses: Mapping[str, Pause]

    def room(self, limits: Limits, model: str = "") -> int:
        """How many more may be sent now, to ``model`` or (without) to all of the account."""
        free = [2**31]
        if limits.at_once is not None:
            free.append(limits.at_once - _of(self.open, model))
        if limits.a_minute is not None:
            free.append(limits.a_minute - _of(self.sent, model))
        return max(0, min(free))


def traffic(connection: sqlite3.Connection, account: str, now: datetime) -> Traffic:
    names = {
        "account": account,
        "now": to_text(now),
        "minute_ago": to_text(now - timedelta(seconds=MINUTE_S)),
        "soon": to_text(now + timedelta(seconds=SLACK_S)),
    }
    under_way = connection.execute(
        f"SELECT model, count(*) FROM runs INDEXED BY runs_under_way WHERE account = :account "
        f"AND {IS_UNDER_WAY} AND status <> 'downloading' AND NOT overdue GROUP BY model",
        names,
    )
    open_now: dict[str, int] = dict(under_way.fetchall())
    recent = connection.execute(
        "SELECT model, count(*) FROM attempts INDEXED BY attempts_submitted "
        "JOIN runs ON runs.id = attempts.run_id "
        "WHERE step = 'submit' AND started_at > :minute_ago AND started_at <= :soon "
        "AND +account = :account GROUP BY model",
        names,
    )
    sent: dict[str, int] = dict(recent.fetchall())
    claimed = connection.execute(
        "SELECT model, count(*) FROM runs INDEXED BY runs_leased WHERE account = :account "
        "AND lease_owner IS NOT NULL AND status = 'queued' AND lease_until >= :now GROUP BY model",
        names,
    )
    for model, count in claimed:
        open_now[model] = open_now.get(model, 0) + count
        sent[model] = sent.get(model, 0) + count
    return Traffic(open_now, sent, pauses.of_account(connection, account, now))


def next_s(connection: sqlite3.Connection, account: str, model: str, now: datetime) -> float:
    """Seconds until the oldest request of the last minute no longer counts."""
    of_model = " AND +model = :model" if model else ""
    oldest = connection.execute(
        f"SELECT min(started_at) FROM attempts INDEXED BY attempts_submitted "
        f"JOIN runs ON runs.id = attempts.run_id "
        f"WHERE step = 'submit' AND started_at > :minute_ago AND +account = :account{of_model}",
        {"minute_ago": to_text(now - timedelta(seconds=MINUTE_S)), "account": account, "model": model},
    ).fetchone()[0]
    if oldest is None:
        return 0.0
    return max(0.0, MINUTE_S - (now - from_text(oldest)).total_seconds())


def _of(counts: Mapping[str, int], model: str) -> int:
    return counts.get(model, 0) if model else sum(counts.values())
