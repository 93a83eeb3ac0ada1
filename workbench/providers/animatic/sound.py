"""A quiet sound bed for a shot plan: wind, rain, sea, city, insects, a soft chord. All synthesised.

Sound is made in blocks that overlap, each from its own random stream, so any second of the shot's clock
sounds the same whichever clip it is rendered into.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.providers.animatic.encode import SAMPLE_RATE, Sound
from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.animatic.raster import Streams

_BLOCK_S = 2.0
LOUDEST = 0.5


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise between two frequencies (Hz), falling ``slope`` dB an octave, that swells with ``period_s``
    by ``depth`` (0 to 1)."""

    low: float
    high: float
    slope: float
    gain: float
    period_s: float = 7.0
    depth: float = 0.4


@dataclass(frozen=True, slots=True)
class Chord:
    """Sustained sines (Hz), each with slow beating."""

    notes: tuple[float, ...]
    gain: float


@dataclass(frozen=True, slots=True)
class Calls:
    """Short chirps: birds by day, crickets by night. ``rate`` is calls a second."""

    low: float
    high: float
    length_s: float
    rate: float
    gain: float
    trill: float = 0.0


Part = Noise | Chord | Calls

_WIND = Noise(90, 900, -6, 0.055, 6.0, 0.5)
_SEA = Noise(60, 3_000, -4, 0.09, 8.0, 0.75)
_BIRDS = Calls(2_400, 4_600, 0.11, 1.6, 0.012, 26)
_CRICKETS = Calls(4_300, 4_420, 0.42, 1.5, 0.006, 32)
_PAD = Chord((110.0, 164.81, 220.0, 277.18, 329.63), 0.028)
_DRONE = Chord((55.0, 82.41, 110.0, 123.47), 0.045)

SCENES: Mapping[str, tuple[Part, ...]] = {
    "grassland": (_WIND, Noise(2_000, 7_000, -5, 0.010, 3.0, 0.6)),
    "mountains": (_WIND, Noise(200, 500, -3, 0.03, 9.0, 0.8)),
    "lake": (_WIND, Noise(300, 2_500, -5, 0.03, 3.0, 0.6)),
    "sea": (_SEA, Noise(1_500, 8_000, -4, 0.018, 8.0, 0.85)),
    "city": (Noise(45, 260, -4, 0.085, 11.0, 0.25), Noise(300, 1_800, -7, 0.02, 5.0, 0.5)),
    "forest": (_WIND, Noise(2_500, 9_000, -5, 0.012, 4.0, 0.6)),
    "desert": (Noise(150, 1_200, -5, 0.06, 5.0, 0.7),),
    "snowfield": (Noise(200, 1_600, -5, 0.05, 7.0, 0.6),),
    "studio": (_PAD, Noise(60, 300, -6, 0.012, 9.0, 0.2)),
    "space": (_DRONE, Noise(40, 140, -3, 0.03, 12.0, 0.4)),
    "abstract": (_PAD,),
}
WEATHERS: Mapping[str, tuple[Part, ...]] = {
    "rain": (Noise(900, 11_000, -3.5, 0.055, 6.0, 0.15), Noise(150, 700, -5, 0.02, 4.0, 0.2)),
    "storm": (Noise(700, 11_000, -3.5, 0.075, 5.0, 0.3), Noise(30, 110, -2, 0.11, 5.3, 0.95)),
    "snow": (Noise(180, 800, -6, 0.03, 8.0, 0.5),),
}
_ALIVE = ("grassland", "forest", "lake", "mountains")


