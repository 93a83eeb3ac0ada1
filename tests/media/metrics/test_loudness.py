"""Loudness against the cases that EBU Tech 3341 and ITU-R BS.1770 give with their answers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.media.metrics.sounding import Sound, tone
from workbench.media.metrics.loudness import (
    integrated,
    k_weighting,
    sample_peak,
    silence_share,
    true_peak,
    weights_of,
)

RATE = 48_000
STEREO = weights_of(("front left", "front right"))


def joined(*parts: Sound) -> Sound:
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize(
    ("sound", "lufs"),
    [
        (tone(1_000, -23, 20), -23.0),  # case 1
        (tone(1_000, -33, 20), -33.0),  # case 2
        (joined(tone(1_000, -36, 10), tone(1_000, -23, 60), tone(1_000, -36, 10)), -23.0),  # case 3
        (
            joined(
                *(
                    tone(1_000, level, s)
                    for level, s in ((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))
                )
            ),
            -23.0,
        ),  # case 4
        (joined(tone(1_000, -26, 20), tone(1_000, -20, 20.1), tone(1_000, -26, 20)), -23.0),  # case 5
    ],
)
def test_the_cases_of_ebu_tech_3341(sound: Sound, lufs: float) -> None:
    assert integrated(sound, RATE, STEREO) == pytest.approx(lufs, abs=0.1)


def test_a_surround_is_weighted_by_channel() -> None:
    """Case 6: 5.0 with −28 dBFS left and right, −24 centre, −30 surround."""
    levels = (-28, -28, -24, -30, -30)
    sound = np.concatenate([tone(1_000, level, 20, channels=1) for level in levels])
    names = ("front left", "front right", "front center", "side left", "side right")
    assert integrated(sound, RATE, weights_of(names)) == pytest.approx(-23.0, abs=0.1)


def test_low_frequency_effects_do_not_count() -> None:
    sound = np.concatenate([tone(1_000, -23, 5), tone(60, -3, 5, channels=1)])
    names = ("front left", "front right", "low frequency")
    assert integrated(sound, RATE, weights_of(names)) == pytest.approx(-23.0, abs=0.1)


def test_the_filters_are_those_of_the_standard_at_48_khz() -> None:
    (shelf_b, shelf_a), (pass_b, pass_a) = k_weighting(RATE)
    assert shelf_b == pytest.approx((1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-6)
    assert shelf_a == pytest.approx((1.0, -1.69065929318241, 0.73248077421585), abs=1e-6)
    assert pass_b == (1.0, -2.0, 1.0)
    assert pass_a == pytest.approx((1.0, -1.99004745483398, 0.99007225036621), abs=1e-6)


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_another_rate_gives_the_same(rate: int) -> None:
    assert integrated(tone(997, -20, 5, rate), rate, STEREO) == pytest.approx(-20.0, abs=0.15)


def test_a_peak_between_two_samples_is_found() -> None:
    """A sine of a quarter of the rate, 45° off: its samples are 3 dB below what a converter makes of it."""
    at = np.arange(RATE // 10)
    wave = (0.5 * np.sin(np.pi / 2 * at + np.pi / 4)).astype(np.float32)[None]
    assert sample_peak(wave) == pytest.approx(-9.03, abs=0.01)
    peak = true_peak(wave)
    assert peak is not None
    assert -6.4 <= peak <= -5.8  # EBU Tech 3341, case 15: −6.0 +0.2 −0.4


def test_silence() -> None:
    quiet = np.zeros((2, RATE), np.float32)
    assert integrated(quiet, RATE, STEREO) is sample_peak(quiet) is true_peak(quiet) is None
    assert silence_share(quiet, RATE) == 1
    assert integrated(tone(1_000, -20, 0.3), RATE, STEREO) is None
    assert silence_share(tone(1_000, -20, 0.05), RATE) is None
