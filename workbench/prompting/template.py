"""Prompt templates: named slots for factors of an experiment, wildcards for variety.

=========================================  =====================================================
``{camera}``                               a slot: it needs a value
``{camera=slow dolly in|static}``          a slot with choices; without a value the seed picks one
``{dawn|dusk}``                            a wildcard: the seed picks one
``{{`` … ``}}``                            a pair of literal braces
=========================================  =====================================================

Spaces around names and choices don't count, a choice may be empty (``{slowly|}``), and no choice holds a
brace or a bar. A slot that stands in several places takes one value; its choices are written once.

Every other brace stays exactly as it is, so a prompt that is JSON goes through unchanged, and slots
inside its strings still work: a group that opens with a quoted key (``{"mood": …}``) is never a wildcard,
and ``}}`` without a ``{{`` before it stays two braces. ``Template.strays`` says where such braces are, for
the lint to point at.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from immutabledict import immutabledict

from workbench.domain.errors import RequestError


class TemplateError(RequestError):
    """A template that can't be read or filled. ``position`` counts characters from the start."""

    def __init__(self, message: str, position: int) -> None:
        self.position = position
        super().__init__(message)


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
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wildcard:
    """An unnamed place; the seed picks one of its choices."""

    source: str
    choices: tuple[str, ...]


Part = Literal | Slot | Wildcard


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. ``str(template)`` is the text that was parsed, character for character."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(part.source for part in self.parts)

    @property
    def slots(self) -> Mapping[str, tuple[str, ...]]:
        """Name → choices (empty where any text may stand), in the order of first mention."""
        found: dict[str, tuple[str, ...]] = {}
        for part in self.parts:
            if isinstance(part, Slot):
                found[part.name] = found.get(part.name) or part.choices
        return immutabledict(found)

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

        Values are put in as they are, never parsed again, and need not be among the choices; names that
        the template does not have are left aside, so one set of values serves several templates. Each
        place draws from its own stream: an edit elsewhere in the prompt does not change the pick.
        Raises ``TemplateError`` at the first slot that has neither value nor choices.
        """
        slots = self.slots
        seen: Counter[str] = Counter()
        words: list[str] = []
        for at, part in self.placed():
            match part:
                case Literal():
                    words.append(part.text)
                case Slot(name=name) if name in values:
                    words.append(values[name])
                case Slot(name=name):
                    if not slots[name]:
                        raise TemplateError(f"The slot {{{name}}} has no value; give it one.", at)
                    words.append(_pick(slots[name], seed, f"slot {name}"))
                case Wildcard(choices=choices):
                    place = "|".join(choices)
                    words.append(_pick(choices, seed, f"wildcard {seen[place]} {place}"))
                    seen[place] += 1
        return "".join(words)


def parse(text: str) -> Template:
    """The template that ``text`` is.

    Raises ``TemplateError`` only for a slot with two different lists of choices, which has no one meaning.
    """
    parts = _paired([_part(found[0]) for found in _PIECES.finditer(text)])
    template = Template(tuple(parts))
    _check_choices(template)
    return template


# Order matters: a double brace goes before a group, so `{{{camera}}}` is a slot in literal braces.
_PIECES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_NAME = re.compile(r"[^\W\d][\w-]*")
_QUOTED_KEY = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"|'[^']*')\s*:""")


def _part(source: str) -> Part:
    if source[0] not in "{}":
        return Literal(source, source)
    if len(source) < 3:
        return Literal(source, source, stray=True)
    inside = source[1:-1]
    name, equals, listed = inside.partition("=")
    if _NAME.fullmatch(name.strip()):
        return Slot(source, name.strip(), _choices(listed) if equals else ())
    choices = _choices(inside)
    if len(choices) > 1 and any(choices) and not _QUOTED_KEY.match(inside):
        return Wildcard(source, choices)
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
    known: dict[str, tuple[str, ...]] = {}
    for at, part in template.placed():
        if not isinstance(part, Slot) or not part.choices:
            continue
        if known.setdefault(part.name, part.choices) != part.choices:
            raise TemplateError(
                f"The slot {part.name} has two different lists of choices; write them once and "
                f"{{{part.name}}} in the other places.",
                at,
            )


def _pick(choices: tuple[str, ...], seed: int, place: str) -> str:
    drawn = hashlib.sha256(f"{seed} {place}".encode(errors="surrogatepass")).digest()
    return choices[int.from_bytes(drawn[:8]) % len(choices)]
