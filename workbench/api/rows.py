"""``Row``: one line of a batch file, read from JSON or CSV. Every fault of every row is kept, none raised."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from immutabledict import immutabledict

from workbench.domain.errors import RequestError

MOST_ROWS = 10_000
MOST_BYTES = 50_000_000
TABLES = {".csv": "", ".tsv": "\t"}  # file ending → separator; empty: , or ; whichever the first line has
_WORKBOOK = b"PK\x03\x04"  # how .xlsx and .ods begin
_SAVE_AS = "Save it as “CSV UTF-8” (from Excel) or as UTF-8 text, and give that file"
LISTED_BY = ";"  # between several files in one cell of a table

_ALIASES = {
    "start_frame": "first_frame",
    "end_frame": "last_frame",
    "reference": "references",
    "reference_clip": "reference_clips",
}
_ONE_FILE = ("first_frame", "last_frame", "extend", "edit")
_MANY_FILES = ("references", "reference_clips")
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with one row."""

    row: int
    field: str
    what: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.field}: {self.what}"


class BadBatch(RequestError):
    """Every fault of every row; nothing was sent."""

    def __init__(self, name: str, faults: Sequence[RowFault]) -> None:
        self.faults = tuple(faults)
        many = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{name} has {many}; nothing was sent.\n{lines}")


@dataclass(frozen=True, slots=True)
class Row:
    """What one row asks for. Files are as written; ``settings`` are the model's own, texts not parsed yet.

    ``written`` says under which name the row has what we call otherwise (``start_frame``).
    """

    number: int
    prompt: Any
    model: Any
    negative_prompt: Any = ""
    seed: Any = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=immutabledict)
    settings: Mapping[str, Any] = field(default_factory=immutabledict)
    fold_negative_prompt: bool = False
    output: str = ""
    written: Mapping[str, str] = field(default_factory=immutabledict)


def read_rows(file: Path, defaults: Mapping[str, Any]) -> tuple[list[Row], list[RowFault]]:
    """The rows of a batch file, ``defaults`` filling in what they leave open, and what is wrong with them.

    Raises ``RequestError`` where the file as a whole can't be read.
    """
    faults: list[RowFault] = []
    rows = [_row(number, row, defaults, faults) for number, row in read_cells(file)]
    return rows, faults


def read_cells(file: Path) -> list[tuple[int, Mapping[str, Any]]]:
    """Number and cells of each row of a JSON list or a table that has a column ``prompt``.

    Raises ``RequestError`` where it can't be read, or has no rows, or too many.
    """
    text = _text(file)
    is_table = file.suffix.lower() in TABLES
    cells = _table(file, text) if is_table else _array(file, text)
    if not cells:
        raise RequestError(f"{file.name} has no rows. Write at least one; nothing was done.")
    if len(cells) > MOST_ROWS:
        raise RequestError(f"{file.name} has {len(cells):,} rows. Allowed: up to {MOST_ROWS:,}; split it.")
    rows = [(number, row) for number, row in enumerate(cells, 1) if not (is_table and _is_blank(row))]
    if not rows:
        raise RequestError(f"{file.name} has only empty rows. Write at least one prompt; nothing was done.")
    return rows


