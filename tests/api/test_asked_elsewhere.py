"""The same question in another process: who lives shares the answer, who was killed may have paid."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench import settings
from workbench.api import Workbench
from workbench.domain.brief import BY_MEASURE, Facet
from workbench.domain.errors import FolderFull, OutcomeUnknown
from workbench.domain.workflow import Progress, Step
from workbench.emulators.faults import Fault
from workbench.emulators.faults import Step as At
from workbench.emulators.images import ImagesEmulator
from workbench.store.asks import Asks

ROOT = Path(__file__).parents[2]
RING = ROOT / "data" / "samples" / "emerald-ring.jpg"
LOOK = """
import sys
from workbench import settings
from workbench.api import Workbench
with Workbench(settings=settings.load(sys.argv[1])) as bench:
    bench.look([sys.argv[2]])
"""


def opened(folder: Path, environ: Mapping[str, str]) -> Workbench:
    return Workbench(settings=settings.load(folder, environ=dict(environ)))


@contextmanager
def looking_elsewhere(
    folder: Path, eyes: ImagesEmulator, environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, whose question has arrived and is not answered yet."""
    life = subprocess.Popen(
        [sys.executable, "-c", LOOK, str(folder), str(RING)], cwd=ROOT, env={**os.environ, **environ}
    )
    try:
        while not eyes.book.of(At.CREATE):
            assert life.poll() is None
            threading.Event().wait(0.02)
        yield life
    finally:
        life.kill()
        life.wait()


def outcomes(bench: Workbench) -> list[str]:
    """Of the questions to a model; measuring is logged beside them."""
    asks = bench.store.db.read().execute(
        "SELECT outcome FROM asks WHERE model <> ? ORDER BY id", [BY_MEASURE]
    )
    return [row[0] for row in asks]


def test_a_process_that_lives_shares_its_answer(tmp_path: Path) -> None:
    with (
        ImagesEmulator([Fault(At.CREATE, "slow_headers", value="1")], operation_s=0.0) as eyes,
        opened(tmp_path, eyes.settings()) as bench,
        looking_elsewhere(tmp_path, eyes, eyes.settings()),
    ):
        assert bench.look([RING]).texts(Facet.SUBJECT)
        assert outcomes(bench) == ["answered"] and len(eyes.book.of(At.CREATE)) == 1


def test_a_process_killed_over_its_question_may_have_paid_and_a_person_decides(tmp_path: Path) -> None:
    with (
        ImagesEmulator([Fault(At.CREATE, "slow_headers", value="20")], operation_s=0.0) as eyes,
        opened(tmp_path, eyes.settings()) as bench,
    ):
        with looking_elsewhere(tmp_path, eyes, eyes.settings()) as life:
            life.kill()
        with pytest.raises(
            OutcomeUnknown, match=r"ended before an answer could be logged\..*charged\. Ask again"
        ):
            bench.look([RING])
        assert outcomes(bench) == ["broken off"] and len(eyes.book.of(At.CREATE)) == 1
        assert bench.look([RING]).texts(Facet.SUBJECT)
        assert outcomes(bench) == ["broken off", "answered"]


def test_a_workflow_that_nobody_is_at_work_on_goes_on_with_the_next_workbench(tmp_path: Path) -> None:
    with Workbench(settings=settings.load(tmp_path, environ={})) as bench:
        workflow = bench.submit_from_references([RING], model="animatic/preview", duration_s=1)
        bench.wait_from_references(workflow, timeout_s=60)
        with bench.store.db.write() as connection:  # as a kill in the middle of looking leaves it
            connection.execute(
                "UPDATE workflows SET step = ?, status = ?, run_id = '', owner = '999999@1.00'",
                [Step.LOOK, Progress.RUNNING],
            )
    with Workbench(settings=settings.load(tmp_path, environ={})) as bench:
        bench.resume()
        assert bench.wait_from_references(workflow, timeout_s=60).run


def test_closing_lets_go_of_what_is_under_way(tmp_path: Path) -> None:
    with (
        ImagesEmulator([Fault(At.CREATE, "slow_headers", value="3")], operation_s=0.0) as eyes,
        opened(tmp_path, eyes.settings()) as other,
    ):
        with opened(tmp_path, eyes.settings()) as bench:
            workflow = bench.submit_from_references([RING], model="animatic/preview", duration_s=1)
            while not eyes.book.of(At.CREATE):
                threading.Event().wait(0.02)
        done = other.wait_from_references(workflow, timeout_s=60)
        threading.Event().wait(0.5)  # the closed one's answer has come as well by now
        assert [run.id for run in other.runs()] == [done.run and done.run.id]
        assert len(eyes.book.of(At.CREATE)) == 2  # a look and a prompt, each asked for once


def test_an_answer_that_could_not_be_logged_may_have_been_paid_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise FolderFull("The disk is full.")

    with ImagesEmulator(operation_s=0.0) as eyes, opened(tmp_path, eyes.settings()) as bench:
        with monkeypatch.context() as disk:
            disk.setattr(Asks, "answered", full)
            with pytest.raises(FolderFull):
                bench.look([RING])
        with pytest.raises(OutcomeUnknown, match="Ask again"):
            bench.look([RING])
        assert len(eyes.book.of(At.CREATE)) == 1
        assert bench.look([RING]).texts(Facet.SUBJECT)


def test_two_workbenches_of_one_process_ask_once(tmp_path: Path) -> None:
    slow = Fault(At.CREATE, "slow_headers", value="0.4")
    with (
        ImagesEmulator([slow], operation_s=0.0) as eyes,
        opened(tmp_path, eyes.settings()) as one,
        opened(tmp_path, eyes.settings()) as other,
        ThreadPoolExecutor(6) as pool,
    ):
        briefs = list(pool.map(lambda bench: bench.look([RING]), [one, other] * 3))
        assert len({str(brief.to_json()) for brief in briefs}) == 1 and len(eyes.book.of(At.CREATE)) == 1
