"""``Directing``: the part of the façade that goes from references to a clip: look → write → generate."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from workbench.api import from_references, waiting
from workbench.api.from_references import FromReferences
from workbench.api.results import LoggedRun, Progress
from workbench.api.scripting import Scripting
from workbench.api.workflows import Workflows
from workbench.domain.errors import RunFailed
from workbench.domain.run import Status

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench


class Directing(Scripting):
    """``Workbench`` adds everything that makes runs."""

    @abstractmethod
    def wait(self, ids: Iterable[str]) -> list[LoggedRun]: ...

    def generate_from_references(
        self,
        reference_images: object = (),
        video_reference: object = None,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], Any] | None = None,
        **asked: Any,
    ) -> FromReferences:
        """Look at one to three pictures (and a clip), write a prompt, make a clip, and wait for it.

        Arguments as for ``submit_from_references``. Raises ``WorkflowFailed`` where a step before the run
        failed, ``RunFailed`` where no clip came, ``TimeoutError`` where ``timeout_s`` passed first.
        """
        waiting.check_timeout(timeout_s)
        workflow_id = self.submit_from_references(reference_images, video_reference, **asked)
        return self.wait_from_references(workflow_id, timeout_s=timeout_s, on_progress=on_progress)

    def wait_from_references(
        self,
        workflow_id: str,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], Any] | None = None,
    ) -> FromReferences:
        """Wait for one that was begun. Raises as ``generate_from_references``."""
        done = from_references.wait(self._bench, workflow_id, timeout_s=timeout_s, on_progress=on_progress)
        if done.run is not None and done.run.status is not Status.SUCCEEDED:
            raise RunFailed(done.run)
        return done

    async def agenerate_from_references(self, *references: Any, **asked: Any) -> FromReferences:
        """``generate_from_references`` for a running event loop, which it does not block."""
        return await asyncio.to_thread(self.generate_from_references, *references, **asked)

    def submit_from_references(
        self,
        reference_images: object = (),
        video_reference: object = None,
        *,
        model: str | None = None,
        use_case: str = "general",
        additional_prompt: str = "",
        look_by: str | None = None,
        write_by: str | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> str:
        """Begin, and return the workflow's id at once; it goes on in the background.

        Without ``model`` it is Veo where that is set up, else Omni, else the embedded preview. ``settings``
        are the model's own, or ``duration_seconds`` and ``quality`` of the old documents. The clip is sent
        along to a model that takes reference clips; else its motion is told in the prompt. Raises before
        anything is asked or sent: ``InvalidRequest`` with every fault, ``BadMedia``, ``ProviderNotReady`` …
        """
        workflow = from_references.start(
            self._bench,
            reference_images,
            video_reference,
            model=model,
            use_case=use_case,
            additional_prompt=additional_prompt,
            look_by=look_by,
            write_by=write_by,
            seed=seed,
            settings=settings,
        )
        return workflow.id

    def from_references(self, workflow_id: str) -> FromReferences:
        """How far it is. One whose process is gone goes on. Raises ``UnknownWorkflow``."""
        self.workflows.adopt()
        return from_references.standing(self._bench, workflow_id)

    def retry_from_references(self, workflow_id: str) -> FromReferences:
        """One that failed goes on from the step at which it failed."""
        self.workflows.retry(workflow_id)
        return from_references.standing(self._bench, workflow_id)

    @cached_property
    def workflows(self) -> Workflows:
        return Workflows(self._bench)

    @property
    def _bench(self) -> Workbench:
        return cast("Workbench", self)
