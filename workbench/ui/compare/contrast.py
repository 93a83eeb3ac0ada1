"""What differs, in words, settings and pictures, and what each clip took: every clip against the base."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.media import Input
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.clip import thumbnail_html
from workbench.ui.compare.address import Shown
from workbench.ui.compare.sheet import Cell, Line, number_html, sheet_html
from workbench.ui.differences import input_spreads, spreads
from workbench.ui.words import diff_html

_NOTICED_S, _NOTICED = 0.1, 0.02  # a smaller difference in latency says nothing


def show_words(clips: Sequence[Shown]) -> None:
    """Prompt and negative prompt of each clip against the base; clips with the same words stand together."""
    requests = [clip.run.request for clip in clips]
    for label, texts in (
        ("Prompt", [request.prompt for request in requests]),
        ("Negative prompt", [request.negative_prompt for request in requests]),
    ):
        if any(texts):
            st.html(words_html(label, texts))


def words_html(label: str, texts: Sequence[str]) -> str:
    """A block for each wording that is not the base's."""
    base, *_ = texts
    groups: dict[str, list[int]] = {}
    for number, words in enumerate(texts, 1):
        groups.setdefault(words, []).append(number)
    title = f"<h3>{escape(label)}</h3>"
    same = groups.pop(base)
    if not groups:
        return f'<section class="wb-words">{title}<p>The same in all.</p>{_text(base)}</section>'
    blocks = "".join(
        f"<p>{_numbers(numbers)} against {_numbers([1])}</p>{diff_html(base, words, folded=True)}"
        for words, numbers in groups.items()
    )
    also = f"<p>{_numbers(same[1:])}: the same as {_numbers([1])}</p>" if len(same) > 1 else ""
    return f'<section class="wb-words">{title}{blocks}{also}</section>'


def show_settings(bench: Workbench, clips: Sequence[Shown]) -> None:
    """Settings and references that differ, and seed, latency and cost in any case."""
    lines = contrast(bench, clips)
    st.html(sheet_html("Settings that differ, seed, latency and cost", lines, len(clips)))
    first = [clip.run.request for clip in clips]
    if len({(r.model, tuple(sorted(r.settings.items()))) for r in first}) == 1:
        st.caption("Model and settings are the same in all.")


def contrast(bench: Workbench, clips: Sequence[Shown]) -> list[Line]:
    runs = [clip.run for clip in clips]
    found = [_line(spread.name, spread.values) for spread in spreads(bench, runs)]
    if all(line.name != "Seed" for line in found):
        seed = runs[0].request.seed
        found.append(_line("Seed", ["none" if seed is None else str(seed)] * len(runs)))
    pictures = [
        Line(role.label, tuple(_pictures(inputs, given[0]) for inputs in given))
        for role, given in input_spreads(runs)
    ]
    return [*found, *pictures, _latency(runs), _line("Cost", [figures.cost(run) for run in runs])]


def _line(name: str, values: Sequence[str]) -> Line:
    return Line(name, tuple(Cell(value, differs=value != values[0]) for value in values))


def _latency(runs: Sequence[Run]) -> Line:
    base_s = runs[0].latency_s

    def cell(run: Run) -> Cell:
        if run is runs[0] or run.latency_s is None or base_s is None:
            return Cell(figures.seconds(run.latency_s))
        more_s = run.latency_s - base_s
        if abs(more_s) < max(_NOTICED_S, _NOTICED * base_s):
            return Cell(figures.seconds(run.latency_s))
        sign = "+" if more_s >= 0 else "\N{MINUS SIGN}"
        return Cell(figures.seconds(run.latency_s), f"{sign}{figures.seconds(abs(more_s))}")

    return Line("Latency", tuple(map(cell, runs)))


def _pictures(inputs: Sequence[Input], base: Sequence[Input]) -> Cell:
    differs = [i.media.sha256 for i in inputs] != [i.media.sha256 for i in base]
    if not inputs:
        return Cell("none", differs=differs)
    return Cell("", html="".join(thumbnail_html(i.media, i.role.label) for i in inputs), differs=differs)


def _numbers(numbers: Sequence[int]) -> str:
    return " ".join(map(number_html, numbers))


def _text(text: str) -> str:
    """The words themselves, a long text folded as in a diff."""
    return diff_html(text, text, folded=True) if text else ""
