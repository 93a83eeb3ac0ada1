"""The clips of an experiment as a table: one factor along, one down, the rest side by side in a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from workbench.api.cells import ExperimentGrid, Placed
from workbench.domain.run import Run
from workbench.player import MOST_CLIPS
from workbench.ui import figures
from workbench.ui.clip import media_url, still_of
from workbench.ui.compare.address import LEAST_CLIPS, clips_of, compared_runs
from workbench.ui.stand_in import stand_in_html
from workbench.ui.status import LOOKS

SEED, PROMPT, MODEL = "seed", "prompt", "model"
_RANK = {SEED: 2, MODEL: 1}  # what goes along first: what is asked for, then models, then seeds


@dataclass(frozen=True, slots=True)
class Axes:
    """The factors along and down; an empty one is none."""

    x: str = ""
    y: str = ""


def axes_of(factors: Mapping[str, Sequence[str]], x: str = "", y: str = "") -> Axes:
    """``x`` and ``y`` where the experiment has them; else what is asked about along, the next down."""
    names = sorted(factors, key=lambda name: (_RANK.get(name, 0), name == PROMPT, -len(factors[name])))
    along = x if x in factors else next((name for name in names if name != y), "")
    if y == NONE:
        return Axes(along)
    down = y if y in factors and y != along else next((n for n in names if n not in (along, SEED)), "")
    return Axes(along, down)


NONE = "none"


def named(factor: str) -> str:
    """As people call it: ``{light}``, ``Prompt``, ``Duration``."""
    return factor if factor[:1] == "{" else figures.setting_label(factor, None)


def table_html(grid: ExperimentGrid, axes: Axes) -> str:
    """Rows have a heading of their own above them, so that a long prompt has room; empty ones are out."""
    columns = list(grid.factors.get(axes.x, ("",)))
    head = "".join(f'<th scope="col">{escape(name) or "–"}</th>' for name in columns) if axes.x else ""
    rows = []
    for level in grid.factors.get(axes.y, ("",)):
        row = [one for one in grid.placed if not axes.y or one.coordinates.get(axes.y) == level]
        if not row:
            continue
        if axes.y or len(_comparable(row)) >= LEAST_CLIPS:
            told = f'<th scope="rowgroup" colspan="{len(columns)}">{_heading(level, row)}</th>'
            rows.append(f'<tr class="wb-row">{told}</tr>')
        cells = (
            [one for one in row if not axes.x or one.coordinates.get(axes.x) == name] for name in columns
        )
        rows.append(f"<tr>{''.join(_cell(cell, axes) for cell in cells)}</tr>")
    about = " and ".join(named(name) for name in (axes.x, axes.y) if name) or "all runs"
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    return (
        f'<div class="wb-grid" tabindex="0" role="region" aria-label="Clips by {escape(about, quote=True)}">'
        f"<table>{top}<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _heading(level: str, row: Sequence[Placed]) -> str:
    """What the row is, and the link that plays its first clips together."""
    runs = _comparable(row)
    compare = ""
    if len(runs) >= LEAST_CLIPS:
        href = f"/compare?{urlencode(compared_runs(runs), safe='~')}"
        what = f"Compare {len(runs)} clips of {level or 'all'}"
        compare = (
            f' <a class="wb-link" href="{escape(href, quote=True)}" target="_self" '
            f'aria-label="{escape(what, quote=True)}">Compare</a>'
        )
    return f"<span>{escape(level) or 'All'}</span>{compare}"


def _comparable(row: Sequence[Placed]) -> list[Run]:
    return [one.run for one in row if one.run and clips_of(one.run)][:MOST_CLIPS]


def _cell(placed: Sequence[Placed], axes: Axes) -> str:
    if not placed:
        return '<td><span class="wb-small">–</span></td>'
    return f'<td><div class="wb-takes">{"".join(_one(each, axes) for each in placed)}</div></td>'


def _one(placed: Placed, axes: Axes) -> str:
    apart = [
        label if name[:1] == "{" or name == PROMPT else f"{named(name).lower()} {label}"
        for name, label in placed.coordinates.items()
        if name not in (axes.x, axes.y) and label != "–"  # a slot that its prompt lacks says nothing
    ]
    told = " · ".join(figures.first_line(part, 40) for part in apart)
    if placed.run is None:
        why = placed.hole or "not sent"
        shape = "wb-hole" if placed.hole else "wb-unsent"
        inside = f'<div class="wb-frame {shape}"><span>{escape(figures.first_line(why, 90))}</span></div>'
        return f'<div class="wb-take" title="{escape(why, quote=True)}">{inside}{_told(told)}</div>'
    run, look = placed.run, LOOKS[placed.run.status]
    about = f"Open the run: {', '.join(placed.coordinates.values()) or 'the only one'}; {look.label}"
    state = "" if run.clip else f"{look.icon} {look.label}"
    return (
        f'<div class="wb-take"><a href="/run?id={run.id}" target="_self" '
        f'aria-label="{escape(about, quote=True)}"><div class="wb-frame">{_picture(run)}</div></a>'
        f"{_told(' · '.join(filter(None, [told, state])))}</div>"
    )


def _told(text: str) -> str:
    return f'<div class="wb-small">{escape(text)}</div>' if text else ""


def _picture(run: Run) -> str:
    """The poster, with the whole clip at one look for whoever points at it or comes to it by keyboard."""
    if run.deleted_at:
        return "<span>In the bin.</span>"
    picture = still_of(run.clip) if run.clip else None
    if run.clip is None:
        return stand_in_html(run, short=True)
    if picture is None:
        return "<span>No poster</span>"
    poster = f'<img loading="lazy" src="{media_url(picture)}" alt="">'
    if not run.clip.media.is_video:
        return poster
    sheet = f"/v1/videos/{run.id}/content?variant=spritesheet"
    return f'{poster}<img class="wb-sheet" loading="lazy" src="{sheet}" alt="">'
