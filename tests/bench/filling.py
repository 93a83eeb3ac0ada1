"""A log of any size, filled by SQL alone: a million runs the way they are in use, not all alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from workbench.domain.request import digest
from workbench.store import Store
from workbench.store.db import FILE_NAME
from workbench.store.prompts import insert_text

NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
RUN_EVERY_S = 30
PROMPTS = 2_000
COMMON_WORD, WORD, RARE_WORD = "tracking", "lighthouse", "zeppelin"
MODEL, RARE_MODEL = "fake/clip", "fake/rare"

_SUBJECTS = (
    *("lion", "lighthouse", "dancer", "river", "train", "orchid", "robot", "child", "kite", "market"),
    *("horse", "bottle", "watch", "fox", "ship", "tower", "balloon", "baker", "cyclist", "owl"),
)
_PLACES = (
    *("in tall grass", "on a cliff", "under a bridge", "at the harbour", "in an empty street"),
    *("behind glass", "in deep snow", "on a rooftop", "in the desert", "by the window"),
)
_LIGHTS = ("dawn", "noon", "dusk", "night", "fog", "rain", "neon", "candlelight", "moonlight", "storm")

# Multiplying by an odd number and cutting is even enough, and the same in every run.
_DICE = """
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :runs),
d AS (SELECT n, n * 2654435761 % 4294967296 % 1000 AS a, (n * 40503 + 7919) % 65536 % 1000 AS b FROM n)"""


def _sha(number: str) -> str:
    """Spread over the key's range as real hashes are."""
    return f"printf('%08x%056x', ({number}) * 2654435761 % 4294967296, {number})"


def filled(folder: Path, runs: int) -> Store:
    """A store with ``runs`` finished runs, one every 30 s up to ``NEWEST``.

    Three models (70, 25, 5 %), five statuses (86 % succeeded, 0.5 % expired), 2,000 prompts (1 % of them
    with a rare word), ratings on 2 %, a clip with poster and last frame for each success.
    """
    Store(folder).close()
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-300000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        _fill(connection, runs)
    return Store(folder)


def _fill(connection: sqlite3.Connection, runs: int) -> None:
    """Indices and triggers are taken away first and made again at the end: several times as fast."""
    kept = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ('runs', 'clips') AND sql IS NOT NULL "
        "AND type IN ('index', 'trigger')"
    ).fetchall()
    first = NEWEST - timedelta(seconds=RUN_EVERY_S * runs)
    names = {"runs": runs, "media": max(1, runs // 25), "step": RUN_EVERY_S, "first": first.timestamp()}
    connection.execute("BEGIN")
    for kind, name, _ in kept:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("CREATE TEMP TABLE texts (number INTEGER PRIMARY KEY, hash TEXT)")
    for number, (text, negative_text) in enumerate(_prompts()):
        sha256 = digest([text, negative_text])
        insert_text(connection, sha256, text, negative_text, NEWEST)
        connection.execute("INSERT INTO temp.texts VALUES (?, ?)", [number, sha256])
    for statement in (_RUNS, _WORDS, _MEDIA, _CLIPS, _COUNTS):
        used = {name: value for name, value in names.items() if f":{name}" in statement}
        connection.execute(statement, used)
    for _, _, sql in kept:
        connection.execute(sql)
    connection.execute("COMMIT")


def _prompts() -> Iterator[tuple[str, str]]:
    for number, (subject, place, light) in enumerate(product(_SUBJECTS, _PLACES, _LIGHTS)):
        rare = f", a {RARE_WORD} above" if number % 100 == 0 else ""
        text = f"A {subject} {place}, {light}{rare}, slow {COMMON_WORD} shot, 35 mm, shallow depth of field"
        yield text, "text, watermark"


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
FROM d JOIN texts ON texts.number = n * 7919 % {PROMPTS} ORDER BY n
"""
_WORDS = "INSERT INTO runs_fts (runs_fts) VALUES ('rebuild')"
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
