"""Versions, and the health checks of the folder and its surroundings."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from workbench import __version__
from workbench.api import Workbench
from workbench.api.doctor import Check, check
from workbench.ui import figures
from workbench.ui.facts import facts_html

_LIBRARIES = ("streamlit", "av", "sqlite-utils", "numpy", "pillow", "google-genai", "openai")


def versions() -> None:
    own = [
        ("Workbench", __version__),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("SQLite", sqlite3.sqlite_version),
    ]
    st.html(facts_html([*own, *((name, _version(name)) for name in _LIBRARIES)]))


def checks(bench: Workbench) -> None:
    """What is wrong first, with what to do. The long look at every file is a click."""
    found = st.container(gap="xsmall")
    thorough = st.button("Check every file", icon=":material/troubleshoot:", key="health.thorough")
    with found:
        for line in sorted(_of_interest(check(bench, thorough=thorough)), key=lambda c: c.ok):
            mark = ":green-badge[✓ fine]" if line.ok else ":red-badge[✕ look here]"
            hint = "" if line.ok or not line.hint else f" {figures.plain(line.hint)}"
            st.markdown(f"{mark} **{figures.plain(line.name)}** {figures.plain(line.detail)}{hint}")


def _of_interest(checks: Iterable[Check]) -> list[Check]:
    """Endpoints stand above on this page, with more to them; here only one that has gone wrong."""
    return [c for c in checks if not (c.ok and c.name.startswith("Endpoint "))]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