def _is_blank(row: Mapping[Any, Any]) -> bool:
    """A line of a table without any text: spreadsheets leave such lines below their last one."""
    return not any(str(cell).strip() for cell in row.values() if cell is not None)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise RequestError(f"{file.name} is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
        content = file.read_bytes()
        if content.startswith(_WORKBOOK):
            raise RequestError(f"{file.name} is a spreadsheet. {_SAVE_AS}; nothing was done.")
        text = content.decode("utf-8-sig")
        if not text.strip():
            raise RequestError(f"{file.name} is empty. Write at least one row; nothing was done.")
        return text
    except UnicodeDecodeError as error:
        raise RequestError(
            f"{file.name} is not UTF-8 (byte {error.start}). {_SAVE_AS}; nothing was done."
        ) from error
    except OSError as error:
        raise RequestError(f"{file} can't be read ({error.strerror}). Check the path.") from error


def _array(file: Path, text: str) -> Sequence[Mapping[str, Any]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(
            f"{file.name} is no JSON ({error}). Mend that place; a table is to end in .csv."
        ) from error
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise RequestError(
            f'{file.name} is not a list of rows. Allowed: [{{"prompt": "…", "output": "a.mp4"}}, …].'
        )
    return content


def _table(file: Path, text: str) -> Sequence[Mapping[str, Any]]:
    head = text.partition("\n")[0]
    separator = TABLES[file.suffix.lower()] or (";" if head.count(";") > head.count(",") else ",")
    try:
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        lines = list(table)
    except csv.Error as error:
        raise RequestError(f"{file.name} is no table ({error}). Mend that place.") from error
    names = [name.strip() for name in table.fieldnames or ()]
    if "prompt" not in names:
        raise RequestError(
            f"{file.name} has no column prompt. Its first line has to name the columns; nothing was done."
        )
    if twice := [name for name, times in Counter(names).items() if name and times > 1]:
        raise RequestError(
            f"{file.name} has {', '.join(twice)} as a column more than once. Keep one; nothing was done."
        )
    return lines


def _row(number: int, cells: Mapping[Any, Any], defaults: Mapping[str, Any], faults: list[RowFault]) -> Row:
    def wrong(name: str, what: str) -> None:
        faults.append(RowFault(number, name, what))

    given: dict[str, Any] = {}
    written: dict[str, str] = {}
    for raw, value in cells.items():
        name = str(raw).strip() if raw is not None else ""
        if value is None or value == "":
            continue
        if not name:
            wrong("columns", f"It has more cells than the first line names: {value!r:.60}.")
            continue
        known = _ALIASES.get(name, name)
        if known in given:
            wrong(name, f"It says the same as {written[known]}, which is given, too. Keep one of them.")
        given[known], written[known] = value, name
    files: dict[str, tuple[str, ...]] = {}
    for name in (*_ONE_FILE, *_MANY_FILES):
        if name in given:
            files[name] = _files(given.pop(name), name, partial(wrong, written[name]))
    fold = _yes_no(given.pop("fold_negative_prompt", defaults.get("fold_negative_prompt", False)), wrong)
    output = given.pop("output", "")
    if not isinstance(output, str):
        wrong("output", f"It can't be {output!r:.60}. Allowed: the name of a file.")
        output = ""
    own = {
        name: given.pop(name, defaults.get(name)) for name in ("prompt", "negative_prompt", "model", "seed")
    }
    return Row(
        number=number,
        prompt=own["prompt"] or "",
        negative_prompt="" if own["negative_prompt"] is None else own["negative_prompt"],
        model=own["model"],
        seed=_whole(own["seed"]),
        files=immutabledict(files),
        settings=immutabledict({**defaults.get("settings", {}), **given}),
        fold_negative_prompt=fold,
        output=output.strip(),
        written=immutabledict(written),
    )


def _files(value: Any, name: str, wrong: Callable[[str], None]) -> tuple[str, ...]:
    parts = value.split(LISTED_BY) if isinstance(value, str) and name in _MANY_FILES else value
    parts = [parts] if isinstance(parts, str) else parts
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        wrong(f"It can't be {value!r:.60}. Allowed: a path or a URL{_or_several(name)}.")
        return ()
    found = tuple(part.strip() for part in parts if part.strip())
    if len(found) > 1 and name in _ONE_FILE:
        wrong(f"{len(found)} files are given. Allowed: one.")
    return found


def _or_several(name: str) -> str:
    return f", or several (a list; {LISTED_BY} between them in a table)" if name in _MANY_FILES else ""


def _yes_no(value: Any, wrong: Callable[[str, str], None]) -> bool:
    meant = _YES_NO.get(value.strip().lower()) if isinstance(value, str) else value
    if isinstance(meant, bool):
        return meant
    wrong("fold_negative_prompt", f"It can't be {value!r:.60}. Allowed: true or false.")
    return False


def _whole(value: Any) -> Any:
    """A table has texts only: digits are meant as a number. Anything else is for validation to tell."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 20 else value
