"""The values of a setting that an experiment runs with: one, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from workbench.domain.capabilities import Capabilities, Choice, Setting, Toggle
from workbench.domain.request import Scalar
from workbench.ui import figures


def offered_by(models: Sequence[Capabilities]) -> Mapping[str, Setting]:
    """Every setting of any of the models; of a choice, what any of them allows."""
    found: dict[str, Setting] = {}
    for model in models:
        for setting in model.settings:
            known = found.setdefault(setting.name, setting)
            if isinstance(known, Choice) and isinstance(setting, Choice):
                values = tuple(dict.fromkeys(known.values + setting.values))
                found[setting.name] = replace(known, values=values)
    return found


def values_of(name: str, setting: Setting | None, kept: Sequence[Scalar], key: str) -> tuple[Scalar, ...]:
    """A control that fits the setting; ``None`` is one that no chosen model has, or the negative prompt."""
    label = f"Values of {setting.label if setting else figures.setting_label(name, None)}"
    if isinstance(setting, Choice | Toggle):
        offered: Sequence[Scalar] = setting.values if isinstance(setting, Choice) else (True, False)
        allowed = [value for value in kept if _among(value, offered)]
        return tuple(
            st.multiselect(
                label,
                offered,
                allowed or [setting.default],
                format_func=lambda value: (
                    figures.setting_value(name, value, None)
                    + (f" {setting.unit.strip()}" if setting.unit.strip() else "")
                ),
                key=key,
                placeholder="Choose one or more",
            )
        )
    start = kept or ([setting.default] if setting else [""])
    text = st.text_area(
        label,
        "\n".join(str(value) or _NOTHING for value in start),
        height=96,
        key=key,
        help=f"One a line; {_NOTHING} is an empty one.",
    )
    lines = dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
    values = ("" if line == _NOTHING else line for line in lines)
    return tuple(setting.parse(value) if setting else value for value in values)


_NOTHING = "(nothing)"


def _among(value: Scalar, offered: Sequence[Scalar]) -> bool:
    """1 is not true."""
    return any(value == one and type(value) is type(one) for one in offered)
