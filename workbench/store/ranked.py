"""Runs in the order of a metric of their first clip. A page walks the index of the values, by key.

Where a filter leaves few runs, these are found first and put in order instead: walking a million values
to find a dozen runs takes most of a second.
"""

from __future__ import annotations

import json

from workbench.domain.errors import RequestError
from workbench.domain.metric import MetricRange
from workbench.domain.query import RankedPage, RunFilter
from workbench.domain.run import Status
from workbench.store.db import Database
from workbench.store.loading import SELECT, load
from workbench.store.runs import PAGE_LIMIT
from workbench.store.selection import FEW, conditions, is_everything, newest, version_of

MOST_WITHOUT_CLIPS = 200_000

Key = tuple[float, int]  # the value of a page's last run, and its own key


class Ranked:
    def __init__(self, db: Database) -> None:
        self._db = db

    def page(
        self,
        wanted: RunFilter,
        by: MetricRange,
        *,
        descending: bool = True,
        limit: int = 50,
        after: Key | None = None,
    ) -> RankedPage:
        """Runs whose first clip has a value of ``by``, in its order.

        Equal values come newest first, or oldest first where ``descending`` is false. ``after`` is the
        ``next`` of the page before. Raises ``RequestError`` for an unknown metric, or a
        range that is none.
        """
        if by.least is not None and by.most is not None and by.least > by.most:
            raise RequestError(f"{by.name} can't be from {by.least:g} to {by.most:g}. Swap the two.")
        limit = min(limit, PAGE_LIMIT)
        connection = self._db.read()
        down, beyond = ("DESC", "<") if descending else ("", ">")
        source = "metrics AS m INDEXED BY metrics_value CROSS JOIN runs ON runs.rowid = m.run"
        where = [
            "m.metric = (SELECT id FROM metric_names WHERE name = ? AND version = ?)",
            "m.position = 0",
            "m.value IS NOT NULL",
        ]
        values: list[object] = [by.name, version_of(by.name)]
        if by.least is not None:
            where.append("m.value >= ?")
            values.append(by.least)
        if by.most is not None:
            where.append("m.value <= ?")
            values.append(by.most)
        if after is not None:
            # The first bound is what the index starts at; the second is exact among equal values.
            where.append(f"m.value {beyond}= ? AND (m.value, m.run) {beyond} (?, ?)")
            values += [after[0], *after]
        if not is_everything(wanted):
            # Of runs that have not succeeded hardly any has a clip: along the index there is nothing to find.
            few = FEW if not wanted.status or Status.SUCCEEDED in wanted.status else MOST_WITHOUT_CLIPS
            keys, of_these = newest(wanted, few + 1, None, connection)
            if len(found := connection.execute(keys, of_these).fetchall()) <= few:
                source = "metrics AS m CROSS JOIN runs ON runs.rowid = m.run"
                where.append("m.run IN (SELECT value FROM json_each(?))")
                values.append(json.dumps([row[0] for row in found]))
        also, more = conditions(wanted, connection)
        rows = connection.execute(
            f"SELECT m.run, m.value FROM {source} WHERE {' AND '.join([*where, *also])} "
            f"ORDER BY m.value {down}, m.run {down} LIMIT ?",
            [*values, *more, limit + 1],
        ).fetchall()
        shown = rows[:limit]
        runs = {
            run.rowid: run
            for run in load(
                self._db,
                connection.execute(
                    f"{SELECT} WHERE runs.rowid IN ({', '.join('?' * len(shown))})", [row[0] for row in shown]
                ).fetchall(),
            )
        }
        last = (float(shown[-1][1]), int(shown[-1][0])) if len(rows) > limit else None
        return RankedPage(tuple((runs[key], float(value)) for key, value in shown if key in runs), last)
