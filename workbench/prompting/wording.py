"""Whether two phrases say the same: by their words, not by any model, and the same way every time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from workbench.prompting.draft import WORD
from workbench.prompting.vocabulary import words

ENOUGH = 0.8  # of the shorter phrase's words, where it is long enough for one to be chance
LONG = 5


@dataclass(frozen=True, slots=True)
class Wording:
    """A phrase as it is compared. ``words`` carry the meaning, without grammar and plural; ``head`` is what
    it is about (“ring” of “a gold ring with a stone”); ``way`` are its directions in their order.
    """

    words: frozenset[str]
    head: str
    way: tuple[str, ...]

    def is_near(self, other: Wording, *, same_head: bool = False) -> bool:
        """One of them says what the other says, perhaps more. ``same_head``: of the same thing, too."""
        if not self.words or not other.words or (same_head and self.head != other.head):
            return self == other
        if self.way and other.way and self.way != other.way:
            return False
        if any(mine - yours and yours - mine for mine, yours in self._rivals(other)):
            return False
        shared, fewer = len(self.words & other.words), min(len(self.words), len(other.words))
        return shared == fewer or (fewer >= LONG and shared >= ENOUGH * fewer)

    def _rivals(self, other: Wording) -> list[tuple[frozenset[str], frozenset[str]]]:
        return [(self.words & family, other.words & family) for family in _FAMILIES]


@lru_cache(maxsize=4_096)
def wording(text: str) -> Wording:
    """``text`` of any language; where words are not parted by blanks, only equal ones are the same."""
    low = text.lower().replace("’", "'")
    found = [_stem(word) for word in WORD.findall(low)]
    return Wording(
        frozenset(word for word in found if word not in _GRAMMAR) or frozenset(found),
        _head(low),
        tuple(word for word in found if word in _WAYS),
    )


def _stem(word: str) -> str:
    word = _ALIKE.get(word, word).removesuffix("'s")
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _head(low: str) -> str:
    first = _AFTER_HEAD.split(low, maxsplit=1)[0]
    found = [word for word in map(_stem, WORD.findall(first)) if word not in _GRAMMAR]
    return found[-1] if found else ""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PREPOSITIONS = _set(
    """
    with of on in under over above beneath behind beside at by near next from against holding wearing that
    which who and to for inside around
    """
)
_AFTER_HEAD = re.compile(rf"[,;:(–—]|{words(*sorted(_PREPOSITIONS)).pattern}")
_GRAMMAR = _set(
    """
    a an the and or of with in on at by to from for into onto is are it its his her their this that which
    who as there very quite rather slightly somewhat mostly mainly some
    """
)
_ALIKE = {"color": "colour", "colors": "colour", "colored": "coloured", "gray": "grey", "closeup": "close-up"}
_WAYS = _set("left right up down upward downward forward backward clockwise anticlockwise counterclockwise")
# Of each family two phrases may not differ: “soft morning light” is no “soft evening light”.
_FAMILIES = (
    _WAYS,
    _set("morning evening noon midday afternoon night dawn dusk sunrise sunset day golden blue"),
    _set("warm cool cold hot neutral"),
    _set("soft hard harsh diffuse diffused"),
    _set("bright dark dim"),
    _set("slow slowly fast quick quickly rapid rapidly still static steady"),
    _set("high low eye-level overhead"),
    _set("close-up wide medium macro"),
    _set("shallow deep"),
    _set("no not without never"),
    _set("one two three four five six seven eight nine ten single pair several many"),
    _set(
        """
        red orange yellow green teal blue purple violet pink brown black white grey gold silver beige cream
        navy turquoise
        """
    ),
    _set("wood wooden metal plastic glas stone leather ceramic paper gold silver steel brass copper"),
    _set("summer winter spring autumn sunny rainy snowy foggy cloudy overcast"),
)
