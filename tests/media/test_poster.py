"""Stills and previews show the right picture, the right way up."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.media.footage import turn_clockwise, write_clip
from workbench.domain.errors import BadMedia
from workbench.media.fit import Pixels
from workbench.media.poster import frame_at, last_frame, poster, preview
from workbench.media.probe import probe


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


def level(pixels: object) -> float:
    return float(np.asarray(pixels, float).mean())


def ramp_level(number: int) -> float:
    return 40 + 4 * number


@pytest.fixture(scope="module", params=[250, 5], ids=["one-keyframe", "many-keyframes"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(
        tmp_path_factory.mktemp("clips") / "ramp.mp4", width=640, height=360, frames=48, gop=request.param
    )


def test_a_poster_is_the_first_picture_at_the_asked_width(clip: Path) -> None:
    image = opened(poster(clip))
    assert (image.format, image.size) == ("JPEG", (640, 360)), "no wider than the clip"
    assert level(image) == pytest.approx(ramp_level(0), abs=2)
    assert opened(poster(clip, 200)).size == (200, 112)
    assert opened(poster(clip, 4000)).size == (640, 360)


def test_a_poster_looks_past_a_black_start(tmp_path: Path) -> None:
    fade = write_clip(tmp_path / "fade.mp4", frames=48, paint=lambda i: (0,) * 3 if i < 20 else (150,) * 3)
    assert level(opened(poster(fade))) == pytest.approx(150, abs=3)
    late = write_clip(tmp_path / "late.mp4", frames=96, paint=lambda i: (0,) * 3 if i < 80 else (150,) * 3)
    assert level(opened(poster(late))) < 5


def test_the_last_frame_is_the_last_one(clip: Path) -> None:
    image = opened(last_frame(clip))
    assert (image.format, image.size) == ("PNG", (640, 360))
    assert level(image) == pytest.approx(ramp_level(47), abs=2)


def test_the_last_frame_survives_a_ruined_tail(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=48, gop=8)
    data = bytearray(path.read_bytes())
    end = data.index(b"moov") - 4
    data[end - 40 : end] = bytes(40)
    path.write_bytes(data)
    assert level(opened(last_frame(path))) > ramp_level(35)


@pytest.mark.parametrize(
    ("time_s", "number"),
    [(-1, 0), (0, 0), (0.02, 0), (1 / 24, 1), (0.5, 12), (1.26, 30), (1.99, 47), (9, 47)],
)
def test_frame_at_is_what_shows_then(clip: Path, time_s: float, number: int) -> None:
    pixels = frame_at(clip, time_s)
    assert pixels.shape == (360, 640, 3)
    assert pixels.dtype == np.uint8
    assert level(pixels) == pytest.approx(ramp_level(number), abs=2)


def corner(_: int) -> Pixels:
    """Red in the upper left corner."""
    pixels = np.full((180, 320, 3), 90, np.uint8)
    pixels[:60, :100] = (230, 20, 20)
    return pixels


@pytest.mark.parametrize(("quarters", "where"), [(0, (0, 0)), (1, (0, -1)), (2, (-1, -1)), (3, (-1, 0))])
def test_every_picture_is_turned_upright(tmp_path: Path, quarters: int, where: tuple[int, int]) -> None:
    path = turn_clockwise(write_clip(tmp_path / "phone.mp4", frames=4, paint=corner), quarters)
    small = tmp_path / "preview.mp4"
    small.write_bytes(preview(path, 160))
    pictures = [opened(poster(path)), opened(last_frame(path)), frame_at(path, 0), frame_at(small, 0)]
    for picture in map(np.asarray, pictures):
        height, width = picture.shape[:2]
        assert (height > width) == bool(quarters % 2)
        y, x = (10 if side == 0 else size - 10 for side, size in zip(where, (height, width), strict=True))
        assert picture[y, x, 0] > 180
        assert picture[height // 2, width // 2, 0] < 120


def noise(number: int) -> Pixels:
    return np.random.default_rng(number).integers(0, 255, (180, 320, 3), np.uint8)


def test_a_preview_is_small_silent_and_plays(clip: Path, tmp_path: Path) -> None:
    small = tmp_path / "preview.mp4"
    small.write_bytes(preview(clip))
    facts = probe(small)
    assert (facts.width, facts.height, facts.codec, facts.pix_fmt) == (320, 180, "h264", "yuv420p")
    assert not facts.has_audio
    assert facts.duration_s == pytest.approx(2.0, abs=0.1)
    assert 24 <= facts.frames <= 31
    assert level(frame_at(small, 1.0)) == pytest.approx(ramp_level(24), abs=6)


def test_a_preview_keeps_its_size_even_of_noise(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "noise.mp4", frames=72, paint=noise, options={"preset": "ultrafast", "crf": "10"}
    )
    assert path.stat().st_size > 2_000_000
    assert len(preview(path, max_bytes=300_000)) <= 300_000


def test_a_preview_of_a_long_clip_ends_after_twenty_seconds(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "long.mp4", width=128, height=72, frames=50, fps=2)
    small = tmp_path / "preview.mp4"
    small.write_bytes(preview(path))
    assert 19 <= probe(small).duration_s <= 21


def test_odd_sizes_make_even_previews(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "odd.mp4", width=270, height=482, frames=3)
    with av.open(io.BytesIO(preview(path, width=101))) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (100, 180)


@pytest.mark.parametrize("call", [poster, last_frame, preview, lambda path: frame_at(path, 0)])
@pytest.mark.parametrize("data", [b"", b"text", b"\0\0\0\x18ftypisom\0\0\0\0isommp42"])
def test_what_is_no_clip_is_told(tmp_path: Path, call: object, data: bytes) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(data)
    with pytest.raises(BadMedia, match=r"bad\.mp4 holds no picture that can be decoded; check"):
        call(path)  # type: ignore[operator]
