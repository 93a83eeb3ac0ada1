"""The zip beside a report: the clips as they were made, and what people said as others take it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from workbench.api.report_clips import Candidate
from workbench.api.report_contents import Contents

# How a cell begins that a spreadsheet would work out, or one that was kept from it.
_CALCULATED = re.compile(r"'*[=+\-@]")


def write_originals(contents: Contents, file: BinaryIO) -> None:
    """Clips are stored as they are, one after the other, never in memory.

    What is no longer in the data folder is told in ``missing.txt``.
    """
    named = names_in_zip(contents)
    missing = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path, name in named.items():
            if path.is_file():
                archive.write(path, name)
            else:
                missing.append(name)
        for name, text in contents.texts(named).items():
            archive.writestr(name, text)
        if missing:
            archive.writestr("missing.txt", "".join(f"{name}\n" for name in missing))


def names_in_zip(contents: Contents) -> dict[Path, str]:
    """Where a clip lies → ``A/seed 3.mp4``."""
    names: dict[Path, str] = {}
    taken = Counter[str]()
    for one in (one for clips in contents.clips.values() for one in clips):
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


def _ending(one: Candidate) -> str:
    return one.clip.media.extension


def as_written(cell: str) -> str:
    """A cell of ``csv_text`` as it was."""
    return cell[1:] if cell[:1] == "'" and _CALCULATED.match(cell) else cell


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _CALCULATED.match(value) else value
