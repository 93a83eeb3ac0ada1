"""A sweep from rows that were written out one by one: what a table and a JSON list have in common."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.media import Input
from workbench.domain.request import Scalar
from workbench.prompting.options import read_option
from workbench.prompting.sweep import MOST_RUNS, Design, Sweep
from workbench.prompting.sweep_grid import (
    FOLD,
    MODEL,
    NEGATIVE,
    PROMPT,
    REFERENCES,
    SEED,
    References,
    Wording,
)
from workbench.prompting.template import Template, TemplateError, parse

MOST_BYTES = 1_000_000
MOST_COLUMNS = 100
OWN = (PROMPT, NEGATIVE, MODEL, SEED, REFERENCES)
_T = TypeVar("_T")
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,59}")
Reading = Callable[[str, str, object], Scalar]  # (model, field, what stands there) → value; ValueError


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rows refer to: the ``model`` of those that name none, sets of references by name, shared lists,
    and the models that have no seed.
    """

    model: str = ""
    references: Mapping[str, tuple[Input, ...]] = field(default_factory=immutabledict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=immutabledict)
    seedless: frozenset[str] = frozenset()


def wrong(row: int, column: str, what: str) -> RequestError:
    """The error for one place. Rows count from 1, without the line that names the columns."""
    return RequestError(f"Row {row}, column {column}: {what}")


def listed(rows: Iterable[tuple[int, Mapping[str, object]]], around: Surroundings, reading: Reading) -> Sweep:
    """The sweep of exactly these (number, column → what stands there); empty places are left out.

    A row that stands again is another take. Raises ``RequestError`` with the first place that is wrong.
    """
    return arranged([Row.of(number, cells, around, reading) for number, cells in rows], around)


def arranged(found: Sequence[Row], around: Surroundings) -> Sweep:
    """The sweep whose cells are these rows, in their order. Raises as ``listed``."""
    if not found:
        raise RequestError("There are no rows. Write at least one with a prompt; nothing was sent.")
    if len(found) > MOST_RUNS:
        raise RequestError(f"There are {len(found):,} rows. Allowed: up to {MOST_RUNS:,}; split them.")
    # A prompt with several negative prompts asks what those do: they are a factor of their own then.
    pairs = {(row.wording.prompt, row.wording.negative_prompt) for row in found}
    if len(pairs) > len({prompt for prompt, _ in pairs}):
        found = [row.with_negative_apart() for row in found]
    seeds = _levels(row.seed for row in found)
    names = _levels(row.references for row in found)
    fields = dict.fromkeys(name for row in found for name in row.fields)
    slots = dict.fromkeys(name for row in found for name in row.slots)
    for row in found:
        if both := sorted(row.fields.keys() & slots.keys()):
            raise wrong(row.number, both[0], f"Its prompt has no slot {{{both[0]}}}. Leave it empty.")
    sweep = Sweep(
        prompts=_levels(row.wording for row in found),
        models=_levels(row.model for row in found),
        slots={name: _levels(row.slots.get(name) for row in found) for name in slots},
        varied={name: _typed(row.fields.get(name) for row in found) for name in fields},
        seeds=() if seeds == (None,) else seeds,
        references=()
        if names == ("",)
        else tuple(References(n, around.references.get(n, ())) for n in names),
        lists=around.lists,
        seedless=around.seedless,
        design=Design.LISTED,
    )
    numbers = [_numbers(f.name, sweep, found) for f in sweep.factors]
    return replace(sweep, rows=tuple(zip(*numbers, strict=True)))


