"""Labels of controls: read aloud as they are written, so as few backslashes as can be."""

from __future__ import annotations

import pytest

from workbench.ui import figures


@pytest.mark.parametrize("name", ["savanna-lion.jpg", "my_photo_1.jpg", "Fish & chips (2)", "at 12.5 s: now"])
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert figures.label(name) == name


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("*bold*", r"\*bold\*"),
        ("_soft_", r"\_soft\_"),
        (":red[alarm]", r"\:red\[alarm\]"),
        ("$5 and $6", r"\$5 and \$6"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("12) item", r"12\) item"),
        ("<b>", r"\<b\>"),
        ("two\n\nlines", "two lines"),
    ],
)
def test_what_would_act_is_stopped(name: str, label: str) -> None:
    assert figures.label(name) == label
