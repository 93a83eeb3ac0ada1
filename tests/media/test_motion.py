"""The camera's way and what moves apart from it, against motion that is known."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, radians, sin
from pathlib import Path

import numpy as np
import pytest

from tests.media.footage import turn_clockwise, write_clip
from tests.media.worlds import FPS, HEIGHT, WIDTH, film, seen_from, with_thing, world
from tests.providers.test_animatic import rendered, submission
from workbench.media.fit import Pixels
from workbench.media.look import measure
from workbench.media.motion import CameraPath, Motion
from workbench.media.rhythm import Pace, rhythm


def motion_of(path: Path, paint: Callable[[float], Pixels], seconds: float = 1.0, fps: int = FPS) -> Motion:
    found = measure(film(path / "clip.mp4", paint, seconds, fps), "video/mp4").motion
    assert found is not None
    return found


AXES = ("pan", "tilt", "push", "roll")
WRONG = {"pan": 0.012, "tilt": 0.012, "push": 0.012, "roll": 0.5}  # what an axis may show that is not moved


@pytest.mark.parametrize(
    ("axis", "speed"),
    [
        *(("pan", speed) for speed in (0.02, -0.1, 0.5, -1.0, 2.0)),
        *(("tilt", speed) for speed in (-0.02, 0.3, -1.0)),
        *(("push", speed) for speed in (0.03, -0.1, 0.5)),
        *(("roll", speed) for speed in (2.0, -20.0)),
    ],
)
def test_the_camera_is_measured_with_its_sign(tmp_path: Path, axis: str, speed: float) -> None:
    found = motion_of(tmp_path, lambda t: seen_from(world(), **{axis: speed * t}))
    assert getattr(found.camera, axis) == pytest.approx(speed, rel=0.12)
    for other in set(AXES) - {axis}:
        assert abs(getattr(found.camera, other)) < WRONG[other], other
    assert (found.moving_share, found.speed, found.direction) == (0, 0, None), "only the camera moves"
    assert found.camera.is_moving
    assert not found.camera.is_shaky
    assert found.rhythm.pace is Pace.STEADY


def test_two_moves_at_once(tmp_path: Path) -> None:
    camera = motion_of(tmp_path, lambda t: seen_from(world(), pan=0.1 * t, push=-0.1 * t)).camera
    assert camera.pan == pytest.approx(0.1, rel=0.2)
    assert camera.push == pytest.approx(-0.1, rel=0.2)


def test_a_still_picture_does_not_move(tmp_path: Path) -> None:
    found = motion_of(tmp_path, lambda _: seen_from(world()))
    camera = found.camera
    assert max(abs(camera.pan), abs(camera.tilt), abs(camera.push), camera.jitter, found.overall) < 0.001
    assert (found.speed, found.moving_share, found.direction) == (0, 0, None)
    assert found.rhythm.pace is Pace.STILL


def test_a_flat_clip_has_nothing_to_follow(tmp_path: Path) -> None:
    found = motion_of(tmp_path, lambda _: np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    assert (found.camera, found.overall, found.rhythm.pace) == (CameraPath(), 0, Pace.STILL)


@pytest.mark.parametrize("degrees", [0, 45, 90, 180, 225])
@pytest.mark.parametrize("speed", [0.05, 0.3])
def test_a_thing_is_followed_over_a_still_ground(tmp_path: Path, degrees: int, speed: float) -> None:
    right, down = cos(radians(degrees)), sin(radians(degrees))

    def paint(t: float) -> Pixels:
        way = speed * (t - 0.5)
        return with_thing(seen_from(world()), 0.5 + way * right, 0.5 + way * down * WIDTH / HEIGHT)

    found = motion_of(tmp_path, paint)
    assert found.speed == pytest.approx(speed, rel=0.2)
    assert found.direction is not None
    assert found.direction[0] * right + found.direction[1] * down > cos(radians(8))
    assert 0.04 < found.moving_share < 0.2
    assert not found.camera.is_moving
    assert not found.camera.is_shaky


def test_fast_things_too(tmp_path: Path) -> None:
    found = motion_of(tmp_path, lambda t: with_thing(seen_from(world()), 0.1 + 0.8 * t, 0.5))
    assert found.speed == pytest.approx(0.8, rel=0.2)
    assert found.direction is not None and found.direction[0] > 0.95


def test_a_large_subject_is_not_taken_for_the_camera(tmp_path: Path) -> None:
    found = motion_of(tmp_path, lambda t: with_thing(seen_from(world()), 0.4 + 0.1 * t, 0.5, radius=0.28))
    assert not found.camera.is_moving
    assert found.speed == pytest.approx(0.1, rel=0.2)
    assert found.moving_share > 0.3


def test_a_subject_that_the_camera_follows_moves_over_the_ground(tmp_path: Path) -> None:
    found = motion_of(tmp_path, lambda t: with_thing(seen_from(world(), pan=0.2 * t), 0.5, 0.5, 0.2))
    assert found.camera.pan == pytest.approx(0.2, rel=0.1)
    assert found.speed == pytest.approx(0.2, rel=0.15)
    assert found.direction is not None and found.direction[0] > 0.95


def test_a_hand_shakes_and_a_tripod_does_not(tmp_path: Path) -> None:
    steps = np.cumsum(np.random.default_rng(3).normal(0, 0.002, (100, 2)), axis=0)

    def shaken(t: float, pan: float = 0.0) -> Pixels:
        x, y = steps[round(t * FPS)]
        return seen_from(world(), pan=x + pan * t, tilt=2 * y)

    still, going = (
        motion_of(tmp_path, shaken, 3).camera,
        motion_of(tmp_path, lambda t: shaken(t, 0.1), 3).camera,
    )
    smooth = motion_of(tmp_path, lambda t: seen_from(world(), pan=0.1 * t), 3).camera
    assert still.is_shaky and going.is_shaky and not smooth.is_shaky
    assert still.jitter > 10 * smooth.jitter
    assert going.pan == pytest.approx(0.1, abs=0.02)


def thing_at(x: Callable[[float], float]) -> Callable[[float], Pixels]:
    return lambda t: with_thing(seen_from(world()), x(t), 0.5)


RHYTHMS: dict[str, tuple[Callable[[float], Pixels], Pace, float | None]] = {
    "steady": (thing_at(lambda t: 0.2 + 0.15 * t), Pace.STEADY, None),
    "quickening": (thing_at(lambda t: 0.1 + 0.05 * t * t), Pace.QUICKENING, None),
    "slowing": (thing_at(lambda t: 0.9 - 0.05 * (4 - t) ** 2), Pace.SLOWING, None),
    "to-and-fro": (thing_at(lambda t: 0.5 + 0.15 * sin(pi * t)), Pace.PULSING, 1.0),
    "camera-steady": (lambda t: seen_from(world(), pan=0.1 * t), Pace.STEADY, None),
    "camera-quickening": (lambda t: seen_from(world(), push=0.03 * t * t), Pace.QUICKENING, None),
    "camera-pulsing": (
        lambda t: seen_from(world(), pan=0.1 * t + 0.1 / (2 * pi) * sin(2 * pi * t)),
        Pace.PULSING,
        1.0,
    ),
}


@pytest.mark.parametrize("name", list(RHYTHMS))
def test_the_rhythm_of_a_movement(tmp_path: Path, name: str) -> None:
    paint, pace, beat_s = RHYTHMS[name]
    found = motion_of(tmp_path, paint, 4).rhythm
    assert found.pace is pace
    assert found.beat_s == (pytest.approx(beat_s, abs=0.15) if beat_s else None)


def test_rhythm_needs_something_to_go_by() -> None:
    assert rhythm([], []).pace is Pace.STILL
    assert rhythm([0, 0.1], [0.0, 0.0]).pace is Pace.STILL
    assert rhythm([0, 0.1], [0.1, 0.5]).pace is Pace.STEADY


def test_chance_is_no_beat() -> None:
    times = list(np.arange(60) / 10)
    draws = [np.random.default_rng(seed).uniform(0, 1, 60) for seed in range(100)]
    even, spiky = ([rhythm(times, list(draw**power)).pace for draw in draws] for power in (1, 4))
    assert even.count(Pace.STEADY) >= 90
    assert spiky.count(Pace.UNEVEN) >= 90


def test_each_shot_has_its_own_camera(tmp_path: Path) -> None:
    def paint(t: float) -> Pixels:
        return seen_from(world(1), pan=0.2 * t) if t < 0.75 else seen_from(world(3), tilt=0.3 * t)

    found = motion_of(tmp_path, paint, 2)
    assert found.cuts == (0.75,)
    first, second = found.shots
    assert (first.start_s, first.end_s, second.start_s, second.end_s) == (0, 0.75, 0.75, 2)
    assert (first.camera.pan, first.camera.tilt) == (pytest.approx(0.2, rel=0.1), pytest.approx(0, abs=0.01))
    assert (second.camera.pan, second.camera.tilt) == (
        pytest.approx(0, abs=0.01),
        pytest.approx(0.3, rel=0.1),
    )
    assert found.camera == second.camera, "the longest"


@pytest.mark.parametrize("fps", [4, 12, 60])
def test_any_frame_rate(tmp_path: Path, fps: int) -> None:
    found = motion_of(tmp_path, lambda t: seen_from(world(), pan=0.3 * t), 2, fps)
    assert found.camera.pan == pytest.approx(0.3, rel=0.05)


def test_a_turned_clip_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    path = film(tmp_path / "phone.mp4", lambda t: seen_from(world(), pan=0.2 * t), 1)
    found = measure(turn_clockwise(path, 1), "video/mp4")
    assert found.motion is not None
    assert (found.width, found.height) == (HEIGHT, WIDTH)
    # What goes left in the file goes up as shown; a ground that goes up is a camera that tilts down.
    assert found.motion.camera.tilt == pytest.approx(-0.2, rel=0.1)
    assert found.motion.camera.pan == pytest.approx(0, abs=0.01)


def test_one_picture_has_no_motion(tmp_path: Path) -> None:
    found = measure(write_clip(tmp_path / "one.mp4", frames=1), "video/mp4")
    assert found.motion is None
    assert found.looked_s < 0.1
    two = measure(write_clip(tmp_path / "two.mp4", frames=2), "video/mp4")
    assert two.looked_s == pytest.approx(2 / 24, abs=0.01)


def test_the_same_clip_gives_the_same_values(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", lambda t: with_thing(seen_from(world(), push=0.1 * t), t, 0.4), 1)
    assert measure(path, "video/mp4") == measure(path, "video/mp4")


ASKED: dict[str, tuple[str, float]] = {
    "pan left": ("pan", -0.025),
    "pan right": ("pan", 0.025),
    "tilt up": ("tilt", 0.02),
    "tilt down": ("tilt", -0.02),
    "dolly in": ("push", 0.015),
    "static": ("", 0.0),
}


@pytest.mark.parametrize("move", list(ASKED))
def test_the_preview_s_camera_goes_as_it_was_asked(tmp_path: Path, move: str) -> None:
    clip = rendered(tmp_path, submission("A1", f"mountains at day, {move}", generate_audio=False))[0].clip
    found = measure(clip, "video/mp4").motion
    assert found is not None
    camera, (axis, least) = found.camera, ASKED[move]
    sizes = {name: getattr(camera, name) for name in ("pan", "tilt", "push")}
    assert camera.is_moving == bool(axis)
    assert not camera.is_shaky
    if axis:
        assert max(sizes, key=lambda name: abs(sizes[name])) == axis, sizes
        assert sizes[axis] / least > 1, sizes
