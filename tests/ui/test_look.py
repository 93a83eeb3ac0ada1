"""The stylesheets: colours stand in one place, and agree with the theme."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from workbench.app import __file__ as launcher
from workbench.ui.compose.composer import STYLESHEET as COMPOSE
from workbench.ui.look import STYLESHEET as LOOK
from workbench.ui.references.layout import STYLESHEET as REFERENCES

THEME = tomllib.loads((Path(launcher).parent / ".streamlit" / "config.toml").read_text())["theme"]


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("page", "backgroundColor"),
        ("accent", "primaryColor"),
        ("link", "linkColor"),
        ("edge", "borderColor"),
    ],
)
def test_the_themes_colours_are_repeated_rightly_and_once(name: str, option: str) -> None:
    told = re.findall(rf"--wb-{name}: light-dark\((#\w+), (#\w+)\);", LOOK.read_text())
    assert told == [(THEME["light"][option], THEME["dark"][option])]


@pytest.mark.parametrize("sheet", [LOOK, COMPOSE, REFERENCES], ids=lambda path: path.stem)
def test_no_sheet_holds_a_tag(sheet: Path) -> None:
    """Streamlit's sanitiser would drop the whole sheet."""
    assert "<" not in sheet.read_text()


@pytest.mark.parametrize("sheet", [COMPOSE, REFERENCES], ids=lambda path: path.stem)
def test_no_page_has_colours_of_its_own(sheet: Path) -> None:
    assert not re.search(r"#[0-9a-f]{3,8}\b", sheet.read_text())
