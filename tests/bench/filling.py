"""A log of any size, filled by SQL alone: a million runs the way they are in use, not all alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from workbench.domain.request import digest
from workbench.domain.times import to_text
from workbench.store import Store

NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
RUN_EVERY_S = 30
PROMPTS = 2_000
COMMON_WORD, WORD, RARE_WORD = "tracking", "lighthouse", "zeppelin"
MODEL, RARE_MODEL = "fake/clip", "fake/rare"

_SUBJECTS = ("lion", "lighthouse", "dancer", "river", "train", "orchid", "robot", "child", "kite", "market",
             "horse", "bottle", "watch", "fox", "ship", "tower", "balloon", "baker", "cyclist", "owl")  # fmt: skip
_PLACES = ("in tall grass", "on a cliff", "under a bridge", "at the harbour", "in an empty street",
           "behind glass", "in deep snow", "on a rooftop", "in the desert", "by the window")  # fmt: skip
_LIGHTS = ("dawn", "noon", "dusk", "night", "fog", "rain", "neon", "candlelight", "moonlight", "storm")

# Multiplying by an odd number and cutting is even enough, and the same in every run.
_DICE = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :runs), "
_DICE += "d AS (SELECT n, (n * 2654435761) % 4294967296 % 1000 AS a, (n * 40503 + 7919) % 65536 % 1000 AS b FROM n)"


def _sha(number: str) -> str:
    """Spread over the key's range as real hashes are."""
    return f"printf('%08x%056x', ({number}) * 2654435761 % 4294967296, {number})"


def filled(folder: Path, runs: int) -> Store:
    """A store with ``runs`` finished runs, one every 30 s up to ``NEWEST``.

    Three models (70, 25, 5 %), five statuses (86 % succeeded, 0.5 % expired), 2,000 prompts (one of them
    with a rare word), ratings on 2 %, a clip with poster and last frame for each success.
    """
    store = Store(folder)
    connection = store.db.read()
    kept = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'runs' AND sql IS NOT NULL "
        "AND type IN ('index', 'trigger')"
    ).fetchall()
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    names = {"runs": runs, "media": max(1, runs // 25), "prompts": PROMPTS, "step": RUN_EVERY_S}
    names["first"] = (NEWEST - timedelta(seconds=RUN_EVERY_S * runs)).timestamp()  # type: ignore[assignment]
    with store.db.write() as writing:
        for name, _ in kept:  # made again at the end: several times as fast
            writing.execute(f"DROP {kinds[name]} {name}")
        writing.executemany("INSERT INTO prompt_texts VALUES (?, ?, ?, ?)", _prompts())
        writing.execute("CREATE TEMP TABLE texts AS SELECT rowid AS number, hash, text, negative_text "
                        "FROM (SELECT row_number() OVER (ORDER BY hash) AS rowid, * FROM prompt_texts)")  # fmt: skip
        writing.execute("CREATE INDEX temp.texts_number ON texts(number)")
        for statement in (_RUNS, _WORDS, _MEDIA, _CLIPS, _COUNTS):
            writing.execute(statement, names)
        for _, sql in kept:
            writing.execute(sql)
    connection.execute("DROP TABLE temp.texts")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


def _prompts() -> list[tuple[str, str, str, str]]:
    rows = []
    for number, (subject, place, light) in enumerate(product(_SUBJECTS, _PLACES, _LIGHTS)):
        rare = f", a {RARE_WORD} above" if number == 0 else ""
        text = f"A {subject} {place}, {light}{rare}, slow {COMMON_WORD} shot, 35 mm, shallow depth of field"
        rows.append((digest([text, "text, watermark"]), text, "text, watermark", to_text(NEWEST)))
    return rows


_TIME = "strftime('%Y-%m-%dT%H:%M:%S.000Z', :first + n * :step{more}, 'unixepoch')"
_RUNS = f"""
INSERT INTO runs (id, kind, model, account, prompt_hash, settings_json, seed, take, request_hash, arm_hash,
    template, slots_json, status, charge, estimate_micros, billed_micros, rating, created_at, submitted_at,
    accepted_at, ready_at, finished_at, operation_json, report_json)
{_DICE} SELECT
    printf('01%024d', n), 'video',
    CASE WHEN a < 700 THEN '{MODEL}' WHEN a < 950 THEN 'fake/second' ELSE '{RARE_MODEL}' END, 'fake:script',
    texts.hash, '{{"aspect_ratio": "16:9", "duration_s": ' || (4 + b % 3 * 2) || ', "resolution": "720p"}}',
    n, 1, {_sha("n")}, texts.hash, '', '{{}}',
    CASE WHEN b < 860 THEN 'succeeded' WHEN b < 940 THEN 'failed' WHEN b < 980 THEN 'filtered'
         WHEN b < 995 THEN 'cancelled' ELSE 'expired' END,
    'yes', 200000, CASE WHEN b < 860 THEN 200000 END,
    CASE WHEN b < 860 AND n % 43 = 0 THEN 1 + a % 9 / 2.0 END,
    {_TIME.format(more="")}, {_TIME.format(more=" + 1")}, {_TIME.format(more=" + 2")},
    {_TIME.format(more=" + 60")}, {_TIME.format(more=" + 63")}, '{{"id": "' || n || '"}}', '{{}}'
FROM d JOIN texts ON texts.number = 1 + n * 7919 % :prompts ORDER BY n
"""
_WORDS = """
INSERT INTO runs_fts (rowid, prompt, negative_prompt, model)
SELECT runs.rowid, text, negative_text, model FROM runs JOIN texts ON texts.hash = runs.prompt_hash
ORDER BY runs.rowid
"""
_MEDIA = f"""
INSERT INTO media
WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 3 * :media - 1)
SELECT {_sha("n")}, CASE n % 3 WHEN 0 THEN 'video/mp4' WHEN 1 THEN 'image/jpeg' ELSE 'image/png' END,
    2000000, 1280, 720, CASE n % 3 WHEN 0 THEN 8.0 ELSE 0.0 END, 24.0, 'h264', 0, '', '' FROM n ORDER BY 1
"""
_CLIPS = f"""
INSERT INTO clips (run_id, position, locator_json, media_sha256, poster_sha256, last_frame_sha256)
WITH s AS (SELECT id, 3 * (rowid % :media) AS n FROM runs WHERE status = 'succeeded')
SELECT id, 0, '{{"number": 0}}', {_sha("n")}, {_sha("n + 1")},
    {_sha("n + 2")} FROM s ORDER BY id
"""
_COUNTS = "INSERT INTO run_counts SELECT model, status, count(*) FROM runs GROUP BY 1, 2"
