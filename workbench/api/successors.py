"""Going ahead with the model that follows one that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities, Stage
from workbench.domain.errors import UnknownModel
from workbench.domain.request import Scalar
from workbench.domain.retired import gone

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench


class Heir(NamedTuple):
    """``note`` says who follows whom, and is empty where a name stands for itself.

    ``settings`` are what the old name said beside the model: the shape of the picture.
    """

    model: Capabilities
    note: str = ""
    settings: Mapping[str, Scalar] = immutabledict()


def heir(bench: Workbench, name: str, *, wanted: bool) -> Heir:
    """The model called ``name``; where that is gone and ``wanted``, the one that follows it.

    Raises ``UnknownModel``.
    """
    try:
        model = bench.model(name)
    except UnknownModel:
        old = gone(name)
        if old is None or not wanted:
            raise
        how = f" in {old.ratio}, as that name meant, unless another ratio is asked for" if old.ratio else ""
        note = f"{name} {old.why}; {old.successor} is used{how}."
        return Heir(bench.model(old.successor), note, old.settings)
    life = model.lifecycle
    if not wanted or life.stage is not Stage.RETIRED or not life.successor:
        return Heir(model)
    when = f" on {life.ends_on}" if life.ends_on else ""
    return Heir(bench.model(life.successor), f"{name} was retired{when}; {life.successor} is used.")
