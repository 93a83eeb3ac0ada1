"""A sweep as JSON: how an experiment keeps its plan, and how one is read from a file or a paste.

An object has the fields of ``Sweep``; only ``prompts`` (texts, or objects with ``prompt``,
``negative_prompt`` and ``name``) and ``models`` are needed. A list has one object a run, with the columns of
``sweep_table``. References are told by hash and kind; whether the folder holds them is for the caller to see.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from immutabledict import immutabledict
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from workbench.domain.errors import RequestError
from workbench.domain.media import EXTENSIONS, Input, Media, Role
from workbench.domain.request import Scalar
from workbench.prompting.options import lists_in
from workbench.prompting.sweep import Design, Sweep
from workbench.prompting.sweep_grid import References, Wording
from workbench.prompting.sweep_rows import MOST_BYTES, Surroundings, listed

MOST_LEVELS = 10_000


def read_json(text: str, around: Surroundings | None = None) -> Sweep:
    """Raises ``RequestError`` with the first place that is wrong. ``around`` serves a list of rows, and names
    the model of an object that has none.
    """
    if len(text) > MOST_BYTES or len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise RequestError(f"The JSON is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
    try:
        content = json.loads(text.removeprefix("\ufeff"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"This is no JSON ({error}). Mend that place, or paste a table.") from error
    around = around or Surroundings()
    if isinstance(content, list):
        for number, row in enumerate(content, 1):
            if not isinstance(row, dict):
                raise RequestError(f'Row {number} can\'t be {row!r:.60}. Allowed: {{"prompt": "…"}}.')
        rows = ({k: v for k, v in row.items() if v is not None} for row in content)
        return listed(enumerate(rows, 1), around, _as_it_is)
    if isinstance(content, dict) and around.model:
        content = {"models": [around.model], **content}
    if isinstance(content, dict) and (shared := lists_in([text], around.lists)):
        own = content.get("lists", {})
        if isinstance(own, dict):
            content["lists"] = {**{name: list(entries) for name, entries in shared.items()}, **own}
    return from_plan(content)


def write_json(sweep: Sweep) -> str:
    return json.dumps(as_plan(sweep), ensure_ascii=False, indent=None if sweep.rows else 2)


def as_plan(sweep: Sweep) -> Mapping[str, object]:
    """What an experiment keeps of it; what is at its default is left out."""
    content: dict[str, object] = {
        "prompts": [asdict(wording) for wording in sweep.prompts],
        "models": list(sweep.models),
        "slots": {name: list(levels) for name, levels in sweep.slots.items()},
        "settings": [dict(level) for level in sweep.settings],
        "varied": {name: list(values) for name, values in sweep.varied.items()},
        "seeds": list(sweep.seeds),
        "references": [
            {"name": given.name, "inputs": [asdict(i) for i in given.inputs]} for given in sweep.references
        ],
        "lists": {name: list(entries) for name, entries in sweep.lists.items()},
        "seedless": sorted(sweep.seedless),
        "design": sweep.design.value,
        "size": sweep.size,
        "design_seed": sweep.design_seed,
        "rows": [list(row) for row in sweep.rows],
    }
    defaults = {"design": Design.FULL.value, "size": None, "design_seed": 0}
    return {k: v for k, v in content.items() if v not in ([], {}) and (k not in defaults or v != defaults[k])}


def from_plan(content: object) -> Sweep:
    """The sweep that ``as_plan`` told, or a person wrote so. Raises ``RequestError``."""
    try:
        return _Sweep.model_validate(content).sweep()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        places = [str(part + 1) if isinstance(part, int) else part for part in first["loc"]]
        where = " ".join(places) or "the whole"
        raise RequestError(
            f"The sweep can't be read, at {where}: {first['msg']}; here is {first['input']!r:.60}."
        ) from error


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number here")


def _as_it_is(model: str, name: str, value: object) -> Scalar:
    if isinstance(value, str | int | float) and not (isinstance(value, float) and not math.isfinite(value)):
        return value
    raise ValueError("Allowed: text, a number, true or false.")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _worded(value: Any) -> Any:
    return {"prompt": value} if isinstance(value, str) else value


class _Wording(_Strict):
    prompt: str
    negative_prompt: str = ""
    name: str = ""


class _Media(_Strict):
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    mime: Annotated[str, StringConstraints(pattern=f"^({'|'.join(map(str, EXTENSIONS))})$")]
    size_bytes: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=0)] = 0
    height: Annotated[int, Field(ge=0)] = 0
    duration_s: Annotated[float, Field(ge=0)] = 0.0
    fps: Annotated[float, Field(ge=0)] = 0.0
    codec: str = ""
    has_audio: bool = False
    note: str = ""


class _Input(_Strict):
    role: Annotated[Role, Field(strict=False)]
    media: _Media
    position: Annotated[int, Field(ge=0)] = 0


class _References(_Strict):
    name: str
    inputs: Annotated[list[_Input], Field(max_length=100)] = []


def _levels(least: int = 0) -> Any:
    return Field(min_length=least, max_length=MOST_LEVELS)


class _Sweep(_Strict):
    prompts: Annotated[list[Annotated[_Wording, BeforeValidator(_worded)]], _levels(1)]
    models: Annotated[list[str], _levels(1)]
    slots: dict[str, Annotated[list[str | None], _levels()]] = {}
    settings: Annotated[list[dict[str, str | int | float | bool]], _levels()] = []
    varied: dict[str, Annotated[list[str | int | float | bool | None], _levels(1)]] = {}
    seeds: Annotated[list[int | None], _levels()] = []
    references: Annotated[list[_References], _levels()] = []
    lists: dict[str, Annotated[list[str], _levels()]] = {}
    seedless: list[str] = []
    design: Annotated[Design, Field(strict=False)] = Design.FULL
    size: int | None = None
    design_seed: int = 0
    rows: Annotated[list[list[int]], _levels()] = []

    def sweep(self) -> Sweep:
        return Sweep(
            prompts=tuple(Wording(w.prompt, w.negative_prompt, w.name) for w in self.prompts),
            models=tuple(self.models),
            slots={name: tuple(levels) for name, levels in self.slots.items()},
            settings=tuple(immutabledict(level) for level in self.settings),
            varied={name: tuple(values) for name, values in self.varied.items()},
            seeds=tuple(self.seeds),
            references=tuple(
                References(
                    given.name,
                    tuple(Input(i.role, Media(**i.media.model_dump()), i.position) for i in given.inputs),
                )
                for given in self.references
            ),
            lists={name: tuple(entries) for name, entries in self.lists.items()},
            seedless=frozenset(self.seedless),
            design=self.design,
            size=self.size,
            design_seed=self.design_seed,
            rows=tuple(tuple(row) for row in self.rows),
        )
