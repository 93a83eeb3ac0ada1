"""Hard cuts are found where they are, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.media.worlds import FPS, HEIGHT, WIDTH, film, seen_from, with_thing, world
from workbench.media.fit import Pixels
from workbench.media.look import measure

A, B, C = world(1), world(2, (90, 120, 160)), world(3)


def plain(*colour: int) -> Pixels:
    return np.broadcast_to(np.array(colour, np.uint8), (HEIGHT, WIDTH, 3))


def mixed(one: Pixels, other: Pixels, share: float) -> Pixels:
    share = min(1.0, max(0.0, share))
    return np.asarray(one * (1 - share) + other * share, np.uint8)


def whip(t: float) -> float:
    return 0.1 * t if t < 0.7 else 0.07 + 5 * (t - 0.7) if t < 1 else 1.57


CASES: dict[str, tuple[Callable[[float], Pixels], tuple[float, ...], int]] = {
    "two cuts": (lambda t: seen_from(A if t < 0.5 else B if t < 1.25 else C), (0.5, 1.25), FPS),
    "within a pan": (lambda t: seen_from(A if t < 1 else C, pan=0.3 * t), (1.0,), FPS),
    "within a fast pan": (lambda t: seen_from(A if t < 1 else C, pan=2 * t), (1.0,), FPS),
    "like colours": (lambda t: seen_from(A if t < 1 else world(4)), (1.0,), FPS),
    "plain colours": (lambda t: plain(200, 40, 30) if t < 1 else plain(30, 40, 200), (1.0,), FPS),
    "montage": (lambda t: seen_from((A, B, C)[int(t * 4) % 3]), (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75), FPS),
    "few pictures a second": (lambda t: seen_from(A if t < 1 else B, pan=0.2 * t), (1.0,), 6),
    "fast pan": (lambda t: seen_from(A, pan=2 * t), (), FPS),
    "whip pan": (lambda t: seen_from(A, pan=whip(t)), (), FPS),
    "very fast pan": (lambda t: seen_from(A, pan=8 * t), (), FPS),
    "fast push": (lambda t: seen_from(A, push=1.5 * t), (), FPS),
    "large thing flies by": (lambda t: with_thing(seen_from(A), 1.6 * t - 0.3, 0.5, 0.28), (), FPS),
    "flash": (lambda t: plain(255, 255, 255) if 1 <= t < 1.08 else seen_from(A, pan=0.05 * t), (), FPS),
    "strobe": (lambda t: mixed(seen_from(A), plain(0, 0, 0), 0.6 * (int(t * 8) % 2)), (), FPS),
    "dissolve": (lambda t: mixed(seen_from(A), seen_from(C), t - 0.5), (), FPS),
    "fade from black": (lambda t: mixed(plain(0, 0, 0), seen_from(A), t), (), FPS),
    "no motion": (lambda _: seen_from(A), (), FPS),
}


@pytest.mark.parametrize("name", list(CASES))
def test_cuts(tmp_path: Path, name: str) -> None:
    paint, expected, fps = CASES[name]
    found = measure(film(tmp_path / "clip.mp4", paint, 2, fps), "video/mp4").motion
    assert found is not None
    assert found.cuts == pytest.approx(expected, abs=0.01)
    assert len(found.shots) == len(expected) + 1
