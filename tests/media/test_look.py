"""Light, colours and layout: each measure moves the right way, and no file brings it down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.bad_files import REFUSED, TAKEN, File, encoded, picture
from tests.media.footage import write_clip, write_sound
from tests.media.worlds import film, seen_from, world
from workbench.domain.errors import BadMedia
from workbench.media import walk as walking
from workbench.media.colours import NAMES, name_of
from workbench.media.fit import Pixels
from workbench.media.look import Measured, measure

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., Measured]:
    def of(image: Image.Image | Pixels, kind: str = "PNG", **options: object) -> Measured:
        path = tmp_path / f"picture.{kind.lower()}"
        path.write_bytes(encoded(Image.fromarray(np.asarray(image)), kind, **options))
        return measure(path, f"image/{kind.lower()}")

    return of


def photo(name: str = "mountain-lake") -> Image.Image:
    with Image.open(SAMPLES / f"{name}.jpg") as image:
        return image.convert("RGB")


def flat(colour: str, width: int = 160, height: int = 90) -> Image.Image:
    return Image.new("RGB", (width, height), colour)


def split(*parts: tuple[str, float]) -> Image.Image:
    """Upright stripes of colours, each a share of the width."""
    image, left = flat("black", 400, 200), 0
    for colour, share in parts:
        width = round(400 * share)
        image.paste(colour, (left, 0, left + width, 200))
        left += width
    return image


@pytest.mark.parametrize("colour", ["#0c4f55", "#d9201f", "#ffffff", "#000000", "#8f877d", "#f7df2b"])
def test_a_flat_picture_has_its_one_colour(measured: Callable[..., Measured], colour: str) -> None:
    (found,) = measured(flat(colour)).palette
    assert found.share == 1.0
    assert found.name == name_of(colour)
    there, asked = (np.array(list(bytes.fromhex(c[1:])), int) for c in (found.hex, colour))
    assert np.abs(there - asked).max() <= 1


def test_a_mixed_picture_has_its_colours_by_share(measured: Callable[..., Measured]) -> None:
    parts = (("#0c4f55", 0.5), ("#f2e3bd", 0.3), ("#d9201f", 0.2))
    found = measured(split(*parts)).palette
    assert [colour.name for colour in found] == ["deep teal", "cream", "red"]
    assert [colour.share for colour in found] == pytest.approx([0.5, 0.3, 0.2], abs=0.02)


def test_a_small_vivid_thing_is_kept(measured: Callable[..., Measured]) -> None:
    image = flat("#111111", 400, 400)
    image.paste("#109a65", (190, 190, 235, 235))  # 1.3 %
    assert [colour.name for colour in measured(image).palette] == ["black", "emerald green"]


@pytest.mark.parametrize(
    "name", ["amber-bottle", "emerald-ring", "mountain-lake", "neon-street", "savanna-lion"]
)
def test_a_palette_is_short_and_sound(name: str) -> None:
    path = SAMPLES / f"{name}.jpg"
    found = measure(path, "image/jpeg")
    assert 3 <= len(found.palette) <= 6
    assert 0.6 < sum(colour.share for colour in found.palette) <= 1
    assert [c.share for c in found.palette] == sorted((c.share for c in found.palette), reverse=True)
    assert all(colour.name in NAMES and len(colour.hex) == 7 for colour in found.palette)
    assert measure(path, "image/jpeg") == found


@pytest.mark.parametrize(
    ("hex_code", "name"),
    [
        *(("#ffffff", "white"), ("#000000", "black"), ("#808080", "grey"), ("#ff0000", "red")),
        *(("#0000ff", "bright blue"), ("#ffff00", "yellow"), ("#008080", "teal"), ("#ffa500", "amber")),
        *(("#87ceeb", "pale blue"), ("#f5f5dc", "off-white"), ("#556b2f", "moss green")),
        *(("#4b0082", "indigo"), ("#8a8178", "warm grey"), ("#0f4a50", "deep teal")),
    ],
)
def test_names_are_what_people_say(hex_code: str, name: str) -> None:
    assert name_of(hex_code) == name


def test_every_name_is_its_own_nearest() -> None:
    assert {name_of(code): code for code in NAMES.values()} == dict(NAMES)


Change = Callable[[Image.Image], Image.Image]
LIGHTER: Change = lambda i: i.point(lambda v: int(255 - (255 - v) * 0.5))  # noqa: E731
DARKER: Change = lambda i: i.point(lambda v: int(v * 0.4))  # noqa: E731
FLATTER: Change = lambda i: i.point(lambda v: int(128 + (v - 128) * 0.4))  # noqa: E731
BLURRED: Change = lambda i: i.filter(ImageFilter.GaussianBlur(4))  # noqa: E731
GREY: Change = lambda i: i.convert("L").convert("RGB")  # noqa: E731


def tinted(red: float, blue: float) -> Change:
    def change(image: Image.Image) -> Image.Image:
        pixels = np.asarray(image, float) * np.array([red, 1.0, blue])
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    return change


MEASURES: dict[str, Callable[[Measured], float]] = {
    "lightness": lambda m: m.light.lightness,
    "contrast": lambda m: m.light.contrast,
    "near_black": lambda m: m.light.near_black,
    "near_white": lambda m: m.light.near_white,
    "warmth": lambda m: m.light.warmth,
    "colourfulness": lambda m: m.colourfulness,
    "sharpness": lambda m: m.sharpness,
    "sharpest": lambda m: m.sharpest,
}


@pytest.mark.parametrize("name", ["mountain-lake", "savanna-lion", "neon-street"])
@pytest.mark.parametrize(
    ("change", "measure_name", "sign"),
    [
        *((DARKER, "lightness", -1), (LIGHTER, "lightness", 1), (DARKER, "near_black", 1)),
        *((LIGHTER, "near_white", 0), (FLATTER, "contrast", -1), (BLURRED, "sharpness", -1)),
        *((BLURRED, "sharpest", -1), (GREY, "colourfulness", -1)),
        *((tinted(1.3, 0.7), "warmth", 1), (tinted(0.7, 1.3), "warmth", -1)),
    ],
)
def test_each_measure_moves_the_right_way(
    measured: Callable[..., Measured], name: str, change: Change, measure_name: str, sign: int
) -> None:
    value = MEASURES[measure_name]
    before, after = value(measured(photo(name))), value(measured(change(photo(name))))
    assert (after - before) * sign > 0 if sign else after >= 0.8 * before


def test_what_is_dark_or_soft_is_said(measured: Callable[..., Measured]) -> None:
    plain = measured(photo())
    assert not plain.is_dark and not plain.is_soft
    assert measured(photo().point(lambda v: int(v * 0.12))).is_dark
    assert measured(photo().filter(ImageFilter.GaussianBlur(5))).is_soft
    for name in ("emerald-ring", "neon-street"):  # dark on purpose, with lights in it
        assert not measured(photo(name)).is_dark
    assert not measured(photo("emerald-ring")).is_soft, "sharp in one place, plain around it"


def test_resolution_does_not_decide_sharpness(measured: Callable[..., Measured]) -> None:
    image = photo()
    half, large = image.resize((640, 360)), image.resize((2560, 1440), Image.Resampling.LANCZOS)
    full = measured(image).sharpness
    assert measured(half).sharpness == pytest.approx(full, rel=0.35)
    assert measured(large).sharpness == pytest.approx(full, rel=0.15)
    assert measured(image.resize((96, 54)).resize((1280, 720))).sharpness < full / 8


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("column", range(3))
def test_weight_stands_where_the_thing_is(measured: Callable[..., Measured], row: int, column: int) -> None:
    pixels = np.full((270, 480, 3), 200, np.uint8)
    top, left = 20 + 90 * row, 55 + 160 * column
    pixels[top : top + 50, left : left + 50] = np.random.default_rng(1).integers(0, 255, (50, 50, 3))
    cells = measured(pixels).layout.cells
    assert len(cells) == 9 and sum(cells) == pytest.approx(1, abs=0.01)
    assert int(np.argmax(cells)) == 3 * row + column
    assert max(cells) > 0.5


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_an_empty_margin_is_found(measured: Callable[..., Measured], side: str) -> None:
    pixels = np.random.default_rng(2).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    empty = {"left": np.s_[:, :80], "top": np.s_[:80], "right": np.s_[:, 120:], "bottom": np.s_[120:]}[side]
    pixels[empty] = 128
    layout = measured(pixels).layout
    assert getattr(layout, side) == pytest.approx(0.4, abs=0.09)
    assert all(getattr(layout, other) == 0 for other in {"left", "top", "right", "bottom"} - {side})


@pytest.mark.parametrize("height", [0.3, 0.5, 0.7])
def test_a_horizon_is_found_where_it_is(measured: Callable[..., Measured], height: float) -> None:
    pixels = np.full((270, 480, 3), (150, 190, 230), np.uint8)
    pixels[round(270 * height) :] = (90, 110, 60)
    noise = np.random.default_rng(3).normal(0, 12, pixels.shape)
    noisy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    assert measured(noisy).layout.horizon == pytest.approx(height, abs=0.02)
    turned = cv2.warpAffine(noisy, cv2.getRotationMatrix2D((240, 135), 25, 1.4), (480, 270))
    assert measured(turned).layout.horizon is None, "a slope is no horizon"
    assert measured(np.rot90(noisy).copy()).layout.horizon is None


def test_a_flat_picture_weighs_nothing(measured: Callable[..., Measured]) -> None:
    layout = measured(flat("teal")).layout
    assert len(set(layout.cells)) == 1
    assert (layout.horizon, layout.left, layout.top, layout.right, layout.bottom) == (None, 0, 0, 0, 0)


def test_what_is_clear_has_no_colour(measured: Callable[..., Measured]) -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((217, 32, 31, 255), (50, 50, 150, 150))
    found = measured(image)
    assert [colour.name for colour in found.palette] == ["red"]
    assert found.clear_share == pytest.approx(0.75, abs=0.02)
    assert measured(Image.new("RGBA", (99, 99), (9, 9, 9, 0))).clear_share == 1
    assert measured(Image.new("LA", (99, 99), (200, 255))).clear_share == 0


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
def test_what_is_no_picture_is_told(tmp_path: Path, file: File) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(file.data)
    with pytest.raises(BadMedia) as caught:
        measure(path, "image/png")
    assert file.said in str(caught.value)


@pytest.mark.parametrize("file", TAKEN, ids=lambda file: file.name)
def test_odd_pictures_are_measured(tmp_path: Path, file: File) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(file.data)
    found = measure(path, "image/png")
    assert found.palette and 0 <= found.light.lightness <= 1
    assert (found.width, found.height) == ((120, 160) if file.name == "lying" else (160, 120))


@pytest.mark.parametrize(("width", "height"), [(64, 8192), (8192, 64), (65, 67), (513, 511)])
def test_any_size_and_shape(measured: Callable[..., Measured], width: int, height: int) -> None:
    found = measured(picture(width, height))
    assert (found.width, found.height, found.ratio) == (width, height, width / height)
    assert len(found.layout.cells) == 9


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK"])
def test_other_kinds_of_pixels(tmp_path: Path, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    path = tmp_path / "picture"
    path.write_bytes(encoded(photo().resize((320, 180)).convert(mode), kind))
    found = measure(path, f"image/{kind.lower()}")
    assert 0.3 < found.light.lightness < 0.8
    assert (found.colourfulness < 1) == (mode in ("1", "L"))


def test_a_clip_is_measured_over_its_length(tmp_path: Path) -> None:
    def paint(i: int) -> tuple[int, int, int]:
        return (12, 79, 85) if i < 36 else (217, 32, 31)

    found = measure(write_clip(tmp_path / "clip.mp4", frames=48, paint=paint), "video/mp4")
    assert [colour.name for colour in found.palette] == ["deep teal", "red"]
    assert found.palette[0].share == pytest.approx(0.75, abs=0.1)
    assert (found.width, found.height, found.duration_s, found.looked_s) == (320, 180, 2.0, 2.0)


def test_a_darker_or_softer_clip_is_told(tmp_path: Path) -> None:
    def clip(name: str, change: Callable[[Pixels], Pixels]) -> Measured:
        path = film(tmp_path / f"{name}.mp4", lambda t: change(seen_from(world(), pan=0.1 * t)), 0.5)
        return measure(path, "video/mp4")

    plain = clip("plain", lambda p: p)
    dark = clip("dark", lambda p: (p * 0.3).astype(np.uint8))
    soft = clip("soft", lambda p: np.asarray(cv2.GaussianBlur(p, (0, 0), 3), np.uint8))
    assert dark.light.lightness < 0.6 * plain.light.lightness
    assert soft.sharpness < 0.6 * plain.sharpness
    assert soft.light.lightness == pytest.approx(plain.light.lightness, abs=0.02)


@pytest.mark.parametrize(
    ("width", "height"), [(66, 130), (130, 66), (64, 64), (1278, 66), (66, 1278), (1278, 16), (16, 16)]
)
def test_clips_of_odd_sizes(tmp_path: Path, width: int, height: int) -> None:
    found = measure(write_clip(tmp_path / "odd.mp4", width=width, height=height, frames=6), "video/mp4")
    assert (found.width, found.height) == (width, height)
    assert found.motion is not None


BAD_CLIPS = {
    "empty": (b"", "is empty"),
    "text": (b"no clip at all, just words", "is text, not an MP4 clip"),
    "head": (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "is cut short"),
    "picture": (encoded(picture()), "is PNG, not an MP4 clip"),
}


@pytest.mark.parametrize("name", list(BAD_CLIPS))
def test_what_is_no_clip_is_told(tmp_path: Path, name: str) -> None:
    data, said = BAD_CLIPS[name]
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    with pytest.raises(BadMedia, match=said):
        measure(path, "video/mp4")


def test_broken_clips_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="holds no moving picture"):
        measure(write_sound(tmp_path / "sound.mp4"), "video/mp4")
    with pytest.raises(BadMedia, match="can't be read"):
        measure(tmp_path / "missing.mp4", "video/mp4")
    path = write_clip(tmp_path / "clip.mp4", frames=24)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(BadMedia, match="is cut short"):
        measure(path, "video/mp4")
    ruined = bytearray(data)
    at, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    ruined[at:end] = bytes(end - at)
    path.write_bytes(ruined)
    with pytest.raises(BadMedia, match=r"can be decoded|damaged"):
        measure(path, "video/mp4")


def test_a_ruined_tail_leaves_what_stands_before_it(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", lambda t: seen_from(world(), pan=0.3 * t), 2, gop=8)
    data = bytearray(path.read_bytes())
    at, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[at + (end - at) // 2 : end] = bytes(end - at - (end - at) // 2)
    path.write_bytes(data)
    found = measure(path, "video/mp4")
    assert 0.8 < found.looked_s <= 2.05
    assert found.motion is not None
    assert found.motion.shots[0].camera.pan > 0.2


def test_only_so_much_of_a_clip_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "long.mp4", width=64, height=64, frames=130, fps=2)
    found = measure(path, "video/mp4")
    assert (found.duration_s, found.looked_s) == (65.0, 60.0)
    monkeypatch.setattr(walking, "MOST_PIXELS", 64 * 64 * 20)
    assert measure(path, "video/mp4").looked_s == 10.0
    monkeypatch.setattr(walking, "MAX_SIDE", 63)
    with pytest.raises(BadMedia, match="is 64 × 64 pixels; a clip of up to 63 on a side"):
        measure(path, "video/mp4")
