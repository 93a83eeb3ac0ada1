"""What differs between two runs: words, settings, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.domain.media import Input
from workbench.domain.run import Run
from workbench.prompting.diff import settings_diff
from workbench.ui import figures
from workbench.ui.facts import input_html, known_model
from workbench.ui.words import show_diff


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, as it reads on either side."""

    name: str
    old: str
    new: str


def differences(bench: Workbench, old: Run, new: Run) -> list[Difference]:
    """Model, settings, seed and take; what is the same is left out."""
    a, b = old.request, new.request
    models = known_model(bench, a.model), known_model(bench, b.model)
    found = [Difference("Model", a.model, b.model)]
    for change in settings_diff(a.settings, b.settings):
        label = figures.setting_label(change.name, models[1] or models[0])
        values = (
            figures.setting_value(change.name, value, model)
            for value, model in zip((change.old, change.new), models, strict=True)
        )
        found.append(Difference(label, *values))
    found.append(Difference("Seed", *("none" if r.seed is None else str(r.seed) for r in (a, b))))
    found.append(Difference("Take", str(a.take), str(b.take)))
    return [difference for difference in found if difference.old != difference.new]


def show_words(old: Run, new: Run) -> None:
    """The diff of both prompts, or one sentence where they are the same."""
    pairs = (
        ("Prompt", old.request.prompt, new.request.prompt),
        ("Negative prompt", old.request.negative_prompt, new.request.negative_prompt),
    )
    for label, before, after in pairs:
        if not before and not after:
            continue
        st.markdown(f"**{label}**" + (" · the same" if before == after else ""))
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
