"""What speaks against a picture as a reference, from numbers that were measured in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.media import Role
from workbench.domain.request import Scalar
from workbench.prompting.hint import Level

if TYPE_CHECKING:
    from workbench.media.look import Measured


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """``label`` is how the picture is called (“image 1”). ``lightness`` is mean L*, ``contrast`` the span of
    L* (5th to 95th percentile) and ``near_white`` a share of the picture, all 0 to 1; ``sharpness`` is the
    variance of the Laplacian in the sharpest ninth, at 512 pixels; ``fingerprint`` 64 bits of structure. As
    ``media.look`` and ``media.likeness`` measure them.
    """

    label: str
    width: int
    height: int
    sharpness: float
    lightness: float
    contrast: float
    near_white: float
    fingerprint: int
    role: Role = Role.REFERENCE

    @classmethod
    def of(
        cls, label: str, measured: Measured, fingerprint: int, role: Role = Role.REFERENCE
    ) -> PictureFacts:
        light = measured.light
        return cls(
            label,
            measured.width,
            measured.height,
            measured.sharpest,
            light.lightness,
            light.contrast,
            light.near_white,
            fingerprint,
            role,
        )


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about the picture ``label``. ``rule`` names the rule."""

    label: str
    level: Level
    message: str
    rule: str


# No maker documents any of these numbers; they are reasoned. Below TINY a face or the label on a product has
# fewer pixels than one patch that a model looks at (14 to 16 a side) can tell apart. SOFT and DARK are the
# values at which media.look calls a picture soft or dark; one that is dark and yet spans LEGIBLE shows its
# subject well, as a ring on black velvet or a street at night does. A picture that was resized and saved
# again changes up to ALIKE_BITS of 64 bits; unrelated ones differ in about 32 (media.likeness).
TINY = 256  # pixels of the short side
SOFT = 60.0
DARK, LEGIBLE = 0.16, 0.35
WHITE_SHARE, WHITE_LIGHTNESS = 0.35, 0.85
ALIKE_BITS = 10
OTHER_SHAPE = 0.03  # of the ratio: less is no bar that one would see
STRIP = 2.4  # beyond this ratio little of it fits into any frame


def lint_pictures(
    pictures: Sequence[PictureFacts],
    model: Capabilities,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> tuple[Remark, ...]:
    """Every remark, picture by picture. Advice only: none of it stops a run."""
    target = _Target.of(model, {**model.defaults, **settings})
    found: list[Remark] = []
    for number, picture in enumerate(pictures):
        for rule in _RULES:
            found += rule(picture, target)
        found += _duplicate(picture, pictures[:number])
    return tuple(replace(remark, message=remark.message[0].upper() + remark.message[1:]) for remark in found)


@dataclass(frozen=True, slots=True)
class _Target:
    """What is to be made: width / height, and lines of the short side; ``None`` where nobody says."""

    shape: str
    ratio: float | None
    lines: int | None
    fit: str

    @classmethod
    def of(cls, model: Capabilities, settings: Mapping[str, Scalar]) -> _Target:
        shape, resolution = str(settings.get("aspect_ratio", "")), str(settings.get("resolution", "")).lower()
        ratio = re.fullmatch(r"(\d+):(\d+)", shape)
        lines = re.fullmatch(r"(\d{3,4})p", resolution)
        return cls(
            shape,
            int(ratio[1]) / int(ratio[2]) if ratio and int(ratio[2]) else None,
            2160 if resolution == "4k" else int(lines[1]) if lines else None,
            str(settings.get("resize_mode", "")),
        )


def _size(picture: PictureFacts, target: _Target) -> Iterator[Remark]:
    short = min(picture.width, picture.height)
    is_frame = picture.role in (Role.FIRST_FRAME, Role.LAST_FRAME)
    told = f"is {picture.width} × {picture.height}"
    if short < TINY:
        says = f"{picture.label} {told}: too few pixels to tell details. Give one of {TINY} and more a side."
        yield Remark(picture.label, "conflict", says, "tiny")
    elif is_frame and target.lines and short < target.lines:
        says = (
            f"{picture.label} {told} and is scaled up to {target.lines} lines: it starts soft. Give a larger "
            f"one, or choose a lower resolution."
        )
        yield Remark(picture.label, "advice", says, "small")


def _shape(picture: PictureFacts, target: _Target) -> Iterator[Remark]:
    ratio = picture.width / max(1, picture.height)
    if target.ratio and picture.role in (Role.FIRST_FRAME, Role.LAST_FRAME):
        off = max(ratio / target.ratio, target.ratio / ratio) - 1 if ratio else 1.0
        if off > OTHER_SHAPE:
            lost = 1 - 1 / (1 + off)
            becomes = {
                "crop": f"about {lost:.0%} of it is cut off",
                "pad": f"bars fill about {lost:.0%} of the frame",
            }.get(target.fit, f"about {lost:.0%} of it is cut off or becomes bars")
            says = (
                f"{picture.label} has another shape than {target.shape}: {becomes}. Crop it yourself first."
            )
            yield Remark(picture.label, "advice", says, "shape")
    elif max(ratio, 1 / ratio if ratio else 99) > STRIP:
        says = f"{picture.label} is a narrow strip: crop it to its subject."
        yield Remark(picture.label, "advice", says, "strip")
    elif target.ratio and (ratio - 1) * (target.ratio - 1) < 0 and abs(ratio - 1) > OTHER_SHAPE:
        ways = ("upright", "wide") if ratio < 1 else ("wide", "upright")
        says = f"{picture.label} is {ways[0]}, the clip {ways[1]} ({target.shape}): it has to be fitted anew."
        yield Remark(picture.label, "advice", says, "turned")


def _sharp(picture: PictureFacts, _: _Target) -> Iterator[Remark]:
    if picture.sharpness < SOFT:
        says = f"Nothing in {picture.label} is sharp: details will be invented. Give a sharper one."
        yield Remark(picture.label, "advice", says, "soft")


def _light(picture: PictureFacts, _: _Target) -> Iterator[Remark]:
    if picture.lightness < DARK and picture.contrast < LEGIBLE:
        says = f"{picture.label} is very dark: a model makes out little of it. Brighten it, or give another."
        yield Remark(picture.label, "advice", says, "dark")
    elif picture.near_white > WHITE_SHARE and picture.lightness > WHITE_LIGHTNESS:
        says = (
            f"Much of {picture.label} is pure white: on a white ground that is well, else it is overexposed."
        )
        yield Remark(picture.label, "advice", says, "white")


def _duplicate(picture: PictureFacts, before: Sequence[PictureFacts]) -> Iterator[Remark]:
    if picture.sharpness < SOFT:  # where there is no structure, everything is alike
        return
    for other in before:
        alike = (picture.fingerprint ^ other.fingerprint).bit_count() <= ALIKE_BITS
        if alike and other.role is picture.role and other.sharpness >= SOFT:
            says = f"{picture.label} looks the same as {other.label}: another side of it would say more."
            yield Remark(picture.label, "advice", says, "duplicate")
            return


_RULES: tuple[Callable[[PictureFacts, _Target], Iterator[Remark]], ...] = (_size, _shape, _sharp, _light)
