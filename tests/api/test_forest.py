"""A forest plot: the SVG and the PNG show the same, at the same places."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from workbench.api.forest import LONGEST_TITLE, WIDTH, Dot, Forest, Label, Line
from workbench.api.forest_png import DENSITY, drawn, lacking
from workbench.review import Interval

PLOT = Forest(
    [
        Line("A  … dawn & <dusk>", Interval(1.2, 0.4, 2.0), "+1.2 [0.4, 2.0]"),
        Line("B  … noon", Interval(-1.0, -2.0, 0.1), "−1.0 [−2.0, 0.1]"),
        Line("C  … night", None, "not rated"),
    ],
    (-2.2, 2.2),
    {0: "", 1: "1"},
    title="A ahead of B – “settled”",
    about="effect, in logits",
)
MARK = (0x0B, 0x6B, 0x75)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.open(io.BytesIO(PLOT.png()))


def test_twice_as_dense_on_white(picture: Image.Image) -> None:
    assert picture.size == (WIDTH * DENSITY, PLOT.height * DENSITY)
    assert picture.info["dpi"] == pytest.approx((192, 192), abs=0.1)
    assert picture.info["Title"] == PLOT.title
    assert {picture.getpixel(at) for at in ((0, 0), (picture.width - 1, picture.height - 1))} == {
        (255, 255, 255)
    }


def test_intervals_lie_where_the_svg_has_them(picture: Image.Image) -> None:
    nodes = ElementTree.fromstring(PLOT.svg())
    lines = [
        node for node in nodes.iter("{http://www.w3.org/2000/svg}line") if node.get("stroke-width") == "3"
    ]
    dots = [mark for mark in PLOT.marks() if isinstance(mark, Dot)]
    assert len(lines) == len(dots) == 2, "what is not known has no bar"
    pixels = np.asarray(picture)
    for line, dot in zip(lines, dots, strict=True):
        y = round(float(line.get("y1", "")) * DENSITY)
        marked = np.flatnonzero((pixels[y] == MARK).all(-1)) / DENSITY
        assert marked.min() == pytest.approx(float(line.get("x1", "")) - 1.5, abs=1)
        assert marked.max() == pytest.approx(float(line.get("x2", "")) + 1.5, abs=1)
        column = pixels[:, round(dot.x * DENSITY)]
        high = np.flatnonzero((column == MARK).all(-1)) / DENSITY
        assert np.ptp(high) == pytest.approx(2 * dot.radius, abs=1)


def test_every_word_is_in_both(picture: Image.Image) -> None:
    texts = {
        node.text for node in ElementTree.fromstring(PLOT.svg()).iter("{http://www.w3.org/2000/svg}text")
    }
    labels = [mark for mark in PLOT.marks() if isinstance(mark, Label)]
    assert {one.text for one in labels} == texts
    ink = np.asarray(picture.convert("L")) < 160
    for one in labels:
        band = ink[int((one.y - one.size) * DENSITY) : int((one.y + 3) * DENSITY)]
        at = {"start": slice(0, 60), "middle": slice(-8, 8), "end": slice(-60, 0)}[one.anchor]
        left, right = (int((one.x + side) * DENSITY) for side in (at.start, at.stop))
        assert band[:, max(left, 0) : right].sum() > 10, one.text


def test_signs_and_letters_of_europe_are_there() -> None:
    assert not lacking("0123456789 +−–…[]“”’·≥ éßñčżЖαώ")


def test_a_picture_without_a_line() -> None:
    empty = Forest([], (-1, 1), {0: ""}, title="", about="nothing")
    assert Image.open(io.BytesIO(drawn(empty))).size == (WIDTH * DENSITY, empty.height * DENSITY)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A" * LONGEST_TITLE, "A" * LONGEST_TITLE),
        ("A" * (LONGEST_TITLE + 1), "A" * (LONGEST_TITLE - 1) + "…"),
        ("黄" * 23, "黄" * 23),
        ("黄" * 24, "黄" * 22 + "…"),
        ("", ""),
    ],
)
def test_a_title_is_cut_to_what_fits(title: str, shown: str) -> None:
    plot = Forest([Line(title, None, "")], (-1, 1), {}, title="", about="")
    assert next(mark.text for mark in plot.marks() if isinstance(mark, Label)) == shown
