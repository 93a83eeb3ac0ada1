"""The embedded engine: a shot with sound, beside encoding the same pictures and sound alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import av
from immutabledict import immutabledict

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.api import DEFAULT_MODEL, Workbench
from workbench.domain.request import GenerationRequest
from workbench.providers.animatic import Animatic, jobs, render, sound
from workbench.providers.animatic.encode import Encoder
from workbench.providers.animatic.grade import Planes
from workbench.providers.animatic.plan import ShotPlan
from workbench.providers.base import Submission

PROMPT = "A lion walks through tall grass at dawn, slow dolly in, cinematic"


def measure(ground: Ground) -> Iterator[Figure]:
    size, folder = ground.size, ground.folder / "engine"
    folder.mkdir()
    settings = immutabledict({"duration_s": size.shot_s, "resolution": size.shot})
    arguments = jobs.arguments(
        Submission("bench", GenerationRequest(DEFAULT_MODEL, PROMPT, settings=settings, seed=7))
    )
    arguments = json.loads(json.dumps(arguments))  # as the worker reads them
    render.render_job(folder, _silent, arguments)
    pictures = _pictures(folder / render.CLIP)
    bed = sound.bed(ShotPlan.from_json(arguments["plan"]), size.shot_s)

    def encode() -> None:
        with Encoder(folder / "encoded.mp4", arguments["width"], arguments["height"], bed) as encoder:
            for planes in pictures:
                encoder.write(planes)

    with Workbench(folder / "log", providers=[Animatic(folder / "work")]) as bench:
        seeds = iter(range(1_000))

        def generate() -> None:
            bench.generate(PROMPT, seed=next(seeds), duration_s=size.shot_s, resolution=size.shot)

        rendered, encoded, whole = medians_s(
            min(3, size.rounds),
            lambda: render.render_job(folder, _silent, arguments),
            encode,
            generate,
            warm_up=False,  # the first render above was one
        )
    line = f"render {size.shot_s} s at {size.shot} with sound"
    yield Figure(line, rendered, "s", "encoding alone", encoded, most_ratio=2)
    yield Figure("… through the façade, worker and all", whole, "s", "rendering alone", rendered)


def _pictures(clip: Path) -> list[Planes]:
    """The rendered pictures again, as near as the clip has kept them."""
    with av.open(str(clip)) as container:
        return [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]


def _silent(fraction: float, note: str) -> None:
    """Progress that nobody looks at."""
