"""The pages by name, so that one can link to another wherever the package lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import streamlit as st

import workbench

_PACKAGE = Path(workbench.__file__).parent
FOLDER = _PACKAGE / "_pages" if (_PACKAGE / "_pages").is_dir() else _PACKAGE.parent / "pages"


def page(name: str) -> st.Page:
    """A page as ``st.page_link`` and ``st.switch_page`` take it; the launcher registers the same path."""
    return st.Page(FOLDER / f"{name}.py", url_path=name)


def link(
    name: str,
    label: str,
    query: Mapping[str, str] | None = None,
    *,
    icon: str | None = None,
    disabled: bool = False,
    reason: str | None = None,
) -> None:
    """A real link: it opens in a new tab as well. ``reason`` says why it is disabled, or where it leads.

    Disabled, it is a button: a link that leads nowhere has no honest form.
    """
    if disabled:
        st.button(label, key=f"link.{name}.{label}.{query}", icon=icon, disabled=True, help=reason)
    else:
        st.page_link(page(name), label=label, icon=icon, query_params=query, help=reason)


def go(name: str, query: Mapping[str, str] | None = None) -> NoReturn:
    st.switch_page(page(name), query_params=query)
