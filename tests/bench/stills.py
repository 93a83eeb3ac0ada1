"""Poster and probe of a clip, beside the bare PyAV calls that no way to them can do without."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av

from tests.bench.figures import Figure
from tests.bench.footage import clip_like
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.media.poster import poster
from workbench.media.probe import probe

WIDTH = 480


def measure(ground: Ground) -> Iterator[Figure]:
    size = ground.size
    path = clip_like(ground.folder / "long.mp4", seconds=size.clip_s, height=size.clip_height)
    whole, bare, facts, bare_facts = medians_s(
        3 * size.rounds,
        lambda: (probe(path), poster(path, WIDTH)),
        lambda: (_bare_probe(path), _bare_poster(path)),
        lambda: probe(path),
        lambda: _bare_probe(path),
    )
    line = f"poster + probe, {size.clip_s} s {size.clip_height}p"
    yield Figure(line, 1e3 * whole, "ms", "bare PyAV", 1e3 * bare, most_ratio=2)
    yield Figure("… probe alone", 1e3 * facts, "ms", "bare PyAV", 1e3 * bare_facts, most_ratio=2)


def _bare_probe(path: Path) -> tuple[object, ...]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height, stream.duration, stream.average_rate, stream.codec.name


def _bare_poster(path: Path) -> bytes:
    with av.open(str(path)) as container, io.BytesIO() as memory:
        frame = next(container.decode(video=0))
        height = 2 * round(frame.height * WIDTH / frame.width / 2)
        frame.reformat(min(WIDTH, frame.width), height).to_image().save(memory, "JPEG", quality=85)
        return memory.getvalue()
