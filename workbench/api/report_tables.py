"""The pieces that reports are made of: tables, pictures, paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from workbench.api.arms import Arm

NONE: Final = "–"
Cells = Sequence[Sequence[str]]


def table(caption: str, head: Sequence[str], body: Cells) -> str:
    """All cells are text; the first column names the row."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in body
    )
    return scrolling(
        caption,
        f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>",
    )


def scrolling(label: str, markup: str) -> str:
    """What may be wider than the page, and is scrolled by keyboard, too."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">{markup}</div>'


def figure(label: str, svg: str) -> str:
    return scrolling(label, f'<figure class="forest">{svg}</figure>')


def paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def costs(arms: Iterable[Arm], head: Sequence[str], quality: Mapping[str, Sequence[str]]) -> str:
    """``quality``: of each arm what ``head`` calls, to be read beside what it cost."""
    body = [(arm.label, *quality[arm.label], _cost(arm), _latency(arm)) for arm in arms]
    caption = "Medians of a run: what was billed or, where that is not known, estimated; and how long it took"
    return table(caption, ("Arm", *head, "Cost", "Latency"), body)


def _cost(arm: Arm) -> str:
    if all(run.is_emulated for run in arm.runs):
        return "nothing (emulated)"
    micros = arm.cost_micros
    if micros is None:
        return "not known"
    decimals = 4 if 0 < micros < 10_000 else 2
    return f"${micros / 1e6:,.{decimals}f}" if micros else "free"


def _latency(arm: Arm) -> str:
    return NONE if arm.latency_s is None else f"{arm.latency_s:.1f} s"
