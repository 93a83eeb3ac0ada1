"""Prompt templates: named slots for factors of an experiment, wildcards for variety.

=========================================  =====================================================
``{camera}``                               a slot: it needs a value
``{camera=slow dolly in|static}``          a slot with choices; without a value the seed picks one
``{camera=dolly:=slow dolly in|static}``   a choice with a name, by which results are labelled
``{dawn|dusk}``                            a wildcard: the seed picks one
``{3::dawn|dusk}``                         dawn three times as often
``{__weather__}``                          a wildcard over a shared list, given to ``parse``
``{?camera=dolly: on rails}``              a part that stands only where ``camera`` took ``dolly``
``{{`` … ``}}``                            a pair of literal braces
=========================================  =====================================================

``prompting/options.py`` says how a choice is written; names, weights, lists and conditions go together, in
slots and wildcards alike. Spaces around names and choices don't count, a choice may be empty
(``{slowly|}``), and no choice holds a brace or a bar. A slot that stands in several places takes one value;
its choices are written once.

Every other brace stays exactly as it is, so a prompt that is JSON goes through unchanged, and slots
inside its strings still work: a group that opens with a quoted key (``{"mood": …}``) is never a wildcard,
and ``}}`` without a ``{{`` before it stays two braces. ``Template.strays`` says where such braces are, for
the lint to point at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from immutabledict import immutabledict

from workbench.prompting.options import Condition, Lists, Option, chosen, list_named, pick, read_options
from workbench.prompting.options import TemplateError as TemplateError


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is sent as ``text``; ``source`` differs from it only for a paired double brace."""

    source: str
    text: str
    stray: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A named place. Every mention of a name takes the same value."""

    source: str
    name: str
    options: tuple[Option, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(option.text for option in self.options)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """An unnamed place; the seed picks one of the options that may stand, nothing where none may."""

    source: str
    options: tuple[Option, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(option.text for option in self.options)


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled template. ``slots`` holds the label of what each slot took, free text as it was given;
    ``wildcards`` the same by how the place is written. A part that only a condition switches is in neither.
    """

    text: str
    slots: Mapping[str, str]
    wildcards: Mapping[str, str]

    @property
    def took(self) -> Mapping[str, str]:
        """Both: what effects of phrases are estimated from."""
        return immutabledict({**self.wildcards, **self.slots})


Part = Literal | Slot | Wildcard
MOST_BEFORE = 30  # slots that one slot may wait for


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. ``str(template)`` is the text that was parsed, character for character."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(part.source for part in self.parts)

    @property
    def options(self) -> Mapping[str, tuple[Option, ...]]:
        """Name → options of each slot (empty where any text may stand), in the order of first mention."""
        found: dict[str, tuple[Option, ...]] = {}
        for part in self.parts:
            if isinstance(part, Slot):
                found[part.name] = found.get(part.name) or part.options
        return immutabledict(found)

    @property
    def slots(self) -> Mapping[str, tuple[str, ...]]:
        """Name → what its choices say, as ``options`` has them."""
        return immutabledict({name: tuple(o.text for o in options) for name, options in self.options.items()})

    @property
    def wildcards(self) -> tuple[tuple[str, ...], ...]:
        return tuple(part.choices for part in self.parts if isinstance(part, Wildcard))

    @property
    def is_plain(self) -> bool:
        """Filling it gives the text itself."""
        return all(isinstance(part, Literal) and part.source == part.text for part in self.parts)

    @property
    def strays(self) -> tuple[int, ...]:
        """Positions of braces that belong to no slot, wildcard or pair, and are sent as they are."""
        return tuple(at for at, part in self.placed() if isinstance(part, Literal) and part.stray)

    def placed(self) -> tuple[tuple[int, Part], ...]:
        """Every part with the position where it starts."""
        found, at = [], 0
        for part in self.parts:
            found.append((at, part))
            at += len(part.source)
        return tuple(found)

    def fill(self, values: Mapping[str, str] = immutabledict(), seed: int = 0) -> str:
        """The prompt with ``values`` in its slots and what ``seed`` picks in the other places.

        A value is the name of an option, or text that is put in as it is, never parsed again, and need not
        be among the choices; names that the template does not have are left aside, so one set of values
        serves several templates. Each place draws from its own stream: an edit elsewhere in the prompt does
        not change the pick. Raises ``TemplateError`` at the first slot that has neither value nor choices,
        or whose value names an option that may not stand beside the other values.
        """
        return self.filled(values, seed).text

    def filled(self, values: Mapping[str, str] = immutabledict(), seed: int = 0) -> Filled:
        """The same as ``fill``, with what each place took."""
        slots = _Slots(self, values, seed)
        seen: Counter[str] = Counter()
        words: list[str] = []
        wildcards: dict[str, str] = {}
        for part in self.parts:
            match part:
                case Literal():
                    words.append(part.text)
                case Slot(name=name):
                    words.append(slots.took(name).text)
                case Wildcard(options=options):
                    place = "|".join(part.choices)
                    took = slots.pick(options, f"wildcard {seen[place]} {place}")
                    words.append(took.text)
                    seen[place] += 1
                    if len(options) > 1:
                        wildcards[_unused(part.source[1:-1].strip(), wildcards)] = took.label
        named = {name: slots.took(name).label for name in self.options}
        return Filled("".join(words), immutabledict(named), immutabledict(wildcards))


