"""Pauses: a model of an account that is not sent to for a while, since its server has just refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.domain.times import from_text, to_text

FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 60.0
LONGEST_S = 2 * 3_600.0  # longer than any server is obeyed: such a pause is of a clock that was put back


@dataclass(frozen=True, slots=True)
class Pause:
    until: datetime
    why: str


def begin(
    connection: sqlite3.Connection, account: str, model: str, why: str, wait_s: float | None, now: datetime
) -> datetime:
    """Pause the model for ``wait_s``, or for twice as long as the last time. Returns the end.

    Of several requests that were refused while it is paused already, only the longest told wait counts.
    """
    row = connection.execute(
        "SELECT * FROM pauses WHERE account = ? AND model = ?", [account, model]
    ).fetchone()
    tries, is_told, until = row["tries"] if row else 0, wait_s is not None, now
    if row and _holds(from_text(row["until"]), now):
        is_told, until = is_told or bool(row["is_told"]), from_text(row["until"])
    else:
        tries += 1
    if wait_s is not None:
        until = max(until, now + timedelta(seconds=min(wait_s, LONGEST_S)))
    elif until == now:
        until += timedelta(seconds=min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(tries - 1, 10)))
    connection.execute(
        "INSERT OR REPLACE INTO pauses (account, model, until, why, tries, is_told) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [account, model, to_text(until), why, tries, is_told],
    )
    return until


def end(connection: sqlite3.Connection, account: str, model: str, now: datetime) -> None:
    """A request was accepted. A wait that the server has told another request meanwhile still stands."""
    connection.execute(
        "DELETE FROM pauses WHERE account = ? AND model = ? AND (until <= ? OR NOT is_told)",
        [account, model, to_text(now)],
    )


def forget_untold(connection: sqlite3.Connection, models: Sequence[tuple[str, str]]) -> None:
    """Try these (account, model) again at once, but for what their server has asked for itself."""
    connection.executemany("DELETE FROM pauses WHERE account = ? AND model = ? AND NOT is_told", models)


def of_account(connection: sqlite3.Connection, account: str, now: datetime) -> dict[str, Pause]:
    """Model → its pause, of those that hold now."""
    rows = connection.execute("SELECT model, until, why FROM pauses WHERE account = ?", [account])
    found = {row["model"]: Pause(from_text(row["until"]), row["why"]) for row in rows}
    return {model: pause for model, pause in found.items() if _holds(pause.until, now)}


def _holds(until: datetime, now: datetime) -> bool:
    return now < until <= now + timedelta(seconds=LONGEST_S)
