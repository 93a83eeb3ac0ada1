"""What a run asks of its clip: by its settings, and by the words of its prompt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from immutabledict import immutabledict

from tests.media.metrics.engine_clips import trials
from tests.store.test_runs import FRAME, request
from workbench.domain.media import Input, Media, Role
from workbench.domain.run import Run, Status
from workbench.domain.times import now
from workbench.media.files import MediaFiles
from workbench.media.metrics.asked import Asked, Move
from workbench.media.metrics.asking import asked_of, moves_said

SAID: dict[str, tuple[Move, ...]] = {
    "slow pan left": (Move.PAN_LEFT,),
    "the camera pans slowly to the right": (Move.PAN_RIGHT,),
    "Panning leftwards, then nothing": (Move.PAN_LEFT,),
    "truck right along the wall": (Move.PAN_RIGHT,),
    "tilt up to the sky": (Move.TILT_UP,),
    "camera tilts gently down": (Move.TILT_DOWN,),
    "crane up": (Move.TILT_UP,),
    "slow dolly in on the watch": (Move.DOLLY_IN,),
    "dollies forward": (Move.DOLLY_IN,),
    "a slow push-in": (Move.DOLLY_IN,),
    "pulls slowly back": (Move.DOLLY_OUT,),
    "zooming out": (Move.ZOOM_OUT,),
    "zoom in": (Move.ZOOM_IN,),
    "static shot of a lake": (Move.STATIC,),
    "locked-off": (Move.STATIC,),
    "the camera remains perfectly still": (Move.STATIC,),
    "pan right and tilt up": (Move.PAN_RIGHT, Move.TILT_UP),
    # without a direction, or of something else
    "a pan over the hills": (),
    "a zoom lens on a table": (),
    "a lion pulls out a thorn, a pan of water left over": (),
    "a frying pan on the left": (),
    "a static electricity experiment": (),
    # with a way that has no sign
    "handheld, pan left": (),
    "orbiting the watch, dolly in": (),
    "drone shot, tilt down": (),
}


@pytest.mark.parametrize("prompt", list(SAID))
def test_moves_that_are_said(prompt: str) -> None:
    assert moves_said(prompt) == SAID[prompt]


def test_the_moves_of_the_trials_are_understood_as_the_engine_does() -> None:
    for trial in trials(16):
        assert moves_said(trial.prompt) == (trial.move,), trial.prompt


def run(prompt: str = "a lion", inputs: tuple[Input, ...] = (), **settings: object) -> Run:
    asked = replace(request(prompt), settings=immutabledict(settings), inputs=inputs)
    return Run("01A", 1, asked, Status.SUCCEEDED, "fake:script", now())


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"resolution": "720p", "aspect_ratio": "16:9"}, (1280, 720)),
        ({"resolution": "1080p", "aspect_ratio": "9:16"}, (1080, 1920)),
        ({"resolution": "4k", "aspect_ratio": "16:9"}, (3840, 2160)),
        ({"resolution": "480p", "aspect_ratio": "16:9"}, (None, 480)),  # 853⅓: 832, 848 or 854, by model
        ({"resolution": "480p", "aspect_ratio": "9:16"}, (480, None)),
        ({"resolution": "720p", "aspect_ratio": "1:1"}, (720, 720)),
        ({"resolution": "720p"}, (None, None)),
        ({"resolution": "auto", "aspect_ratio": "16:9"}, (None, None)),
        ({"resolution": "720p", "aspect_ratio": "adaptive"}, (None, None)),
    ],
)
def test_the_size(tmp_path: Path, settings: dict[str, object], size: tuple[int | None, int | None]) -> None:
    asked = asked_of(run(**settings), MediaFiles(tmp_path))
    assert (asked.width, asked.height) == size


def test_length_rate_sound_and_pictures(tmp_path: Path) -> None:
    files = MediaFiles(tmp_path)
    clip = Media("cd" * 32, "video/mp4", 1, 640, 360)
    inputs = (
        Input(Role.FIRST_FRAME, FRAME),
        Input(Role.REFERENCE, FRAME, 0),
        Input(Role.REFERENCE, FRAME, 1),
    )
    asked = asked_of(run(inputs=inputs, duration_s=4, fps=24, generate_audio=False), files)
    path = files.path(FRAME)
    assert asked == Asked(fps=24, duration_s=4, audio=False, first_frame=path, references=(path, path))
    goes_on = asked_of(run(inputs=(Input(Role.SOURCE_CLIP, clip),), duration_s=4), files)
    assert goes_on.duration_s is None
    assert asked_of(run(duration_s="auto", generate_audio=""), files) == Asked()
    assert asked_of(run(duration_s=True), files).duration_s is None
