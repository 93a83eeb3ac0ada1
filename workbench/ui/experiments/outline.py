"""``Outline``: an experiment as its form holds it, before it is a sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import RequestError, UnknownModel
from workbench.domain.request import Scalar
from workbench.prompting.options import lists_in
from workbench.prompting.sweep import Design, Sweep, Wording, consecutive
from workbench.prompting.sweeps import Starter, starters
from workbench.prompting.template import TemplateError, parse

FORM, TABLE = "form", "table"
MOST_PROMPTS = 26  # A to Z


@dataclass(frozen=True, slots=True)
class Outline:
    """``slots`` holds what is written for a slot, one option a line; ``varied`` the values of settings, one
    or more. ``table`` is what was pasted or uploaded, a table or JSON; it counts where ``source`` says so.
    """

    name: str = ""
    question: str = ""
    starter: str = ""
    source: str = FORM
    prompts: tuple[Wording, ...] = (Wording(""), Wording(""))
    models: tuple[str, ...] = ()
    slots: Mapping[str, str] = field(default_factory=immutabledict)
    varied: Mapping[str, tuple[Scalar, ...]] = field(default_factory=immutabledict)
    seeds: int = 3
    seed_base: int = 1
    design: str = Design.FULL.value
    size: int = 12
    cap_usd: float | None = None
    table: str = ""

    def sweep(
        self, read: Callable[[str], Sweep], lists: Mapping[str, tuple[str, ...]] = immutabledict()
    ) -> Sweep:
        """``read`` makes one of ``table``; ``lists`` are shared by prompts. Raises ``RequestError``."""
        if self.source == TABLE:
            return read(self.table)
        given = tuple(wording for wording in self.prompts if wording.prompt.strip())
        if not given:
            raise RequestError("No prompt is written yet. Write two that differ in one thing.")
        if not self.models:
            raise RequestError("No model is chosen. Choose at least one.")
        least = starters()[self.starter].least_models if self.starter in starters() else 1
        if len(self.models) < least:
            raise RequestError(f"This experiment compares models; choose {least} or more.")
        known = slots_of(given, self.varied.get("negative_prompt", ()), lists)
        written = {name: _lines(self.slots.get(name, "")) for name in known}
        slots = {name: options for name, options in written.items() if options or known[name]}
        negatives = map(str, self.varied.get("negative_prompt", ()))
        texts = [t for wording in given for t in (wording.prompt, wording.negative_prompt)]
        texts += [*negatives, *self.slots.values()]
        sized = None if self.design == Design.FULL else self.size
        return Sweep(
            prompts=given,
            models=self.models,
            slots=slots,
            varied={name: values for name, values in self.varied.items() if values},
            seeds=consecutive(self.seeds, self.seed_base),
            lists=lists_in(texts, lists),
            design=Design(self.design),
            size=sized,
        )

    @property
    def is_empty(self) -> bool:
        return not (self.table.strip() or any(w.prompt.strip() for w in self.prompts))


def slots_of(
    prompts: Sequence[Wording],
    negatives: Sequence[Scalar] = (),
    lists: Mapping[str, tuple[str, ...]] = immutabledict(),
) -> dict[str, tuple[str, ...]]:
    """Slots of these prompts, with the options that stand in them; of one that can't be read, none."""
    found: dict[str, tuple[str, ...]] = {}
    texts = [text for wording in prompts for text in (wording.prompt, wording.negative_prompt)]
    for text in (*texts, *map(str, negatives)):
        try:
            options = parse(text, lists).options
        except TemplateError:
            continue
        for name, given in options.items():
            found[name] = found.get(name) or tuple(option.written for option in given)
    return found


def of_starter(starter: Starter, models: Sequence[str]) -> Outline:
    """The form filled in with a good experiment, on ``models``."""
    from workbench.prompting.sweep_json import from_plan  # with pydantic

    sweep = from_plan({**starter.plan, "models": list(models)})
    seeds = [seed for seed in sweep.seeds if seed is not None]
    return Outline(
        name=starter.label,
        question=starter.question,
        starter=starter.name,
        prompts=sweep.prompts,
        models=sweep.models,
        slots=immutabledict({n: "\n".join(o or "" for o in levels) for n, levels in sweep.slots.items()}),
        varied=immutabledict(
            {n: tuple("" if v is None else v for v in values) for n, values in sweep.varied.items()}
        ),
        seeds=len(seeds),
        seed_base=seeds[0] if seeds else 1,
        design=sweep.design.value,
        size=sweep.size or Outline().size,
    )


def reading(
    model_of: Callable[[str], Capabilities],
    models: Sequence[str],
    seedless: frozenset[str],
    lists: Mapping[str, tuple[str, ...]] = immutabledict(),
) -> Callable[[str], Sweep]:
    """What reads a pasted table or JSON; settings are read as the model that a row names takes them."""
    from workbench.prompting.sweep_json import read_json
    from workbench.prompting.sweep_rows import Surroundings
    from workbench.prompting.sweep_table import plain_value, read_table

    around = Surroundings(model=models[0] if models else "", lists=lists, seedless=seedless)

    def value(model: str, setting: str, text: str) -> Scalar:
        try:
            known = model_of(model).setting(setting)
        except UnknownModel:
            known = None
        return known.parse(text) if known else plain_value(model, setting, text)

    def read(text: str) -> Sweep:
        if not text.strip():
            raise RequestError("Nothing is pasted or uploaded yet. A table's first line names its columns.")
        is_json = text.lstrip("\ufeff \r\n\t")[:1] in ("{", "[")
        return read_json(text, around) if is_json else read_table(text, around, value)

    return read


def to_draft(outline: Outline) -> dict[str, object]:
    """As the drafts table keeps it: JSON."""
    content = {name: getattr(outline, name) for name in Outline.__slots__}
    content["prompts"] = [asdict(wording) for wording in outline.prompts]
    content["slots"] = dict(outline.slots)
    content["varied"] = {name: list(values) for name, values in outline.varied.items()}
    return content


def from_draft(draft: Mapping[str, Any]) -> Outline:
    """What ``to_draft`` wrote, of an older edition too; an empty form for anything else."""
    if not draft:
        return Outline()
    known = {name: value for name, value in draft.items() if name in Outline.__slots__}
    try:
        known["prompts"] = tuple(Wording(**each) for each in known.get("prompts", [])) or Outline().prompts
        known["models"] = tuple(known.get("models", ()))
        known["slots"] = immutabledict(known.get("slots", {}))
        known["varied"] = immutabledict({n: tuple(v) for n, v in known.get("varied", {}).items()})
        return Outline(**known)
    except (TypeError, AttributeError):
        return Outline()


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