class _Slots:
    """What the slots of one filling take; a condition asks for another slot first."""

    def __init__(self, template: Template, values: Mapping[str, str], seed: int) -> None:
        self._template, self._values, self._seed = template, values, seed
        self._options = template.options
        self._took: dict[str, Option] = {}

    def took(self, name: str) -> Option:
        if name not in self._took:
            self._took[name] = self._take(name)
        return self._took[name]

    def pick(self, options: Sequence[Option], place: str) -> Option:
        standing = [option for option in options if option.only is None or self._is_met(option.only)]
        standing = [option for option in standing if option.weight] or standing
        return pick(standing, self._seed, place) if standing else Option("")

    def _is_met(self, condition: Condition) -> bool:
        return condition.holds(self.took(condition.slot))

    def _take(self, name: str) -> Option:
        options = self._options[name]
        if name not in self._values:
            if not options:
                raise TemplateError(f"The slot {{{name}}} has no value; give it one.", self._position(name))
            return self.pick(options, f"slot {name}")
        option = chosen(options, self._values[name], self._is_met)
        if option.only and not self._is_met(option.only):
            raise TemplateError(
                f"“{option.label:.60}” of the slot {{{name}}} stands only where {option.only}; choose "
                f"another.",
                self._position(name),
            )
        return option

    def _position(self, name: str) -> int:
        placed = self._template.placed()
        return next(at for at, part in placed if isinstance(part, Slot) and part.name == name)


def parse(text: str, lists: Mapping[str, Sequence[str]] = immutabledict()) -> Template:
    """The template that ``text`` is; ``lists`` are the shared lists by name.

    Raises ``TemplateError`` for what has no one meaning: a slot with two different lists of choices, two
    options of one name, a list or slot that is not there, slots that wait for each other.
    """
    parts: list[Part] = []
    at = 0
    for found in _PIECES.finditer(text):
        parts.append(_part(found[0], lists, at))
        at = found.end()
    template = Template(tuple(_paired(parts)))
    _check_choices(template)
    _check_conditions(template)
    return template


def literal(text: str) -> str:
    """The template that stands for exactly ``text``, whatever braces are in it.

    Raises ``TemplateError`` where none can: something like a slot beside a brace that is never closed.
    """
    if "{" not in text:
        return text
    for written in (text, text.replace("{", "{{").replace("}", "}}")):
        with suppress(TemplateError):  # of something that only looks like a slot
            parts = parse(written).parts
            if "".join(part.text if isinstance(part, Literal) else "" for part in parts) == text:
                return written
    raise TemplateError("Its braces can't be told from slots. Take out the one that has no partner.", 0)


