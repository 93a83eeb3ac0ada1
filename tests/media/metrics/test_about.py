"""Every metric is explained, and what the explanation promises holds for what comes out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from immutabledict import immutabledict

from tests.media.metrics.sounding import sounding, tone
from workbench.media.metrics import about
from workbench.media.metrics.about import METRICS, Direction, metric
from workbench.media.metrics.asked import Asked
from workbench.media.metrics.measure import MOST_POINTS, strip, survey


@pytest.mark.parametrize("name", list(METRICS))
def test_it_says_formula_range_and_source(name: str) -> None:
    told = METRICS[name]
    assert told.label and told.formula and told.source
    assert told.version >= 1
    if told.low is not None and told.high is not None:
        assert told.low < told.high
    if told.direction is Direction.NONE:
        assert not name.endswith("_off")


def test_there_is_no_score_of_quality() -> None:
    assert not [name for name in METRICS if "quality" in name or "score" in name]


def test_values_are_within_their_range(tmp_path: Path) -> None:
    clip = sounding(tmp_path / "clip.mp4", tone(1_000, -12, 1.0))
    found = survey(clip, Asked(width=96, height=64, fps=24, duration_s=1, codec="h264", audio=True))
    assert [m.name for m in found.metrics] == list(METRICS)
    for one in found.metrics:
        told = METRICS[one.name]
        assert (one.unit, one.version) == (told.unit, told.version)
        if one.value is not None:
            assert told.low is None or one.value >= told.low, one
            assert told.high is None or one.value <= told.high, one


def test_the_strip_goes_over_the_whole_clip(tmp_path: Path) -> None:
    clip = sounding(tmp_path / "clip.mp4", tone(1_000, -12, 8.0))
    found = strip(clip)
    assert found == survey(clip).strip
    assert len(found.brightness) == MOST_POINTS
    times = [at for at, _ in found.brightness]
    assert times == sorted(times)
    assert times[0] < 0.1 and times[-1] > 7.9
    assert all(value == pytest.approx(90 / 255, abs=0.02) for _, value in found.brightness)


def test_a_changed_formula_is_another_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = immutabledict({**METRICS, "flicker": replace(METRICS["flicker"], version=2)})
    monkeypatch.setattr(about, "METRICS", changed)
    assert about._edition() != about.EDITION
    monkeypatch.undo()
    assert about._edition() == about.EDITION


def test_a_value_is_rounded_and_never_made_up() -> None:
    assert metric("flicker", 1 / 3).value == 0.333333
    assert metric("flicker", None).value is None
