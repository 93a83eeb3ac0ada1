"""The frame around the pages: navigation, and a theme that can be read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench.api.current import use
from workbench.ui.look import STYLESHEET

AA_TEXT = 4.5


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    yield tmp_path
    use(None)


def test_the_first_page_is_compose(root: Path) -> None:
    at = AppTest.from_file(root / "workbench" / "app" / "main.py", default_timeout=30).run()
    assert not at.exception
    assert [title.value for title in at.title] == ["Compose"]


def test_no_tag_in_the_stylesheet() -> None:
    """Streamlit's sanitiser drops a whole sheet in which it sees one."""
    assert "<" not in STYLESHEET.read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_accent_can_be_read(root: Path, theme: str) -> None:
    config = tomllib.loads((root / "workbench/app/.streamlit/config.toml").read_text())
    colours = config["theme"][theme]
    for background in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        for text in ("textColor", "linkColor", "primaryColor"):
            assert contrast(colours[text], background) >= AA_TEXT, (text, background)


@pytest.mark.parametrize("kind", ["added", "removed"])
def test_changed_words_can_be_read(kind: str) -> None:
    sheet = STYLESHEET.read_text()
    for text, tint in zip(pair(sheet, f"--wb-{kind}"), pair(sheet, f"--wb-{kind}-tint"), strict=True):
        assert contrast(text, tint) >= AA_TEXT


def test_the_main_button_can_be_read(root: Path) -> None:
    themes = tomllib.loads((root / "workbench/app/.streamlit/config.toml").read_text())["theme"]
    rule = STYLESHEET.read_text().split('[data-testid^="stBaseButton-primary"]', 1)[1]
    written = re.search(
        r"color: oklch\(from currentColor clamp\((.+), \((.+) - l\) \* 100, (.+)\) 0 0\)", rule
    )
    assert written, "the text's lightness follows that of the text around"
    least, middle, most = map(float, written.groups())
    for theme in ("light", "dark"):
        around = luminance(themes[theme]["textColor"]) ** (1 / 3)  # a grey's lightness in OKLab
        own = min(max(least, (middle - around) * 100), most) ** 3
        dark, light = sorted((own, luminance(themes[theme]["primaryColor"])))
        assert (light + 0.05) / (dark + 0.05) >= AA_TEXT


def pair(sheet: str, name: str) -> list[str]:
    found = re.search(rf"{name}: light-dark\((#\w+), (#\w+)\)", sheet)
    assert found, name
    return list(found.groups())


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05), of relative luminances."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
