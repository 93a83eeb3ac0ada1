"""``Option``: one of the choices of a slot or a wildcard, and how it is written.

==============================  ================================================================
``slow dolly in``               what is put into the prompt
``dolly:=slow dolly in``        the same with a name, by which results are labelled
``3::dawn``                     three times as likely as an option without a weight
``?time=dusk,night: lit``       stands only where the slot ``time`` took one of these; ``!=``: none of them
``__weather__``                 every entry of the shared list ``weather``, as if each stood here
``:=3::dawn``                   exactly ``3::dawn``: what follows ``:=`` is never read further
==============================  ================================================================

All of it may be combined, in the order condition, weight, name: ``?time=night: 2::moon:=lit by the moon``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.domain.errors import RequestError

Lists = Mapping[str, Sequence[str]]  # name of a shared list → its entries, each written like an option


class TemplateError(RequestError):
    """A template that can't be read or filled. ``position`` counts characters from the start."""

    def __init__(self, message: str, position: int) -> None:
        self.position = position
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where ``slot`` took one of ``values`` (names or texts of its options); ``negated``: none."""

    slot: str
    values: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        return f"{self.slot} is {'not ' * self.negated}{' or '.join(v or 'empty' for v in self.values)}"

    def holds(self, took: Option) -> bool:
        return (took.label in self.values or took.text in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Option:
    """``text`` is put into the prompt. ``label`` is what results are told by: ``name``, else the text."""

    text: str
    name: str = ""
    weight: float = 1.0
    only: Condition | None = None

    @property
    def label(self) -> str:
        return self.name or self.text

    @property
    def written(self) -> str:
        """Name and text so that ``read_option`` gives them back, without weight and condition."""
        if self.name:
            return f"{self.name}:={self.text}"
        return self.text if read_option(self.text) == Option(self.text) else f":={self.text}"


_LIST = re.compile(r"__(\w(?:[\w-]*?\w)?)__")
_CONDITION = re.compile(r"\?\s*([^\W\d][\w-]*)\s*(!?)=\s*([^:]*):(?![:=])\s*")
_WEIGHT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*::\s*")
_NAMED = re.compile(r"((?:\w[\w .+-]{0,39})?):=\s*")


def read_option(text: str) -> Option:
    """The option that ``text`` writes; whatever is no part of the syntax is its text."""
    return _read(text)[0]


def _read(text: str) -> tuple[Option, bool]:
    """The option, and whether ``:=`` says that its text is to be taken as it is."""
    rest, only, weight, name = text.strip(), None, 1.0, ""
    if found := _CONDITION.match(rest):
        values = tuple(value.strip() for value in found[3].split(","))
        only, rest = Condition(found[1], values, negated=bool(found[2])), rest[found.end() :]
    if found := _WEIGHT.match(rest):
        weight, rest = float(found[1]), rest[found.end() :]
    if found := _NAMED.match(rest):
        name, rest = found[1].strip(), rest[found.end() :]
    return Option(rest, name, weight, only), bool(found)


def read_options(texts: Sequence[str], lists: Lists, position: int) -> tuple[Option, ...]:
    """``texts`` as options, shared lists in place. Raises ``TemplateError`` for one that can't be meant."""
    options = tuple(option for text in texts for option in _each(text, lists, position))
    if len(options) > 1 and not any(option.weight for option in options):
        raise TemplateError(
            "Every option here has the weight 0, so none could be picked. Give one a weight above 0.",
            position,
        )
    said: dict[str, str] = {}
    for option in options:
        if said.setdefault(option.label, option.text) != option.text:
            raise TemplateError(
                f"Two options here are called “{option.label:.60}” and say different things. Results could "
                f"not be told apart: rename one.",
                position,
            )
    return options


def list_named(text: str) -> str:
    """The shared list that ``text`` stands for; empty where it stands for none."""
    found = _LIST.fullmatch(text.strip())
    return found[1] if found else ""


def lists_in(texts: Iterable[str], lists: Lists) -> dict[str, tuple[str, ...]]:
    """Those of ``lists`` that any of ``texts`` names."""
    given = tuple(texts)
    return {n: tuple(entries) for n, entries in lists.items() if any(f"__{n}__" in text for text in given)}


def read_list(text: str) -> tuple[str, ...]:
    """The entries of a list that is kept as a file: one a line; empty lines and ``# …`` don't count."""
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def pick(options: Sequence[Option], seed: int, place: str) -> Option:
    """What ``seed`` picks at ``place``; at equal weights the same as it always picked there."""
    drawn = hashlib.sha256(f"{seed} {place}".encode(errors="surrogatepass")).digest()
    number = int.from_bytes(drawn[:8])
    if len({option.weight for option in options}) == 1:
        return options[number % len(options)]
    left = number / 2**64 * sum(option.weight for option in options)
    for option in options:
        left -= option.weight
        if left < 0:
            return option
    return max(options, key=lambda option: option.weight)  # where rounding ate the last bit


def chosen(options: Sequence[Option], value: str, is_met: Callable[[Condition], bool]) -> Option:
    """The option that ``value`` names, else the one whose text it is, else ``value`` as free text.

    Of several that say the same under different conditions it is the first that may stand.
    """
    called = [option for option in options if option.label == value]
    called = called or [option for option in options if option.text == value]
    standing = (option for option in called if option.only is None or is_met(option.only))
    return next(standing, called[0] if called else Option(value))


def _each(text: str, lists: Lists, position: int) -> Iterator[Option]:
    option, is_exact = _read(text)
    name = "" if is_exact else list_named(option.text)
    if not name:
        yield option
        return
    entries = lists.get(name)
    if not entries:
        known = ", ".join(sorted(lists)) or "none"
        wrong = f"There is no shared list “{name}”." if entries is None else f"The list “{name}” is empty."
        raise TemplateError(f"{wrong} Lists that are there: {known}.", position)
    for entry in entries:
        written = read_option(entry)
        if written.only:
            raise TemplateError(
                f"The list “{name}” has an entry with a condition ({entry:.60}); lists are shared by prompts "
                f"with other slots. Write the condition in the prompt: {{?slot=value: __{name}__}}.",
                position,
            )
        yield replace(written, weight=written.weight * option.weight, only=option.only)
