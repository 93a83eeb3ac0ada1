"""A form drawn from ``Capabilities``: the settings that the model has, and no others."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from workbench.domain.capabilities import Capabilities, Choice, SeedRange, Setting, Text, Toggle, Whole
from workbench.domain.request import Scalar
from workbench.ui.compose.composition import MOST_TAKES, settings_for

FEW = 4  # choices that stand side by side; more go into a list
MOST_AT_ONCE, FOREMOST = 7, 5
NARROW = 126  # pixels: a short number and its two steppers


def settings_form(model: Capabilities, chosen: Mapping[str, Scalar], edition: str) -> dict[str, Scalar]:
    """A control a setting. What ``chosen`` holds and the model allows is kept."""
    values = settings_for(model, chosen)
    return {
        s.name: _control(s, values[s.name], key=f"setting.{s.name}.{model.model}.{edition}")
        for s in foremost(model)
    }


def further_settings(model: Capabilities, chosen: Mapping[str, Scalar], edition: str) -> dict[str, Scalar]:
    """The rest of a model with many settings, folded away; it says how many of them were changed."""
    rest = model.settings[len(foremost(model)) :]
    if not rest:
        return {}
    values = settings_for(model, chosen)
    changed = sum(values[s.name] != s.default for s in rest)
    told = f"More settings ({changed} changed)" if changed else "More settings"
    with st.expander(told, key="wb-further"), st.container(horizontal=True, gap="small"):
        return {
            s.name: _control(s, values[s.name], key=f"setting.{s.name}.{model.model}.{edition}") for s in rest
        }


def foremost(model: Capabilities) -> tuple[Setting, ...]:
    """All of a few settings; of many the first, as providers list what matters most first."""
    return model.settings if len(model.settings) <= MOST_AT_ONCE else model.settings[:FOREMOST]


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
            width=176,
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
