"""Look → write → generate over references: each step is logged before the next, so a crash costs none.

A step that asks a model finds what was answered before in the log. The run's id is logged before the run
is, so that whoever goes on can tell whether it was sent. A step that fails stops the workflow with one
sentence; it goes on from there when a person wants it to.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from immutabledict import immutabledict
from ulid import ULID

from workbench.api.casting import cast
from workbench.domain.capabilities import Capabilities, validate
from workbench.domain.errors import LeaseLost, NotAccepted, WorkbenchError
from workbench.domain.media import Media
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.run import Origin
from workbench.domain.workflow import REFERENCES, Progress, Step, Workflow
from workbench.domain.writing import Written
from workbench.runner.process import is_alive, this_process
from workbench.store.keys import AlreadyMade, Once

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

AT_ONCE = 4
TRIES = 5  # of a model that answers “not now”, before a person is told
FIRST_WAIT_S, LONGEST_WAIT_S = 4.0, 60.0
_log = logging.getLogger(__name__)


class Workflows:
    """Those of one process, which the log names, so that others see whether it still runs."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._rows = bench.store.workflows
        self._pool: ThreadPoolExecutor | None = None
        self._guard = threading.Lock()
        self._begun: set[str] = set()
        self._id = str(ULID())
        self._steps: Mapping[Step, Callable[[Workflow], Workflow]] = immutabledict(
            {Step.LOOK: self._look, Step.WRITE: self._write, Step.GENERATE: self._generate}
        )

    @property
    def _owner(self) -> str:
        """Of several workbenches in a process each goes on with its own; one that is closed with none."""
        return f"{this_process()}/{self._id}"

    def start(self, asked: Mapping[str, Any], once: Once | None = None) -> Workflow:
        """Log it and begin. What the key of ``once`` has begun before is given back as it is now.

        Raises ``KeyReused`` where that was asked for otherwise.
        """
        now = self._bench.clock.now()

        def last_look(workflow_id: str) -> None:
            if once:
                self._bench.store.keys.take(once, [workflow_id], now)

        try:
            workflow = self._rows.create(REFERENCES, asked, self._owner, now, last_look)
        except AlreadyMade as earlier:
            return self._rows.get(*earlier.run_ids)
        self._begin(workflow)
        return workflow

    def adopt(self) -> list[Workflow]:
        """Go on with those whose process is gone."""
        taken = self._rows.claim(self._owner, is_alive)
        for workflow in taken:
            self._begin(workflow)
        return list(taken)

    def retry(self, workflow_id: str) -> Workflow:
        """One that failed goes on from the step at which it failed."""
        again = self._rows.reopen(workflow_id, self._owner, self._bench.clock.now())
        if again:
            self._begin(again)
        return again or self._rows.get(workflow_id)

    def close(self) -> None:
        """What is under way stays in the log at its step, for whoever looks next."""
        with self._guard:
            if self._pool:
                self._pool.shutdown(wait=False, cancel_futures=True)
                with suppress(WorkbenchError):  # who looks next finds this process gone
                    self._rows.let_go(sorted(self._begun), self._owner)
            self._pool = None
            self._begun.clear()

    def _begin(self, workflow: Workflow) -> None:
        with self._guard:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="workflow")
            self._begun.add(workflow.id)
            self._pool.submit(self._drive, workflow)

    def _drive(self, workflow: Workflow) -> None:
        try:
            while workflow.step is not Step.DONE:
                workflow = self._patiently(workflow)
        except LeaseLost:
            return
        except WorkbenchError as error:
            self._fail(workflow, str(error))
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            _log.exception("workflow %s, step %s", workflow.id, workflow.step)
            self._fail(workflow, f"The step {workflow.step} broke off ({type(error).__name__}).")

    def _patiently(self, workflow: Workflow) -> Workflow:
        """One step, tried again while a model is only busy: nothing was charged then."""
        wait_s = FIRST_WAIT_S
        for _ in range(TRIES - 1):
            try:
                return self._steps[workflow.step](workflow)
            except NotAccepted as error:
                pause_s = min(error.retry_after_s or wait_s, LONGEST_WAIT_S)
                wait_s *= 2
                told = f"{error} Tried again in {pause_s:.0f} s."
                workflow = self._move(workflow, workflow.step, message=told)
                self._bench.clock.pause(pause_s)
        return self._steps[workflow.step](workflow)

    def _fail(self, workflow: Workflow, why: str) -> None:
        try:
            self._move(workflow, workflow.step, status=Progress.FAILED, message=why)
        except WorkbenchError:
            _log.exception("workflow %s could not be ended: %s", workflow.id, why)

    def _move(self, workflow: Workflow, step: Step, **changes: Any) -> Workflow:
        return self._rows.move(workflow, self._owner, step, self._bench.clock.now(), **changes)

    # The steps

    def _look(self, workflow: Workflow) -> Workflow:
        asked = workflow.asked
        pictures, clip = media_of(self._bench, asked)
        media = [*pictures, *([clip] if clip else [])]
        brief = self._bench.looking.brief(media, asked["look_by"])
        brief_id = self._bench.store.briefs.keep(brief, self._bench.clock.now())
        return self._move(workflow, Step.WRITE, found={"brief_id": brief_id})

    def _write(self, workflow: Workflow) -> Workflow:
        asked, bench = workflow.asked, self._bench
        brief = bench.store.briefs.get(workflow.found["brief_id"])
        assert brief is not None  # its row is never deleted
        written = bench.write(
            brief,
            model=asked["model"],
            use_case=asked["use_case"],
            extra=asked["extra"],
            by=asked["write_by"],
            settings=asked["settings"],
        )
        run_id = str(ULID.from_datetime(bench.clock.now()))
        return self._move(workflow, Step.GENERATE, found={"written": as_json(written)}, run_id=run_id)

    def _generate(self, workflow: Workflow) -> Workflow:
        bench = self._bench
        if not bench.store.runs.get_many([workflow.run_id]):
            pictures, clip = media_of(bench, workflow.asked)
            request = request_of(
                bench.model(workflow.asked["model"]),
                of_json(workflow.found["written"]),
                pictures,
                clip,
                workflow.asked["settings"],
                workflow.asked["seed"],
            )
            bench.submit_as(workflow.run_id, request, Origin(brief_id=workflow.found["brief_id"]))
        else:
            bench.drive([workflow.run_id])
        return self._move(workflow, Step.DONE, status=Progress.SUCCEEDED)


