"""A forest plot as a PNG. Words are set in the page's own typeface, which comes with Streamlit."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from workbench.api.forest import WIDTH, Dot, Forest, Label, Stroke

DENSITY: Final = 2
_DPI = 96 * DENSITY
_SMOOTH = 4  # dots are drawn so much larger, and made small
_TYPEFACE = "static/static/media/SourceSansVF-Upright*.woff2"  # in Streamlit's folder
_OTHERS = (  # by name, where the machine has them: for scripts that the first has no letters of
    *("DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "msyh.ttc", "Hiragino Sans GB.ttc"),
    *("NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf"),
    "NotoSansThai-Regular.ttf",
)
_NO_LETTER, _TRIED = "\uffff", 26
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def drawn(forest: Forest) -> bytes:
    image = Image.new("RGB", (WIDTH * DENSITY, forest.height * DENSITY), "#ffffff")
    canvas = ImageDraw.Draw(image)
    for mark in forest.marks():
        match mark:
            case Stroke():
                _stroke(canvas, mark)
            case Dot():
                size, radius = _dot(mark.radius), mark.radius
                corner = (round((mark.x - radius) * DENSITY), round((mark.y - radius) * DENSITY))
                image.paste(mark.colour, corner, size)
            case Label():
                place = (mark.x * DENSITY, mark.y * DENSITY)
                font = _font(mark.text, mark.size * DENSITY)
                canvas.text(place, mark.text, mark.colour, font, _ANCHORS[mark.anchor])
    told = PngInfo()
    told.add_itxt("Title", forest.title)
    memory = io.BytesIO()
    image.save(memory, "PNG", dpi=(_DPI, _DPI), pnginfo=told, optimize=True)
    return memory.getvalue()


def lacking(text: str) -> str:
    """The letters of it for which this machine has no typeface with all the others; drawn as boxes."""
    name = _typeface(text)
    return "".join(letter for letter in text if not _has(name, letter))


def _stroke(canvas: ImageDraw.ImageDraw, mark: Stroke) -> None:
    """Upright or level ones only: a box, with round ends where it is thick."""
    half = mark.width * DENSITY / 2
    is_level = mark.start[1] == mark.end[1]
    beyond = half if mark.width > 1 else 0
    wide, high = (beyond, half) if is_level else (half, beyond)
    (x1, y1), (x2, y2) = ((x * DENSITY, y * DENSITY) for x, y in (mark.start, mark.end))
    box = (round(x1 - wide), round(y1 - high), round(x2 + wide) - 1, round(y2 + high) - 1)
    canvas.rounded_rectangle(box, beyond, mark.colour)


@cache
def _dot(radius: float) -> Image.Image:
    size = round(2 * radius * DENSITY)
    large = Image.new("L", (size * _SMOOTH, size * _SMOOTH))
    ImageDraw.Draw(large).ellipse((0, 0, size * _SMOOTH - 1, size * _SMOOTH - 1), 255)
    return large.resize((size, size), Image.Resampling.BOX)


def _font(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The first typeface that has every letter of the text; the first of all where none has."""
    return _loaded(_typeface(text), size) or ImageFont.load_default(size)


def _typeface(text: str) -> str:
    there = (name for name in (_own(), *_OTHERS) if _loaded(name, _TRIED))
    first = next(there, "")
    every = (name for name in (first, *there) if all(_has(name, letter) for letter in set(text)))
    return next(every, first)


@cache
def _own() -> str:
    """Streamlit is not imported: its folder is looked into."""
    found = find_spec("streamlit")
    folders = map(Path, (found and found.submodule_search_locations) or ())
    return next((str(path) for folder in folders for path in sorted(folder.glob(_TYPEFACE))), "")


@cache
def _loaded(name: str, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        font = ImageFont.truetype(name, size)
    except OSError:  # not there, or of a kind that this Pillow can't read
        return None
    with suppress(OSError, ValueError):  # only some have weights, of which the lightest comes first
        font.set_variation_by_name("Regular")
    return font


@cache
def _has(name: str, letter: str) -> bool:
    font = _loaded(name, _TRIED)
    return font is not None and bytes(font.getmask(letter)) != bytes(font.getmask(_NO_LETTER))
