"""``Factor``: one thing that a sweep varies, with its levels and what they are called."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from workbench.domain.errors import RequestError

LONGEST_LABEL = 60
Level = TypeVar("Level")


@dataclass(frozen=True, slots=True)
class Factor(Generic[Level]):
    """``labels`` name the levels, each differently. ``keys`` say what they are, whatever their order.

    A factor that is not ``treated`` (the seed) is there for repeats: nobody asks for its effect.
    """

    name: str
    levels: tuple[Level, ...]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    treated: bool = True

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def canonical(self) -> tuple[int, ...]:
        """Its level numbers in the order of their keys."""
        return tuple(sorted(range(len(self.keys)), key=lambda i: self.keys[i]))


def factor(
    name: str, levels: Sequence[Level], labels: Iterable[str], keys: Iterable[object], *, treated: bool = True
) -> Factor[Level]:
    """The factor; labels that are long are shortened, and equal ones numbered.

    Raises ``RequestError`` where two levels are the same: runs would be paid twice for one answer.
    """
    texts = tuple(json.dumps(key, ensure_ascii=False, sort_keys=True) for key in keys)
    first: dict[str, int] = {}
    for number, text in enumerate(texts, 1):
        if (before := first.setdefault(text, number)) != number:
            raise RequestError(
                f"Of “{name}”, numbers {before} and {number} are the same ({text:.60}). Take one out."
            )
    return Factor(name, tuple(levels), _distinct(labels), texts, treated)


def shortened(text: str) -> str:
    """``text`` on one line, as long as a label may be."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1].rstrip()}…"


def told(values: Mapping[str, object], names: Iterable[str]) -> str:
    """``duration_s 4, resolution 720p``: of ``values`` what stands under ``names``."""
    return ", ".join(f"{name} {_plain(values[name])}" for name in names if name in values) or "defaults"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "empty"


def _distinct(labels: Iterable[str]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    found: list[str] = []
    taken: set[str] = set()
    for label in map(shortened, labels):
        unique = label
        while unique in taken:
            seen[label] += 1
            unique = f"{label} ({seen[label] + 1})"
        taken.add(unique)
        found.append(unique)
    return tuple(found)