def bed(plan: ShotPlan, seconds: float) -> Sound:
    """The sound of the plan from ``plan.starts_at_s`` on: (samples, 2) at 48 kHz."""
    start, count = plan.starts_at_s, round(seconds * SAMPLE_RATE)
    parts = (*SCENES.get(plan.scene, (_PAD,)), *WEATHERS.get(plan.weather, ()))
    if plan.scene in _ALIVE and plan.weather in ("clear", "mist"):
        parts = (*parts, _CRICKETS if plan.time == "night" else _BIRDS)
    total = np.zeros((count, 2), np.float32)
    for index, part in enumerate(parts):
        total += _PLAYERS[type(part)](part, Streams(plan.seed), f"sound/{plan.scene}/{index}", start, count)
    if start == 0.0:
        rise = min(count, SAMPLE_RATE // 4)
        total[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)[:, None]
    return np.clip(total, -LOUDEST, LOUDEST)


def _noise(part: Noise, streams: Streams, key: str, start: float, count: int) -> Sound:
    length = round(2 * _BLOCK_S * SAMPLE_RATE)
    frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(frequency, 1.0) / part.low)
    shape = 10 ** (part.slope * np.maximum(octaves, 0) / 20)
    shape *= 1 / (1 + (part.low / np.maximum(frequency, 1e-3)) ** 4) / (1 + (frequency / part.high) ** 6)
    level = math.sqrt(float(np.mean(shape**2))) or 1.0

    def block(rng: np.random.Generator) -> Sound:
        white = rng.standard_normal((2, length)).astype(np.float32)
        return np.fft.irfft(np.fft.rfft(white) * (shape / level), length).T.astype(np.float32)

    out = _blocks(block, streams, key, start, count)
    t = start + np.arange(count) / SAMPLE_RATE
    swell = (
        np.sin(2 * np.pi * t / part.period_s) * 0.7 + np.sin(2 * np.pi * t / (part.period_s * 0.43) + 1) * 0.3
    )
    return np.asarray(out * (part.gain * (1 - part.depth * (0.5 + 0.5 * swell)))[:, None], np.float32)


def _chord(part: Chord, streams: Streams, key: str, start: float, count: int) -> Sound:
    t = start + np.arange(count) / SAMPLE_RATE
    out = np.zeros((count, 2), np.float32)
    for i, note in enumerate(part.notes):
        phase = float(streams.of(f"{key}/{i}").uniform(0, 2 * math.pi))
        breath = 0.6 + 0.4 * np.sin(2 * np.pi * t / (5 + 1.7 * i) + phase)
        for side, detune in ((0, 0.9985), (1, 1.0015)):
            out[:, side] += (
                part.gain * breath * np.sin(2 * np.pi * note * detune * t + phase) / (1 + 0.35 * i)
            )
    return out


def _calls(part: Calls, streams: Streams, key: str, start: float, count: int) -> Sound:
    out = np.zeros((count, 2), np.float32)
    samples = round(part.length_s * SAMPLE_RATE)
    u = np.linspace(0, 1, samples)
    for second in range(int(start) - 1, int(start + count / SAMPLE_RATE) + 1):
        rng = streams.of(f"{key}/{second}")
        for _ in range(rng.poisson(part.rate)):
            begin = round((second + float(rng.uniform(0, 1)) - start) * SAMPLE_RATE)
            f0, f1 = rng.uniform(part.low, part.high, 2)
            tone = np.sin(2 * np.pi * np.cumsum(f0 + (f1 - f0) * u) / SAMPLE_RATE) * np.sin(np.pi * u) ** 2
            tone = tone * (0.6 + 0.4 * np.sin(2 * np.pi * part.trill * u * part.length_s))
            pan, far = float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.35, 1.0))
            low, high = max(0, begin), min(count, begin + samples)
            if low < high:
                piece = tone[low - begin : high - begin, None] * np.array([1 - pan, pan]) * part.gain * far
                out[low:high] += piece.astype(np.float32)
    return out


def _blocks(
    block: Callable[[np.random.Generator], Sound], streams: Streams, key: str, start: float, count: int
) -> Sound:
    """Blocks of twice ``_BLOCK_S`` that overlap by half under a window of constant power."""
    out = np.zeros((count, 2), np.float32)
    hop = round(_BLOCK_S * SAMPLE_RATE)
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)).astype(np.float32)[:, None]
    first = round(start * SAMPLE_RATE)
    for index in _covering(first, count, hop):
        begin = index * hop - first
        piece = block(streams.of(f"{key}/{index}")) * window
        low, high = max(0, begin), min(count, begin + 2 * hop)
        out[low:high] += piece[low - begin : high - begin]
    return out


def _covering(first: int, count: int, hop: int) -> Iterator[int]:
    yield from range(first // hop - 1, (first + count - 1) // hop + 1)


_PLAYERS: Mapping[type, Callable[..., Sound]] = {Noise: _noise, Chord: _chord, Calls: _calls}