def request_of(
    model: Capabilities,
    written: Written,
    pictures: list[Media],
    clip: Media | None,
    settings: Mapping[str, Scalar],
    seed: int | None,
) -> GenerationRequest:
    """Raises ``InvalidRequest``."""
    request = GenerationRequest(
        model=model.model,
        prompt=written.prompt,
        negative_prompt=written.negative_prompt,
        inputs=cast(model, pictures, clip).inputs,
        settings=immutabledict(settings),
        seed=seed,
        fold_negative_prompt=bool(written.negative_prompt) and not model.negative_prompt,
    )
    return replace(validate(request, model), seed=seed)


def media_of(bench: Workbench, asked: Mapping[str, Any]) -> tuple[list[Media], Media | None]:
    """Files of a workflow; they are on the shelf or were, so their rows are there."""
    wanted = [sha256 for sha256 in (*asked["references"], asked["video"]) if sha256]
    found = {sha256: bench.store.media.get(sha256) for sha256 in wanted}
    pictures = [media for sha256 in asked["references"] if (media := found[sha256])]
    return pictures, found.get(asked["video"])


def as_json(written: Written) -> dict[str, Any]:
    return {
        "prompt": written.prompt,
        "negative_prompt": written.negative_prompt,
        "by": written.by,
        "notes": list(written.notes),
    }


def of_json(content: Mapping[str, Any]) -> Written:
    return Written(content["prompt"], content["negative_prompt"], content["by"], tuple(content["notes"]))
