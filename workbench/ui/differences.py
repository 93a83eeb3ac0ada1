"""What differs between runs: words, settings, pictures. The first of several is the base of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.domain.media import Input, Role
from workbench.domain.request import Scalar
from workbench.domain.run import Run
from workbench.prompting.diff import settings_diff
from workbench.ui import figures
from workbench.ui.facts import input_html, known_model
from workbench.ui.words import phrases, show_diff


@dataclass(frozen=True, slots=True)
class Spread:
    """One thing that differs between some of several runs, as it reads for each."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two, as it reads on either side."""

    name: str
    old: str
    new: str


def spreads(bench: Workbench, runs: Sequence[Run]) -> list[Spread]:
    """Model, settings, seed and take of two or more runs; what is the same in all is left out."""
    base, *others = [run.request for run in runs]
    models = [known_model(bench, run.request.model) for run in runs]
    known = next((model for model in reversed(models) if model), None)
    names = dict.fromkeys(
        change.name for other in others for change in settings_diff(base.settings, other.settings)
    )

    def setting(name: str) -> Spread:
        values: list[Scalar | None] = [run.request.settings.get(name) for run in runs]
        told = (
            figures.setting_value(name, value, model) for value, model in zip(values, models, strict=True)
        )
        return Spread(figures.setting_label(name, known), tuple(told))

    requests = [base, *others]
    found = [
        Spread("Model", tuple(request.model for request in requests)),
        *map(setting, names),
        Spread("Seed", tuple("none" if r.seed is None else str(r.seed) for r in requests)),
        Spread("Take", tuple(str(request.take) for request in requests)),
    ]
    return [spread for spread in found if len(set(spread.values)) > 1]


def differences(bench: Workbench, old: Run, new: Run) -> list[Difference]:
    """The same of two runs."""
    return [Difference(spread.name, *spread.values) for spread in spreads(bench, [old, new])]


def in_short(bench: Workbench, base: Run, run: Run) -> str:
    """What tells ``run`` from ``base`` in one line: the phrases that changed first, then settings."""
    a, b = base.request, run.request
    negative = phrases(a.negative_prompt, b.negative_prompt)
    told = [
        phrases(a.prompt, b.prompt),
        f"negative {negative}" if negative else "",
        *(f"{d.name.lower()} {d.new}" for d in differences(bench, base, run)),
        "other references" if _only(run, base) or _only(base, run) else "",
    ]
    return " · ".join(part for part in told if part)


def input_spreads(runs: Sequence[Run]) -> list[tuple[Role, tuple[tuple[Input, ...], ...]]]:
    """For each role in which the runs' references differ, what each run has in it."""
    roles = dict.fromkeys(i.role for run in runs for i in run.request.inputs)
    found = []
    for role in roles:
        given = tuple(tuple(run.request.inputs_as(role)) for run in runs)
        if len({tuple(i.media.sha256 for i in inputs) for inputs in given}) > 1:
            found.append((role, given))
    return found


def show_words(old: Run, new: Run) -> None:
    """The diff of both prompts, or one sentence where they are the same."""
    before, after = old.request, new.request
    show_texts((before.prompt, before.negative_prompt), (after.prompt, after.negative_prompt))


def show_texts(old: tuple[str, str], new: tuple[str, str], *, tell_same: bool = True) -> None:
    """The diff of prompt and negative prompt; a part that neither has is left out."""
    for label, before, after in zip(("Prompt", "Negative prompt"), old, new, strict=True):
        if not before and not after:
            continue
        st.markdown(f"**{label}**" + (" · the same" if tell_same and before == after else ""))
        show_diff(before, after)


def show_settings(found: Sequence[Difference], sides: tuple[str, str]) -> None:
    """``sides`` are the headings of the two columns."""
    if not found:
        st.markdown("Model, settings and seed are the same.")
        return
    rows = [(d.name, figures.plain(d.old), figures.plain(d.new)) for d in found]
    table = pd.DataFrame(rows, columns=["Differs", *sides])
    st.table(table, border="horizontal", hide_index=True, alt="Settings that differ")


def show_inputs(old: Run, new: Run, sides: tuple[str, str]) -> None:
    """References that only one of the two has, as pictures; nothing where they are the same."""
    only = [_only(old, new), _only(new, old)]
    if not any(only):
        return
    st.markdown("**References that differ**")
    for column, side, inputs in zip(st.columns(2), sides, only, strict=True):
        with column:
            st.markdown(f"Only {side}" if inputs else f"{side} has none of its own")
            grid = st.grid(min_column_width=150, gap="xsmall")
            for i in inputs:
                with grid:
                    st.html(input_html(i))


def _only(run: Run, other: Run) -> list[Input]:
    theirs = {(i.role, i.position, i.media.sha256) for i in other.request.inputs}
    return [i for i in run.request.inputs if (i.role, i.position, i.media.sha256) not in theirs]
