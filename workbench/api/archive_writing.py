"""Writing an archive: rows first, then the media one after the other, never one in memory."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from workbench import __version__
from workbench.domain.errors import RequestError
from workbench.domain.media import Media
from workbench.domain.run import EMULATED, FINAL, is_of_emulator
from workbench.domain.times import to_text
from workbench.media.files import MediaFiles
from workbench.store import Store
from workbench.store.media import load
from workbench.store.portable import TABLES, rows_of, with_parents

SCHEMA, VERSION = "video-prompt-workbench archive", 1
ELSEWHERE = "archive"  # stands for an account that is not told
COSTS = ("estimate_micros", "billed_micros", "charge")
MEDIA_COLUMNS = ("media_sha256", "poster_sha256", "last_frame_sha256")


@dataclass(frozen=True, slots=True)
class Choices:
    media: bool = True
    people: bool = True
    costs: bool = True
    operations: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """``open_runs`` are not settled and were left out; ``missing`` files are no longer in the folder."""

    path: Path
    counts: dict[str, int]
    size_bytes: int
    open_runs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def write_archive(
    store: Store,
    files: MediaFiles,
    path: Path,
    wanted: Sequence[str],
    choices: Choices,
    now: datetime,
    on_progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Raises ``RequestError`` where nothing is settled, or the place can't be written to."""
    ids, unsettled = _settled(store, with_parents(store.db, wanted))
    if not ids:
        raise RequestError("None of these runs is settled, so there is nothing to export.")
    known, missing = _media(store, files, ids) if choices.media else ({}, [])
    names = {} if choices.people else _pseudonyms(store, ids)
    counts: dict[str, int] = {}
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for name, table in TABLES.items():
                rows = (_told(name, row, choices, known, names) for row in rows_of(store.db, table, ids))
                counts[name] = _write_lines(archive, name, (row for row in rows if row))
            counts["media"] = _write_lines(archive, "media", (asdict(one) for one in known.values()))
            manifest = {"schema": SCHEMA, "version": VERSION, "workbench": __version__}
            manifest |= {"made_at": to_text(now), "choices": asdict(choices), "counts": counts}
            archive.writestr("manifest.json", json.dumps(manifest, indent=2))
            done, total = 0, sum(one.size_bytes for one in known.values())
            for media in known.values():
                archive.write(files.path(media), f"media/{media.sha256}.{media.extension}")
                done += media.size_bytes
                if on_progress:
                    on_progress(done, total)
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        part.replace(path)
    except OSError as error:
        raise RequestError(
            f"{path} can't be written ({error.strerror}); choose a place with room for it."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return Exported(path, counts, path.stat().st_size, tuple(unsettled), tuple(missing))


def _settled(store: Store, ids: Sequence[str]) -> tuple[list[str], list[str]]:
    settled: list[str] = []
    unsettled: list[str] = []
    final = {str(status) for status in FINAL}
    for row in rows_of(store.db, TABLES["runs"], ids):
        (settled if row["status"] in final else unsettled).append(str(row["id"]))
    return settled, unsettled


def _media(store: Store, files: MediaFiles, ids: Sequence[str]) -> tuple[dict[str, Media], list[str]]:
    """What the runs need and the folder holds, and the hashes of what it holds no more."""
    hashes = {
        str(row[column]): None
        for name in ("run_inputs", "clips")
        for row in rows_of(store.db, TABLES[name], ids)
        for column in MEDIA_COLUMNS
        if row.get(column)
    }
    wanted, known = list(hashes), {}
    for at in range(0, len(wanted), 500):
        for sha256, media in load(store.db.read(), wanted[at : at + 500]).items():
            if files.path(media).is_file():
                known[sha256] = media
    return known, [sha256 for sha256 in wanted if sha256 not in known]


def _pseudonyms(store: Store, ids: Sequence[str]) -> dict[str, str]:
    """By first appearance, so that later votes of others change nobody's number."""
    first: dict[str, str] = {}
    for name in ("ratings", "notes", "review_pairs", "rating_items"):
        for row in rows_of(store.db, TABLES[name], ids):
            person, at = str(row["person"]), str(row["id"])
            if person:
                first[person] = min(at, first.get(person, at))
    return {person: f"reviewer {n}" for n, person in enumerate(sorted(first, key=first.__getitem__), 1)}


def _told(
    table: str, row: dict[str, object], choices: Choices, known: dict[str, Media], names: dict[str, str]
) -> dict[str, object] | None:
    """A row as it leaves the folder; ``None`` for an input whose file does not go along."""
    if table == "run_inputs" and row["media_sha256"] not in known:
        return None
    if table == "clips":
        return row | {name: None for name in MEDIA_COLUMNS if row[name] not in known}
    if names and row.get("person"):
        row["person"] = names[str(row["person"])]
    if table == "runs":
        if not choices.operations:
            emulated = is_of_emulator(str(row["account"]))
            row |= {"account": ELSEWHERE + EMULATED if emulated else ELSEWHERE, "operation_json": None}
        if not choices.costs:
            row |= dict.fromkeys(COSTS) | {"charge": "none"}
            report = json.loads(str(row["report_json"] or "{}"))
            if report.pop("imported", None):
                row["report_json"] = json.dumps(report, ensure_ascii=False)
    return row


def _write_lines(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, object]]) -> int:
    count = 0
    with archive.open(_deflated(f"{name}.jsonl"), "w", force_zip64=True) as file:
        for line in _lines(rows):
            file.write(line)
            count += 1
    return count


def _lines(rows: Iterable[dict[str, object]]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _deflated(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.compress_type = zipfile.ZIP_DEFLATED
    return made
