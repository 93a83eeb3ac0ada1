"""The last step of every frame: RGB to YUV, style and palette as tables, vignette, dither, badge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import Field, Picture, blurred

Planes = npt.NDArray[np.uint8]  # I420: (height × 3/2, width)

BADGE = "animatic preview"  # the same in every clip: anything about the run would unblind a review


@dataclass(frozen=True, slots=True)
class Look:
    """``contrast`` bends brightness round the middle, ``lift`` raises black; ``colour`` multiplies
    saturation; ``tint`` is added to (blue, red) difference, ±0.5; ``vignette`` darkens corners."""

    contrast: float = 0.0
    lift: float = 0.0
    colour: float = 1.0
    tint: tuple[float, float] = (0.0, 0.0)
    vignette: float = 0.22
    levels: int = 0  # steps of brightness, 0 for smooth
    wash: bool = False


STYLES: Mapping[str, Look] = {
    "plain": Look(),
    "documentary": Look(contrast=0.06, colour=0.95, vignette=0.16),
    "cinematic": Look(contrast=0.18, colour=1.05, vignette=0.38),
    "noir": Look(contrast=0.42, colour=0.0, vignette=0.6),
    "vintage": Look(contrast=-0.08, lift=0.06, colour=0.72, tint=(-0.035, 0.022), vignette=0.5),
    "watercolour": Look(contrast=-0.14, lift=0.10, colour=0.95, vignette=0.0, wash=True),
    "anime": Look(contrast=0.08, colour=1.4, vignette=0.0, levels=9),
}
PALETTES: Mapping[str, Look] = {
    "natural": Look(),
    "neon": Look(colour=1.18),
    "mono": Look(contrast=0.1, colour=0.0),
    "pastel": Look(contrast=-0.22, lift=0.14, colour=0.72),
    "warm": Look(colour=1.06, tint=(-0.045, 0.032)),
    "cool": Look(colour=0.94, tint=(0.045, -0.03)),
    "vivid": Look(contrast=0.08, colour=1.45),
}


class Finish:
    """The finish of one shot plan over frames of one size."""

    def __init__(self, plan: ShotPlan, width: int, height: int, is_photo: bool = False) -> None:
        style, palette = STYLES[plan.style], PALETTES[plan.palette]
        self.height, self.width = height, width
        self.luma = _luma(style, palette)
        self.blue, self.red = _chroma(style, palette, 0), _chroma(style, palette, 1)
        self.wash = style.wash
        # A person's own picture keeps its corners unless a style is asked for.
        vignette = 0.0 if is_photo and style is STYLES["plain"] else style.vignette
        self.shade = _shade(width, height, vignette, style.wash)
        self.floor = _floor(width, height)
        self.badge, self.badge_at = _badge(width, height)

    def graded(self, frame: Picture) -> Planes:
        """The frame in I420, finished but for the badge."""
        if self.wash:
            frame = cast(Picture, cv2.medianBlur(frame, max(3, self.height // 96 | 1)))
        planes = cast(Planes, cv2.cvtColor(frame, cv2.COLOR_RGBA2YUV_I420))
        height = self.height
        luma = cv2.LUT(planes[:height], self.luma)  # minus the floor of 16
        planes[:height] = cv2.add(cv2.multiply(luma, self.shade, scale=1 / 255), self.floor)
        blue, red = _quarters(planes, height)
        blue[:] = cv2.LUT(blue, self.blue)
        red[:] = cv2.LUT(red, self.red)
        return planes

    def badged(self, planes: Planes) -> Planes:
        """The same picture with the badge in its corner."""
        out = planes.copy()
        top, left = self.badge_at
        height, width = self.badge.shape[1:]
        area = out[top : top + height, left : left + width]
        text, shadow = self.badge
        area[:] = np.clip(area * (1 - 0.35 * shadow) * (1 - 0.62 * text) + 225 * 0.62 * text, 16, 235)
        return out


def clean_rgb(planes: Planes) -> npt.NDArray[np.uint8]:
    """RGB (h, w, 3) of an I420 picture."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), np.uint8)


def _luma(style: Look, palette: Look) -> npt.NDArray[np.uint8]:
    x = np.clip((np.arange(256) - 16) / 219, 0, 1)
    for look in (palette, style):
        curve = x + look.contrast * (x - 0.5) * 4 * x * (1 - x) * (1.6 if look.contrast > 0 else 1.0)
        x = look.lift + (1 - look.lift) * np.clip(curve, 0, 1)
    if style.levels:
        steps = style.levels
        whole, part = np.divmod(x * steps, 1)
        x = (whole + np.clip((part - 0.5) * 5 + 0.5, 0, 1)) / steps
    return np.asarray(np.round(np.clip(x, 0, 1) * 219), np.uint8)


def _chroma(style: Look, palette: Look, which: int) -> npt.NDArray[np.uint8]:
    c = (np.arange(256) - 128) / 224
    for look in (palette, style):
        c = c * look.colour
    mono = style.colour == 0 or palette.colour == 0
    c = c + (0 if mono and style.colour == 0 else style.tint[which] + (0 if mono else palette.tint[which]))
    return np.clip(np.round(c * 224 + 128), 16, 240).astype(np.uint8)


def _shade(width: int, height: int, vignette: float, paper: bool) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shade: Field = (1 - vignette * np.clip((x**2 + y**2) / 2 - 0.12, 0, 1) ** 1.3).astype(np.float32)
    if paper:
        rng = np.random.Generator(np.random.PCG64(3))
        grain = blurred(rng.normal(0, 1, (height, width)).astype(np.float32), height / 420)
        shade = shade * (0.975 + 0.035 * grain / max(1e-6, float(grain.std())) * 0.25)
    return np.clip(shade * 255, 0, 255).astype(np.uint8)


def _floor(width: int, height: int) -> npt.NDArray[np.uint8]:
    """16 plus a noise that stands still: moving grain would cost five times the bytes."""
    rng = np.random.Generator(np.random.PCG64(2))
    return (16 + rng.integers(0, 2, (height, width))).astype(np.uint8)


def _badge(width: int, height: int) -> tuple[Field, tuple[int, int]]:
    """(text, shadow) coverage and where its corner stands (row, column)."""
    size = max(9, round(min(height, width) * 0.026))
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(BADGE)
    pad = size // 2
    canvas = Image.new("L", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad))
    ImageDraw.Draw(canvas).text((pad - left, pad - top), BADGE, fill=255, font=font)
    text = np.asarray(canvas, dtype=np.float32) / 255
    shadow = np.clip(blurred(text, size / 5) * 2.2, 0, 1)
    at = (height - text.shape[0] - size // 3, width - text.shape[1] - size // 3)
    return np.stack([text, shadow]).astype(np.float32), at


def _quarters(planes: Planes, height: int) -> tuple[Planes, Planes]:
    """The two colour planes as rows of the flat buffer (views)."""
    flat = planes[height:].reshape(-1)
    half = flat.size // 2
    return flat[:half].reshape(1, -1), flat[half:].reshape(1, -1)
