"""Makes the files of ``data/samples`` with the embedded engine's own scenes: run it to make them anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
from PIL import Image

from workbench.domain.request import GenerationRequest
from workbench.providers.animatic import scenes, sound
from workbench.providers.animatic.camera import Camera
from workbench.providers.animatic.encode import FPS, Encoder
from workbench.providers.animatic.grade import Finish, clean_rgb
from workbench.providers.animatic.plan import ShotPlan, plan
from workbench.providers.animatic.raster import Streams
from workbench.providers.animatic.stage import Set, Stage

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
FINER = 2  # stills are drawn at twice their size

STILLS = (
    ("amber-bottle.jpg", "A whisky bottle on a table, static", 21, 1280, 720),
    ("mountain-lake.jpg", "A mountain lake at golden hour, static", 12, 1280, 720),
    ("neon-street.jpg", "A neon-lit city street in the rain, static", 5, 720, 1280),
    ("emerald-ring.jpg", "An emerald ring on black velvet, static", 3, 1024, 1024),
    ("savanna-lion.jpg", "A lion in tall grass at dawn, static, documentary", 7, 1280, 720),
)
CLIP = ("sailing-boat.mp4", "A sailing boat at sea, sunset, slow pan right, cinematic", 9, 640, 360, 2.0)


def main() -> None:
    SAMPLES.mkdir(parents=True, exist_ok=True)
    for name, prompt, seed, width, height in STILLS:
        shot = _plan(prompt, seed)
        stage, finish = (
            _stage(shot, width * FINER, height * FINER, 1.0),
            Finish(shot, width * FINER, height * FINER),
        )
        drawn = clean_rgb(finish.graded(stage.frame(0.4)))
        small = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
        Image.fromarray(small).save(SAMPLES / name, quality=88, optimize=True)
    name, prompt, seed, width, height, seconds = CLIP
    shot = _plan(prompt, seed)
    stage, finish = _stage(shot, width, height, seconds), Finish(shot, width, height)
    with Encoder(SAMPLES / name, width, height, sound.bed(shot, seconds)) as encoder:
        for index in range(round(seconds * FPS)):
            encoder.write(finish.graded(stage.frame(index / FPS)))


def _plan(prompt: str, seed: int) -> ShotPlan:
    return replace(plan(GenerationRequest("animatic/preview", prompt, seed=seed)), easing="linear")


def _stage(shot: ShotPlan, width: int, height: int, seconds: float) -> Stage:
    camera = Camera(shot, width, height)
    return Stage(camera, scenes.build(Set(shot, camera, (0.0, seconds), Streams(shot.seed))))


if __name__ == "__main__":
    main()
