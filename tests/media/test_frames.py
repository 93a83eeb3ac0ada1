"""Frames for models that take no video: every shot, the start and the end, never more than asked."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.media.footage import grey_ramp, turn_clockwise, write_clip
from workbench.domain.errors import BadMedia
from workbench.media.frames import LONGEST, at, moments, sample

SHOTS = ((200, 40, 30), (30, 160, 60), (40, 60, 200))


def shots(i: int) -> tuple[int, int, int]:
    """Cuts at 0.5 s and at 2 s of 24 pictures a second."""
    return SHOTS[(i >= 12) + (i >= 48)]


def slow_ramp(i: int) -> tuple[int, int, int]:
    return (40 + 2 * i,) * 3


def opened(jpeg: bytes) -> Image.Image:
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        return image.convert("RGB")


def colour(jpeg: bytes) -> tuple[int, ...]:
    mean = np.asarray(opened(jpeg), float).mean(axis=(0, 1))
    return min(SHOTS, key=lambda shot: float(np.abs(mean - shot).sum()))


@pytest.mark.parametrize("gop", [250, 7])
def test_every_shot_is_seen_from_its_first_picture(tmp_path: Path, gop: int) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=72, paint=shots, gop=gop)
    frames = sample(path, 3)
    assert [frame.at_s for frame in frames] == [0.0, 0.5, 2.0]
    assert tuple(colour(frame.jpeg) for frame in frames) == SHOTS
    more = sample(path, 8)
    assert len(more) == 8
    times = [frame.at_s for frame in more]
    assert times == sorted(set(times))
    assert {0.0, 0.5, 2.0} <= set(times)
    assert times[-1] == pytest.approx(71 / 24, abs=0.001), "seen to its end"
    assert sample(path, 8) == more


def test_without_cuts_they_are_even(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=49, paint=grey_ramp)
    frames = sample(path, 5)
    assert [frame.at_s for frame in frames] == pytest.approx([0, 0.5, 1, 1.5, 2], abs=0.001)
    levels = [float(np.asarray(opened(frame.jpeg), float).mean()) for frame in frames]
    assert levels == pytest.approx([40 + 48 * k for k in range(5)], abs=4)


@pytest.mark.parametrize("most", [1, 2, 7])
def test_one_picture_is_enough(tmp_path: Path, most: int) -> None:
    (frame,) = sample(write_clip(tmp_path / "clip.mp4", frames=1), most)
    assert frame.at_s == 0


def test_a_long_clip_is_seen_to_its_end(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "long.mp4", width=64, height=64, frames=50, fps=1, paint=grey_ramp, gop=5)
    assert [f.at_s for f in sample(path, 3)] == [0.0, pytest.approx(25, abs=1), 49.0]
    longer = write_clip(
        tmp_path / "longer.mp4", width=64, height=64, frames=90, fps=1, gop=5, paint=slow_ramp
    )
    frames = sample(longer, 4)
    assert [frame.at_s for frame in frames] == pytest.approx([0, 30, 60, 90], abs=1)
    levels = [float(np.asarray(opened(frame.jpeg), float).mean()) for frame in frames]
    assert levels == pytest.approx([slow_ramp(i)[0] for i in (0, 30, 60, 89)], abs=6)


def test_they_are_upright_and_small_enough(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", width=1280, height=720, frames=3)
    assert opened(sample(path, 1)[0].jpeg).size == (LONGEST, 576)
    assert opened(sample(turn_clockwise(path, 1), 1)[0].jpeg).size == (576, LONGEST)
    small = write_clip(tmp_path / "small.mp4", width=130, height=66, frames=3)
    assert opened(sample(small, 1)[0].jpeg).size == (130, 66)


def test_what_is_shown_at_times_that_are_given(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=49, paint=grey_ramp)
    frames = at(path, [0.0, 0.51, 0.52, 2.5])
    assert [frame.at_s for frame in frames] == [0.0, 0.51, 0.52, 2.5], (
        "one each, and the last one beyond the end"
    )
    levels = [float(np.asarray(opened(frame.jpeg), float).mean()) for frame in frames]
    assert levels == pytest.approx([40, 88, 88, 232], abs=4)
    tall = write_clip(tmp_path / "tall.mp4", width=720, height=1280, frames=3)
    assert opened(at(tall, [0.0])[0].jpeg).size == (576, LONGEST)


def test_what_is_no_clip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"text, and no clip at all")
    with pytest.raises(BadMedia, match="is text, not an MP4 clip"):
        sample(path, 3)
    with pytest.raises(ValueError, match="at least 1"):
        sample(path, 0)


@given(
    st.lists(st.floats(0.01, 59), max_size=30, unique=True).map(sorted),
    st.floats(0.01, 60),
    st.integers(1, 16),
)
def test_moments_start_at_the_start_and_stay_inside(cuts: list[float], end_s: float, most: int) -> None:
    found = moments(cuts, end_s, most)
    assert found[0] == 0
    assert found == sorted(set(found))
    assert len(found) <= most
    assert found[-1] <= end_s + 1e-9
    inside = [cut for cut in cuts if cut <= end_s]
    if len(inside) < most:
        assert set(inside) <= set(found)
    else:
        assert set(found) <= {0.0, *inside}
