"""Reading an archive that somebody else has written: nothing in it is believed.

Everything is looked at before anything is written; then media, each checked by its hash; then rows, a table
after the other, in the order that they need each other.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import stat
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from workbench.api.archive_writing import COSTS, SCHEMA, VERSION
from workbench.domain.errors import RequestError
from workbench.domain.media import EXTENSIONS, Media, Role
from workbench.domain.request import digest
from workbench.domain.run import FINAL, Kind, Parenthood, Status
from workbench.domain.times import from_text
from workbench.media.files import MediaFiles
from workbench.store import Store
from workbench.store.portable import TABLES, Table, differing, put, request_hashes

_TABLES = (*TABLES, "media")
_MEDIA_NAME = re.compile(r"media/[0-9a-f]{64}\.(?:" + "|".join(EXTENSIONS.values()) + ")")
_ID = re.compile(r"[0-9A-Z]{26}")
_MEDIA_FIELDS = Media.__dataclass_fields__
_NUMBERS = frozenset(
    [
        "seed",
        "take",
        "estimate_micros",
        "billed_micros",
        "position",
        "score",
        "blind",
        "at_s",
        "place",
        "left_place",
        "right_place",
        "probability",
        "size_bytes",
        "width",
        "height",
        "duration_s",
        "fps",
        "has_audio",
    ]
)
_OF_RUNS = frozenset({"run_inputs", "clips", "ratings", "notes"})  # a review may have lost some of its runs
_LISTS = frozenset({"adjustments_json", "filtered_json"})  # any other JSON is an object
_SCALARS = frozenset({"settings_json", "slots_json"})
_BLOCK_BYTES, _LONGEST_LINE, _AT_A_TIME = 1 << 20, 4_000_000, 500
_MOST_RATIO, _RATIO_FROM_BYTES = 200, 1_000_000


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """``what`` is “media” or a table; ``done`` of its ``of`` are in."""

    what: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Imported:
    """``new`` rows and files by table. ``differs`` are runs that stay as they are here."""

    new: dict[str, int] = field(default_factory=dict)
    known_runs: int = 0
    differs: tuple[str, ...] = ()


def read_archive(
    store: Store,
    files: MediaFiles,
    path: Path,
    now: datetime,
    on_progress: Callable[[ImportProgress], None] | None = None,
) -> Imported:
    """Raises ``RequestError``; what was taken in before stays, and a second try goes on behind it."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_names(archive, path)
            _check_manifest(archive, path)
            counts = _counts(archive)
            tell = _Telling(counts, on_progress)
            new = {"media": _take_media(store, files, archive, now, tell)}
            return _take_rows(store, archive, now, new, tell)
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise RequestError(f"{path} can't be read as an archive: {error}. Export it anew.") from error


def _counts(archive: zipfile.ZipFile) -> dict[str, int]:
    """Rows by table. Every one of them parses, and none is of a run that the archive does not hold."""
    ours: set[object] = set()
    counts = dict.fromkeys(_TABLES, 0)
    for name in _TABLES:
        for number, row in enumerate(_rows(archive, name), 1):
            if name == "runs":
                ours.add(row["id"])
            elif name in _OF_RUNS and row["run_id"] not in ours:
                raise RequestError(
                    f"Line {number} of {name}.jsonl is of run {row['run_id']!s:.40}, which the archive does "
                    "not hold; nothing was taken in."
                )
            counts[name] = number
    return counts


class _Telling:
    def __init__(self, counts: dict[str, int], on_progress: Callable[[ImportProgress], None] | None) -> None:
        self._counts, self._on_progress = counts, on_progress

    def __call__(self, what: str, done: int) -> None:
        if self._on_progress:
            self._on_progress(ImportProgress(what, done, self._counts[what]))


