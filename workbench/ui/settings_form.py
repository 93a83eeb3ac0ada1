"""A form drawn from ``Capabilities``: the settings that the model has, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from workbench.domain.capabilities import Capabilities, Choice, SeedRange, Setting, Stage, Text, Toggle, Whole
from workbench.domain.request import Scalar
from workbench.ui.composition import MOST_TAKES, settings_for
from workbench.ui.links import link

FEW = 4  # choices that stand side by side; more go into a list
NARROW = 126  # pixels: a short number and its two steppers


def model_choice(models: Sequence[Capabilities], ready: frozenset[str], current: str, edition: str) -> str:
    """The model's name. Models that are not set up stay out, but for the current one, which says so."""
    by_name = {m.model: m for m in models if m.model in ready or m.model == current}

    def label(name: str) -> str:
        stage = by_name[name].lifecycle.stage
        notes = [stage.value] if stage is not Stage.LIVE else []
        notes += ["not set up"] if name not in ready else []
        return f"{by_name[name].label} – {', '.join(notes)}" if notes else by_name[name].label

    names = list(by_name)
    index = names.index(current)
    name = st.selectbox("Model", names, index, label, help=by_name[current].summary, key=f"model.{edition}")
    if hidden := len(models) - len(by_name):
        link("settings", f"{hidden} more model{'s need' if hidden > 1 else ' needs'} setting up")
    return name


def settings_form(model: Capabilities, chosen: Mapping[str, Scalar], edition: str) -> dict[str, Scalar]:
    """A control a setting. What ``chosen`` holds and the model allows is kept."""
    values = settings_for(model, chosen)
    return {
        s.name: _control(s, values[s.name], key=f"setting.{s.name}.{model.model}.{edition}")
        for s in model.settings
    }


def seed_and_takes(
    seeds: SeedRange | None, seed: int | None, takes: int, edition: str
) -> tuple[int | None, int]:
    """An empty seed is drawn. A model without seeds keeps what stands there for the next one."""
    if seeds is not None:
        seed = st.number_input(
            "Seed",
            seeds.least,
            seeds.most,
            value=seed if seed is not None and seeds.least <= seed <= seeds.most else None,
            step=1,
            placeholder="drawn",
            help="Empty: one is drawn and logged. The same seed gives the same clip again.",
            key=f"seed.{edition}",
            width=190,
        )
    takes = st.number_input(
        "Takes",
        1,
        MOST_TAKES,
        value=takes,
        step=1,
        help="Runs of this request, each with another seed.",
        key=f"takes.{edition}",
        width=NARROW,
    )
    return seed, takes


def _control(setting: Setting, value: Scalar, key: str) -> Scalar:
    label, help = setting.label, setting.help or None
    match setting:
        case Choice() if len(setting.values) <= FEW:
            picked = st.segmented_control(
                label,
                setting.values,
                default=value,
                required=True,
                format_func=lambda v: _shown(setting, v),
                help=help,
                key=key,
            )
            return value if picked is None else picked
        case Choice():
            index = setting.values.index(value)
            picked = st.selectbox(
                label, setting.values, index, lambda v: _shown(setting, v), help=help, key=key, width=180
            )
            return value if picked is None else picked
        case Whole():
            return st.number_input(
                _with_unit(setting), setting.least, setting.most, int(value), help=help, key=key, width=NARROW
            )
        case Toggle():
            turned = st.segmented_control(
                label,
                (True, False),
                default=bool(value),
                required=True,
                format_func=_on_or_off,
                help=help,
                key=key,
            )
            return bool(value) if turned is None else turned
        case Text():
            return st.text_input(label, str(value), setting.longest, help=help, key=key, width=320)
    raise TypeError(f"No control is known for a {type(setting).__name__}.")


def _on_or_off(value: bool) -> str:
    return "On" if value else "Off"


def _shown(setting: Setting, value: Scalar) -> str:
    unit = setting.unit.strip()
    return f"{value} {unit}" if unit else str(value)


def _with_unit(setting: Setting) -> str:
    unit = setting.unit.strip()
    return f"{setting.label} ({unit})" if unit else setting.label
