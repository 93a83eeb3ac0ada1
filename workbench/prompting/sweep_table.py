"""A sweep as a table: read from what was pasted or from CSV, and written as CSV.

The first line names the columns: prompt, negative_prompt, model, seed, references (the name of a set), any
setting, and any slot, as ``{camera}`` or without braces. One row is one run; a row that stands again is
another take. An empty place of a slot is left to the seed, one of a setting to the model.

A spreadsheet would run a cell that begins with = + - or @. Those are written with a ' before them, which
reading takes away again.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from workbench.domain.errors import RequestError
from workbench.domain.request import Scalar
from workbench.prompting.sweep import MOST_RUNS, Design, Sweep
from workbench.prompting.sweep_grid import (
    FOLD,
    MODEL,
    NEGATIVE,
    PROMPT,
    REFERENCES,
    SEED,
    fields_at,
    options_at,
)
from workbench.prompting.sweep_rows import MOST_BYTES, MOST_COLUMNS, OWN, Surroundings, listed, wrong

Parse = Callable[[str, str, str], Scalar]  # (model, setting, text) → value; ValueError says what is allowed
_RUN_BY_SPREADSHEETS = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(\.\d{1,17})?(e[+-]?\d{1,3})?")


def plain_value(model: str, setting: str, text: str) -> Scalar:
    """What ``text`` looks like: a number, true or false, else itself. Knows nothing of the model."""
    if found := _NUMBER.fullmatch(text):
        return float(text) if found[1] or found[2] else int(text)
    return {"true": True, "false": False}.get(text.lower(), text)


def read_table(text: str, around: Surroundings | None = None, parse: Parse = plain_value) -> Sweep:
    """The sweep that a table of tabs, semicolons or commas writes out.

    ``parse`` reads the settings; a text in double quotes within its cell is that text. Raises
    ``RequestError`` with the first row and column that is wrong, or what is wrong with the whole.
    """

    def reading(model: str, name: str, value: object) -> Scalar:
        written = str(value).strip()
        if len(written) > 1 and written[0] == written[-1] == '"':
            try:
                return str(json.loads(written))
            except ValueError:
                return written
        return parse(model, name, written)

    return listed(_rows(text), around or Surroundings(), reading)


def write_table(sweep: Sweep) -> str:
    """Every run of ``sweep`` as one row of CSV (lines end as RFC 4180 has it), what a model refuses, too.

    A prompt that lacks a slot stands once, not once for each option of it: rows would be read as takes.
    """
    rows = [_written(sweep, cell.levels) for cell in sweep]
    if sweep.design is not Design.LISTED:
        rows = [dict(row) for row in dict.fromkeys(tuple(row.items()) for row in rows)]
    columns = [name for name in OWN if name in (PROMPT, MODEL) or any(row.get(name) for row in rows)]
    columns += dict.fromkeys(name for row in rows for name in row if name not in OWN)
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(columns)
    for row in rows:
        table.writerow([_guarded(row.get(name, "")) for name in columns])
    return out.getvalue()


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    if len(text) > MOST_BYTES or len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise RequestError(f"The table is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
    text = text.removeprefix("\ufeff").lstrip("\r\n")
    if not text.strip():
        raise RequestError("The table is empty. Its first line names the columns, such as prompt,model,seed.")
    head = text.splitlines()[0]
    separator = "\t" if "\t" in head else ";" if head.count(";") > head.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        columns = _columns(next(lines))
        for number, line in enumerate(lines, 1):
            if number > MOST_RUNS + 1_000:  # some empty lines are forgiven, a flood of them is not
                raise RequestError(f"The table has more than {MOST_RUNS:,} rows. Split it.")
            if not any(cell.strip() for cell in line):
                continue
            for place, cell in enumerate(line[len(columns) :], len(columns) + 1):
                if cell.strip():
                    raise wrong(
                        number,
                        str(place),
                        f"The first line names only {len(columns)} columns; here is {cell!r:.60}.",
                    )
            yield (
                number,
                {
                    name: _unguarded(cell)
                    for name, cell in zip(columns, line, strict=False)
                    if cell.strip() or (cell and name in (PROMPT, NEGATIVE))
                },
            )
    except csv.Error as error:
        raise RequestError(
            f"Row {number + 1} of the table can't be read ({error}). Mend its quotes."
        ) from error


def _columns(line: list[str]) -> list[str]:
    names = [_unguarded(name.strip()) for name in line]
    while names and not names[-1]:
        names.pop()
    known = {name.lower().replace(" ", "_"): name for name in (*OWN, FOLD)}
    names = [known.get(name.lower().replace(" ", "_"), name) for name in names]
    if PROMPT not in names:
        raise RequestError(
            f"The table has no column {PROMPT}. Its first line has to name the columns; it is "
            f"{', '.join(names) or 'empty'!s:.120}."
        )
    if len(names) > MOST_COLUMNS:
        raise RequestError(f"The table has {len(names):,} columns. Allowed: up to {MOST_COLUMNS}.")
    if "" in names:
        raise RequestError(
            f"Column {names.index('') + 1} of the table has no name. Name it in the first line."
        )
    same = Counter(name.strip("{} ") for name in names)
    if twice := [name for name in names if same[name.strip("{} ")] > 1]:
        raise RequestError(f"The table has the column {twice[0]:.60} more than once. Keep one.")
    return names


def _written(sweep: Sweep, levels: tuple[int, ...]) -> dict[str, str]:
    at = {f.name: f.levels[i] for f, i in zip(sweep.factors, levels, strict=True)}
    fields = fields_at(at)
    negative = str(fields.pop(NEGATIVE, at[PROMPT].negative_prompt))
    row = {PROMPT: at[PROMPT].prompt, NEGATIVE: negative, MODEL: at[MODEL]}
    if at.get(SEED) is not None:
        row[SEED] = str(at[SEED])
    if REFERENCES in at:
        row[REFERENCES] = at[REFERENCES].name
    row |= {name: _value(value) for name, value in fields.items()}
    has = {slot for text in (at[PROMPT].prompt, negative) for slot in sweep.template(text).options}
    return row | {f"{{{name}}}": o.written for name, o in options_at(at).items() if name in has}


def _value(value: Scalar) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    is_itself = value == value.strip() and value[:1] != '"' and plain_value("", "", value) == value
    return value if value and is_itself else json.dumps(value, ensure_ascii=False)


def _guarded(cell: str) -> str:
    return f"'{cell}" if _RUN_BY_SPREADSHEETS.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _RUN_BY_SPREADSHEETS.match(cell) else cell
