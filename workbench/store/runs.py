"""Runs: inserting them, reading them, searching them, the bin. Changes of state are ``ledger``'s."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from immutabledict import immutabledict

from workbench.domain.errors import BudgetExceeded, FailureReason, RequestError, UnknownRun
from workbench.domain.media import Input, Media, Role
from workbench.domain.query import Page, RunFilter
from workbench.domain.request import GenerationRequest
from workbench.domain.run import (
    FINAL,
    Charge,
    Clip,
    Kind,
    Origin,
    Parenthood,
    Run,
    Status,
)
from workbench.domain.times import from_text, to_text
from workbench.media.files import MediaFiles
from workbench.store import media as media_rows
from workbench.store.db import MEDIA_FOLDER, Database

_PROMPTS = "prompt_texts.text AS prompt, prompt_texts.negative_text AS negative_prompt"
_FROM = "FROM runs JOIN prompt_texts ON prompt_texts.hash = runs.prompt_hash"
_SELECT = f"SELECT runs.*, {_PROMPTS} {_FROM}"
PAGE_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class NewRun:
    """A validated request about to become a row."""

    id: str
    request: GenerationRequest
    account: str
    kind: Kind = Kind.VIDEO
    origin: Origin = field(default_factory=Origin)
    estimate_micros: int | None = None
    adjustments: tuple[str, ...] = ()


class Runs:
    def __init__(self, db: Database) -> None:
        self._db = db

    def insert(self, new: Sequence[NewRun], now: datetime, budget_micros: int | None = None) -> None:
        """Insert all or none. ``budget_micros`` caps the sum of today's (UTC) charges and reservations.

        Raises ``BudgetExceeded``; the check and the reservation are one transaction.
        """
        with self._db.write() as connection:
            if budget_micros is not None:
                _check_budget(connection, new, now, budget_micros)
            for run in new:
                _insert(connection, run, now)

    def get(self, run_id: str) -> Run:
        """Raises ``UnknownRun``. A unique beginning of an id is enough."""
        return self.get_many([self.resolve(run_id)])[0]

    def get_many(self, ids: Sequence[str]) -> list[Run]:
        """In the order asked for; unknown ids are left out."""
        marks = ", ".join("?" * len(ids))
        rows = self._db.read().execute(f"{_SELECT} WHERE runs.id IN ({marks})", list(ids)).fetchall()
        found = {run.id: run for run in _runs(self._db, rows)}
        return [found[run_id] for run_id in ids if run_id in found]

    def resolve(self, run_id: str) -> str:
        """The whole id for a unique beginning of one; raises ``UnknownRun``."""
        beginning = run_id.strip().upper()
        if not re.fullmatch(r"[0-9A-Z]{1,26}", beginning):
            raise UnknownRun(f"{run_id!r} is no run id. `workbench runs` lists them.")
        rows = (
            self._db.read()
            .execute("SELECT id FROM runs WHERE id >= ? AND id < ? LIMIT 2", [beginning, beginning + "~"])
            .fetchall()
        )
        if not rows:
            raise UnknownRun(f"The log holds no run {run_id}. `workbench runs` lists them.")
        if len(rows) > 1:
            raise UnknownRun(f"Several runs begin with {run_id}. Give more of the id.")
        return str(rows[0][0])

    def page(self, wanted: RunFilter, limit: int = 50, before: int | None = None) -> Page:
        """The newest ``limit`` runs older than the key ``before``. Keyset: page 2,000 costs as page 1."""
        limit = min(limit, PAGE_LIMIT)
        source, values = selection(wanted, before)
        sql = f"SELECT runs.*, {_PROMPTS} {source} LIMIT ?"
        rows = self._db.read().execute(sql, [*values, limit + 1]).fetchall()
        older = int(rows[limit - 1]["rowid"]) if len(rows) > limit else None
        return Page(tuple(_runs(self._db, rows[:limit])), older)

    def counts(self) -> dict[tuple[str, Status], int]:
        """Runs outside the bin by (model, status); kept by triggers, so it costs nothing."""
        rows = self._db.read().execute("SELECT model, status, runs FROM run_counts WHERE runs > 0")
        return {(row["model"], Status(row["status"])): int(row["runs"]) for row in rows}

    def children(self, run_id: str) -> list[Run]:
        rows = self._db.read().execute(
            f"{_SELECT} WHERE runs.parent_id = ? AND runs.deleted_at IS NULL ORDER BY runs.rowid", [run_id]
        )
        return _runs(self._db, rows.fetchall())

    def delete(self, ids: Sequence[str], now: datetime) -> None:
        """Move finished runs to the bin. Raises ``RequestError`` while one is still busy."""
        marks = ", ".join("?" * len(ids))
        final = ", ".join(f"'{status}'" for status in sorted(FINAL))
        with self._db.write() as connection:
            busy = connection.execute(
                f"SELECT id FROM runs WHERE id IN ({marks}) AND status NOT IN ({final})", list(ids)
            ).fetchone()
            if busy:
                raise RequestError(f"Run {busy['id']} is not finished. Cancel it first, then delete it.")
            connection.execute(
                f"UPDATE runs SET deleted_at = ? WHERE id IN ({marks}) AND deleted_at IS NULL",
                [to_text(now), *ids],
            )

    def undelete(self, ids: Sequence[str]) -> None:
        marks = ", ".join("?" * len(ids))
        with self._db.write() as connection:
            connection.execute(f"UPDATE runs SET deleted_at = NULL WHERE id IN ({marks})", list(ids))

    def purge(self, before: datetime) -> int:
        """Forget for good the runs that went to the bin before ``before``; returns how many."""
        with self._db.write() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE runs.deleted_at IS NOT NULL AND runs.deleted_at < ?", [to_text(before)]
            ).fetchall()
            for row in rows:
                connection.execute(
                    "INSERT INTO runs_fts(runs_fts, rowid, prompt, negative_prompt, model) "
                    "VALUES ('delete', ?, ?, ?, ?)",
                    [row["rowid"], row["prompt"], row["negative_prompt"], row["model"]],
                )
                for table in ("metrics", "ratings", "notes", "clips", "attempts", "run_inputs"):
                    connection.execute(f"DELETE FROM {table} WHERE run_id = ?", [row["id"]])
                connection.execute("DELETE FROM runs WHERE id = ?", [row["id"]])
        return len(rows)


def _insert(connection: sqlite3.Connection, new: NewRun, now: datetime) -> None:
    request, origin, born = new.request, new.origin, to_text(now)
    connection.execute(
        "INSERT INTO prompt_texts VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [request.prompt_hash, request.prompt, request.negative_prompt, born],
    )
    cursor = connection.execute(
        "INSERT INTO runs (id, kind, model, account, prompt_hash, settings_json, seed, take, "
        "request_hash, arm_hash, parent_id, parenthood, experiment_id, template, slots_json, status, "
        "adjustments_json, estimate_micros, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            new.id,
            new.kind,
            request.model,
            new.account,
            request.prompt_hash,
            json.dumps(dict(request.settings), ensure_ascii=False, sort_keys=True),
            request.seed,
            request.take,
            request.request_hash,
            request.arm_hash,
            origin.parent_id,
            origin.parenthood,
            origin.experiment_id,
            origin.template,
            json.dumps(dict(origin.slots), ensure_ascii=False),
            Status.QUEUED,
            json.dumps(new.adjustments, ensure_ascii=False),
            new.estimate_micros,
            born,
        ],
    )
    connection.execute(
        "INSERT INTO runs_fts(rowid, prompt, negative_prompt, model) VALUES (?, ?, ?, ?)",
        [cursor.lastrowid, request.prompt, request.negative_prompt, request.model],
    )
    for i in request.inputs:
        media_rows.insert(connection, i.media, now)
        connection.execute(
            "INSERT INTO run_inputs VALUES (?, ?, ?, ?)", [new.id, i.role, i.position, i.media.sha256]
        )


def _check_budget(
    connection: sqlite3.Connection, new: Sequence[NewRun], now: datetime, budget_micros: int
) -> None:
    midnight = to_text(now)[:10]
    unpriced = next((run for run in new if run.estimate_micros is None), None)
    if unpriced:
        raise BudgetExceeded(
            f"A budget is set, but no price is known for {unpriced.request.model}, so it can't be kept. "
            f"Give its price in workbench.toml; nothing was sent."
        )
    # What ended without a charge is given back; everything else stays reserved at its estimate.
    spent = connection.execute(
        "SELECT coalesce(sum(coalesce(billed_micros, estimate_micros, 0)), 0) FROM runs "
        "WHERE created_at >= ? AND NOT (charge = 'none' AND status IN "
        "('failed', 'filtered', 'expired', 'cancelled'))",
        [midnight],
    ).fetchone()[0]
    wanted = sum(run.estimate_micros or 0 for run in new)
    if spent + wanted > budget_micros:
        raise BudgetExceeded(
            f"This would cost about ${wanted / 1e6:.2f}, but ${spent / 1e6:.2f} of today's "
            f"${budget_micros / 1e6:.2f} (WORKBENCH_BUDGET_USD, UTC day) are spent or reserved. "
            f"Nothing was sent."
        )


def selection(wanted: RunFilter, before: int | None = None) -> tuple[str, list[object]]:
    """``FROM … WHERE … ORDER BY`` (newest first) with its values, for a filter and a page key."""
    where, values = _conditions(wanted)
    if not wanted.text.strip():
        if before is not None:
            where.append("runs.rowid < ?")
            values.append(before)
        return f"{_FROM} WHERE {' AND '.join(where)} ORDER BY runs.rowid DESC", values
    # The full-text index walks its own rowids downwards: no sort, and it stops when the page is full.
    where.insert(0, "runs_fts MATCH ?")
    values.insert(0, _match(wanted.text, wanted.model))
    if before is not None:
        where.append("runs_fts.rowid < ?")
        values.append(before)
    joined = f"{_FROM} JOIN runs_fts ON runs_fts.rowid = runs.rowid"
    return f"{joined} WHERE {' AND '.join(where)} ORDER BY runs_fts.rowid DESC", values


def _conditions(wanted: RunFilter) -> tuple[list[str], list[object]]:
    where = ["runs.deleted_at IS NOT NULL" if wanted.deleted else "runs.deleted_at IS NULL"]
    values: list[object] = []

    def add(condition: str, *parameters: object) -> None:
        where.append(condition)
        values.extend(parameters)

    if wanted.model:
        add("runs.model = ?", wanted.model)
    if wanted.status:
        add(f"runs.status IN ({', '.join('?' * len(wanted.status))})", *wanted.status)
    if wanted.rating_least is not None:
        add("runs.rating >= ?", wanted.rating_least)
    for column in ("experiment_id", "arm_hash", "request_hash", "parent_id"):
        if value := getattr(wanted, column):
            add(f"runs.{column} = ?", value)
    # Rows are born in the order of time: a date becomes a bound on the key that the page walks.
    # (The hour is slack for a clock that was set back; the exact condition follows.)
    if wanted.since:
        add(
            "runs.rowid >= coalesce((SELECT rowid FROM runs WHERE created_at >= ? "
            "ORDER BY created_at LIMIT 1), 9e18) AND runs.created_at >= ?",
            to_text(wanted.since - timedelta(hours=1)),
            to_text(wanted.since),
        )
    if wanted.until:
        add(
            "runs.rowid <= coalesce((SELECT rowid FROM runs WHERE created_at < ? "
            "ORDER BY created_at DESC LIMIT 1), -1) AND runs.created_at < ?",
            to_text(wanted.until + timedelta(hours=1)),
            to_text(wanted.until),
        )
    return where, values


def _match(text: str, model: str) -> str:
    """The full-text query for what a person typed: every word, the last one as a beginning."""
    words = [word.replace('"', '""') for word in text.split()]
    terms = " AND ".join(f'"{word}"' for word in words) + "*"
    only_model = f' AND model : "{model}"' if model else ""
    return f"{{prompt negative_prompt}} : ({terms}){only_model}"


def _runs(db: Database, rows: Sequence[sqlite3.Row]) -> list[Run]:
    """Whole values for rows of ``_SELECT``: inputs, clips and media in three more statements."""
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    connection, files = db.read(), MediaFiles(db.folder / MEDIA_FOLDER)
    marks = ", ".join("?" * len(ids))
    inputs = connection.execute(
        f"SELECT * FROM run_inputs WHERE run_id IN ({marks}) ORDER BY role, position", ids
    ).fetchall()
    clips = connection.execute(
        f"SELECT * FROM clips WHERE run_id IN ({marks}) ORDER BY position", ids
    ).fetchall()
    hashes = [row["media_sha256"] for row in inputs]
    for row in clips:
        hashes += [row["media_sha256"], row["poster_sha256"], row["last_frame_sha256"]]
    media = media_rows.load(connection, (sha for sha in hashes if sha))
    inputs_of: dict[str, list[Input]] = defaultdict(list)
    clips_of: dict[str, list[Clip]] = defaultdict(list)
    for row in inputs:
        inputs_of[row["run_id"]].append(_input(row, media))
    for row in clips:
        if row["media_sha256"]:
            clips_of[row["run_id"]].append(_clip(row, media, files))
    return [_run(row, inputs_of[row["id"]], clips_of[row["id"]]) for row in rows]


def _run(row: sqlite3.Row, inputs: Iterable[Input], clips: Iterable[Clip]) -> Run:
    return Run(
        id=row["id"],
        rowid=row["rowid"],
        kind=Kind(row["kind"]),
        request=GenerationRequest(
            model=row["model"],
            prompt=row["prompt"],
            negative_prompt=row["negative_prompt"],
            inputs=tuple(sorted(inputs, key=lambda i: (list(Role).index(i.role), i.position))),
            settings=immutabledict(json.loads(row["settings_json"])),
            seed=row["seed"],
            take=row["take"],
        ),
        status=Status(row["status"]),
        account=row["account"],
        origin=Origin(
            parent_id=row["parent_id"],
            parenthood=Parenthood(row["parenthood"]) if row["parenthood"] else None,
            experiment_id=row["experiment_id"],
            template=row["template"],
            slots=immutabledict(json.loads(row["slots_json"])),
        ),
        created_at=from_text(row["created_at"]),
        submitted_at=_time(row["submitted_at"]),
        accepted_at=_time(row["accepted_at"]),
        ready_at=_time(row["ready_at"]),
        finished_at=_time(row["finished_at"]),
        deleted_at=_time(row["deleted_at"]),
        failure=FailureReason(row["failure"]) if row["failure"] else None,
        message=row["message"],
        blocked_reason=row["blocked_reason"],
        overdue=bool(row["overdue"]),
        unwanted=bool(row["unwanted"]),
        cancel_requested=bool(row["cancel_requested"]),
        progress=row["progress"],
        progress_note=row["progress_note"],
        operation=immutabledict(json.loads(row["operation_json"] or "{}")),
        report=immutabledict(json.loads(row["report_json"] or "{}")),
        adjustments=tuple(json.loads(row["adjustments_json"])),
        filtered=tuple(json.loads(row["filtered_json"])),
        estimate_micros=row["estimate_micros"],
        billed_micros=row["billed_micros"],
        charge=Charge(row["charge"]),
        rating=row["rating"],
        clips=tuple(clips),
    )


def _input(row: sqlite3.Row, media: dict[str, Media]) -> Input:
    return Input(Role(row["role"]), media[row["media_sha256"]], row["position"])


def _clip(row: sqlite3.Row, media: dict[str, Media], files: MediaFiles) -> Clip:
    clip = media[row["media_sha256"]]
    return Clip(
        index=row["position"],
        media=clip,
        path=files.path(clip),
        poster=media.get(row["poster_sha256"]),
        last_frame=media.get(row["last_frame_sha256"]),
    )


def _time(text: str | None) -> datetime | None:
    return from_text(text) if text else None
