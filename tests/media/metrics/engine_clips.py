"""``python -m tests.media.metrics.engine_clips [COUNT]``: how often a move that the engine was asked for is
found with its sign. Its own camera is the truth; the metric sees the MP4 alone.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.providers.test_animatic import submission
from workbench.media.metrics.adherence import WAYS
from workbench.media.metrics.asked import Asked, Move
from workbench.media.metrics.measure import measure
from workbench.providers.animatic import jobs, render

SCENES = (
    *("mountains", "a lake", "the sea", "a city street", "tall grass", "a forest", "a snowfield", "a desert"),
    *("a lion in tall grass", "a boat on the sea", "a person on a beach", "a perfume bottle on a table"),
)
LIGHTS = ("at day", "at dawn", "at dusk", "at night", "in fog", "in the rain", "in snow", "in neon light")
PACES = ("slow ", "", "fast ")


@dataclass(frozen=True)
class Trial:
    prompt: str
    seed: int
    move: Move


@dataclass(frozen=True)
class Outcome:
    trial: Trial
    adherence: float | None
    way: tuple[float | None, ...]

    @property
    def is_right(self) -> bool:
        return self.adherence is not None and self.adherence > 0


def trials(count: int) -> Iterator[Trial]:
    """The same for everybody; every move as often as any other."""
    draw, moves = random.Random(5), list(WAYS)
    for seed in range(count):
        move = moves[seed % len(moves)]
        words = f"{draw.choice(SCENES)} {draw.choice(LIGHTS)}, {draw.choice(PACES)}{move.replace('_', ' ')}"
        yield Trial(words, seed, move)


def outcome(trial: Trial, folder: Path) -> Outcome:
    """Renders a second of 360p, and measures it."""
    what = submission(f"A{trial.seed}", trial.prompt, generate_audio=False)
    arguments = json.loads(json.dumps(jobs.arguments(what)))
    assert arguments["plan"]["move"] == trial.move, trial
    arguments["plan"]["seed"] = trial.seed
    render.render_job(folder, lambda fraction, note: None, arguments)
    values = {m.name: m.value for m in measure(folder / render.CLIP, Asked(moves=(trial.move,)))}
    way = tuple(values[f"camera_{axis}"] for axis in ("pan", "tilt", "push"))
    return Outcome(trial, values["camera_adherence"], way)


def main(count: int) -> None:
    right, of = Counter[Move](), Counter[Move]()
    with tempfile.TemporaryDirectory() as folder:
        for trial in trials(count):
            found = outcome(trial, Path(folder))
            of[trial.move] += 1
            right[trial.move] += found.is_right
            if not found.is_right:
                print(f"{trial.prompt!r} (seed {trial.seed}): {found.adherence}, {found.way}", flush=True)
    for move in of:
        print(f"{move:12} {right[move]:3} of {of[move]}")
    print(f"{'all':12} {right.total():3} of {of.total()}: {right.total() / of.total():.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
