"""Clips that say in their own pixels which frame is shown: as digits for people, as blocks for the test."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workbench.media.fit import Pixels

BITS = 10  # blocks along the bottom, the highest first; white is 1


@dataclass(frozen=True, slots=True)
class Reel:
    """``noise`` (levels) makes it heavy; ``hertz`` gives it a sound."""

    name: str
    frames: int = 96
    fps: str = "24"
    width: int = 320
    height: int = 180
    colour: tuple[int, int, int] = (60, 70, 80)
    hertz: int = 0
    noise: int = 0
    crf: int = 20

    @property
    def rate(self) -> Fraction:
        return Fraction(self.fps)


def shoot(folder: Path, *reels: Reel) -> None:
    """Write ``NAME.mp4`` of each, and tell what they are."""
    for reel in reels:
        _write(folder / f"{reel.name}.mp4", reel)
    tell(folder, *reels)


def tell(folder: Path, *reels: Reel) -> None:
    """Write ``reels.json``, by which the page knows the clips of a folder."""
    (folder / "reels.json").write_text(json.dumps({reel.name: asdict(reel) for reel in reels}))


def _write(path: Path, reel: Reel) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as target:
        options = {"preset": "ultrafast", "crf": str(reel.crf), "g": "24"}
        video = target.add_stream("libx264", rate=reel.rate, options=options)
        video.width, video.height, video.pix_fmt = reel.width, reel.height, "yuv420p"
        audio = target.add_stream("aac", rate=48_000, layout="mono") if reel.hertz else None
        random = np.random.default_rng(1)
        for number in range(reel.frames):
            picture = _picture(reel, number, random)
            target.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(video.encode())
        if audio is not None:
            at = np.arange(int(48_000 * reel.frames / reel.rate)) / 48_000
            wave = (0.1 * np.sin(2 * np.pi * reel.hertz * at)).astype(np.float32)[None]
            sound = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            sound.sample_rate, sound.pts = 48_000, 0
            target.mux(audio.encode(sound))
            target.mux(audio.encode())


def _picture(reel: Reel, number: int, random: np.random.Generator) -> Pixels:
    image = Image.new("RGB", (reel.width, reel.height), reel.colour)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(reel.height // 3)
    draw.text((reel.width / 2, reel.height * 0.4), str(number), "white", font, anchor="mm")
    picture = np.asarray(image).astype(np.int16)
    if reel.noise:
        picture = picture + random.integers(-reel.noise, reel.noise, picture.shape)
    top = reel.height * 8 // 9
    edges = [reel.width * i // BITS for i in range(BITS + 1)]
    for bit, (left, right) in enumerate(pairwise(edges)):
        picture[top:, left:right] = 255 * (number >> (BITS - 1 - bit) & 1)
    return np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
