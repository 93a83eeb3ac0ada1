"""The few colours that a picture is made of, and what people call them."""

from __future__ import annotations

import math

import numpy as np
from immutabledict import immutabledict
from numpy.typing import NDArray

from workbench.domain.brief import Colour
from workbench.media.fit import Pixels
from workbench.media.pixels import lab

Lab = NDArray[np.float32]  # … × 3
Clusters = tuple[NDArray[np.float64], NDArray[np.float64]]  # N × 3 colours, and the share of each

MOST = 6
_STARTS = 10  # clusters before close ones are joined
_ROUNDS = 12
_BIN = 3.0  # Lab units; what falls into one bin is one point with a weight
_ALIKE = 13.0  # ΔE below which two colours are told as one
_LEAST = 0.015  # share of the picture below which a colour isn't worth a word …
_LEAST_VIVID = 0.006  # … or this, when it is as vivid as a stone in a ring
_VIVID = 35.0  # C*ab

# Near enough for words; each is the middle of what the name is used for.
NAMES = immutabledict(
    {
        "black": "#0a0a0a",
        "charcoal": "#33353a",
        "dark grey": "#4f4f4f",
        "grey": "#808080",
        "light grey": "#bcbcbc",
        "white": "#fdfdfd",
        "warm grey": "#8f877d",
        "dark warm grey": "#57504a",
        "light warm grey": "#c3bbb0",
        "cool grey": "#7d8791",
        "dark cool grey": "#47505a",
        "light cool grey": "#b3bdc7",
        "off-white": "#f3efe6",
        "cream": "#f2e3bd",
        "beige": "#d9c4a0",
        "sand": "#c2a878",
        "tan": "#b08a5e",
        "taupe": "#70624f",
        "olive brown": "#5c4d2c",
        "brown": "#7a4f2b",
        "dark brown": "#3d2716",
        "brownish black": "#1e150e",
        "chestnut": "#8c4530",
        "rust": "#a8481c",
        "terracotta": "#c66b4c",
        "peach": "#f5bf98",
        "orange": "#f07d18",
        "amber": "#f0a21f",
        "golden brown": "#a87427",
        "gold": "#d0a035",
        "mustard": "#b8932a",
        "yellow": "#f7df2b",
        "pale yellow": "#f6ee9f",
        "olive": "#7a7a2c",
        "dark olive": "#414421",
        "lime green": "#a3d930",
        "yellow-green": "#96a647",
        "green": "#2f9a3c",
        "bright green": "#35d64a",
        "deep green": "#155a2c",
        "greenish black": "#0e2015",
        "moss green": "#5a7038",
        "sage green": "#97a98a",
        "pale green": "#bfe0b8",
        "mint": "#a6ecce",
        "emerald green": "#109a65",
        "teal": "#148a86",
        "deep teal": "#0c4f55",
        "muted teal": "#5b8c8c",
        "turquoise": "#3fd0c4",
        "cyan": "#20c8ea",
        "pale blue": "#bcd9ee",
        "sky blue": "#74b4e8",
        "steel blue": "#5580a6",
        "slate blue": "#475f7d",
        "blue": "#1f63d6",
        "bright blue": "#2038f5",
        "deep blue": "#173a86",
        "navy": "#16213f",
        "ultramarine": "#1a1a8c",
        "bluish black": "#0d1220",
        "indigo": "#43128a",
        "violet": "#7a3fd0",
        "purple": "#803a92",
        "deep purple": "#3f1c4f",
        "pale lavender": "#e2e0f7",
        "lavender": "#bcaee3",
        "dark plum": "#37172c",
        "mauve": "#9b7a99",
        "magenta": "#d01fb0",
        "hot pink": "#f5459a",
        "pink": "#f2a3bd",
        "pale pink": "#f6d7dc",
        "dusty pink": "#c4929a",
        "coral": "#f5735c",
        "red": "#d9201f",
        "deep red": "#8f1119",
        "burgundy": "#58131f",
        "crimson": "#b80f3a",
    }
)
_LIGHTNESS_WEIGHT = 0.75  # hue decides a name before lightness does