@dataclass(frozen=True, slots=True)
class Row:
    """One run. ``wording`` is of templates, ``references`` a name, ``fields`` has the settings."""

    number: int
    wording: Wording
    model: str
    seed: int | None
    references: str
    fields: Mapping[str, Scalar]
    slots: Mapping[str, str]

    @classmethod
    def of(cls, number: int, cells: Mapping[str, object], around: Surroundings, reading: Reading) -> Row:
        if len(cells) > MOST_COLUMNS:
            raise RequestError(f"Row {number} has {len(cells):,} columns. Allowed: up to {MOST_COLUMNS}.")
        prompt = _text(number, PROMPT, cells.get(PROMPT, ""))
        negative = _text(number, NEGATIVE, cells.get(NEGATIVE, ""))
        if not prompt.strip():
            raise wrong(number, PROMPT, "It is empty. Write what should be seen.")
        templates = [
            _template(number, name, text, around) for name, text in ((PROMPT, prompt), (NEGATIVE, negative))
        ]
        model = _text(number, MODEL, cells.get(MODEL, around.model)).strip()
        if not model:
            raise wrong(number, MODEL, "No model is named. Write one, such as animatic/preview.")
        references = _text(number, REFERENCES, cells.get(REFERENCES, "")).strip()
        if references and references not in around.references:
            known = ", ".join(around.references) or "none"
            raise wrong(
                number, REFERENCES, f"There is no set “{references:.60}”. Sets that are there: {known}."
            )
        known_slots = {slot for template in templates for slot in template.options}
        slots: dict[str, str] = {}
        fields: dict[str, Scalar] = {}
        for name, value in cells.items():
            if name in OWN:
                continue
            slot = name[1:-1].strip() if name[:1] == "{" and name[-1:] == "}" else name
            if slot in slots:
                raise wrong(number, name, "The slot stands twice, with and without braces. Keep one.")
            if slot in known_slots:
                slots[slot] = _option(number, name, value)
            elif slot != name:
                raise wrong(number, name, f"Its prompt has no slot {name:.60}. Leave it empty.")
            else:
                fields[name] = _value(number, name, value, model, reading)
        for template in templates:
            for slot, options in template.options.items():
                if not options and slot not in slots:
                    raise wrong(number, f"{{{slot}}}", "The slot has no value and no choices. Give it one.")
        seed = _seed(number, cells.get(SEED))
        return cls(number, Wording(prompt, negative), model, seed, references, fields, slots)

    def with_negative_apart(self) -> Row:
        return replace(
            self,
            wording=Wording(self.wording.prompt),
            fields={NEGATIVE: self.wording.negative_prompt, **self.fields},
        )


def _numbers(name: str, sweep: Sweep, found: Sequence[Row]) -> list[int]:
    """Which level of the factor ``name`` each row has."""
    if name == PROMPT:
        return _places(sweep.prompts, [row.wording for row in found])
    if name == MODEL:
        return _places(sweep.models, [row.model for row in found])
    if name == SEED:
        return _places(sweep.seeds, [row.seed for row in found])
    if name == REFERENCES:
        return _places([given.name for given in sweep.references], [row.references for row in found])
    if name[0] == "{":
        return _places(sweep.slots[name[1:-1]], [row.slots.get(name[1:-1]) for row in found])
    levels = [(type(value), value) for value in sweep.varied[name]]
    return _places(levels, [(type(row.fields.get(name)), row.fields.get(name)) for row in found])


def _places(levels: Sequence[object], values: Sequence[object]) -> list[int]:
    at = {level: number for number, level in enumerate(levels)}
    return [at[value] for value in values]


def _levels(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))


def _typed(values: Iterable[Scalar | None]) -> tuple[Scalar | None, ...]:
    """Each once; 1, 1.0 and true are three."""
    return tuple(value for _, value in dict.fromkeys((type(value), value) for value in values))


def _text(row: int, column: str, value: object) -> str:
    if not isinstance(value, str):
        raise wrong(row, column, f"It can't be {value!r:.60}. Allowed: text.")
    return value


def _template(row: int, column: str, text: str, around: Surroundings) -> Template:
    try:
        return parse(text, around.lists)
    except TemplateError as error:
        raise wrong(row, f"{column}, character {error.position + 1}", str(error)) from error


def _seed(row: int, value: object) -> int | None:
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 20:
        return int(text)
    if type(text) is int and 0 <= text < 10**19:
        return text
    raise wrong(row, SEED, f"It can't be {value!r:.60}. Allowed: a whole number from 0 on, or nothing.")


def _option(row: int, column: str, value: object) -> str:
    option = read_option(_text(row, column, value))
    if option.only or option.weight != 1:
        raise wrong(
            row, column, "Weights and conditions belong in the prompt. Write :=… for such a text itself."
        )
    return option.written


def _value(row: int, column: str, value: object, model: str, reading: Reading) -> Scalar:
    if not _FIELD.fullmatch(column):
        raise wrong(
            row,
            f"{column:.60}",
            f"No setting and no slot of its prompt is called so. Allowed: {', '.join(OWN)}, a slot such as "
            f"{{camera}}, or the name of a setting such as duration_s.",
        )
    if column == FOLD:
        meant = _YES_NO.get(value.strip().lower()) if isinstance(value, str) else value
        if isinstance(meant, bool):
            return meant
        raise wrong(row, column, f"It can't be {value!r:.60}. Allowed: true or false.")
    try:
        found = reading(model, column, value)
    except ValueError as error:
        raise wrong(row, column, f"It can't be {value!r:.60}. {error}") from error
    if not isinstance(found, str | int | float) or (isinstance(found, float) and not math.isfinite(found)):
        raise wrong(row, column, f"It can't be {found!r:.60}. Allowed: text, a number, true or false.")
    return found
