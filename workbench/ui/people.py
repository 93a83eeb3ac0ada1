"""Who rates and notes here: a name, remembered for this tab."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench

_PERSON = "rating.person"  # of the session
UNSAID = "Say who you are: your name keeps what you say apart from everybody else's."


def name_field(bench: Workbench, place: str) -> str:
    """The field ``Who``; what is typed stands in the session under the key that is returned."""
    name = _known(bench)
    key = f"{place}.person.{name}"
    st.text_input("Who", name, key=key, autocomplete="name", placeholder="Your name", max_chars=80)
    return key


def typed(key: str) -> str:
    return str(st.session_state.get(key) or "").strip()


def remember(person: str) -> None:
    st.session_state[_PERSON] = person


def _known(bench: Workbench) -> str:
    """The name given last in this tab; in a new one, the name of whoever speaks here, if that is one only."""
    name: str = st.session_state.get(_PERSON, "")
    if name:
        return name
    people = bench.people()
    return people[0] if len(people) == 1 else ""
