"""``FromReferences`` as the JSON of the old documents: ``step2_prompt``, ``step3_video_generation`` …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.api.from_references import FromReferences
from workbench.api.results import LoggedRun
from workbench.domain.brief import Brief
from workbench.domain.run import Clip, Status
from workbench.domain.workflow import Step

STEPS = {Step.LOOK: "analysis", Step.WRITE: "prompt", Step.GENERATE: "generation", Step.DONE: "generation"}


def told(state: FromReferences, url: Callable[[Clip], str]) -> dict[str, Any]:
    """``url`` says where a clip can be fetched. ``task_id`` is the workflow's; the run's stands in step 3."""
    written = state.written
    return {
        "task_id": state.id,
        "status": _status(state),
        "step": STEPS[state.workflow.step],
        "model": state.workflow.asked["model"],
        "step1_analysis": _analysis(state.brief) if state.brief else None,
        "step2_prompt": written.prompt if written else None,
        "step2_negative_prompt": written.negative_prompt if written else None,
        "step2_written_by": written.by if written else None,
        "step3_video_generation": _generation(state.run, url) if state.run else None,
        "notes": list(state.notes),
        "message": state.workflow.message,
        "error": state.error or None,
    }


def _status(state: FromReferences) -> str:
    if not state.is_over:
        return "processing"
    return "completed" if not state.error else "failed"


def _analysis(brief: Brief) -> dict[str, Any]:
    seen = {facet.value: list(brief.texts(facet)) for facet in brief.findings if brief.texts(facet)}
    return {
        "seen": seen,
        "palette": [{"hex": c.hex, "share": c.share, "name": c.name} for c in brief.palette],
        "conflicts": [facet.value for facet in brief.conflicts],
        "not_seen": list(brief.unseen),
        "seen_by": list(brief.models),
    }


def _generation(run: LoggedRun, url: Callable[[Clip], str]) -> dict[str, Any]:
    return {
        "task_id": run.id,
        "status": run.status.value,
        "progress": run.progress,
        "video_url": url(run.clip) if run.clip and run.status is Status.SUCCEEDED else None,
        "estimate_usd": None if run.estimate_micros is None else run.estimate_micros / 1e6,
        "message": run.outcome if not run.status.is_busy else run.waits_for,
    }
