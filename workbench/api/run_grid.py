"""Runs as a table of stills by two things that were asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from workbench.api.cells import asked
from workbench.api.results import data_url
from workbench.api.sweeping import own_of, swept
from workbench.domain.errors import BadMedia, RequestError

if TYPE_CHECKING:
    from workbench.domain.run import Run
    from workbench.store import Store

POSTER_WIDTH: Final = 200
_NONE: Final = "–"


@dataclass(frozen=True, slots=True)
class RunGrid:
    """``columns`` and ``rows`` are the levels of ``x`` and ``y``; ``cells``: (row, column) → its runs."""

    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: Mapping[tuple[str, str], tuple[Run, ...]]

    def __repr__(self) -> str:
        return f"<RunGrid of {len(self.rows)} × {len(self.columns)}: {self.y} down, {self.x} across>"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(one)}</th>' for one in self.columns)
        body = "".join(
            f'<tr><th scope="row">{escape(row)}</th>'
            + "".join(f"<td>{_cell(self.cells.get((row, column), ()))}</td>" for column in self.columns)
            + "</tr>"
            for row in self.rows
        )
        corner = f"{escape(self.y)} ↓ {escape(self.x)} →"
        return f"<table><thead><tr><th>{corner}</th>{head}</tr></thead><tbody>{body}</tbody></table>"


def gridded(store: Store, runs: Sequence[Run], x: str, y: str) -> RunGrid:
    """Levels in the order in which they were first asked for. Raises ``RequestError``."""
    ordered = sorted(runs, key=lambda run: run.rowid)
    slots = _slots(store, ordered)
    told = [asked(run) | slots.get(run.id, {}) for run in ordered]
    names = dict.fromkeys(name for one in told for name in one)
    for axis in (x, y):
        if runs and axis not in names:
            raise RequestError(f"These runs have no {axis!r}. They have: {', '.join(names)}.")
    at = [(one.get(y, _NONE), one.get(x, _NONE)) for one in told]
    cells: dict[tuple[str, str], list[Run]] = {}
    for place, run in zip(at, ordered, strict=True):
        cells.setdefault(place, []).append(run)
    rows, columns = (tuple(dict.fromkeys(place[i] for place in at)) for i in (0, 1))
    return RunGrid(x, y, columns, rows, {place: tuple(own) for place, own in cells.items()})


def _slots(store: Store, runs: Sequence[Run]) -> dict[str, dict[str, str]]:
    """Run id → what its cell of a sweep is called by."""
    wanted = {run.id for run in runs}
    found: dict[str, dict[str, str]] = {}
    for experiment_id in {run.origin.experiment_id for run in runs if run.origin.experiment_id}:
        plan = store.experiments.plan(experiment_id)
        if own_of(plan) is None:
            continue
        sweep = swept(plan)
        for index, ids in store.experiments.cells.made(experiment_id).items():
            if own := wanted.intersection(ids):
                found |= {run_id: dict(sweep[index].coordinates) for run_id in own}
    return found


def _cell(runs: Sequence[Run]) -> str:
    return "<br>".join(map(_still, runs)) or _NONE


def _still(run: Run) -> str:
    from workbench.media.poster import poster

    if run.clip is None or not run.clip.media.is_video:
        return escape(run.outcome)
    try:
        picture = poster(run.clip.path, POSTER_WIDTH)
    except BadMedia as error:
        return escape(str(error))
    return f"<img width='{POSTER_WIDTH}' src='{data_url(picture, 'image/jpeg')}' alt='Still of run {run.id}'>"
