"""``Grid``: the factors of a sweep, and what a combination of their levels means for a request."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.media import Input
from workbench.domain.request import Scalar
from workbench.prompting.factors import Factor, factor, told
from workbench.prompting.options import Option, read_option
from workbench.prompting.template import Template, TemplateError, parse

if TYPE_CHECKING:
    from workbench.prompting.sweep import Sweep

PROMPT, MODEL, SEED, REFERENCES, SETTINGS = "prompt", "model", "seed", "references", "settings"
NEGATIVE, FOLD = "negative_prompt", "fold_negative_prompt"  # request fields that a sweep may vary, too
RESERVED = frozenset({PROMPT, MODEL, SEED, REFERENCES, SETTINGS, "take", "inputs", ""})
NO_SLOT = "–"  # the coordinate of a prompt that does not have the slot
TO_THE_SEED = "left to the seed"


@dataclass(frozen=True, slots=True)
class Wording:
    """A prompt and what is not to be seen, both templates. ``name`` is for people; else the prompt is."""

    prompt: str
    negative_prompt: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class References:
    """A set of files that go into a request together."""

    name: str
    inputs: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """``templates`` has every prompt and negative prompt, parsed."""

    factors: tuple[Factor[Any], ...]
    templates: Mapping[str, Template]

    def at(self, levels: Sequence[int]) -> dict[str, Any]:
        """Name of each factor → the level itself."""
        return {f.name: f.levels[i] for f, i in zip(self.factors, levels, strict=True)}

    def coordinates(self, levels: Sequence[int], slots: Container[str]) -> Mapping[str, str]:
        """Name of each factor → what its level is called. ``slots`` are those that the prompt has."""
        return immutabledict(
            {
                f.name: f.labels[i] if f.name[0] != "{" or f.name[1:-1] in slots else NO_SLOT
                for f, i in zip(self.factors, levels, strict=True)
            }
        )


def fields_at(at: Mapping[str, Any]) -> dict[str, Scalar]:
    """The request fields that settings and varied factors give; a default is left out."""
    fields: dict[str, Scalar] = dict(at.get(SETTINGS, {}))
    fields |= {
        name: value
        for name, value in at.items()
        if name not in RESERVED and name[0] != "{" and value is not None
    }
    return fields


def options_at(at: Mapping[str, Any]) -> dict[str, Option]:
    """The option of each slot that is not left to the seed."""
    return {name[1:-1]: o for name, o in at.items() if name[0] == "{" and o is not None}


def grid_of(sweep: Sweep) -> Grid:
    """Raises ``RequestError`` (``TemplateError`` within a prompt) for what can't be meant."""
    _check_given(sweep)
    templates = _templates(sweep)
    slots = [_slot(name, levels, templates) for name, levels in sweep.slots.items()]
    found: list[Factor[Any]] = []
    if sweep.seeds:
        labels = ["none" if seed is None else str(seed) for seed in sweep.seeds]
        found.append(factor(SEED, sweep.seeds, labels, sweep.seeds, treated=False))
    if sweep.references:
        keys = [[[i.role, i.position, i.media.sha256] for i in given.inputs] for given in sweep.references]
        found.append(factor(REFERENCES, sweep.references, [given.name for given in sweep.references], keys))
    if sweep.settings:
        names = dict.fromkeys(name for level in sweep.settings for name in level)
        differing = [n for n in names if len({(n in s, repr(s.get(n))) for s in sweep.settings}) > 1]
        labels = [told(level, differing or names) for level in sweep.settings]
        found.append(factor(SETTINGS, sweep.settings, labels, [dict(level) for level in sweep.settings]))
    for name, values in sweep.varied.items():
        labels = ["default" if value is None else told({"": value}, [""]).strip() for value in values]
        found.append(factor(name, values, labels, values))
    found.append(factor(MODEL, sweep.models, sweep.models, sweep.models))
    found += slots
    words = [[wording.prompt, wording.negative_prompt] for wording in sweep.prompts]
    found.append(factor(PROMPT, sweep.prompts, [w.name or w.prompt for w in sweep.prompts], words))
    return Grid(tuple(found), templates)


