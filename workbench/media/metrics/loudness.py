"""How loud sound is, by ITU-R BS.1770-4: K-weighting, gating, true peak. NumPy alone.

``pyloudnorm`` does the first two, but brings SciPy, forty times its size, for two filters. Here each is
applied by its frequency response to the whole at once, which is exact and quicker than sample by sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # channels × samples, full scale ± 1
Coefficients = tuple[tuple[float, float, float], tuple[float, float, float]]

LEAST_RATE = 8_000  # below it the filters make no sense

_BLOCK_S, _STEP_S = 0.4, 0.1
_LEAST_LUFS, _RELATIVE_LU = -70.0, -10.0
_OFFSET = -0.691
_TAIL_S = 0.5  # by then what the filters still say is below −200 dB
_PHASES, _TAPS = 4, 12
_SILENT = 10 ** (-60 / 20)
_SIDES = {"side left", "side right", "back left", "back right", "SL", "SR", "BL", "BR"}
_LOW = {"low frequency", "low-frequency", "LFE"}


def k_weighting(rate: int) -> tuple[Coefficients, Coefficients]:
    """(b, a) of the shelf and of the high pass, bilinear; at 48 kHz those of the standard."""
    k, q, gain = (
        math.tan(math.pi * 1681.974450955533 / rate),
        0.7071752369554196,
        10 ** (3.999843853973347 / 20),
    )
    middle = gain**0.4996667741545416
    whole = 1 + k / q + k * k
    shelf = (
        (
            (gain + middle * k / q + k * k) / whole,
            2 * (k * k - gain) / whole,
            (gain - middle * k / q + k * k) / whole,
        ),
        (1.0, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole),
    )
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    whole = 1 + k / q + k * k
    return shelf, ((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole))


def integrated(sound: Samples, rate: int, weights: Sequence[float]) -> float | None:
    """Loudness in LUFS; ``None`` for silence and for less than a block of 0.4 s.

    ``weights`` has one for each channel, as of ``weights_of``.
    """
    count = sound.shape[1]
    step, steps = round(_STEP_S * rate), round(_BLOCK_S / _STEP_S)
    if rate < LEAST_RATE or count // step < steps:
        return None
    power = np.zeros(count // step - steps + 1)
    for channel, weight in zip(sound, weights, strict=True):
        if weight:
            squares = _weighted(channel, rate)[: count // step * step].reshape(-1, step) ** 2
            means = squares.mean(axis=1)
            power += weight * np.convolve(means, np.full(steps, 1 / steps), "valid")
    heard = power[power > _power(_LEAST_LUFS)]
    if not len(heard):
        return None
    heard = heard[heard > heard.mean() * 10 ** (_RELATIVE_LU / 10)]
    return _OFFSET + 10 * math.log10(float(heard.mean()))


def weights_of(channels: Sequence[str]) -> tuple[float, ...]:
    """By names of channels: those at the sides count 1.41, low frequency effects nothing."""
    return tuple(0.0 if name in _LOW else 1.41 if name in _SIDES else 1.0 for name in channels)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


def _weighted(channel: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    count = len(channel)
    size = 1 << (count + round(_TAIL_S * rate) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(channel, size) * _response(rate, size), size)[:count]


@cache
def _response(rate: int, size: int) -> NDArray[np.complex128]:
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(delay), np.complex128)
    for b, a in k_weighting(rate):
        response *= (b[0] + b[1] * delay + b[2] * delay**2) / (a[0] + a[1] * delay + a[2] * delay**2)
    return response


def sample_peak(sound: Samples) -> float | None:
    """dBFS; ``None`` for silence."""
    return _decibels(float(np.abs(sound).max(initial=0.0)))


def true_peak(sound: Samples) -> float | None:
    """dBTP: of what a converter makes of the samples, four times as fine. ``None`` for silence."""
    most = float(np.abs(sound).max(initial=0.0))
    for channel in sound:
        for phase in _phases():
            most = max(most, float(np.abs(np.convolve(channel, phase)).max(initial=0.0)))
    return _decibels(most)


@cache
def _phases() -> NDArray[np.float32]:
    """A windowed sinc of 48 taps, a row for each of the values between two samples."""
    at = np.arange(_PHASES * _TAPS) - (_PHASES * _TAPS - 1) / 2 - 0.5
    taps = np.sinc(at / _PHASES) * np.kaiser(_PHASES * _TAPS + 1, 5.0)[:-1]
    phases = taps.reshape(_TAPS, _PHASES).T
    return np.asarray(phases / phases.sum(axis=1, keepdims=True), np.float32)


def silence_share(sound: Samples, rate: int) -> float | None:
    """``None`` for less than a block."""
    step = max(1, round(_STEP_S * rate))
    count = sound.shape[1] // step
    if not count:
        return None
    blocks = sound[:, : count * step].reshape(len(sound), count, step)
    levels = np.sqrt((blocks.astype(np.float64) ** 2).mean(axis=2)).max(axis=0)
    return float((levels < _SILENT).mean())


def _decibels(value: float) -> float | None:
    return 20 * math.log10(value) if value > 1e-10 else None
