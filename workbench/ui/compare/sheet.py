"""A table with a column for each clip; all sheets of the page have the same columns below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Tone = Literal["", "better", "worse"]


@dataclass(frozen=True, slots=True)
class Cell:
    """``note`` stands small below the value. ``html`` is trusted and stands instead of ``text``.

    ``differs`` is from the base.
    """

    text: str
    note: str = ""
    tone: Tone = ""
    differs: bool = False
    html: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """``aside`` stands small below the name, ``about`` is what a pointer on it tells."""

    name: str
    cells: tuple[Cell, ...]
    aside: str = ""
    about: str = ""


def sheet_html(label: str, lines: Sequence[Line], count: int) -> str:
    """Scrolls sideways in its place where the clips are many and the window is narrow."""
    heads = "".join(f'<th scope="col">{_head(number)}</th>' for number in range(1, count + 1))
    rows = "".join(map(_row, lines))
    name = escape(label, quote=True)
    return (
        f'<div class="wb-sheet" role="region" aria-label="{name}" tabindex="0" style="--wb-clips:{count}">'
        f'<table><thead><tr><th scope="col"><span class="wb-unseen">{name}</span></th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def number_html(number: int) -> str:
    """A clip's number as the player writes it."""
    return f'<b class="wb-number"><span>{number}</span></b>'


def _head(number: int) -> str:
    return number_html(number) + (" base" if number == 1 else "")


def _row(line: Line) -> str:
    aside = f'<span class="wb-aside">{escape(line.aside)}</span>' if line.aside else ""
    about = f' title="{escape(line.about, quote=True)}"' if line.about else ""
    cells = "".join(map(_cell, line.cells))
    return f'<tr><th scope="row"{about}>{escape(line.name)}{aside}</th>{cells}</tr>'


def _cell(cell: Cell) -> str:
    shade = ' class="wb-differs"' if cell.differs else ""
    tone = f" wb-{cell.tone}" if cell.tone else ""
    note = f'<span class="wb-aside{tone}">{escape(cell.note)}</span>' if cell.note else ""
    return f"<td{shade}>{cell.html or escape(cell.text)}{note}</td>"