def _check_given(sweep: Sweep) -> None:
    if not sweep.prompts:
        raise RequestError("This sweep has no prompt. Write at least one.")
    if not sweep.models or not all(sweep.models):
        raise RequestError("This sweep has no model. Choose at least one, such as animatic/preview.")
    if any(type(seed) is not int for seed in sweep.seeds if seed is not None):
        raise RequestError(f"Seeds can't be {list(sweep.seeds)!r:.60}. Allowed: whole numbers.")
    names = [given.name for given in sweep.references]
    if len(set(names)) < len(names):
        raise RequestError("Two sets of references have the same name. Rename one.")
    fields = [*sweep.varied, *(name for level in sweep.settings for name in level)]
    for name in fields:
        if name in RESERVED or name.startswith("{"):
            raise RequestError(
                f"“{name}” is no setting. Models, seeds, references and slots have their own place in a "
                f"sweep; choose the name of a setting, {NEGATIVE} or {FOLD}."
            )
    for level in (*sweep.settings, *({n: v} for n, values in sweep.varied.items() for v in values)):
        if not isinstance(level.get(FOLD, False), bool | None):
            raise RequestError(f"{FOLD} can't be {level[FOLD]!r:.60}. Allowed: true or false.")
        if not isinstance(level.get(NEGATIVE, ""), str | None):
            raise RequestError(f"{NEGATIVE} can't be {level[NEGATIVE]!r:.60}. Allowed: text.")
    for name, values in sweep.varied.items():
        if not values:
            raise RequestError(f"“{name}” has no values. Give at least one, or take it out.")
        if any(name in level for level in sweep.settings):
            raise RequestError(f"“{name}” stands among the settings and for itself. Keep one of the two.")


def _templates(sweep: Sweep) -> Mapping[str, Template]:
    """Raises ``TemplateError``; its position counts within the text that it names."""
    found: dict[str, Template] = {}

    def add(what: str, text: str) -> None:
        if text in found:
            return
        try:
            found[text] = parse(text, sweep.lists)
        except TemplateError as error:
            where = f"{what}, character {error.position + 1}"
            raise TemplateError(f"{where}: {error}", error.position) from error
        for at, name in ((at, getattr(part, "name", "")) for at, part in found[text].placed()):
            if name and not found[text].options[name] and name not in sweep.slots:
                raise TemplateError(
                    f"{what}, character {at + 1}: The slot {{{name}}} has no value; give it one.", at
                )

    for number, wording in enumerate(sweep.prompts, 1):
        add(f"Prompt {number}", wording.prompt)
        add(f"Negative prompt {number}", wording.negative_prompt)
    for number, level in enumerate(sweep.settings, 1):
        add(f"The negative prompt of setting {number}", str(level.get(NEGATIVE, "")))
    for value in sweep.varied.get(NEGATIVE, ()):
        add("A negative prompt", "" if value is None else str(value))
    return immutabledict(found)


def _slot(name: str, given: Sequence[str | None], templates: Mapping[str, Template]) -> Factor[Option | None]:
    having = [template for template in templates.values() if name in template.options]
    if not having:
        known = dict.fromkeys(slot for template in templates.values() for slot in template.options)
        raise RequestError(f"No prompt has the slot {{{name}}}. Slots: {', '.join(known) or 'none'}.")
    offered = {o.label: Option(o.text, o.name) for template in having for o in template.options[name]}
    levels: list[Option | None] = [None if text is None else read_option(text) for text in given]
    levels = levels or list(offered.values())
    if not levels:
        raise RequestError(f"The slot {{{name}}} has no options here or in a prompt. Give at least one.")
    for level in levels:
        if level and (level.only or level.weight != 1):
            raise RequestError(
                f"An option of {{{name}}} has a weight or a condition ({level.text:.60}). In a sweep each "
                f"level runs; weights and conditions belong in the prompt. Write :=… for such a text itself."
            )
    labels = [TO_THE_SEED if o is None else o.label or "nothing" for o in levels]
    return factor(f"{{{name}}}", levels, labels, [o and [o.name, o.text] for o in levels])
