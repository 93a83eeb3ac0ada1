"""One clip to be measured, as values that go to another process, or another machine, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.domain.errors import BadMedia
from workbench.domain.metric import Metric, Strip
from workbench.media.lending import Lent
from workbench.media.metrics.about import EDITION
from workbench.media.metrics.asked import Asked, moves_of

_PICTURES = ("first_frame", "last_frame")


def order(path: Path, asked: Asked) -> dict[str, Any]:
    """What ``measure_clip`` is called with, as JSON can carry it."""
    return {
        "path": str(path.resolve()),
        "width": asked.width,
        "height": asked.height,
        "fps": asked.fps,
        "duration_s": asked.duration_s,
        "codec": asked.codec,
        "audio": asked.audio,
        "moves": [str(move) for move in asked.moves],
        **{name: str(found.resolve()) if (found := getattr(asked, name)) else None for name in _PICTURES},
        "references": [str(path.resolve()) for path in asked.references],
    }


def measure_clip(order: Mapping[str, Any]) -> dict[str, Any]:
    """Runs over there. Raises ``FileNotFoundError`` where that machine can't have a file."""
    from workbench.media.metrics.measure import survey  # decoders load slowly

    with Lent() as lent:
        asked = Asked(
            **{name: order[name] for name in ("width", "height", "fps", "duration_s", "codec", "audio")},
            **{name: lent(order[name]) if order[name] else None for name in _PICTURES},  # type: ignore[arg-type]
            moves=moves_of(order["moves"]),
            references=tuple(map(lent, order["references"])),
        )
        try:
            found = survey(lent(order["path"]), asked)
        except BadMedia as error:
            return {"fault": str(error), "edition": EDITION}
    return {
        "fault": "",
        "edition": EDITION,
        "metrics": [[m.name, m.value, m.unit, m.version] for m in found.metrics],
        "motion": found.strip.motion,
        "brightness": found.strip.brightness,
    }


def metrics_of(answer: Mapping[str, Any]) -> tuple[tuple[Metric, ...], Strip]:
    """What came back, as values again."""

    def points(name: str) -> tuple[tuple[float, float], ...]:
        found: Sequence[Sequence[float]] = answer[name]
        return tuple((float(at), float(value)) for at, value in found)

    return tuple(Metric(*row) for row in answer["metrics"]), Strip(points("motion"), points("brightness"))
