"""``survey(path, asked) → Survey``: all metrics of a clip, from one pass over its pictures and one over its
sound. About a second of one core for 8 s of 720p.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.domain.metric import Metric, Strip
from workbench.media import likeness, motion
from workbench.media.fit import Pixels
from workbench.media.metrics import alikeness, loudness
from workbench.media.metrics.about import METRICS, metric
from workbench.media.metrics.adherence import adherence
from workbench.media.metrics.asked import NOTHING, Asked
from workbench.media.metrics.hearing import Heard, hear
from workbench.media.metrics.passing import SIDE, Seen, pass_over
from workbench.media.metrics.steadiness import Warp, flicker, standing, warps
from workbench.media.probe import Probe

Values = Mapping[str, float | None]

MOST_POINTS = 120
_JITTER_S = 1.5  # a shorter shot can't tell a shake from a way


@dataclass(frozen=True, slots=True)
class Survey:
    """``metrics`` has every name of ``METRICS``, in its order."""

    metrics: tuple[Metric, ...]
    strip: Strip


def survey(path: Path, asked: Asked = NOTHING) -> Survey:
    """Raises ``BadMedia`` where there is no picture that can be decoded."""
    seen = pass_over(path)
    found = warps(seen)
    heard = hear(path) if seen.facts.has_audio else None
    values = {
        **_conformance(seen, asked),
        **_moving(seen, found, asked),
        **_light(seen),
        **_alike(seen, asked),
        **_sound(seen, heard),
    }
    return Survey(tuple(metric(name, _finite(values[name])) for name in METRICS), _strip(seen, found))


def measure(path: Path, asked: Asked = NOTHING) -> tuple[Metric, ...]:
    """The metrics alone. Raises ``BadMedia``."""
    return survey(path, asked).metrics


def strip(path: Path) -> Strip:
    """The sparklines alone, at half the cost. Raises ``BadMedia``."""
    seen = pass_over(path)
    return _strip(seen, warps(seen))


def _conformance(seen: Seen, asked: Asked) -> Values:
    facts = seen.facts
    span = seen.times[-1] - seen.times[0]
    length = seen.looked_s if seen.whole else max(seen.looked_s, facts.duration_s)
    return {
        "width_off": _off(facts.width, asked.width),
        "height_off": _off(facts.height, asked.height),
        "fps_off": _off((len(seen.times) - 1) / span, asked.fps) if span > 0 else None,
        "duration_off": _off(length, asked.duration_s),
        "codec_off": float(facts.codec != asked.codec) if asked.codec else None,
        "audio_off": _off(facts.has_audio, asked.audio),
    }


def _off(found: float, asked: float | None) -> float | None:
    return None if asked is None else found - asked


def _moving(seen: Seen, found: Sequence[Warp], asked: Asked) -> Values:
    went = motion.measure(seen.steps, seen.cuts, seen.looked_s)
    speeds = [warp.speed for warp in found if warp.speed is not None]
    errors = [warp.error for warp in found if warp.error is not None]
    still = standing(seen)
    values: dict[str, float | None] = {
        "flicker": flicker(seen),
        "warp_error": float(np.mean(errors)) if errors else None,
        "frozen_share": still.frozen if still else None,
        "duplicate_share": still.repeated if still else None,
        "cuts": float(len(seen.cuts)),
        **dict.fromkeys(("motion", "camera_pan", "camera_tilt", "camera_push", "camera_adherence", "jitter")),
    }
    if went is None or not speeds:  # nothing in it that could be followed
        return values
    camera = went.camera
    longest_s = max(shot.end_s - shot.start_s for shot in went.shots)
    return {
        **values,
        "motion": went.overall,
        "camera_pan": camera.pan,
        "camera_tilt": camera.tilt,
        "camera_push": camera.push,
        "camera_adherence": adherence(camera, _ratio(seen.facts), asked.moves),
        "jitter": camera.jitter if longest_s >= _JITTER_S else None,
    }


def _ratio(facts: Probe) -> float:
    return facts.width / facts.height


def _light(seen: Seen) -> Values:
    median = float(np.median(seen.sharpness))
    return {
        "sharpness": float(np.mean(seen.sharpness)),
        "sharpness_worst": min(seen.sharpness) / median if median >= 1 else None,
        "exposure": float(np.mean(seen.light)) / 255,
        "clipped_dark": float(np.mean(seen.dark)),
        "clipped_bright": float(np.mean(seen.bright)),
        "colourfulness": float(np.mean([_colourfulness(still) for still in seen.stills])),
    }


def _colourfulness(pixels: Pixels) -> float:
    red, green, blue = pixels.reshape(-1, 3).astype(np.float32).T
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    return spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean()))


def _alike(seen: Seen, asked: Asked) -> Values:
    bits = likeness.of_pixels(seen.middle)
    palettes = [alikeness.palette_of(still) for still in seen.stills]
    references = [image for path in asked.references if (image := alikeness.given(path, SIDE)) is not None]
    return {
        "palette_kept": alikeness.palette_kept(palettes),
        "first_frame_kept": alikeness.kept(seen.first, alikeness.given(asked.first_frame, 2 * SIDE)),
        "last_frame_kept": alikeness.kept(seen.last, alikeness.given(asked.last_frame, 2 * SIDE)),
        "reference_palette": alikeness.reference_palette(palettes, references),
        "reference_features": alikeness.reference_features(seen.stills, references),
        "fingerprint_high": float(bits >> 32),
        "fingerprint_low": float(bits & 0xFFFF_FFFF),
    }


def _sound(seen: Seen, heard: Heard | None) -> Values:
    if heard is None:
        return dict.fromkeys(("loudness", "sample_peak", "true_peak", "silence_share", "audio_length_off"))
    sound, rate = heard.sound, heard.rate
    comparable = heard.whole and seen.whole
    return {
        "loudness": loudness.integrated(sound, rate, loudness.weights_of(heard.channels)),
        "sample_peak": loudness.sample_peak(sound),
        "true_peak": loudness.true_peak(sound),
        "silence_share": loudness.silence_share(sound, rate),
        "audio_length_off": heard.seconds - seen.looked_s if comparable else None,
    }


def _strip(seen: Seen, found: Sequence[Warp]) -> Strip:
    """The brightness of many pictures is that of groups of neighbours."""
    groups = np.array_split(np.arange(len(seen.times)), min(MOST_POINTS, len(seen.times)))
    times, light = np.array(seen.times), np.array(seen.light) / 255
    return Strip(
        tuple((round(warp.at_s, 3), round(warp.speed or 0.0, 4)) for warp in found),
        tuple((round(float(times[g].mean()), 3), round(float(light[g].mean()), 4)) for g in groups),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
