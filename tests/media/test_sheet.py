"""A clip at one look."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.media.footage import write_clip
from workbench.domain.errors import BadMedia
from workbench.media import sheet as module
from workbench.media.poster import frame_at, frames_at
from workbench.media.sheet import ACROSS, DOWN, kept_sheet, sheet


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def test_pictures_stand_in_the_order_of_time(clip: Path) -> None:
    from workbench.media.probe import probe

    facts = probe(clip)
    page = Image.open(io.BytesIO(sheet(clip)))
    width, height = page.width // ACROSS, page.height // DOWN
    assert abs(width / height - facts.width / facts.height) < 0.05
    for number in (0, 7, ACROSS * DOWN - 1):
        left, top = number % ACROSS * width, number // ACROSS * height
        cell = page.crop((left, top, left + width, top + height))
        time_s = facts.duration_s * (number + 0.5) / (ACROSS * DOWN)
        wanted = Image.fromarray(frame_at(clip, time_s)).resize(cell.size, Image.Resampling.BOX)
        off = np.abs(np.asarray(cell, np.int16) - np.asarray(wanted, np.int16)).mean()
        assert off < 8, (number, off)


def test_many_pictures_in_one_decode_are_those_one_by_one(clip: Path) -> None:
    times_s = [0.0, 0.3, 0.31, 0.9, 99.0]
    for time_s, found in zip(times_s, frames_at(clip, times_s, 10_000), strict=True):
        assert np.array_equal(found, frame_at(clip, time_s)), time_s


def test_it_is_drawn_once_however_many_ask(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def counted(path: Path) -> bytes:
        drawn.append(threading.get_ident())
        return sheet(path)

    monkeypatch.setattr(module, "sheet", counted)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: kept_sheet(clip, "ab" * 32, tmp_path / "sheets"), range(8)))
    assert len(found) == len(drawn) == 1
    (kept,) = (tmp_path / "sheets").iterdir()
    assert kept.read_bytes() in found


def test_where_it_can_not_be_kept_it_is_drawn_all_the_same(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "sheets").write_text("in the way")
    assert kept_sheet(clip, "ab" * 32, tmp_path / "sheets").startswith(b"\xff\xd8")


def test_a_clip_that_is_gone_or_broken(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="no longer in the data folder"):
        kept_sheet(tmp_path / "gone.mp4", "ab" * 32, tmp_path / "sheets")
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    with pytest.raises(BadMedia):
        kept_sheet(tmp_path / "broken.mp4", "ab" * 32, tmp_path / "sheets")
    assert not list(tmp_path.glob("sheets/*"))
