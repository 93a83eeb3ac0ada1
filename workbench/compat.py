"""For readers of older documents: the class that they call, over today's workbench.

generator = Veo31VideoGenerator()
result = generator.generate_from_references(["a.jpg", "b.jpg"], use_case="product_video")
result["step2_prompt"], result["step3_video_generation"]["video_url"]
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from workbench.api import Workbench
from workbench.api.told import told
from workbench.domain.errors import RunFailed, WorkflowFailed
from workbench.domain.run import Clip


class Veo31VideoGenerator:
    """Thin: ``Workbench.generate_from_references`` does the work, and says in ``notes`` what it mapped.

    ``workbench`` is a workbench that is open already; without it, one is opened as ``Workbench()`` is.
    """

    def __init__(self, workbench: Workbench | None = None) -> None:
        self.workbench = workbench or Workbench()

    def generate_from_references(
        self,
        reference_images: Sequence[object] = (),
        video_reference: object = None,
        use_case: str = "general",
        duration_seconds: int | None = None,
        aspect_ratio: str | None = None,
        quality: str | None = None,
        additional_prompt: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        """One to three pictures (URL, path or bytes) and optionally a clip → a clip. Waits for it.

        ``step3_video_generation.video_url`` is the file on this machine. What went wrong after the request
        was checked stands under ``error``; a request that can't be sent raises ``RequestError``.
        """
        workflow_id = self.workbench.submit_from_references(
            reference_images,
            video_reference,
            use_case=use_case,
            additional_prompt=additional_prompt,
            duration_seconds=duration_seconds,
            aspect_ratio=aspect_ratio,
            quality=quality,
            **more,
        )
        with suppress(RunFailed, WorkflowFailed):  # told below, under "error"
            self.workbench.wait_from_references(workflow_id)
        return self.check_status(workflow_id)

    def check_status(self, task_id: str) -> dict[str, Any]:
        """How far it is; ``task_id`` as ``generate_from_references`` told it."""
        return told(self.workbench.from_references(task_id), _address)


def _address(clip: Clip) -> str:
    return clip.path.as_uri()
