"""Use cases: what a kind of clip wants said first, and what it takes where nothing was said.

One TOML file each in this folder. A team writes its own as ``[use_cases.NAME]`` in ``workbench.toml``; one
with the name of a built-in changes what it mentions and leaves the rest.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from immutabledict import immutabledict

from workbench.domain.brief import Facet
from workbench.domain.errors import RequestError

GENERAL = "general"
_FOLDER = Path(__file__).parent
_ORDER = ("product_video", "hero_image", "gemstone_closeup", "luxury_brand", GENERAL)


@dataclass(frozen=True, slots=True)
class UseCase:
    """``when`` it fits and what to say ``first`` are for people and models that write. From ``composition``
    to ``mood`` stand phrases for what a brief leaves open, ``ambience`` and ``effects`` for the sound.
    """

    name: str
    label: str
    when: str = ""
    first: str = ""
    composition: str = ""
    camera: str = ""
    lens: str = ""
    light: str = ""
    style: str = ""
    mood: str = ""
    ambience: str = ""
    effects: str = ""
    negative: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def phrase(self, facet: Facet) -> str:
        """What it says of ``facet`` where nobody else does; mostly nothing."""
        return str(getattr(self, facet.value)) if facet in _PHRASED else ""


_PHRASED = frozenset({Facet.COMPOSITION, Facet.CAMERA, Facet.LENS, Facet.LIGHT, Facet.STYLE, Facet.MOOD})


def use_cases(written: Mapping[str, Mapping[str, Any]] = immutabledict()) -> Mapping[str, UseCase]:
    """Name → use case, the built-in ones first. ``written`` is what stands in ``workbench.toml``."""
    tables = dict(_built_in())
    for name, table in written.items():
        tables[name] = {**tables.get(name, {}), **table}
    return immutabledict({name: _use_case(name, table) for name, table in tables.items()})


def use_case(name: str, written: Mapping[str, Mapping[str, Any]] = immutabledict()) -> UseCase:
    """The one of that name; ``general`` where ``name`` is empty. Raises ``RequestError``."""
    known = use_cases(written)
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_") or GENERAL
    found = known.get(name) or known.get(wanted)
    if found is None:
        raise RequestError(
            f"There is no use case {name!r:.60}. Allowed: {', '.join(known)}. "
            f"Choose one, or write [use_cases.NAME] in workbench.toml."
        )
    return found


def _use_case(name: str, table: Mapping[str, Any]) -> UseCase:
    label = name.replace("_", " ").replace("-", " ").capitalize()
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list | tuple) else value for key, value in table.items()
    }
    return UseCase(**{"name": name, "label": label, **given})


@cache
def _built_in() -> Mapping[str, Mapping[str, Any]]:
    texts = {name: (_FOLDER / f"{name}.toml").read_text(encoding="utf-8") for name in _ORDER}
    return immutabledict({name: tomllib.loads(text) for name, text in texts.items()})
