"""The zip beside a report: the clips as they were made, and the ranking as others take it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from workbench.api.ranking import RankedArms
from workbench.api.report_clips import Candidate, candidates
from workbench.api.standings import preferences, record, rows


def write_originals(found: RankedArms, file: BinaryIO, people: Mapping[str, str] | None = None) -> None:
    """Clips are stored as they are, one after the other, never in memory.

    ``people`` says what reviewers are called; with it, nothing names a run, a review or a folder either.
    What is no longer in the data folder is told in ``missing.txt``.
    """
    named = names_in_zip(found)
    missing = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path, name in named.items():
            if path.is_file():
                archive.write(path, name)
            else:
                missing.append(name)
        archive.writestr("ranking.csv", csv_text(rows(found)))
        archive.writestr("ranking.json", json.dumps(_record(found, people), ensure_ascii=False, indent=2))
        archive.writestr("preferences.jsonl", "".join(_preference_lines(found, named, people)))
        if missing:
            archive.writestr("missing.txt", "".join(f"{name}\n" for name in missing))


def names_in_zip(found: RankedArms) -> dict[Path, str]:
    """Where a clip lies → ``A/seed 3.mp4``."""
    names: dict[Path, str] = {}
    taken = Counter[str]()
    for one in (one for clips in candidates(found).values() for one in clips):
        base = f"{one.arm}/{one.name.replace(', ', ' ')}"
        taken[base] += 1
        again = "" if taken[base] == 1 else f" ({taken[base]})"
        names.setdefault(one.clip.path, f"{base}{again}.{_ending(one)}")
    return names


def csv_text(table: Sequence[Mapping[str, object]]) -> str:
    """A cell that a spreadsheet would calculate is kept as text."""
    memory = io.StringIO()
    writer = csv.DictWriter(memory, list(table[0]) if table else [])
    writer.writeheader()
    for row in table:
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return memory.getvalue()


def _record(found: RankedArms, people: Mapping[str, str] | None) -> dict[str, object]:
    told = record(found, people)
    if people is None:
        return told
    arms = [{name: value for name, value in arm.items() if name != "runs"} for arm in told.pop("arms")]  # type: ignore[attr-defined]
    told.pop("reviews")
    return {**told, "arms": arms}


def _preference_lines(
    found: RankedArms, named: Mapping[Path, str], people: Mapping[str, str] | None
) -> Iterator[str]:
    for one in preferences(found):
        told = {
            name: named.get(Path(str(value))) if name.endswith("_path") and value else value
            for name, value in one.items()
        }
        if people is not None:
            told = {name: value for name, value in told.items() if not name.endswith("_run")}
            told["reviewer"] = people[str(one["reviewer"])]
        yield json.dumps(told, ensure_ascii=False) + "\n"


def _ending(one: Candidate) -> str:
    return one.clip.media.extension


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
