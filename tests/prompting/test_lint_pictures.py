from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from workbench.domain.media import Role
from workbench.domain.request import Scalar
from workbench.media.likeness import fingerprint
from workbench.media.look import measure
from workbench.prompting.lint_pictures import PictureFacts, lint_pictures
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.vertex.models import VEO

VEO_31 = VEO[0]
GOOD = PictureFacts("image 1", 1920, 1080, 400.0, 0.5, 0.6, 0.01, 0xF0F0F0F0F0F0F0F0)
FRAME = replace(GOOD, role=Role.FIRST_FRAME)


def rules_of(*pictures: PictureFacts, settings: dict[str, Scalar] | None = None) -> list[str]:
    return [remark.rule for remark in lint_pictures(pictures, VEO_31, settings or {})]


@pytest.mark.parametrize("role", [Role.REFERENCE, Role.FIRST_FRAME])
def test_a_good_picture_gets_no_remark(role: Role) -> None:
    assert rules_of(replace(GOOD, role=role)) == []


@pytest.mark.parametrize(
    ("picture", "rule", "level", "better"),
    [
        (replace(GOOD, width=320, height=180), "tiny", "conflict", {"width": 512, "height": 288}),
        (replace(FRAME, width=640, height=360), "small", "advice", {"width": 1280, "height": 720}),
        (replace(FRAME, width=1440, height=1080), "shape", "advice", {"width": 1919, "height": 1080}),
        (replace(GOOD, width=3000, height=1000), "strip", "advice", {"width": 2300, "height": 1000}),
        (replace(GOOD, width=1080, height=1920), "turned", "advice", {"width": 1080, "height": 1080}),
        (replace(GOOD, sharpness=20.0), "soft", "advice", {"sharpness": 90.0}),
        (replace(GOOD, lightness=0.1, contrast=0.2), "dark", "advice", {"lightness": 0.2}),
        (replace(GOOD, lightness=0.1, contrast=0.2), "dark", "advice", {"contrast": 0.5}),
        (replace(GOOD, lightness=0.95, near_white=0.6), "white", "advice", {"near_white": 0.2}),
    ],
)
def test_each_rule(picture: PictureFacts, rule: str, level: str, better: dict[str, float]) -> None:
    (remark,) = lint_pictures([picture], VEO_31)
    assert (remark.rule, remark.level, remark.label) == (rule, level, "image 1")
    assert "image 1" in remark.message.lower() and remark.message.endswith(".")
    assert rules_of(replace(picture, **better)) == []  # type: ignore[arg-type]


def test_the_shape_is_held_against_the_chosen_one_and_the_fit() -> None:
    upright = replace(FRAME, width=1080, height=1920)
    assert rules_of(upright) == ["shape"]
    assert rules_of(upright, settings={"aspect_ratio": "9:16"}) == []
    (cropped,) = lint_pictures([upright], VEO_31, {"resize_mode": "crop"})
    (padded,) = lint_pictures([upright], VEO_31, {"resize_mode": "pad"})
    (either,) = lint_pictures([upright], PREVIEW, {"resolution": "720p"})
    assert "about 68% of it is cut off." in cropped.message
    assert "bars fill about 68% of the frame." in padded.message
    assert "is cut off or becomes bars" in either.message


def test_a_resolution_wants_its_pixels() -> None:
    assert rules_of(FRAME, settings={"resolution": "4k"}) == ["small"]
    assert rules_of(GOOD, settings={"resolution": "4k"}) == []  # a reference is no frame


def test_the_same_picture_twice_is_told_of_the_later_one() -> None:
    again = replace(GOOD, label="image 2", fingerprint=GOOD.fingerprint ^ 0b1011)
    (remark,) = lint_pictures([GOOD, again], VEO_31)
    assert (remark.label, remark.rule) == ("image 2", "duplicate")
    assert "looks the same as image 1" in remark.message
    assert rules_of(GOOD, replace(again, fingerprint=~GOOD.fingerprint & (2**64 - 1))) == []
    assert rules_of(GOOD, replace(again, role=Role.STYLE)) == []


SAMPLES = sorted((Path(__file__).parents[2] / "data/samples").glob("*.jpg"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_are_good_references(path: Path) -> None:
    facts = PictureFacts.of(path.stem, measure(path, "image/jpeg"), fingerprint(path, "image/jpeg"))
    assert {*rules_of(facts)} <= {"turned"}


def _photo(folder: Path, name: str, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Path:
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), pixels)
    return path


def _facts(path: Path) -> PictureFacts:
    return PictureFacts.of(path.stem, measure(path, "image/png"), fingerprint(path, "image/png"))


def test_the_measures_of_real_pictures_fit_the_thresholds(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    coarse = rng.integers(30, 225, (18, 32, 3), dtype=np.uint8)
    sharp = cv2.resize(coarse, (1280, 720), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 40).astype(np.uint8)
    pictures = {
        "sharp": sharp,
        "again": cv2.resize(sharp, (1920, 1080)).astype(np.uint8),
        "blurred": blurred,
        "dark": (sharp // 10).astype(np.uint8),
    }
    facts = {name: _facts(_photo(tmp_path, name, pixels)) for name, pixels in pictures.items()}
    told = {name: rules_of(one) for name, one in facts.items()}
    assert told["sharp"] == told["again"] == []
    assert told["blurred"] == ["soft"]
    assert "dark" in told["dark"]
    assert rules_of(facts["sharp"], facts["again"]) == ["duplicate"]
