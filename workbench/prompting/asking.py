"""``Asking``: what a model that reads is asked, and how its words are made fit to be kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.prompting.lint_rules import NEGATION

if TYPE_CHECKING:
    from pydantic import BaseModel

LONGEST = 500  # characters of one answer; a longer one is no finding but an essay
MOST = 12  # answers side by side
_MOST_READ = 8_000  # characters of one text that are looked at at all


@dataclass(frozen=True, slots=True)
class Asking:
    """``instructions`` say who the model is and how to answer, ``text`` what is asked; ``shape`` is the form
    of the answer: every field required, no others, as strict schemas want it.
    """

    instructions: str
    text: str
    shape: type[BaseModel]


def shape_of(name: str, fields: Sequence[tuple[str, Any, str]]) -> type[BaseModel]:
    """A strict form: (name, type, what is asked) for each field; a type that allows ``None`` is nullable."""
    from pydantic import BaseModel, ConfigDict, Field, create_model  # a quarter of a second: when needed

    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")

    wanted: dict[str, Any] = {field: (kind, Field(description=asks)) for field, kind, asks in fields}
    return create_model(name, __base__=Strict, **wanted)


_SAYS_NOTHING = re.compile(
    r"(?:none|null|nil|n/?a|nothing|unknown|unclear|undetermined|unspecified|invisible"
    r"|not (?:applicable|available|clear|determinable|discernible|known|present|seen|specified|visible)"
    r"|(?:can(?:no|[’']?)t|could not|couldn[’']?t) (?:be (?:determined|seen|told)|tell|say|see)"
    r"|(?:none|nothing|no text|no words|no motion) ?(?:visible|seen|to be seen|present)?"
    r"|(?:there is|there are) (?:none|nothing))"
)
_ENDS = " .,;:!…\"'“”‘’*_`#"


def plain(text: object, longest: int = LONGEST) -> str:
    """``text`` on one line, without control and invisible characters, cut at a word where it is too long.

    Empty where it is no text, or says only that there is nothing to say.
    """
    line = _line(text)
    if _SAYS_NOTHING.fullmatch(line.strip(_ENDS).lower()) or not any(c.isalnum() for c in line):
        return ""
    return cut(line, longest)


def plains(texts: object, most: int = MOST, longest: int = LONGEST) -> tuple[str, ...]:
    """Each of ``texts`` as ``plain`` makes it, none twice, at most ``most``."""
    found = dict.fromkeys(line for text in _each(texts) if (line := plain(text, longest)))
    return tuple(found)[:most]


def _line(text: object) -> str:
    return " ".join(visible(text[:_MOST_READ]).split()) if isinstance(text, str) else ""


def _each(texts: object) -> Iterable[object]:
    if isinstance(texts, str):
        return [texts]
    return texts if isinstance(texts, Iterable) else ()


def visible(text: str) -> str:
    """``text`` without control characters (line ends stay), half pairs and marks that turn or hide text.

    What joins emoji and letters of some scripts stays: it is seen.
    """
    return "".join(c if c in _SEEN else _HIDDEN.get(unicodedata.category(c), c) for c in text)


_SEEN = "\n\t\u200c\u200d"
_HIDDEN = {"Cc": " ", "Zl": "\n", "Zp": "\n", "Cf": "", "Cs": "", "Co": "", "Cn": ""}


def cut(text: str, longest: int) -> str:
    """``text`` of at most ``longest`` characters, cut between words where there are any."""
    if len(text) <= longest:
        return text
    short = text[: longest + 1]
    at = max(short.rfind(" "), short.rfind("\n"))
    return short[: at if at > longest // 2 else longest].rstrip(" ,;:–-\n")


def things(texts: object, most: int = 40) -> tuple[str, ...]:
    """What a negative prompt lists: of “no text, without walls” the things, “text” and “walls”."""
    found: dict[str, str] = {}
    for text in _each(texts):
        for part in re.split(r"[,;\n]", text[:_MOST_READ] if isinstance(text, str) else ""):
            thing = _line(part).strip(" .!-–—•*")
            while told := NEGATION.match(thing):
                thing = thing[told.end() :].lstrip()
            if kept := plain(thing):
                found.setdefault(kept.lower(), kept)
    return tuple(found.values())[:most]