def palette(pictures: list[Lab]) -> tuple[Colour, ...]:
    """The colours of these pixels together, the most of it first; one for a flat picture, six at most.

    ``pictures`` are N × 3 arrays of Lab that weigh the same. The same pixels give the same colours:
    weighted k-means over a histogram, started from the colours that lie furthest apart.
    """
    full = [picture for picture in pictures if len(picture)]
    if not full:
        return ()
    weights = np.concatenate([np.full(len(one), 1 / (len(one) * len(full))) for one in full])
    points, shares = _binned(np.concatenate(full).astype(np.float64), weights)
    centres, sizes = _joined(*_clustered(points, shares))
    chroma = np.hypot(centres[:, 1], centres[:, 2])
    kept = [i for i, size in enumerate(sizes) if size >= (_LEAST_VIVID if chroma[i] >= _VIVID else _LEAST)]
    kept.sort(key=lambda i: -sizes[i] * (1 + chroma[i] / 40))  # a vivid colour is seen before a dull one
    first = sorted(kept[:MOST] or [int(np.argmax(sizes))], key=lambda i: -sizes[i])
    return tuple(_colour(centres[i], float(sizes[i])) for i in first)


def name_of(hex_code: str) -> str:
    """What people call a colour ``#rrggbb``: the nearest entry of ``NAMES``."""
    return _named(_lab_of(hex_code))


def _binned(points: NDArray[np.float64], weights: NDArray[np.float64]) -> Clusters:
    """One point a bin of Lab: the mean of what fell into it, and its weight."""
    cells = np.floor(points / _BIN).astype(np.int64) + 128
    keys = (cells[:, 0] << 32) | (cells[:, 1] << 16) | cells[:, 2]
    _, where = np.unique(keys, return_inverse=True)
    total = np.asarray(np.bincount(where, weights), np.float64)
    means = [np.bincount(where, weights * points[:, axis]) / total for axis in range(3)]
    return np.column_stack(means), total


def _clustered(points: NDArray[np.float64], shares: NDArray[np.float64]) -> Clusters:
    starts = [int(np.argmax(shares))]
    nearest = _squares(points, points[starts])[:, 0]
    while len(starts) < min(_STARTS, len(points)) and nearest.max() > _ALIKE**2:
        starts.append(int(np.argmax(nearest * np.sqrt(shares))))
        nearest = np.minimum(nearest, _squares(points, points[starts[-1:]])[:, 0])
    centres = points[starts]
    for _ in range(_ROUNDS):
        owner = np.argmin(_squares(points, centres), axis=1)
        sizes = np.bincount(owner, shares, len(centres))
        sums = np.column_stack(
            [np.bincount(owner, shares * points[:, axis], len(centres)) for axis in range(3)]
        )
        centres, sizes = (sums[sizes > 0] / sizes[sizes > 0, None]), sizes[sizes > 0]
    owner = np.argmin(_squares(points, centres), axis=1)
    return centres, np.asarray(np.bincount(owner, shares, len(centres)), np.float64)


def _joined(centres: NDArray[np.float64], sizes: NDArray[np.float64]) -> Clusters:
    """The two closest become one, until all that are left can be told apart."""
    while len(centres) > 1:
        apart = _squares(centres, centres) + np.diag(np.full(len(centres), np.inf))
        i, j = sorted(int(k) for k in np.unravel_index(np.argmin(apart), apart.shape))
        if apart[i, j] >= _ALIKE**2:
            break
        both = sizes[i] + sizes[j]
        centres[i] = (centres[i] * sizes[i] + centres[j] * sizes[j]) / max(both, 1e-12)
        sizes[i] = both
        centres, sizes = np.delete(centres, j, axis=0), np.delete(sizes, j)
    return centres, sizes


def _squares(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2))


def _colour(centre: NDArray[np.float64], share: float) -> Colour:
    return Colour(_hex_of(centre), math.floor(share * 1000 + 1e-6) / 1000, _named(centre))


def _hex_of(colour: NDArray[np.float64]) -> str:
    """sRGB of one Lab colour (D65), as ``#rrggbb``."""
    fy = (colour[0] + 16) / 116
    f = np.array([fy + colour[1] / 500, fy, fy - colour[2] / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _WHITE
    linear = np.clip(_TO_RGB @ xyz, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(value) for value in np.rint(coded * 255))
    return f"#{red:02x}{green:02x}{blue:02x}"


# IEC 61966-2-1
_WHITE = np.array([0.950456, 1.0, 1.088754])
_TO_RGB = np.array(
    [[3.240479, -1.537150, -0.498535], [-0.969256, 1.875991, 0.041556], [0.055648, -0.204043, 1.057311]]
)


def _lab_of(hex_code: str) -> NDArray[np.float64]:
    pixel: Pixels = np.array([[list(bytes.fromhex(hex_code[1:]))]], np.uint8)
    return np.asarray(lab(pixel)[0, 0], np.float64)


_NAMED = np.array([_lab_of(code) for code in NAMES.values()])


def _named(colour: NDArray[np.float64]) -> str:
    away = (_NAMED - colour) * np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0])
    return list(NAMES)[int(np.argmin((away**2).sum(axis=1)))]
