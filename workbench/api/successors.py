"""Going ahead with the model that follows one that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.domain.capabilities import Capabilities, Stage
from workbench.domain.errors import UnknownModel
from workbench.domain.retired import gone

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench


def heir(bench: Workbench, name: str, *, wanted: bool) -> tuple[Capabilities, str]:
    """The model called ``name``; where that is gone and ``wanted``, the one that follows it.

    The sentence says so; it is empty where ``name`` stands for itself. Raises ``UnknownModel``.
    """
    try:
        model = bench.model(name)
    except UnknownModel:
        old = gone(name)
        if old is None or not wanted:
            raise
        return bench.model(old.successor), f"{name} {old.why}; {old.successor} is used."
    life = model.lifecycle
    if not wanted or life.stage is not Stage.RETIRED or not life.successor:
        return model, ""
    when = f" on {life.ends_on}" if life.ends_on else ""
    return bench.model(life.successor), f"{name} was retired{when}; {life.successor} is used."
