"""Which review, experiment or brief a person means, who knows its name or the beginning of its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.domain.errors import RequestError

LISTED = 5


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said where ``wanted`` fits ``several`` (``count`` of them, with ``ids``), or ``none``.

    ``there`` tells in ``none`` what could be meant; in its place stands ``empty`` where nothing could.
    """

    several: str
    none: str
    empty: str = ""


def meant(told: str, known: Mapping[str, str], says: Sentences) -> str:
    """The id of the one of ``known`` (id → name) that has the name, else whose id begins so, else whose name
    is the same but for the case of letters. Raises ``RequestError`` for none, or several."""
    wanted = " ".join(told.split())
    named = [one for one, name in known.items() if name == wanted]
    begun = [one for one in known if one.startswith(wanted.upper())]
    alike = [one for one, name in known.items() if name.casefold() == wanted.casefold()]
    fitting = (named or begun or alike) if wanted else []
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(fitting[:LISTED])
        raise RequestError(says.several.format(count=len(fitting), wanted=wanted, ids=ids))
    there = "; ".join(f"{one} {name}"[:80] for one, name in list(known.items())[:LISTED])
    raise RequestError(says.none.format(wanted=wanted, there=f"There are: {there}." if there else says.empty))
