"""Fitting keeps the asked size, the right part of the picture, and its colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.media.fit import Pixels, contain, cover

sides = st.integers(1, 300)


def plain(width: int, height: int, colour: tuple[int, int, int] = (200, 100, 50)) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def ramp(width: int, height: int) -> Pixels:
    """Red grows from left to right, green from top to bottom."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, width)[None, :]
    image[..., 1] = np.linspace(0, 255, height)[:, None]
    return image


@settings(max_examples=60, deadline=None)
@given(sides, sides, sides, sides, st.floats(0, 1))
def test_both_give_exactly_the_asked_size(w: int, h: int, to_w: int, to_h: int, bias: float) -> None:
    image = ramp(w, h)
    before = image.copy()
    for fitted in (cover(image, to_w, to_h, bias), contain(image, to_w, to_h)):
        assert fitted.shape == (to_h, to_w, 3)
        assert fitted.dtype == np.uint8
        assert fitted.flags.c_contiguous
    assert np.array_equal(image, before)


@settings(max_examples=40, deadline=None)
@given(sides, sides, sides, sides)
def test_cover_invents_no_colour(w: int, h: int, to_w: int, to_h: int) -> None:
    assert np.array_equal(cover(plain(w, h), to_w, to_h), plain(to_w, to_h))


@settings(max_examples=30, deadline=None)
@given(sides, sides)
def test_the_same_size_is_the_same_picture(w: int, h: int) -> None:
    image = ramp(w, h)
    assert np.array_equal(cover(image, w, h), image)
    assert np.array_equal(contain(image, w, h), image)
    assert cover(image, w, h) is not image


def test_cover_crops_less_off_the_top() -> None:
    fitted = cover(ramp(400, 800), 400, 400)
    assert fitted[0, 0, 1] == pytest.approx(255 * 0.35 * 400 / 800, abs=2)
    assert fitted[-1, 0, 1] == pytest.approx(255 * (0.35 * 400 + 400) / 800, abs=2)


def test_cover_crops_the_sides_evenly() -> None:
    fitted = cover(ramp(800, 400), 400, 400)
    assert int(fitted[0, 0, 0]) + int(fitted[0, -1, 0]) == pytest.approx(255, abs=2)


def test_contain_shows_the_whole_picture_on_darker_surrounds() -> None:
    fitted = contain(plain(100, 200), 320, 180)
    assert np.array_equal(fitted[:, 115:205], plain(90, 180))
    assert fitted[:, :100].max() < 140
    assert fitted[:, :100, 0].min() > 100


def test_a_very_long_picture_takes_no_more_memory_than_it_needs() -> None:
    assert cover(ramp(64, 8192), 1920, 1080).shape == (1080, 1920, 3)
    assert contain(ramp(8192, 64), 1920, 1080).shape == (1080, 1920, 3)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_only_rgb_bytes_are_taken(image: Pixels) -> None:
    with pytest.raises(ValueError, match="Expected RGB uint8"):
        cover(image, 10, 10)
    with pytest.raises(ValueError, match="Expected RGB uint8"):
        contain(image, 10, 10)


def test_no_size_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        cover(plain(4, 4), 0, 10)
