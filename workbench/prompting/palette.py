"""Palettes of several pictures as one: colours that an eye would take for one, by their share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cbrt, dist, fsum, hypot

from workbench.domain.brief import Colour

# In OKLab (Ottosson 2020), where equal distances look about equally large; two neighbouring shades of one
# named colour lie about this far apart.
CLOSE = 0.08


def merged(palettes: Sequence[Sequence[Colour]]) -> tuple[Colour, ...]:
    """One palette, largest share first, no longer than the longest given.

    Every picture counts alike. A group of close colours keeps the hex of its largest: one that was seen.
    """
    if not palettes:
        return ()
    coloured = sorted(
        ((colour, n) for n, palette in enumerate(palettes) for colour in palette),
        key=lambda pair: (-pair[0].share, pair[0].hex, pair[0].name, repr(palettes[pair[1]])),
    )
    groups: list[tuple[Colour, int, list[float]]] = []
    for colour, n in coloured:
        near = [(distance(colour, lead), i) for i, (lead, of, _) in enumerate(groups) if of != n]
        gap, i = min(near, default=(CLOSE, -1))
        if gap < CLOSE:
            groups[i][2].append(colour.share)
        else:
            groups.append((colour, n, [colour.share]))
    whole = [replace(lead, share=fsum(shares) / len(palettes)) for lead, _, shares in groups]
    whole.sort(key=lambda colour: (-colour.share, colour.hex, colour.name))
    return tuple(whole[: max(map(len, palettes))])


# Of the picture's area: what covers less is no part of how it looks – unless it glows out of it.
LEAST_SHARE, LEAST_ACCENT, VIVID = 0.04, 0.015, 0.07


def in_words(palette: Sequence[Colour], most: int = 4) -> tuple[str, ...]:
    """The names of the colours that count, the largest first, none twice; small ones only where vivid."""
    shares: dict[str, float] = {}
    vivid: set[str] = set()
    for colour in palette:
        if name := colour.name.strip():
            shares[name] = shares.get(name, 0.0) + colour.share
            _, *ab = _oklab(colour.hex)
            vivid |= {name} if hypot(*ab) >= VIVID else set()
    counting = [
        name
        for name, share in sorted(shares.items(), key=lambda one: -one[1])
        if share >= (LEAST_ACCENT if name in vivid else LEAST_SHARE)
    ]
    return tuple(counting[:most])


def distance(one: Colour, other: Colour) -> float:
    """In OKLab; black to white is 1."""
    return dist(_oklab(one.hex), _oklab(other.hex))


def _oklab(hex_colour: str) -> tuple[float, float, float]:
    r, g, b = (_linear(int(hex_colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear(value: float) -> float:
    """sRGB to light."""
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
