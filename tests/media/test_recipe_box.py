"""A recipe behind an MP4: nothing else of the file changes, and the copy is whole or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import pytest

from workbench.api.samples import samples
from workbench.domain.errors import BadMedia
from workbench.domain.recipe import MOST_BYTES, BadRecipe
from workbench.media.probe import probe
from workbench.media.recipe_box import C2PA, clip_bytes, has_manifest, read_box, write_copy

RECIPE = '{"prompt": "狐"}'.encode()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    source = next(sample.path for sample in samples() if sample.is_clip)
    path = tmp_path / "clip.mp4"
    path.write_bytes(source.read_bytes())
    return path


def packets(path: Path) -> list[tuple[int, int | None, str]]:
    with av.open(str(path)) as container:
        return [
            (p.stream_index, p.pts, hashlib.sha256(bytes(p)).hexdigest()) for p in container.demux() if p.size
        ]


def test_the_copy_is_the_original_and_a_box(clip: Path, tmp_path: Path) -> None:
    before, copy = clip.read_bytes(), tmp_path / "copy.mp4"
    write_copy(clip, copy, RECIPE)
    assert clip.read_bytes() == before
    assert copy.read_bytes()[: len(before)] == before
    assert clip_bytes(copy) == len(before) == clip_bytes(clip)
    assert (read_box(copy), read_box(clip)) == (RECIPE, None)
    assert packets(copy) == packets(clip) != []
    assert probe(copy).frames == probe(clip).frames


def test_a_second_recipe_takes_the_place_of_the_first(clip: Path, tmp_path: Path) -> None:
    write_copy(clip, tmp_path / "one.mp4", b"first, and longer than the second")
    write_copy(tmp_path / "one.mp4", tmp_path / "two.mp4", RECIPE)
    write_copy(clip, tmp_path / "direct.mp4", RECIPE)
    assert (tmp_path / "two.mp4").read_bytes() == (tmp_path / "direct.mp4").read_bytes()


def test_a_manifest_is_kept_and_told(clip: Path, tmp_path: Path) -> None:
    signed, copy = tmp_path / "signed.mp4", tmp_path / "copy.mp4"
    manifest = (24 + 5).to_bytes(4) + b"uuid" + C2PA + b"claim"
    signed.write_bytes(clip.read_bytes() + manifest)
    assert (has_manifest(signed), has_manifest(clip)) == (True, False)
    write_copy(signed, copy, RECIPE)
    assert has_manifest(copy)
    assert copy.read_bytes()[: clip_bytes(copy)] == signed.read_bytes()


@pytest.mark.parametrize("cut", [0, 3, 20, -1])
def test_a_clip_that_is_cut_short_is_refused_and_nothing_is_written(
    clip: Path, tmp_path: Path, cut: int
) -> None:
    clip.write_bytes(clip.read_bytes()[:cut])
    with pytest.raises(BadMedia, match="cut short or damaged"):
        write_copy(clip, tmp_path / "copy.mp4", RECIPE)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_last_box_without_an_end_takes_none_behind_it(clip: Path, tmp_path: Path) -> None:
    clip.write_bytes(clip.read_bytes() + b"\0\0\0\0freebehind")
    assert read_box(clip) is None
    with pytest.raises(BadMedia, match="names no end"):
        write_copy(clip, tmp_path / "copy.mp4", RECIPE)


def test_too_long_a_recipe_is_refused(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="allowed are"):
        write_copy(clip, tmp_path / "copy.mp4", bytes(MOST_BYTES + 1))


def test_a_folder_that_is_not_there_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_copy(clip, tmp_path / "nowhere" / "copy.mp4", RECIPE)
