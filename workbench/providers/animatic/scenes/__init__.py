"""Procedural scenes: a shot plan's place, drawn once as layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.providers.animatic import weather
from workbench.providers.animatic.daylight import daylight
from workbench.providers.animatic.scenes import beyond, city, landscape, studio, wilds
from workbench.providers.animatic.stage import Piece, Set

Scene = Callable[[Set], list[Piece]]

SCENES: Mapping[str, Scene] = {
    "grassland": landscape.grassland,
    "mountains": landscape.mountains,
    "lake": landscape.lake,
    "sea": wilds.sea,
    "desert": wilds.desert,
    "snowfield": wilds.snowfield,
    "forest": wilds.forest,
    "city": city.city,
    "studio": studio.studio,
    "space": beyond.space,
    "abstract": beyond.abstract,
}

_INDOORS = frozenset({"studio", "space", "abstract"})


def build(stage: Set) -> list[Piece]:
    """The pieces of the plan's scene, back to front."""
    pieces = SCENES.get(stage.plan.scene, landscape.grassland)(stage)
    if stage.plan.scene in _INDOORS:
        return pieces
    return [*pieces, *weather.falling(stage, daylight(stage.plan))]