# Order matters: a double brace goes before a group, so `{{{camera}}}` is a slot in literal braces.
_PIECES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_NAME = re.compile(r"[^\W\d][\w-]*")
_QUOTED_KEY = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"|'[^']*')\s*:""")


def _part(source: str, lists: Lists, at: int) -> Part:
    if source[0] not in "{}":
        return Literal(source, source)
    if len(source) < 3:
        return Literal(source, source, stray=True)
    inside = source[1:-1]
    name, equals, listed = inside.partition("=")
    if list_named(inside):
        return Wildcard(source, read_options((inside,), lists, at))
    if _NAME.fullmatch(name.strip()):
        return Slot(source, name.strip(), read_options(_choices(listed), lists, at) if equals else ())
    choices = _choices(inside)
    if not any(choices) or _QUOTED_KEY.match(inside):
        return Literal(source, source, stray=True)
    options = read_options(choices, lists, at) if len(choices) > 1 or inside.lstrip()[:1] == "?" else ()
    if len(options) > 1 or any(option.only for option in options):
        return Wildcard(source, options)
    return Literal(source, source, stray=True)


def _choices(text: str) -> tuple[str, ...]:
    return tuple(choice.strip() for choice in text.split("|"))


def _paired(parts: list[Part]) -> list[Part]:
    """Double braces that open and close become single ones; the unpaired stay as they are."""
    open_at: list[int] = []
    for i, part in enumerate(parts):
        if part.source == "{{":
            open_at.append(i)
        elif part.source == "}}" and open_at:
            for at, brace in ((open_at.pop(), "{"), (i, "}")):
                parts[at] = Literal(brace * 2, brace)
    return parts


def _check_choices(template: Template) -> None:
    known: dict[str, tuple[Option, ...]] = {}
    for at, part in template.placed():
        if not isinstance(part, Slot) or not part.options:
            continue
        if known.setdefault(part.name, part.options) != part.options:
            raise TemplateError(
                f"The slot {part.name} has two different lists of choices; write them once and "
                f"{{{part.name}}} in the other places.",
                at,
            )


def _check_conditions(template: Template) -> None:
    """Every condition asks for a slot of the template, and none for what waits for itself."""
    slots = template.options
    waits: dict[str, set[str]] = {}
    for at, part in template.placed():
        if isinstance(part, Literal):
            continue
        asked = {option.only.slot for option in part.options if option.only}
        if unknown := sorted(asked - slots.keys()):
            has = ", ".join(slots) or "none"
            raise TemplateError(
                f"A condition asks for the slot {unknown[0]}, which is not in this prompt. Its slots: {has}.",
                at,
            )
        if isinstance(part, Slot):
            waits[part.name] = waits.get(part.name, set()) | asked
    for at, part in template.placed():
        if not isinstance(part, Slot):
            continue
        before = _all_before(part.name, waits)
        if part.name in before:
            raise TemplateError(
                f"The slot {part.name} waits for itself: its choices depend on a slot that depends on it. "
                f"Take one of the conditions out.",
                at,
            )
        if len(before) > MOST_BEFORE:
            raise TemplateError(
                f"The slot {part.name} depends on more than {MOST_BEFORE} others. Take a condition out.", at
            )


def _all_before(name: str, waits: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(waits.get(name, ()))
    while ahead and len(found) <= MOST_BEFORE:
        if (other := ahead.pop()) not in found:
            found.add(other)
            ahead += waits.get(other, ())
    return found


def _unused(key: str, taken: Mapping[str, str]) -> str:
    """``key``, numbered where the same is written in several places."""
    number, numbered = 1, key
    while numbered in taken:
        number += 1
        numbered = f"{key} #{number}"
    return numbered
