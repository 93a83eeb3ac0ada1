"""Fingerprints: the same picture saved otherwise is near, another one is far."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image

from tests.bad_files import REFUSED, encoded
from tests.media.footage import write_clip
from tests.media.worlds import film, seen_from, world
from workbench.domain.errors import BadMedia
from workbench.media.likeness import ALIKE, distance, fingerprint

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "samples").glob("*.jpg"))

COPIES = {
    "smaller": lambda i: (i.resize((i.width // 5, i.height // 5)), "PNG", {}),
    "larger": lambda i: (i.resize((i.width * 2, i.height * 2)), "JPEG", {"quality": 80}),
    "squeezed": lambda i: (i.resize((300, 200)), "PNG", {}),
    "worse": lambda i: (i, "JPEG", {"quality": 12}),
    "darker": lambda i: (i.point(lambda v: int(v * 0.7)), "PNG", {}),
    "grey": lambda i: (i.convert("L"), "PNG", {}),
    "trimmed": lambda i: (i.crop((8, 8, i.width - 8, i.height - 8)), "PNG", {}),
}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("copy", list(COPIES))
def test_a_copy_is_near(tmp_path: Path, path: Path, copy: str) -> None:
    with Image.open(path) as image:
        changed, kind, options = COPIES[copy](image.convert("RGB"))
    other = tmp_path / "copy"
    other.write_bytes(encoded(changed, kind, **options))
    assert distance(fingerprint(path, "image/jpeg"), fingerprint(other, "image/png")) <= ALIKE


def test_other_pictures_are_far() -> None:
    prints = [fingerprint(path, "image/jpeg") for path in SAMPLES]
    assert len(prints) >= 5
    assert all(0 <= one < 2**64 for one in prints)
    assert min(distance(a, b) for a, b in combinations(prints, 2)) > 2 * ALIKE


def test_a_mirrored_picture_is_another(tmp_path: Path) -> None:
    for path in SAMPLES:
        with Image.open(path) as image:
            mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        (tmp_path / "m.png").write_bytes(encoded(mirrored))
        assert distance(fingerprint(path, "image/jpeg"), fingerprint(tmp_path / "m.png", "image/png")) > ALIKE


def test_distance_counts_bits() -> None:
    assert distance(0, 0) == 0
    assert distance(0b1011, 0b0010) == 2
    assert distance(0, 2**64 - 1) == 64


def test_plain_pictures_are_all_alike(tmp_path: Path) -> None:
    prints = set()
    for colour in ("red", "white", "#102030"):
        (tmp_path / "p.png").write_bytes(encoded(Image.new("RGB", (99, 77), colour)))
        prints.add(fingerprint(tmp_path / "p.png", "image/png"))
    assert len(prints) == 1


def test_a_clip_is_its_middle_picture(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", lambda t: seen_from(world(1 if t < 0.3 else 2)), 1)
    still = tmp_path / "still.png"
    still.write_bytes(encoded(Image.fromarray(seen_from(world(2)))))
    assert distance(fingerprint(clip, "video/mp4"), fingerprint(still, "image/png")) <= ALIKE
    assert fingerprint(write_clip(tmp_path / "one.mp4", frames=1), "video/mp4") >= 0


@pytest.mark.parametrize("file", REFUSED[:6], ids=lambda file: file.name)
def test_what_is_no_picture_is_told(tmp_path: Path, file: object) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(file.data)  # type: ignore[attr-defined]
    with pytest.raises(BadMedia):
        fingerprint(path, "image/png")
