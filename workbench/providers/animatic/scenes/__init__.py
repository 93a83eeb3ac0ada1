"""Procedural scenes: a shot plan's place, drawn once as layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.providers.animatic import weather
from workbench.providers.animatic.daylight import daylight
from workbench.providers.animatic.scenes import city, landscape
from workbench.providers.animatic.stage import Piece, Set

Scene = Callable[[Set], list[Piece]]

SCENES: Mapping[str, Scene] = {
    "grassland": landscape.grassland,
    "mountains": landscape.mountains,
    "lake": landscape.lake,
    "sea": landscape.sea,
    "desert": landscape.desert,
    "snowfield": landscape.snowfield,
    "forest": landscape.forest,
    "city": city.city,
}

_INDOORS = frozenset({"studio", "space", "abstract"})


def build(stage: Set) -> list[Piece]:
    """The pieces of the plan's scene, back to front."""
    pieces = SCENES.get(stage.plan.scene, landscape.grassland)(stage)
    if stage.plan.scene in _INDOORS:
        return pieces
    return [*pieces, *weather.falling(stage, daylight(stage.plan))]
