"""Metrics side by side: what differs, which way is better, and what is as good as the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from immutabledict import immutabledict

from tests.ui.conftest import OpenPage
from tests.ui.reading import html, make, text
from workbench.api import Workbench
from workbench.api.metrics import METRICS
from workbench.domain.metric import Measured, Metric, Strip
from workbench.media.metrics.about import EDITION
from workbench.store.metrics import Due
from workbench.ui.compare.measures import measure_lines
from workbench.ui.measured import NO_SCORE
from workbench.ui.sparkline import strip_html

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def measured(**values: float | None) -> Measured:
    metrics = {name: Metric(name, value, METRICS[name].unit, 1) for name, value in values.items()}
    return Measured("R", 0, NOW, True, immutabledict(metrics))


@pytest.mark.parametrize(
    ("name", "base", "value", "cell", "note", "tone"),
    [
        ("sharpness", 200.0, 300.4, "300", "▲ +100, better", "better"),
        ("sharpness", 300.0, 200.0, "200", "▼ −100, worse", "worse"),
        ("flicker", 1.0, 0.5, "0.5", "▼ −0.5, better", "better"),
        ("flicker", 0.5, 1.25, "1.25", "▲ +0.75, worse", "worse"),
        ("motion", 0.01, 0.02, "0.02", "▲ +0.01", ""),
        ("camera_pan", 0.1, -0.2, "−0.2", "▼ −0.3", ""),
        ("duration_off", -2.0, 1.0, "1", "▲ +3, better", "better"),
        ("duration_off", 0.0, -1.0, "−1", "▼ −1, worse", "worse"),
        ("loudness", -26.5, -20.0, "−20", "▲ +6.5", ""),
        ("sharpness", 200.0, None, "–", "", ""),
        ("sharpness", None, 200.0, "200", "", ""),
    ],
)
def test_a_difference_says_which_way(
    name: str, base: float | None, value: float | None, cell: str, note: str, tone: str
) -> None:
    far = 10_000.0  # a third clip, so that the line stands in any case
    lines, _ = measure_lines([measured(**{name: one}) for one in (base, value, far)])
    (line,) = lines
    shown = line.cells[1]
    assert (line.name, shown.text, shown.note, shown.tone) == (METRICS[name].label, cell, note, tone)
    assert line.aside.startswith(METRICS[name].unit)


def test_what_hardly_differs_is_said_in_few_words() -> None:
    one = measured(sharpness=200.0, exposure=0.5, cuts=0.0, flicker=0.0001, fingerprint_low=1.0)
    other = measured(sharpness=203.0, exposure=0.6, cuts=0.0, flicker=0.0002, fingerprint_low=9.0)
    lines, same = measure_lines([one, other])
    assert [line.name for line in lines] == ["Exposure"]
    assert same == ["Flicker 0 levels", "Sharpness 200 levels²", "Cuts 0"]
    assert measure_lines([None, None]) == ([], [])
    waiting, _ = measure_lines([None, measured(exposure=0.5), measured(exposure=0.7)])
    assert [cell.text for cell in waiting[0].cells] == ["–", "0.5", "0.7"]


def test_strips_share_one_scale() -> None:
    slow = Strip(motion=((0.0, 0.1), (2.0, 0.1)), brightness=((0.0, 0.25), (4.0, 0.75)))
    fast = Strip(motion=((0.0, 0.4), (4.0, 0.2)))
    drawn = strip_html([slow, None, fast])
    assert drawn[1] == ""
    assert "polygon(0.0% 75.0%,50.0% 75.0%,50.0% 100%,0.0% 100%)" in drawn[0]
    assert "polygon(0.0% 75.0%,100.0% 25.0%,100.0% 100%,0.0% 100%)" in drawn[0]
    assert "polygon(0.0% 0.0%,100.0% 50.0%,100.0% 100%,0.0% 100%)" in drawn[2]
    assert 'aria-label="Motion over time: 0.20 to 0.40 frame widths/s"' in drawn[2]
    assert "Brightness" not in drawn[2]
    assert strip_html([Strip(), None]) == ["", ""]


def test_what_was_measured_stands_on_the_page(log: Workbench, open_page: OpenPage) -> None:
    runs = [make(log, "A fox", seed=seed) for seed in (1, 2)]
    at = open_page("compare", clips="~".join(run.id for run in runs))
    assert text(at).count("is not measured yet") == 2
    assert NO_SCORE not in text(at)
    strip = Strip(motion=((0.0, 0.1), (1.0, 0.2)), brightness=((0.0, 0.5), (1.0, 0.5)))
    for run, sharp in zip(runs, (100.0, 150.0), strict=True):
        due = Due(run.rowid, run.id, 0, 1)
        log.store.metrics.keep(due, [Metric("sharpness", sharp, "levels²", 1)], strip, EDITION, NOW)
    at.run()
    drawn = html(at)
    assert "is not measured yet" not in text(at)
    assert re.search(r"Sharpness<span[^>]*>levels² · ↑ higher is better</span>", drawn)
    assert "▲ +50, better" in drawn
    assert drawn.count('class="wb-curve wb-motion"') == 2
    assert NO_SCORE in text(at)


def test_a_clip_that_could_not_be_measured_says_why(log: Workbench, open_page: OpenPage) -> None:
    runs = [make(log, "A fox", seed=seed) for seed in (1, 2)]
    log.store.metrics.failed(Due(runs[1].rowid, runs[1].id, 0, 1), "It has no picture <b>.", EDITION, NOW)
    at = open_page("compare", clips="~".join(run.id for run in runs))
    assert "Clip 2 could not be measured: It has no picture \\<b\\>." in text(at)
    assert "Clip 1 is not measured yet" in text(at)
