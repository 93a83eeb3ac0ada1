"""Every metric moves the right way when a clip is made worse on purpose, by so much where that is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.media.metrics.sounding import Sound, sounding, tone
from tests.media.worlds import FPS, HEIGHT, WIDTH, film, seen_from, with_thing, world
from workbench.media import likeness
from workbench.media.fit import Pixels
from workbench.media.metrics.about import METRICS
from workbench.media.metrics.alikeness import Duplicates, fingerprint_of, near_duplicates
from workbench.media.metrics.asked import NOTHING, Asked, Move
from workbench.media.metrics.measure import measure

Painter = Callable[[float], Pixels]
Values = Mapping[str, float | None]
SOFT = (0, 0), 2.5


def values_of(path: Path, asked: Asked = NOTHING) -> Values:
    found = measure(path, asked)
    assert tuple(metric.name for metric in found) == tuple(METRICS)
    return {metric.name: metric.value for metric in found}


@cache
def ground(seed: int = 1, tint: tuple[int, int, int] = (128, 128, 128)) -> Pixels:
    """A world with finer detail yet: what blur takes away first."""
    coarse = world(seed, tint)
    fine = np.random.default_rng(seed).normal(0, 40, (len(coarse) // 3, len(coarse) // 3, 1))
    detail = cv2.resize(fine, coarse.shape[:2], interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(coarse + detail, 0, 255).astype(np.uint8)


def panned(t: float) -> Pixels:
    return seen_from(ground(), pan=0.15 * t)


def painted(change: Callable[[Pixels, int], Pixels | np.ndarray]) -> Painter:
    """The panned ground with every picture changed."""
    return lambda t: np.clip(change(panned(t), round(t * FPS)), 0, 255).astype(np.uint8)


def blurred(picture: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, *SOFT), np.uint8)


def boiling(picture: Pixels, number: int) -> np.ndarray:
    """Every patch its own flicker, the mean the same."""
    noise = np.random.default_rng(number).normal(0, 12, (HEIGHT // 6, WIDTH // 8))
    return picture + cv2.resize(noise - noise.mean(), (WIDTH, HEIGHT))[..., None]


def shaken(t: float) -> Pixels:
    steps = np.cumsum(np.random.default_rng(3).normal(0, 0.002, (100, 2)), axis=0)
    x, y = steps[round(t * FPS)]
    return seen_from(ground(), pan=0.15 * t + x, tilt=2 * y)


def cut(t: float) -> Pixels:
    return panned(t) if t < 0.5 else seen_from(ground(4, (200, 90, 60)), pan=0.15 * t)


@dataclass(frozen=True)
class Worse:
    """What is shown instead of the plain clip, and how each metric must move."""

    paint: Painter
    moves: Mapping[str, Callable[[float, float], bool]]
    seconds: float = 1.0


def up(least: float) -> Callable[[float, float], bool]:
    return lambda plain, worse: worse >= plain + least


def down_to(share: float) -> Callable[[float, float], bool]:
    return lambda plain, worse: plain > 0 and worse <= share * plain


def about(value: float, near: float) -> Callable[[float, float], bool]:
    return lambda plain, worse: abs(worse - value) <= near < abs(plain - value)


def same(near: float) -> Callable[[float, float], bool]:
    return lambda plain, worse: abs(worse - plain) <= near


WORSE = {
    "flicker": Worse(
        painted(lambda p, i: p + 6.0 * (-1) ** i), {"flicker": about(6, 0.8), "warp_error": up(3)}
    ),
    "boiling": Worse(painted(boiling), {"warp_error": up(3), "flicker": same(0.5)}),
    "freeze": Worse(
        lambda t: panned(min(t, 0.5)),
        {"frozen_share": about(0.5, 0.1), "motion": down_to(0.7), "duplicate_share": same(0)},
    ),
    "freeze at the start": Worse(lambda t: panned(max(t, 0.5)), {"frozen_share": about(0.5, 0.1)}),
    "still": Worse(lambda t: panned(0), {"frozen_share": about(1, 0.05), "motion": down_to(0.05)}),
    "judder": Worse(
        lambda t: panned(int(t * 12 + 1e-6) / 12),
        {"duplicate_share": about(0.5, 0.06), "frozen_share": same(0)},
    ),
    "one repeated": Worse(
        lambda t: panned(t - 1 / FPS if round(t * FPS) == 12 else t), {"duplicate_share": about(1 / 23, 0.01)}
    ),
    "blur": Worse(
        painted(lambda p, _: blurred(p)), {"sharpness": down_to(0.5), "sharpness_worst": same(0.15)}
    ),
    "one blurred": Worse(
        painted(lambda p, i: blurred(p) if i == 12 else p),
        {"sharpness_worst": down_to(0.6), "sharpness": same(40)},
    ),
    "shake": Worse(shaken, {"jitter": up(0.02)}, seconds=2),
    "darkening": Worse(painted(lambda p, _: p * 0.4), {"exposure": down_to(0.5), "sharpness": down_to(0.3)}),
    "crushed": Worse(
        painted(lambda p, _: 2.0 * p - 220.0), {"clipped_dark": up(0.1), "clipped_bright": same(0.05)}
    ),
    "blown out": Worse(
        painted(lambda p, _: 2.0 * p + 30.0), {"clipped_bright": up(0.2), "exposure": up(0.2)}
    ),
    "grey": Worse(
        painted(lambda p, _: np.repeat(p.mean(axis=2, keepdims=True), 3, axis=2)),
        {"colourfulness": down_to(0.1), "exposure": same(0.03)},
    ),
    "hard cut": Worse(cut, {"cuts": about(1, 0), "palette_kept": down_to(0.8), "flicker": same(0.5)}),
    "colours that drift": Worse(
        painted(lambda p, i: p + np.array([3.0, -1.0, -2.0]) * i),
        {"palette_kept": down_to(0.9), "cuts": same(0), "flicker": same(0.3)},
    ),
}


@cache
def plain_values(folder: Path, seconds: float) -> Values:
    return values_of(film(folder / f"plain-{seconds}.mp4", panned, seconds))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plain")


@pytest.mark.parametrize("name", list(WORSE))
def test_what_is_made_worse_is_told(folder: Path, tmp_path: Path, name: str) -> None:
    what = WORSE[name]
    plain = plain_values(folder, what.seconds)
    worse = values_of(film(tmp_path / "worse.mp4", what.paint, what.seconds))
    for metric, moves in what.moves.items():
        before, after = plain[metric], worse[metric]
        assert before is not None and after is not None, metric
        assert moves(before, after), f"{metric}: {before} → {after}"


def test_nothing_is_wrong_with_the_plain_clip(folder: Path) -> None:
    plain = plain_values(folder, 1.0)
    for name in ("frozen_share", "duplicate_share", "cuts"):
        assert plain[name] == 0, name
    assert plain["motion"] == pytest.approx(0.15, rel=0.1)
    assert plain["camera_pan"] == pytest.approx(0.15, rel=0.1)
    assert (plain["flicker"] or 0) < 0.3
    assert (plain["sharpness_worst"] or 0) > 0.8


def test_a_small_thing_that_moves_is_no_freeze(tmp_path: Path) -> None:
    values = values_of(
        film(tmp_path / "clip.mp4", lambda t: with_thing(seen_from(world()), 0.3 + 0.2 * t, 0.5, 0.04), 1)
    )
    assert (values["frozen_share"], values["duplicate_share"]) == (0, 0)


FULL = Asked(WIDTH, HEIGHT, FPS, 1.0, "h264", audio=False)


def test_as_asked_there_is_no_difference(folder: Path) -> None:
    plain_values(folder, 1.0)
    values = values_of(folder / "plain-1.0.mp4", FULL)
    for name in ("width", "height", "fps", "duration", "codec", "audio"):
        assert values[f"{name}_off"] == pytest.approx(0, abs=0.01), name


@pytest.mark.parametrize(
    ("asked", "name", "off"),
    [
        (replace(FULL, width=640), "width_off", -320),
        (replace(FULL, height=90), "height_off", 90),
        (replace(FULL, fps=30), "fps_off", -6),
        (replace(FULL, duration_s=4), "duration_off", -3),
        (replace(FULL, codec="av1"), "codec_off", 1),
        (replace(FULL, audio=True), "audio_off", -1),
    ],
)
def test_what_was_asked_otherwise_is_told(folder: Path, asked: Asked, name: str, off: float) -> None:
    plain_values(folder, 1.0)
    values = values_of(folder / "plain-1.0.mp4", asked)
    assert values[name] == pytest.approx(off, abs=0.02)


def test_a_clip_cut_off_is_short_whatever_its_index_says(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", panned, 2, gop=8)
    data = bytearray(path.read_bytes())
    at, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[at + (end - at) // 2 : end] = bytes(end - at - (end - at) // 2)
    path.write_bytes(data)
    off = values_of(path, Asked(duration_s=2))["duration_off"]
    assert off is not None
    assert off < -0.2


MOVES: dict[Move, Painter] = {
    Move.PAN_RIGHT: lambda t: seen_from(world(), pan=0.1 * t),
    Move.PAN_LEFT: lambda t: seen_from(world(), pan=-0.1 * t),
    Move.TILT_UP: lambda t: seen_from(world(), tilt=0.1 * t),
    Move.TILT_DOWN: lambda t: seen_from(world(), tilt=-0.1 * t),
    Move.DOLLY_IN: lambda t: seen_from(world(), push=0.1 * t),
    Move.ZOOM_OUT: lambda t: seen_from(world(), push=-0.1 * t),
    Move.STATIC: lambda _: seen_from(world()),
}
AGAINST = {
    Move.PAN_RIGHT: Move.PAN_LEFT,
    Move.TILT_UP: Move.TILT_DOWN,
    Move.DOLLY_IN: Move.ZOOM_OUT,
}
AGAINST |= {other: one for one, other in AGAINST.items()}


@pytest.mark.parametrize("move", list(MOVES))
def test_the_camera_is_held_against_what_was_asked(tmp_path: Path, move: Move) -> None:
    path = film(tmp_path / "clip.mp4", MOVES[move], 0.7)
    for asked in MOVES:
        value = values_of(path, Asked(moves=(asked,)))["camera_adherence"]
        assert value is not None
        if asked is move:
            assert value > 0.95
        elif asked is AGAINST.get(move):
            assert value < -0.95
        elif Move.STATIC in (asked, move):
            assert value < 0.5
        else:
            assert abs(value) < 0.2, asked
    assert values_of(path)["camera_adherence"] is None
    assert values_of(path, Asked(moves=(Move.PAN_LEFT, Move.PAN_RIGHT)))["camera_adherence"] is None


def test_two_moves_asked_together(tmp_path: Path) -> None:
    asked = Asked(moves=(Move.PAN_RIGHT, Move.TILT_UP))
    found = [
        values_of(film(tmp_path / f"{i}.mp4", paint, 0.7), asked)["camera_adherence"] or 0
        for i, paint in enumerate(
            (lambda t: seen_from(world(), pan=0.1 * t, tilt=0.15 * t), MOVES[Move.TILT_UP])
        )
    ]
    assert found[0] > 0.9 > found[1] > 0.5


def saved(path: Path, picture: Pixels) -> Path:
    Image.fromarray(picture).save(path)
    return path


def test_given_frames_are_found_again(folder: Path, tmp_path: Path) -> None:
    plain_values(folder, 1.0)
    clip = folder / "plain-1.0.mp4"
    large = np.asarray(
        cv2.resize(panned(0), (4 * WIDTH, 4 * HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8
    )
    first, last = saved(tmp_path / "first.png", large), saved(tmp_path / "last.png", panned(23 / FPS))
    other = saved(tmp_path / "other.png", seen_from(world(5)))
    shifted = saved(tmp_path / "shifted.png", seen_from(ground(), pan=0.005))
    right = values_of(clip, Asked(first_frame=first, last_frame=last))
    wrong = values_of(clip, Asked(first_frame=other, last_frame=first))
    near = values_of(clip, Asked(first_frame=shifted))
    assert (right["first_frame_kept"] or 0) > 0.9
    assert (right["last_frame_kept"] or 0) > 0.9
    assert (wrong["first_frame_kept"] or 0) < (near["first_frame_kept"] or 0) < 0.85
    assert (wrong["last_frame_kept"] or 0) < 0.7


def test_a_picture_of_another_shape_is_fitted_as_the_engine_fits(tmp_path: Path) -> None:
    tall = world()[:640, :480]
    from workbench.media.fit import contain, cover

    for name, fit in (("cover", cover), ("contain", contain)):
        clip = film(tmp_path / f"{name}.mp4", lambda _, fit=fit: fit(tall, WIDTH, HEIGHT), 0.2)  # type: ignore[misc]
        image = saved(tmp_path / "tall.png", tall)
        assert (values_of(clip, Asked(first_frame=image))["first_frame_kept"] or 0) > 0.9, name


def test_references_are_found_by_colour_and_by_detail(folder: Path, tmp_path: Path) -> None:
    plain_values(folder, 1.0)
    clip = folder / "plain-1.0.mp4"
    seen = saved(tmp_path / "seen.png", np.ascontiguousarray(panned(0.4)[20:160, 40:280]))
    mirrored = saved(tmp_path / "mirrored.png", np.ascontiguousarray(panned(0.4)[:, ::-1]))
    other = saved(tmp_path / "other.png", seen_from(ground(4, (200, 90, 60))))

    def found(*references: Path) -> tuple[float, float]:
        values = values_of(clip, Asked(references=references))
        return values["reference_palette"] or 0.0, values["reference_features"] or 0.0

    right, same_colours, wrong, both = found(seen), found(mirrored), found(other), found(seen, other)
    assert right[0] > 0.7 and right[1] > 0.3
    assert same_colours[0] > 0.7 and same_colours[1] < 0.1
    assert wrong[0] < 0.4 and wrong[1] < 0.1
    assert list(both) == pytest.approx([(r + w) / 2 for r, w in zip(right, wrong, strict=True)], abs=1e-6)


def test_a_flat_reference_has_no_detail(folder: Path, tmp_path: Path) -> None:
    plain_values(folder, 1.0)
    flat = saved(tmp_path / "flat.png", np.full((90, 160, 3), 90, np.uint8))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    values = values_of(folder / "plain-1.0.mp4", Asked(references=(flat,), first_frame=broken))
    assert values["reference_palette"] is not None
    assert (values["reference_features"], values["first_frame_kept"]) == (None, None)


def test_near_duplicates_are_found_among_many(tmp_path: Path) -> None:
    def paint(seed: int) -> Painter:
        return lambda t: seen_from(world(seed), pan=0.05 * t)

    clips = [film(tmp_path / f"{seed}.mp4", paint(seed), 0.4) for seed in range(2, 7)]
    clips.append(film(tmp_path / "again.mp4", paint(4), 0.4, options={"crf": "36"}))
    prints = []
    for clip in clips:
        values = values_of(clip)
        prints.append(fingerprint_of(values["fingerprint_high"] or 0, values["fingerprint_low"] or 0))
        assert likeness.distance(prints[-1], likeness.fingerprint(clip, "video/mp4")) <= 4
    (pair,) = near_duplicates(prints)
    assert (pair.one, pair.other) == (2, 5)
    assert near_duplicates([0, 2**64 - 1, 1, 3], most=1) == (Duplicates(0, 2, 1), Duplicates(2, 3, 1))
    assert near_duplicates([]) == near_duplicates([5]) == ()


NOISE: Sound = np.random.default_rng(1).normal(0, 0.05, (2, 48_000)).astype(np.float32)
QUIET_HALF: Sound = NOISE * (np.arange(48_000) < 24_000)
SOUNDS: dict[str, tuple[Sound, Mapping[str, Callable[[float, float], bool]]]] = {
    "softer": (NOISE / 4, {"loudness": about(-12, 0), "silence_share": same(0)}),
    "silent half": (QUIET_HALF, {"silence_share": about(0.5, 0.1), "audio_length_off": same(0.01)}),
    "clipping": (np.clip(NOISE * 40, -1, 1), {"true_peak": up(6), "loudness": up(15)}),
    "cut short": (NOISE[:, :24_000], {"audio_length_off": about(-0.5, 0.05), "loudness": same(0.5)}),
}


@pytest.mark.parametrize("name", list(SOUNDS))
def test_sound_that_is_made_worse_is_told(tmp_path: Path, name: str) -> None:
    pictures = [np.full((64, 96, 3), 90, np.uint8)] * 24
    sound, expected = SOUNDS[name]
    plain, worse = (
        values_of(sounding(tmp_path / f"{i}.mp4", one, pictures=pictures))
        for i, one in enumerate((NOISE, sound))
    )
    for metric, moves in expected.items():
        before, after = plain[metric], worse[metric]
        assert before is not None and after is not None
        if name == "softer" and metric == "loudness":
            assert after == pytest.approx(before - 12.04, abs=0.3)
        else:
            assert moves(before, after), f"{metric}: {before} → {after}"


def test_silence_and_no_sound_at_all(tmp_path: Path) -> None:
    silent = values_of(sounding(tmp_path / "silent.mp4", np.zeros((2, 48_000), np.float32)))
    assert silent["silence_share"] == 1
    assert silent["loudness"] is silent["sample_peak"] is silent["true_peak"] is None
    assert silent["audio_length_off"] == pytest.approx(0, abs=0.05)
    none = values_of(film(tmp_path / "none.mp4", panned, 0.2), Asked(audio=True))
    assert none["audio_off"] == -1
    for name in ("silence_share", "loudness", "sample_peak", "true_peak", "audio_length_off"):
        assert none[name] is None
    wanted = values_of(sounding(tmp_path / "tone.mp4", tone(1_000, -20, 1)), Asked(audio=False))
    assert wanted["audio_off"] == 1
