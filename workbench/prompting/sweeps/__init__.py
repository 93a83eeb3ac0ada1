"""Good experiments to start from: what each asks, its sweep, and how its answer is read.

One TOML file each in this folder; ``[sweep]`` is what ``sweep_json.from_plan`` reads, without the models.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.prompting.sweep import Sweep
from workbench.prompting.sweep_json import from_plan
from workbench.prompting.template import parse

_FOLDER = Path(__file__).parent
_ORDER = ("one_phrase", "model_bake_off", "negative_ablation", "seed_stability", "camera_moves")


@dataclass(frozen=True, slots=True)
class Starter:
    """``reading`` says what the answer will and won't tell. ``least_models`` have to be chosen."""

    name: str
    label: str
    when: str
    question: str
    reading: str
    least_models: int
    plan: Mapping[str, object]

    @property
    def prompts(self) -> tuple[str, ...]:
        given = _listed(self.plan["prompts"])
        return tuple(str(one["prompt"] if isinstance(one, dict) else one) for one in given)

    def sweep(self, models: Sequence[str], prompts: Sequence[str] = ()) -> Sweep:
        """The sweep on ``models``, with ``prompts`` for its own; a slot that one lacks is put at its end.

        Raises ``RequestError`` where there are too few models, or a prompt can't be read.
        """
        if len(models) < self.least_models:
            raise RequestError(
                f"“{self.label}” takes {self.least_models} models or more; {len(models)} is given. Choose "
                f"another."
            )
        slots = self.plan.get("slots", {})
        wanted = tuple(slots) if isinstance(slots, Mapping) else ()
        words = [_with_slots(prompt, wanted) for prompt in prompts] or self.plan["prompts"]
        return from_plan({**self.plan, "models": list(models), "prompts": words})


def starters() -> Mapping[str, Starter]:
    """Name → experiment, the simplest first."""
    return _built_in()


def starter(name: str) -> Starter:
    """The one of that name. Raises ``RequestError``."""
    found = starters().get(name.strip().lower().replace("-", "_").replace(" ", "_"))
    if found is None:
        raise RequestError(
            f"There is no experiment {name!r:.60} to start from. Allowed: {', '.join(_ORDER)}."
        )
    return found


def _with_slots(prompt: str, wanted: Sequence[str]) -> str:
    has = parse(prompt).slots
    missing = [f"{{{name}}}" for name in wanted if name not in has]
    return ", ".join([prompt.rstrip(" .,;"), *missing]) if missing else prompt


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


@cache
def _built_in() -> Mapping[str, Starter]:
    found = {}
    for name in _ORDER:
        table = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        found[name] = Starter(name=name, plan=immutabledict(table.pop("sweep")), **table)
    return immutabledict(found)
