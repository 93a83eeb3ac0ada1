"""What emulators deliver: small, real MP4s and PNGs, each of its own bytes."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

FPS = 24


def clip(name: str, *, width: int = 320, height: int = 180, seconds: int = 4) -> bytes:
    """A playable MP4 with a moving bar. ``name`` makes the bytes unlike those of any other clip."""
    note = name.encode()
    return _footage(width, height, seconds) + (8 + len(note)).to_bytes(4, "big") + b"free" + note


def still(name: str, *, width: int = 320, height: int = 180) -> bytes:
    """A PNG whose colour and text chunk tell it from others."""
    from PIL import Image, PngImagePlugin

    shade = sum(name.encode())
    picture = Image.new("RGB", (width, height), (60 + shade % 150, 90, 200 - shade % 120))
    picture.paste((240, 220, 120), (width // 3, height // 3, 2 * width // 3, 2 * height // 3))
    text = PngImagePlugin.PngInfo()
    text.add_text("name", name)
    target = io.BytesIO()
    picture.save(target, "PNG", pnginfo=text)
    return target.getvalue()


def size(aspect_ratio: str, short_side: int = 180) -> tuple[int, int]:
    """A small picture size of that ratio, both sides even."""
    across, _, down = aspect_ratio.partition(":")
    ratio = int(across) / int(down or 1)
    width, height = (short_side * ratio, short_side) if ratio >= 1 else (short_side, short_side / ratio)
    return round(width / 2) * 2, round(height / 2) * 2


@lru_cache(maxsize=32)
def _footage(width: int, height: int, seconds: int) -> bytes:
    import av
    import numpy as np

    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(FPS), options={"preset": "ultrafast", "threads": "1"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(FPS * seconds):
            picture = np.full((height, width, 3), (40, 60, 90), np.uint8)
            left = (width - 16) * number // (FPS * seconds)
            picture[height // 3 : 2 * height // 3, left : left + 16] = (250, 210, 120)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return target.getvalue()
