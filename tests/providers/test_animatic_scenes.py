"""Pictures: every scene draws, the camera goes the way it is asked, nothing is left uncovered."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from workbench.domain.request import GenerationRequest
from workbench.providers.animatic import scenes
from workbench.providers.animatic.camera import Camera
from workbench.providers.animatic.grade import Finish, clean_rgb
from workbench.providers.animatic.plan import ShotPlan, plan
from workbench.providers.animatic.plates import Plate
from workbench.providers.animatic.raster import Picture, Streams
from workbench.providers.animatic.stage import Set, Stage

Grey = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 320, 180


def stage(shot: ShotPlan, seconds: float = 2.0, width: int = WIDTH, height: int = HEIGHT) -> Stage:
    camera = Camera(shot, width, height)
    times = (shot.starts_at_s, shot.starts_at_s + seconds)
    return Stage(camera, scenes.build(Set(shot, camera, times, Streams(shot.seed))))


def prompt(text: str, negative: str = "", seed: int = 7) -> ShotPlan:
    return plan(GenerationRequest("animatic/preview", text, negative, seed=seed))


def grey(frame: Picture) -> Grey:
    return cast(Grey, cv2.cvtColor(frame, cv2.COLOR_RGBA2GRAY))


def flow(a: Picture, b: Picture) -> tuple[float, float, float]:
    """Median (right, down, outwards) motion in pixels, over what has texture."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = engine.calc(grey(a), grey(b), None)
    height, width = found.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    x, y = x - width / 2, y - height / 2
    edges = cv2.Laplacian(grey(a), cv2.CV_32F)
    there = np.abs(cv2.GaussianBlur(edges, (0, 0), 3)) > 0.5
    radius = np.hypot(x, y)
    outwards = (found[..., 0] * x + found[..., 1] * y) / np.maximum(radius, 1)
    ring = there & (radius > height * 0.2)
    return (
        float(np.median(found[..., 0][there])),
        float(np.median(found[..., 1][there])),
        float(np.median(outwards[ring])),
    )


SIGNS = {
    "pan left": (0, 1),
    "pan right": (0, -1),
    "tilt up": (1, 1),
    "tilt down": (1, -1),
    "dolly in": (2, 1),
    "dolly out": (2, -1),
    "zoom in": (2, 1),
    "zoom out": (2, -1),
}


@pytest.mark.parametrize("move", list(SIGNS))
@pytest.mark.parametrize("place", ["mountains at day", "city street at night"])
def test_the_camera_goes_the_way_it_is_asked(move: str, place: str) -> None:
    axis, sign = SIGNS[move]
    shown = stage(prompt(f"{place}, {move}, clear"))
    moved = flow(shown.frame(1.0), shown.frame(1.25))
    assert moved[axis] * sign > 0.3, moved


@pytest.mark.parametrize("move", list(SIGNS))
def test_a_plate_moves_the_same_way_and_never_shows_its_edge(move: str) -> None:
    axis, sign = SIGNS[move]
    photo = clean_rgb(
        Finish(prompt("mountains"), 640, 360).graded(stage(prompt("mountains"), 2, 640, 360).frame(0))
    )
    framed = photo.copy()
    framed[:2] = framed[-2:] = (255, 0, 255)  # a frame of magenta that must stay outside
    framed[:, :2] = framed[:, -2:] = (255, 0, 255)
    plate = Plate(framed, Camera(prompt(move), WIDTH, HEIGHT), 0.0, 4.0)
    moved = flow(plate.frame(1.5), plate.frame(2.0))
    assert moved[axis] * sign > 0.25, moved
    for t in (0.0, 2.0, 3.9):
        frame = plate.frame(t)[2:-2, 2:-2, :3].astype(int)
        magenta = (frame[..., 0] > 240) & (frame[..., 1] < 20) & (frame[..., 2] > 240)
        assert not magenta.any()


@pytest.mark.parametrize("scene", list(scenes.SCENES))
@pytest.mark.parametrize(("width", "height", "move"), [(256, 144, "dolly_out"), (144, 256, "handheld")])
def test_every_scene_covers_every_frame(scene: str, width: int, height: int, move: str) -> None:
    shot = replace(prompt("a person at dusk"), scene=scene, move=move)
    shown = stage(shot, 2.0, width, height)
    for t in (0.0, 1.9):
        frame = shown.frame(t)
        assert frame.shape == (height, width, 4)
        assert frame[..., 3].min() > 250
        assert frame[..., :3].std() > 4


@pytest.mark.parametrize(
    "words", ["rain", "storm at night", "snow", "mist", "film noir", "watercolour", "anime", "pastel"]
)
def test_weather_and_styles_change_the_picture(words: str) -> None:
    plain, other = prompt("mountains day"), prompt(f"mountains day, {words}")
    a, b = (
        clean_rgb(Finish(s, WIDTH, HEIGHT).graded(stage(s).frame(0.9))).astype(int) for s in (plain, other)
    )
    assert np.abs(a - b).mean() > 4


def test_noir_is_without_colour() -> None:
    shot = prompt("city at night, film noir")
    picture = clean_rgb(Finish(shot, WIDTH, HEIGHT).graded(stage(shot).frame(0))).astype(int)
    assert np.abs(picture[..., 0] - picture[..., 2]).max() <= 3


def test_a_small_edit_does_not_reshuffle_the_picture() -> None:
    dawn, lion = (
        stage(prompt("tall grass at dawn, static")),
        stage(prompt("a lion in tall grass at dawn, static")),
    )
    changed = np.abs(dawn.frame(0)[..., :3].astype(int) - lion.frame(0)[..., :3]).max(axis=2) > 12
    assert 0.005 < changed.mean() < 0.2
    other = np.abs(
        dawn.frame(0)[..., :3].astype(int)
        - stage(prompt("tall grass at dawn, static", seed=8)).frame(0)[..., :3]
    )
    assert (other.max(axis=2) > 12).mean() > 0.3


def test_the_negative_prompt_shows() -> None:
    wet, dry = prompt("mountains, rain, static"), prompt("mountains, rain, static", "rain")
    assert np.abs(stage(wet).frame(1)[..., :3].astype(int) - stage(dry).frame(1)[..., :3]).mean() > 5


@pytest.mark.parametrize("scene", ["grassland", "city", "sea", "studio"])
def test_a_continuation_draws_the_frame_its_parent_would_have_drawn(scene: str) -> None:
    shot = replace(prompt("rain at dusk, pan left"), scene=scene)
    long = stage(shot, 3.0).frame(2.0)
    more = stage(replace(shot, starts_at_s=2.0), 1.0).frame(2.0)
    difference = np.abs(long.astype(int) - more)
    assert difference.mean() < 2.0  # textures are cut at other edges; the picture is the same


def test_the_same_world_at_another_resolution() -> None:
    shot = prompt("mountain lake at golden hour, static")
    small, large = stage(shot).frame(0), stage(shot, 2.0, WIDTH * 2, HEIGHT * 2).frame(0)
    reduced = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    assert (
        np.abs(cv2.GaussianBlur(small, (0, 0), 2).astype(int) - cv2.GaussianBlur(reduced, (0, 0), 2)).mean()
        < 4
    )
