"""Rows of ``runs`` → whole ``Run`` values, with their inputs, clips and media."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from immutabledict import immutabledict

from workbench.domain.errors import FailureReason
from workbench.domain.media import Input, Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Clip, Kind, Origin, Parenthood, Run, Status
from workbench.domain.times import from_text
from workbench.media.files import MediaFiles
from workbench.store import media as media_rows
from workbench.store.db import MEDIA_FOLDER, Database

_COLUMNS = (
    "rowid, id, kind, model, account, settings_json, seed, take, parent_id, parenthood, experiment_id, "
    "template, slots_json, status, failure, message, blocked_reason, overdue, unwanted, cancel_requested, "
    "progress, progress_note, operation_json, report_json, adjustments_json, filtered_json, "
    "estimate_micros, billed_micros, charge, rating, created_at, submitted_at, accepted_at, ready_at, "
    "finished_at, deleted_at, followed_from, brief_id"
)
FROM = "FROM runs JOIN prompt_texts ON prompt_texts.hash = runs.prompt_hash"
SELECT = (
    f"SELECT {', '.join(f'runs.{name}' for name in _COLUMNS.split(', '))}, "
    f"prompt_texts.text AS prompt, prompt_texts.negative_text AS negative_prompt {FROM}"
)
_ROLES = list(Role)

Row = dict[str, Any]


def load(db: Database, rows: Sequence[sqlite3.Row]) -> list[Run]:
    """Whole values for rows of ``SELECT``: inputs, clips and media in three more statements."""
    if not rows:
        return []
    names = rows[0].keys()
    # By name, a Row looks through its columns one by one: forty times forty a run.
    runs: list[Row] = [dict(zip(names, row, strict=True)) for row in rows]
    ids = [row["id"] for row in runs]
    connection, files = db.read(), MediaFiles(db.folder / MEDIA_FOLDER)
    marks = ", ".join("?" * len(ids))
    inputs = connection.execute(
        f"SELECT run_id, role, position, media_sha256 FROM run_inputs WHERE run_id IN ({marks}) "
        f"ORDER BY role, position",
        ids,
    ).fetchall()
    clips = connection.execute(
        f"SELECT run_id, position, media_sha256, poster_sha256, last_frame_sha256 FROM clips "
        f"WHERE run_id IN ({marks}) AND media_sha256 IS NOT NULL ORDER BY position",
        ids,
    ).fetchall()
    hashes = [row[3] for row in inputs] + [sha for row in clips for sha in row[2:] if sha]
    media = media_rows.load(connection, hashes)
    inputs_of: dict[str, list[Input]] = defaultdict(list)
    clips_of: dict[str, list[Clip]] = defaultdict(list)
    for run_id, role, position, sha256 in inputs:
        inputs_of[run_id].append(Input(Role(role), media[sha256], position))
    for run_id, position, clip, poster, last_frame in clips:
        clips_of[run_id].append(
            Clip(
                index=position,
                media=media[clip],
                path=files.path(media[clip]),
                poster=media.get(poster),
                last_frame=media.get(last_frame),
            )
        )
    held = _held_until(connection, [row["id"] for row in runs if row["status"] == Status.DOWNLOADING])
    return [_run(row, inputs_of[row["id"]], clips_of[row["id"]], held.get(row["id"])) for row in runs]


def _held_until(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, str]:
    """When the provider drops the first clip that is not stored here yet."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    rows = connection.execute(
        f"SELECT run_id, min(expires_at) FROM clips WHERE run_id IN ({marks}) "
        f"AND media_sha256 IS NULL AND expires_at IS NOT NULL GROUP BY run_id",
        list(ids),
    )
    return dict(rows.fetchall())


def _run(row: Row, inputs: list[Input], clips: Iterable[Clip], held_until: str | None) -> Run:
    return Run(
        id=row["id"],
        rowid=row["rowid"],
        kind=Kind(row["kind"]),
        request=GenerationRequest(
            model=row["model"],
            prompt=row["prompt"],
            negative_prompt=row["negative_prompt"],
            inputs=tuple(sorted(inputs, key=lambda i: (_ROLES.index(i.role), i.position))),
            settings=_scalars(row["settings_json"]),
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
            slots=_scalars(row["slots_json"]),
            brief_id=row["brief_id"],
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
        operation=_json(row["operation_json"]),
        report=_json(row["report_json"]),
        adjustments=_texts(row["adjustments_json"]),
        filtered=_texts(row["filtered_json"]),
        estimate_micros=row["estimate_micros"],
        billed_micros=row["billed_micros"],
        charge=Charge(row["charge"]),
        rating=row["rating"],
        clips=tuple(clips),
        held_until=_time(held_until),
        followed_from=_time(row["followed_from"]),
    )


_NOTHING: immutabledict[str, Any] = immutabledict()


@lru_cache(maxsize=1_000)  # a page's runs share a few settings
def _scalars(text: str) -> immutabledict[str, Any]:
    return immutabledict(json.loads(text))


def _json(text: str | None) -> immutabledict[str, Any]:
    return _NOTHING if text in (None, "{}") else immutabledict(json.loads(text or "{}"))


def _texts(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def _time(text: str | None) -> datetime | None:
    return from_text(text) if text else None
