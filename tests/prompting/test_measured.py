"""Measures in words: only what was measured, in phrases that can stand in a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.media.worlds import film, seen_from, with_thing, world
from workbench.domain.brief import BY_MEASURE, Colour, Facet, Look
from workbench.media.layout import Layout
from workbench.media.look import Light, Measured, measure
from workbench.media.motion import CameraPath, Motion, Shot
from workbench.media.rhythm import Pace, Rhythm
from workbench.prompting.measured import look_of

SHA = "ab" * 32
EVEN = (0.111,) * 9
PICTURE = Measured(
    width=1280,
    height=720,
    palette=(Colour("#0c4f55", 0.6, "deep teal"),),
    light=Light(0.5, 0.5, 0.0, 0.0, 0.0),
    colourfulness=40.0,
    sharpness=300.0,
    sharpest=900.0,
    layout=Layout(EVEN),
)
STILL = CameraPath()


def moving(
    *cameras: CameraPath,
    speed: float = 0.0,
    direction: tuple[float, float] | None = None,
    rhythm: Rhythm = Rhythm(Pace.STEADY),  # noqa: B008 frozen
) -> Measured:
    shots = tuple(Shot(2.0 * i, 2.0 * i + 2, camera) for i, camera in enumerate(cameras))
    share = 0.1 if speed else 0.0
    cuts = tuple(shot.start_s for shot in shots[1:])
    motion = Motion(cameras[0], shots, cuts, speed, share, direction, speed, rhythm)
    length = 2.0 * len(cameras)
    return replace(PICTURE, duration_s=length, looked_s=length, motion=motion)


def said(measured: Measured) -> Mapping[Facet, str]:
    look = look_of(measured, SHA)
    assert all(len(found) == 1 and found[0] for found in look.findings.values())
    return {facet: found[0] for facet, found in look.findings.items()}


def test_a_picture_has_light_and_composition_only() -> None:
    look = look_of(PICTURE, SHA)
    assert (look.media_sha256, look.model, look.palette) == (SHA, BY_MEASURE, PICTURE.palette)
    assert set(look.findings) == {Facet.LIGHT, Facet.COMPOSITION}
    assert Look.of_json(look.to_json()) == look


@pytest.mark.parametrize(
    ("light", "colourfulness", "expected"),
    [
        (Light(0.5, 0.5, 0, 0, 0), 40, "balanced exposure"),
        (Light(0.1, 0.5, 0.6, 0, 0), 40, "dark, low-key light"),
        (Light(0.9, 0.2, 0, 0.5, 0), 40, "bright, high-key light, low contrast"),
        (Light(0.5, 0.9, 0, 0, 12), 40, "balanced exposure, strong contrast, warm colours"),
        (Light(0.5, 0.5, 0, 0, -25), 90, "balanced exposure, strongly cool colours, vivid saturation"),
        (Light(0.5, 0.5, 0, 0, 0), 12, "balanced exposure, muted saturation"),
        (Light(0.5, 0.5, 0, 0, 0), 0, "balanced exposure, black and white"),
    ],
)
def test_light_in_words(light: Light, colourfulness: float, expected: str) -> None:
    assert said(replace(PICTURE, light=light, colourfulness=colourfulness))[Facet.LIGHT] == expected


def heavy(at: int, share: float = 0.6) -> tuple[float, ...]:
    return tuple(share if i == at else (1 - share) / 8 for i in range(9))


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (Layout(EVEN), "detail spread across the whole frame"),
        (Layout(heavy(4)), "main interest in the centre"),
        (Layout(heavy(0)), "main interest in the upper left third"),
        (Layout(heavy(5)), "main interest in the right third"),
        (Layout(heavy(7), left=0.4, right=0.4), "main interest in the lower third, empty space around it"),
        (Layout(heavy(8), left=0.5), "main interest in the lower right third, empty space on the left"),
        (Layout((0.2, 0.05, 0.05) * 3, top=0.0), "weight on the left"),
        (Layout((0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.23, 0.23, 0.23)), "weight in the lower part"),
        (Layout(EVEN, horizon=0.66), "detail spread across the whole frame, low horizon line"),
        (Layout(EVEN, horizon=0.3), "detail spread across the whole frame, high horizon line"),
    ],
)
def test_composition_in_words(layout: Layout, expected: str) -> None:
    assert said(replace(PICTURE, layout=layout))[Facet.COMPOSITION] == expected


@pytest.mark.parametrize(
    ("camera", "held", "path"),
    [
        (STILL, "static, locked-off camera", None),
        (CameraPath(pan=-0.04), "steady, moving camera", "slow pan left"),
        (CameraPath(pan=0.15), "steady, moving camera", "pan right"),
        (CameraPath(tilt=0.4), "steady, moving camera", "fast tilt up"),
        (CameraPath(tilt=-0.04), "steady, moving camera", "slow tilt down"),
        (CameraPath(push=0.05), "steady, moving camera", "slow push in"),
        (CameraPath(push=-2.0), "steady, moving camera", "very fast pull out"),
        (CameraPath(pan=0.04, push=0.03), "steady, moving camera", "slow pan right with push in"),
        (CameraPath(pan=0.04, push=0.011), "steady, moving camera", "slow pan right"),
        (CameraPath(roll=-6.0), "steady, moving camera", "slow roll counter-clockwise"),
        (CameraPath(pan=-0.2, roll=9.0), "steady, moving camera", "pan left with roll clockwise"),
        (CameraPath(jitter=0.03), "handheld camera", None),
        (CameraPath(pan=0.06, jitter=0.03), "handheld camera", "pan right"),
    ],
)
def test_the_camera_in_words(camera: CameraPath, held: str, path: str | None) -> None:
    words = said(moving(camera))
    assert (words[Facet.CAMERA], words.get(Facet.CAMERA_PATH)) == (held, path)


def test_shots_are_told_one_after_the_other() -> None:
    words = said(moving(CameraPath(push=0.05), STILL, STILL, CameraPath(pan=0.3)))
    assert words[Facet.CAMERA_PATH] == "slow push in, then static camera, then fast pan right"
    assert words[Facet.RHYTHM] == "steady pace, 3 hard cuts"
    assert Facet.CAMERA not in words, "held in several ways"
    assert Facet.COMPOSITION not in words, "several shots have no one composition"
    assert said(moving(STILL, STILL))[Facet.CAMERA] == "static, locked-off camera"


@pytest.mark.parametrize(
    ("speed", "expected"),
    [
        (0.0, "almost no movement in the scene"),
        (0.02, "very slow movement"),
        (0.08, "slow movement"),
        (0.2, "moderate speed"),
        (0.5, "fast"),
        (2.0, "very fast"),
    ],
)
def test_speed_in_words(speed: float, expected: str) -> None:
    assert said(moving(STILL, speed=speed))[Facet.SPEED] == expected


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ((1.0, 0.0), "to the right"),
        ((-1.0, 0.05), "to the left"),
        ((0.0, 1.0), "downwards"),
        ((0.1, -0.99), "upwards"),
        ((0.7, 0.7), "down and to the right"),
        ((-0.7, -0.7), "up and to the left"),
    ],
)
def test_direction_in_words(way: tuple[float, float], expected: str) -> None:
    assert said(moving(STILL, speed=0.2, direction=way))[Facet.DIRECTION] == f"movement {expected}"
    assert Facet.DIRECTION not in said(moving(STILL, speed=0.2))


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [
        (Rhythm(Pace.STILL), None),
        (Rhythm(Pace.STEADY), "steady pace"),
        (Rhythm(Pace.QUICKENING), "speeds up towards the end"),
        (Rhythm(Pace.SLOWING), "slows down towards the end"),
        (Rhythm(Pace.PULSING, 1.0), "pulsing, a beat about every 1 s"),
        (Rhythm(Pace.UNEVEN), "uneven, in fits and starts"),
    ],
)
def test_rhythm_in_words(rhythm: Rhythm, expected: str | None) -> None:
    assert said(moving(STILL, rhythm=rhythm)).get(Facet.RHYTHM) == expected


def test_what_nobody_saw_is_said() -> None:
    unseen = look_of(PICTURE, SHA).unseen
    assert unseen[0].startswith("Without a model nobody could say what is shown in the picture: subjects, ")
    assert "No faces were looked for." in unseen
    told = " ".join(unseen).casefold()
    found = set(look_of(PICTURE, SHA).findings)
    for facet in Facet:
        if facet not in found and not facet.is_motion and facet is not Facet.CAMERA:
            assert facet.label.casefold() in told, facet
    long = replace(moving(STILL), duration_s=300.0, looked_s=60.0)
    assert "Only the first 60 s of 300 s were measured." in look_of(long, SHA).unseen
    one = replace(PICTURE, duration_s=0.04, looked_s=0.04)
    assert any("has one picture only" in text for text in look_of(one, SHA).unseen)
    assert not set(look_of(one, SHA).findings) & {facet for facet in Facet if facet.is_motion}


def test_a_real_clip_in_words(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", lambda t: with_thing(seen_from(world()), 0.2 + 0.2 * t, 0.5), 2)
    words = said(measure(path, "video/mp4"))
    assert words[Facet.CAMERA] == "static, locked-off camera"
    assert words[Facet.SPEED] == "moderate speed"
    assert words[Facet.DIRECTION] == "movement to the right"
    assert words[Facet.RHYTHM] == "steady pace"
    assert Facet.CAMERA_PATH not in words
