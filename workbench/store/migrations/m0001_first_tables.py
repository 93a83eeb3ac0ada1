"""The tables of the log as the first release made them. Frozen: later changes are later migrations.

`runs.rowid` grows with time beside the ULID, so that full-text results and pages come newest first
without a sort. `run_counts` is kept by triggers: counting a million rows takes most of a second.
`runs_fts` holds no text of its own; it reads the view `runs_words`, and triggers keep it. Its `tags` are
what a search is narrowed by beside the words: the model (in hex, to be one word), the state, both in one,
and whole stars. `prompt_words` are the words to complete a beginning with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES = """
CREATE TABLE media (
    sha256 TEXT PRIMARY KEY, mime TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, duration_s REAL NOT NULL, fps REAL NOT NULL,
    codec TEXT NOT NULL, has_audio INTEGER NOT NULL, note TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE prompt_texts (
    hash TEXT PRIMARY KEY, text TEXT NOT NULL, negative_text TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE prompt_words (word TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE prompts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE prompt_versions (
    id TEXT PRIMARY KEY, prompt_id TEXT NOT NULL REFERENCES prompts(id), number INTEGER NOT NULL,
    text_hash TEXT NOT NULL REFERENCES prompt_texts(hash),
    parent_id TEXT REFERENCES prompt_versions(id), note TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX prompt_versions_number ON prompt_versions(prompt_id, number);

CREATE TABLE people (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE experiments (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, question TEXT NOT NULL, plan_json TEXT NOT NULL,
    created_at TEXT NOT NULL, deleted_at TEXT
) WITHOUT ROWID;

CREATE TABLE runs (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, model TEXT NOT NULL, account TEXT NOT NULL,
    prompt_hash TEXT NOT NULL REFERENCES prompt_texts(hash),
    settings_json TEXT NOT NULL, seed INTEGER, take INTEGER NOT NULL,
    request_hash TEXT NOT NULL, arm_hash TEXT NOT NULL,
    duration_s INTEGER GENERATED ALWAYS AS (json_extract(settings_json, '$.duration_s')) STORED,
    aspect_ratio TEXT GENERATED ALWAYS AS (json_extract(settings_json, '$.aspect_ratio')) STORED,
    resolution TEXT GENERATED ALWAYS AS (json_extract(settings_json, '$.resolution')) STORED,
    stars INTEGER GENERATED ALWAYS AS (CAST(rating AS INTEGER)) VIRTUAL,
    state TEXT GENERATED ALWAYS AS (CASE WHEN deleted_at IS NOT NULL THEN 'bin'
        WHEN status IN ('queued', 'submitting', 'generating', 'downloading') THEN 'open'
        ELSE status END) VIRTUAL,
    tags TEXT GENERATED ALWAYS AS (lower(hex(model)) || ' ' || state || ' ' || lower(hex(model)) || state
        || ' ' || coalesce('stars' || CAST(rating AS INTEGER), '')) VIRTUAL,
    parent_id TEXT, parenthood TEXT, experiment_id TEXT REFERENCES experiments(id),
    template TEXT NOT NULL, slots_json TEXT NOT NULL,
    status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL DEFAULT '',
    blocked_reason TEXT NOT NULL DEFAULT '', overdue INTEGER NOT NULL DEFAULT 0,
    unwanted INTEGER NOT NULL DEFAULT 0, cancel_requested INTEGER NOT NULL DEFAULT 0,
    progress REAL, progress_note TEXT NOT NULL DEFAULT '',
    operation_json TEXT, report_json TEXT, adjustments_json TEXT NOT NULL DEFAULT '[]',
    filtered_json TEXT NOT NULL DEFAULT '[]',
    estimate_micros INTEGER, billed_micros INTEGER, charge TEXT NOT NULL DEFAULT 'none',
    rating REAL,
    created_at TEXT NOT NULL, not_before TEXT, submitted_at TEXT, accepted_at TEXT, ready_at TEXT,
    finished_at TEXT, deleted_at TEXT,
    lease_owner TEXT, lease_until TEXT, epoch INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_model ON runs(model) WHERE deleted_at IS NULL;
CREATE INDEX runs_status ON runs(status) WHERE deleted_at IS NULL;
CREATE INDEX runs_model_status ON runs(model, status) WHERE deleted_at IS NULL;
CREATE INDEX runs_stars ON runs(stars) WHERE stars IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX runs_model_stars ON runs(model, stars) WHERE stars IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX runs_bin ON runs(rowid) WHERE deleted_at IS NOT NULL;
CREATE INDEX runs_created ON runs(created_at);
CREATE INDEX runs_request ON runs(request_hash);
CREATE INDEX runs_arm ON runs(arm_hash);
CREATE INDEX runs_parent ON runs(parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX runs_experiment ON runs(experiment_id) WHERE experiment_id IS NOT NULL;
CREATE INDEX runs_open ON runs(account, status)
    WHERE status IN ('queued', 'submitting', 'generating', 'downloading');

CREATE VIEW runs_words AS SELECT runs.rowid AS rowid, text AS prompt, negative_text AS negative_prompt, tags
    FROM runs JOIN prompt_texts ON hash = prompt_hash;
CREATE VIRTUAL TABLE runs_fts USING fts5(
    prompt, negative_prompt, tags, content='runs_words', content_rowid='rowid');
CREATE TRIGGER runs_worded_in AFTER INSERT ON runs BEGIN
    INSERT INTO runs_fts (rowid, prompt, negative_prompt, tags)
        SELECT * FROM runs_words WHERE rowid = new.rowid;
END;
CREATE TRIGGER runs_worded_over AFTER UPDATE OF status, rating, deleted_at ON runs
WHEN old.tags <> new.tags BEGIN
    INSERT INTO runs_fts (runs_fts, rowid, prompt, negative_prompt, tags)
        SELECT 'delete', old.rowid, text, negative_text, old.tags FROM prompt_texts
        WHERE hash = old.prompt_hash;
    INSERT INTO runs_fts (rowid, prompt, negative_prompt, tags)
        SELECT * FROM runs_words WHERE rowid = new.rowid;
END;
CREATE TRIGGER runs_worded_out AFTER DELETE ON runs BEGIN
    INSERT INTO runs_fts (runs_fts, rowid, prompt, negative_prompt, tags)
        SELECT 'delete', old.rowid, text, negative_text, old.tags FROM prompt_texts
        WHERE hash = old.prompt_hash;
END;

CREATE TABLE run_counts (
    model TEXT NOT NULL, status TEXT NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (model, status)
) WITHOUT ROWID;
CREATE TRIGGER runs_counted_in AFTER INSERT ON runs WHEN new.deleted_at IS NULL BEGIN
    INSERT INTO run_counts VALUES (new.model, new.status, 1)
        ON CONFLICT DO UPDATE SET runs = runs + 1;
END;
CREATE TRIGGER runs_counted_over AFTER UPDATE OF status, deleted_at ON runs
WHEN old.status <> new.status OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN
    UPDATE run_counts SET runs = runs - 1
        WHERE old.deleted_at IS NULL AND model = old.model AND status = old.status;
    INSERT INTO run_counts SELECT new.model, new.status, 1 WHERE new.deleted_at IS NULL
        ON CONFLICT DO UPDATE SET runs = runs + 1;
END;
CREATE TRIGGER runs_counted_out AFTER DELETE ON runs WHEN old.deleted_at IS NULL BEGIN
    UPDATE run_counts SET runs = runs - 1 WHERE model = old.model AND status = old.status;
END;

CREATE TABLE run_inputs (
    run_id TEXT NOT NULL REFERENCES runs(id), role TEXT NOT NULL, position INTEGER NOT NULL,
    media_sha256 TEXT NOT NULL REFERENCES media(sha256), PRIMARY KEY (run_id, role, position)
) WITHOUT ROWID;
CREATE INDEX run_inputs_media ON run_inputs(media_sha256);

CREATE TABLE attempts (
    id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(id), step TEXT NOT NULL,
    sent_hash TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', answer TEXT NOT NULL DEFAULT '',
    started_at TEXT NOT NULL, ended_at TEXT
) WITHOUT ROWID;
CREATE INDEX attempts_run ON attempts(run_id, id);

CREATE TABLE clips (
    run_id TEXT NOT NULL REFERENCES runs(id), position INTEGER NOT NULL,
    locator_json TEXT NOT NULL, expires_at TEXT,
    media_sha256 TEXT REFERENCES media(sha256), poster_sha256 TEXT REFERENCES media(sha256),
    last_frame_sha256 TEXT REFERENCES media(sha256), PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
CREATE INDEX clips_media ON clips(media_sha256);
CREATE INDEX clips_poster ON clips(poster_sha256);
CREATE INDEX clips_last_frame ON clips(last_frame_sha256);

CREATE TABLE metrics (
    run_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    value REAL, unit TEXT NOT NULL, created_at TEXT NOT NULL,
    PRIMARY KEY (run_id, position, name, version), FOREIGN KEY (run_id, position) REFERENCES clips
) WITHOUT ROWID;

CREATE TABLE ratings (
    id TEXT PRIMARY KEY, run_id TEXT NOT NULL, position INTEGER NOT NULL, person TEXT NOT NULL,
    criterion TEXT NOT NULL, score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
    comment TEXT NOT NULL, blind INTEGER NOT NULL, created_at TEXT NOT NULL,
    FOREIGN KEY (run_id, position) REFERENCES clips
) WITHOUT ROWID;
CREATE INDEX ratings_clip ON ratings(run_id, position, id);

CREATE TABLE notes (
    id TEXT PRIMARY KEY, run_id TEXT NOT NULL, position INTEGER NOT NULL, person TEXT NOT NULL,
    at_s REAL, text TEXT NOT NULL, created_at TEXT NOT NULL, deleted_at TEXT,
    FOREIGN KEY (run_id, position) REFERENCES clips
) WITHOUT ROWID;
CREATE INDEX notes_clip ON notes(run_id, position, id);

CREATE TABLE briefs (
    id TEXT PRIMARY KEY, content_json TEXT NOT NULL, model TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE workflows (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, step TEXT NOT NULL, state_json TEXT NOT NULL,
    status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE reviews (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, plan_json TEXT NOT NULL, created_at TEXT NOT NULL,
    closed_at TEXT, deleted_at TEXT
) WITHOUT ROWID;

CREATE TABLE review_items (
    id TEXT PRIMARY KEY, review_id TEXT NOT NULL REFERENCES reviews(id),
    person_id TEXT NOT NULL REFERENCES people(id), content_json TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX review_items_person ON review_items(review_id, person_id, id);

CREATE TABLE votes (
    id TEXT PRIMARY KEY, item_id TEXT NOT NULL REFERENCES review_items(id), choice TEXT NOT NULL,
    content_json TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX votes_item ON votes(item_id, id);

CREATE TABLE drafts (
    key TEXT PRIMARY KEY, content_json TEXT NOT NULL, updated_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE runners (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, accounts_json TEXT NOT NULL, pid INTEGER NOT NULL,
    started_at TEXT NOT NULL, seen_at TEXT NOT NULL
) WITHOUT ROWID;
"""


def apply(db: Database) -> None:
    for statement in _statements(TABLES):
        db.execute(statement)


def _statements(script: str) -> list[str]:
    """Single statements: ``executescript`` would commit the transaction that makes a migration whole."""
    import sqlite3

    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    return statements