def _check_names(archive: zipfile.ZipFile, path: Path) -> None:
    allowed = {"manifest.json", *(f"{name}.jsonl" for name in _TABLES)}
    seen: set[str] = set()
    for entry in archive.infolist():
        name, is_media = entry.filename, bool(_MEDIA_NAME.fullmatch(entry.filename))
        too_dense = entry.file_size > max(_RATIO_FROM_BYTES, _MOST_RATIO * entry.compress_size)
        odd = next(
            (
                why
                for is_so, why in (
                    (name in seen, "stands there twice"),
                    (not is_media and name not in allowed, "has no place in an archive"),
                    (stat.S_ISLNK(entry.external_attr >> 16), "is a link"),
                    (bool(entry.flag_bits & 1), "is encrypted"),
                    (is_media and entry.compress_type != zipfile.ZIP_STORED, "is packed, as no media is"),
                    (too_dense, "would unpack to more than 200 times its size"),
                )
                if is_so
            ),
            "",
        )
        if odd:
            raise RequestError(f"{path} was refused, and nothing was taken in: {name!r:.120} {odd}.")
        seen.add(name)
    for name in sorted(allowed - seen):
        raise RequestError(f"{path} is no archive of runs: it has no {name}.")


def _check_manifest(archive: zipfile.ZipFile, path: Path) -> None:
    try:
        with archive.open("manifest.json") as file:
            found = json.loads(file.read(_BLOCK_BYTES))
        schema, version = found["schema"], found["version"]
    except (ValueError, KeyError, TypeError):
        schema, version = None, None
    if schema != SCHEMA:
        raise RequestError(f"{path} is no archive of runs: its manifest.json does not say so.")
    if version != VERSION:
        raise RequestError(
            f"{path} is an archive of version {version!r:.20}; this workbench reads version {VERSION}: "
            "update it."
        )


def _rows(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, object]]:
    """The rows of a table, each as it has to be. Raises ``RequestError`` naming file and line."""
    with archive.open(f"{name}.jsonl") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("it is cut off, or too long")
                row = json.loads(line)
                _check_row(name, row)
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise RequestError(f"Line {number} of {name}.jsonl is no row of it: {error}.") from error
            yield row


def _check_row(name: str, row: object) -> None:
    columns = _MEDIA_FIELDS if name == "media" else TABLES[name].columns
    if not isinstance(row, dict) or set(row) != set(columns):
        raise ValueError(f"it needs exactly {', '.join(columns)}")
    for column, value in row.items():
        if value is not None:
            _check_value(column, value)
    if name == "media":
        media = Media(**row)
        if not re.fullmatch(r"[0-9a-f]{64}", media.sha256) or media.mime not in EXTENSIONS:
            raise ValueError(f"there is no such file {media.sha256!r:.70} of type {media.mime!r:.40}")
        if type(media.size_bytes) is not int or media.size_bytes < 0:
            raise ValueError(f"size_bytes is {media.size_bytes!r:.40}")
    elif "id" in row and not _ID.fullmatch(str(row["id"])):
        raise ValueError(f"{row['id']!r:.40} is no id")
    # Otherwise the runs of this log with that hash would show another prompt.
    if name == "prompt_texts" and row["hash"] != digest([row["text"], row["negative_text"]]):
        raise ValueError(f"{row['hash']!r:.70} is not the hash of its texts")
    if name == "run_inputs":
        Role(row["role"])
    if name == "runs":
        Kind(row["kind"])
        if row["parenthood"]:
            Parenthood(row["parenthood"])
        if Status(row["status"]) not in FINAL:
            raise ValueError(f"its status is {row['status']}, which is not settled")


def _check_value(column: str, value: object) -> None:
    if not _fits(column, value):
        raise ValueError(f"{column} is {value!r:.40}")
    if column.endswith("_at"):
        from_text(str(value))


def _fits(column: str, value: object) -> bool:
    if column in _NUMBERS:
        return isinstance(value, int | float) and abs(value) < 2**63
    if not isinstance(value, str) or not column.endswith("_json"):
        return isinstance(value, str)
    content = json.loads(value)
    if column in _LISTS:
        return isinstance(content, list) and all(isinstance(one, str) for one in content)
    if not isinstance(content, dict):
        return False
    return column not in _SCALARS or all(isinstance(one, str | int | float) for one in content.values())


