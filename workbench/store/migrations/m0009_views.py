"""Views for whoever reads the log with SQL: `v_runs`, `v_votes`, `v_costs`. Their columns are a promise.

`docs/sql.md` describes them. A later migration may add columns at the end; none is renamed, removed or given
another meaning. Every join is to one row by its key, so the tables' own indexes serve the views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def _seconds(start: str, end: str) -> str:
    return f"round((julianday(runs.{end}) - julianday(runs.{start})) * 86400, 3)"


def _usd(micros: str) -> str:
    return f"{micros} / 1000000.0"


_PATH = (
    "'media/' || substr(media.sha256, 1, 2) || '/' || media.sha256 || CASE media.mime "
    "WHEN 'video/mp4' THEN '.mp4' WHEN 'image/png' THEN '.png' WHEN 'image/jpeg' THEN '.jpg' END"
)
_IS_EMULATED = "instr(runs.account, ':emulated:') > 0"

STATEMENTS = (
    f"""CREATE VIEW v_runs AS SELECT
    runs.id AS id, runs.created_at AS created_at, runs.kind AS kind, runs.model AS model,
    runs.account AS account, runs.status AS status, runs.failure AS failure, runs.message AS message,
    prompt_texts.text AS prompt, prompt_texts.negative_text AS negative_prompt, runs.seed AS seed,
    runs.take AS take, runs.duration_s AS asked_duration_s, runs.aspect_ratio AS aspect_ratio,
    runs.resolution AS resolution, runs.settings_json AS settings,
    {_seconds("created_at", "submitted_at")} AS queue_s,
    {_seconds("accepted_at", "ready_at")} AS latency_s,
    CASE WHEN media.sha256 IS NOT NULL THEN {_seconds("ready_at", "finished_at")} END AS download_s,
    {_usd("runs.estimate_micros")} AS estimate_usd, {_usd("runs.billed_micros")} AS billed_usd,
    runs.charge AS charge, runs.rating AS rating,
    runs.experiment_id AS experiment_id, runs.slots_json AS slots, runs.parent_id AS parent_id,
    runs.parenthood AS parenthood, {_PATH} AS clip_path, media.sha256 AS clip_sha256,
    media.width AS clip_width, media.height AS clip_height, media.duration_s AS clip_duration_s,
    media.size_bytes AS clip_bytes, {_IS_EMULATED} AS is_emulated, runs.deleted_at AS deleted_at
FROM runs
LEFT JOIN prompt_texts ON prompt_texts.hash = runs.prompt_hash
LEFT JOIN clips ON clips.run_id = runs.id AND clips.position = 0
LEFT JOIN media ON media.sha256 = clips.media_sha256""",
    """CREATE VIEW v_votes AS SELECT
    votes.id AS id, votes.created_at AS created_at, review_pairs.id AS pair_id,
    reviews.id AS review_id, reviews.name AS review, review_pairs.person AS person,
    votes.choice AS choice, votes.reason AS reason,
    left_clip.run_id AS left_run_id, right_clip.run_id AS right_run_id,
    left_run.model AS left_model, right_run.model AS right_model,
    left_text.text AS left_prompt, right_text.text AS right_prompt,
    round((julianday(votes.created_at) - julianday(review_pairs.created_at)) * 86400, 3) AS since_given_s,
    review_pairs.repeat_of <> '' AS is_repeat, review_pairs.probability AS pair_probability,
    reviews.deleted_at AS deleted_at
FROM review_pairs
JOIN votes ON votes.rowid = (SELECT max(rowid) FROM votes AS newest WHERE newest.pair_id = review_pairs.id)
LEFT JOIN reviews ON reviews.id = review_pairs.review_id
LEFT JOIN review_clips AS left_clip
    ON left_clip.review_id = review_pairs.review_id AND left_clip.place = review_pairs.left_place
LEFT JOIN review_clips AS right_clip
    ON right_clip.review_id = review_pairs.review_id AND right_clip.place = review_pairs.right_place
LEFT JOIN runs AS left_run ON left_run.id = left_clip.run_id
LEFT JOIN runs AS right_run ON right_run.id = right_clip.run_id
LEFT JOIN prompt_texts AS left_text ON left_text.hash = left_run.prompt_hash
LEFT JOIN prompt_texts AS right_text ON right_text.hash = right_run.prompt_hash
WHERE votes.choice <> ''""",
    f"""CREATE VIEW v_costs AS SELECT
    runs.id AS run_id, runs.created_at AS created_at, substr(runs.created_at, 1, 10) AS day,
    runs.model AS model, runs.account AS account, runs.experiment_id AS experiment_id,
    runs.status AS status, runs.charge AS charge,
    {_usd("runs.estimate_micros")} AS estimate_usd, {_usd("runs.billed_micros")} AS billed_usd,
    CASE WHEN runs.charge = 'none' AND runs.status IN ('failed', 'filtered', 'expired', 'cancelled') THEN 0.0
        ELSE {_usd("coalesce(runs.billed_micros, runs.estimate_micros)")} END AS counted_usd,
    {_IS_EMULATED} AS is_emulated
FROM runs""",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
