"""Measuring a clip, beside decoding alone; and how often the engine's own camera moves are found."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.footage import clip_like
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from tests.media.metrics.engine_clips import outcome, trials
from workbench.media.metrics.measure import survey
from workbench.media.walk import walk

LEAST_RIGHT = 0.95


def measure(ground: Ground) -> Iterator[Figure]:
    size = ground.size
    path = clip_like(ground.folder / "measured.mp4", seconds=size.clip_s, height=size.clip_height)
    whole, decoding = medians_s(size.rounds, lambda: survey(path), lambda: sum(1 for _ in walk(path)))
    yield Figure(
        f"all metrics, {size.clip_s} s {size.clip_height}p", 1e3 * whole, "ms", "decoding", 1e3 * decoding
    )
    count = size.trials
    (place := ground.folder / "trial").mkdir()
    right = sum(outcome(trial, place).is_right for trial in trials(count))
    line = f"… clips for one whose camera move is found, of {count}"
    yield Figure(line, count / max(1, right), "clips", most=1 / LEAST_RIGHT)