def _take_media(
    store: Store, files: MediaFiles, archive: zipfile.ZipFile, now: datetime, tell: _Telling
) -> int:
    """Files that are not here yet, streamed and hashed; each has its row as soon as it lies there."""
    new = 0
    for done, row in enumerate(_rows(archive, "media"), 1):
        media = Media(**{**row, "has_audio": bool(row["has_audio"])})  # type: ignore[arg-type]
        place = files.path(media)
        if not (place.is_file() and place.stat().st_size == media.size_bytes):
            _take_file(files, archive, media)
            new += 1
        store.media.add(media, now)
        tell("media", done)
    return new


def _take_file(files: MediaFiles, archive: zipfile.ZipFile, media: Media) -> None:
    name = f"media/{media.sha256}.{media.extension}"
    if name not in archive.NameToInfo:
        raise RequestError(f"The archive lists {name}, but does not hold it.")
    digest, size = hashlib.sha256(), 0
    with files.workspace() as folder, archive.open(name) as source:
        incoming = folder / f"incoming.{media.extension}"
        with incoming.open("xb") as target:
            while block := source.read(_BLOCK_BYTES):
                digest.update(block)
                size += len(block)
                target.write(block)
        if (digest.hexdigest(), size) != (media.sha256, media.size_bytes):
            raise RequestError(f"{name} in the archive is not what its name says: it was damaged or changed.")
        files.add_file(incoming, media.mime)


def _take_rows(
    store: Store, archive: zipfile.ZipFile, now: datetime, new: dict[str, int], tell: _Telling
) -> Imported:
    differs: set[str] = set()
    runs = 0
    for name, table in TABLES.items():
        rows, done, new[name] = _rows(archive, name), 0, 0
        while batch := list(islice(rows, _AT_A_TIME)):
            done += len(batch)
            if name == "runs":
                batch = [_with_their_costs(row) for row in batch]
                differs |= differing(store.db, batch)
                runs += len(batch)
            batch = [row for row in batch if row.get("run_id") not in differs or name == "review_clips"]
            if name == "run_inputs":
                lacking = _lacking_inputs(store, {str(row["run_id"]) for row in batch})
                batch = [row for row in batch if row["run_id"] in lacking]
            new[name] += _put(store, table, batch, now)
            tell(name, done)
    return Imported(new, runs - new["runs"], tuple(sorted(differs)))


def _lacking_inputs(store: Store, run_ids: Collection[str]) -> set[str]:
    """Those that are here without all that they were asked with. Of any other nothing changes any more."""
    logged = request_hashes(store.db, run_ids)
    return {
        run.id for run in store.runs.get_many(list(run_ids)) if run.request.request_hash != logged[run.id]
    }


def _put(store: Store, table: Table, rows: list[dict[str, object]], now: datetime) -> int:
    try:
        return put(store.db, table, rows, now)
    except sqlite3.IntegrityError as error:
        raise RequestError(
            f"Rows of {table.name}.jsonl don't belong to the rest of the archive ({error}); they were left "
            "out, and everything after them."
        ) from error


def _with_their_costs(row: dict[str, object]) -> dict[str, object]:
    """What it has cost others goes into its report: the budgets here count what was spent here."""
    report = json.loads(str(row["report_json"] or "{}"))
    costs = {name: row[name] for name in COSTS if row[name] not in (None, "none")}
    if costs:
        known = report.get("imported")
        report["imported"] = (known if isinstance(known, dict) else {}) | costs
    report_json = json.dumps(report, ensure_ascii=False) if report else row["report_json"]
    return {
        **row,
        "estimate_micros": None,
        "billed_micros": None,
        "charge": "none",
        "report_json": report_json,
    }
