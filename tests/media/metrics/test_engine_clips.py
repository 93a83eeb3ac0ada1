"""The engine's own camera as the truth: a few of the trials here, all 200 in ``make bench``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.metrics.engine_clips import Trial, outcome, trials
from workbench.media.metrics.adherence import WAYS

QUICK = list(trials(2 * len(WAYS)))


@pytest.mark.parametrize("trial", QUICK, ids=[f"{t.move}-{t.seed}" for t in QUICK])
def test_a_move_that_the_engine_was_asked_for_has_its_sign(trial: Trial, tmp_path: Path) -> None:
    found = outcome(trial, tmp_path)
    assert found.is_right, (trial.prompt, found)
