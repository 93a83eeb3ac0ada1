"""The caps: what the runs of a day, and those of an experiment, may cost together.

What has no bill yet counts with its estimate; what ended without a charge is given back. A run that was
sent again after an attempt without an answer counts with both: both may be charged.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.domain.errors import BudgetExceeded
from workbench.domain.run import EMULATED
from workbench.domain.times import to_text

_MAY_COST = (
    "(SELECT count(*) FROM attempts WHERE run_id = runs.id AND step = 'submit' "
    "AND outcome IN ('', 'unknown', 'accepted')) + (status = 'queued')"
)
_SPENT = (
    "SELECT coalesce(sum(coalesce(billed_micros, estimate_micros, 0) "
    f"+ coalesce(estimate_micros, 0) * max(0, {_MAY_COST} - 1)), 0) FROM runs "
    "WHERE NOT (charge = 'none' AND status IN ('failed', 'filtered', 'expired', 'cancelled'))"
)

_ASKED = "SELECT coalesce(sum(estimate_micros), 0) FROM asks WHERE charge <> 'none' AND started_at >= ?"


def spent_on_day(connection: sqlite3.Connection, now: datetime) -> int:
    """Micro-dollars that the runs and asks of the UTC day of ``now`` cost or may still cost."""
    day = to_text(now)[:10]
    runs = connection.execute(f"{_SPENT} AND created_at >= ?", [day]).fetchone()[0]
    asks = connection.execute(_ASKED, [day]).fetchone()[0]
    return int(runs) + int(asks)


def emulated_on_day(connection: sqlite3.Connection, now: datetime) -> int:
    """The part of ``spent_on_day`` that nobody charges: emulators count, so that a budget can be tried."""
    runs = f"{_SPENT} AND created_at >= :day AND instr(account, :emulated) > 0"
    asks = _ASKED.replace("?", ":day") + " AND instr(account, :emulated) > 0"
    said = {"day": to_text(now)[:10], "emulated": EMULATED}
    return sum(int(connection.execute(counted, said).fetchone()[0]) for counted in (runs, asks))


def over_day(connection: sqlite3.Connection, wanted: int, now: datetime, budget_micros: int) -> str:
    """Why ``wanted`` does not fit under what is left of today (UTC); empty where it does."""
    spent = spent_on_day(connection, now)
    if spent + wanted <= budget_micros:
        return ""
    emulated = emulated_on_day(connection, now)
    made_up = f", {_usd(emulated)} of it by emulators, which charge nothing" if emulated else ""
    return (
        f"This would cost about {_usd(wanted)}, but {_usd(spent)} of today's {_usd(budget_micros)} "
        f"(WORKBENCH_BUDGET_USD, UTC day) are spent or reserved{made_up}. Nothing was sent."
    )


def spent_in_experiment(connection: sqlite3.Connection, experiment_id: str) -> int:
    """Micro-dollars that the runs of an experiment cost or may still cost."""
    return int(connection.execute(f"{_SPENT} AND experiment_id = ?", [experiment_id]).fetchone()[0])


def emulated_in_experiment(connection: sqlite3.Connection, experiment_id: str) -> int:
    """The part of ``spent_in_experiment`` that nobody charges: emulators counted with it, as a try-out."""
    made_up = f"{_SPENT} AND experiment_id = ? AND instr(account, ?) > 0"
    return int(connection.execute(made_up, [experiment_id, EMULATED]).fetchone()[0])


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request that is about to be reserved."""

    model: str
    estimate_micros: int | None
    experiment_id: str | None


def check_day(
    connection: sqlite3.Connection, new: Sequence[Wanted], now: datetime, budget_micros: int
) -> None:
    """Raises ``BudgetExceeded`` where ``new`` does not fit under what is left of today (UTC)."""
    if why := over_day(connection, _wanted(new, "A budget is set"), now, budget_micros):
        raise BudgetExceeded(why)


def check_experiments(connection: sqlite3.Connection, new: Sequence[Wanted]) -> None:
    """Raises ``BudgetExceeded`` where an experiment's own cap is too small for what is new in it."""
    by_experiment: dict[str, list[Wanted]] = defaultdict(list)
    for run in new:
        if run.experiment_id:
            by_experiment[run.experiment_id].append(run)
    for experiment_id, runs in by_experiment.items():
        row = connection.execute(
            "SELECT name, cap_micros FROM experiments WHERE id = ?", [experiment_id]
        ).fetchone()
        if row is None or row["cap_micros"] is None:
            continue
        wanted = _wanted(runs, f"The experiment {row['name']!r} has a cap")
        spent = spent_in_experiment(connection, experiment_id)
        if spent + wanted > row["cap_micros"]:
            raise BudgetExceeded(
                f"This would cost about {_usd(wanted)}, but {_usd(spent)} of the "
                f"{_usd(row['cap_micros'])} that the experiment {row['name']!r} may cost are spent or "
                f"reserved. Nothing was sent."
            )


def _wanted(new: Sequence[Wanted], why: str) -> int:
    unpriced = next((run for run in new if run.estimate_micros is None), None)
    if unpriced:
        raise BudgetExceeded(
            f"{why}, but no price is known for {unpriced.model}, so it can't be kept. "
            f"Give its price in workbench.toml; nothing was sent."
        )
    return sum(run.estimate_micros or 0 for run in new)


def _usd(micros: int) -> str:
    return f"${micros / 1e6:,.2f}"
