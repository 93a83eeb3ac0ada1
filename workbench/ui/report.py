"""What a provider says of its own work; for the embedded engine, the plan and the words it left out."""

from __future__ import annotations

import json
from collections.abc import Mapping

import streamlit as st

from workbench.domain.run import Json
from workbench.ui import figures
from workbench.ui.facts import facts_html

_WORDS = {
    "matched": "Words that were drawn",
    "unmatched": "Words that were not drawn",
    "removed": "Taken away by the negative prompt",
}


def report(told: Json) -> None:
    """Known parts in words, whatever else there is as it came."""
    words = [(label, _listed(told[key])) for key, label in _WORDS.items() if key in told]
    if words:
        st.html(facts_html(words))
    plan = told.get("plan")
    if isinstance(plan, Mapping):
        st.markdown("**Shot plan**")
        known = [(_label(k), _value(v)) for k, v in plan.items() if k not in _WORDS]
        st.html(facts_html(known))
    rest = {key: value for key, value in told.items() if key not in _WORDS and key != "plan"}
    st.html(facts_html((_label(key), _value(value)) for key, value in rest.items()))


def _listed(words: object) -> str:
    found = [str(word) for word in words] if isinstance(words, list | tuple) else [str(words)]
    return ", ".join(found) or "none"


def _label(key: str) -> str:
    return key.removesuffix("_s").replace("_", " ").capitalize()


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list() | tuple():
            return ", ".join(map(str, value)) or figures.NONE
        case Mapping():
            return json.dumps(dict(value), ensure_ascii=False)
        case _:
            return str(value).replace("_", " ") or figures.NONE
