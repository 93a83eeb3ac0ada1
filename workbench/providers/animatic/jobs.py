"""A submission as a job folder: what the worker is told, how often it was started, what it reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.media import Role
from workbench.domain.run import Json
from workbench.media import worker
from workbench.media.room import check_room
from workbench.providers.animatic.model import PREVIEW, frame_size
from workbench.providers.animatic.plan import ShotPlan, plan
from workbench.providers.base import Parent, Submission
from workbench.settings.executor import LOCAL

CLIP, LAST_FRAME = "clip.mp4", "last_frame.png"
_CALL = "workbench.providers.animatic.render:render_job"
_FAR_CALL = "workbench.providers.animatic.far:render_far"
_STARTS = "starts"


def start(folder: Path, submission: Submission, executor: str = LOCAL) -> None:
    """Start the submission's job unless its folder stands already. Raises ``FolderFull`` or ``OSError``.

    ``executor`` is where it is drawn: ``local``, or the address of a cluster.
    """
    if not (folder / worker.JOB).exists():
        folder.mkdir(parents=True, exist_ok=True)
        check_room(folder.parent)
        told = arguments(submission)
        call = _CALL if executor == LOCAL else _FAR_CALL
        worker.write_json(folder / worker.JOB, {"call": call, "arguments": {**told, "executor": executor}})
        start_again(folder)


def start_again(folder: Path) -> None:
    """One more start of the job that stands in the folder."""
    (folder / _STARTS).write_text(str(starts(folder) + 1))
    worker.start(folder, _CALL, {})


def starts(folder: Path) -> int:
    """How often a worker was started on the folder."""
    try:
        return int((folder / _STARTS).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def arguments(submission: Submission) -> dict[str, object]:
    """What ``render.render_job`` needs, as JSON: the plan, sizes, and paths of the media by role."""
    request = PREVIEW.complete(submission.request)
    settings = request.settings
    width, height = frame_size(str(settings["resolution"]), str(settings["aspect_ratio"]))
    extends = bool(request.inputs_as(Role.SOURCE_CLIP))
    continued = _continued(submission.parent) if extends else None
    shot = plan(request, *continued) if continued else plan(request)
    still = submission.parent.last_frame if submission.parent else None
    return {
        "plan": shot.to_json(),
        "width": width,
        "height": height,
        "duration_s": settings["duration_s"],
        "audio": settings["generate_audio"],
        "media": {
            role.value: [str(submission.files[i.media.sha256].resolve()) for i in request.inputs_as(role)]
            for role in (Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE, Role.SOURCE_CLIP)
        },
        "clean_last_frame": str(still.resolve()) if still else None,
        "continues": continued is not None,
        "badged": submission.parent is not None and "plan" in submission.parent.report,
    }


def report(folder: Path) -> Json:
    """What the page shows of a finished job: the plan and what became of the prompt's words.

    ``ends_at_s`` is there when an extension can go on drawing the same scene.
    """
    told = json.loads((folder / worker.JOB).read_text())["arguments"]
    shot = ShotPlan.from_json(told["plan"])
    value: dict[str, object] = {
        "plan": shot.to_json(),
        "matched": list(shot.matched),
        "unmatched": list(shot.unmatched),
        "removed": list(shot.removed),
    }
    if told["continues"] or not any(told["media"].values()):
        value["ends_at_s"] = shot.starts_at_s + told["duration_s"]
    return immutabledict(value)


def _continued(parent: Parent | None) -> tuple[ShotPlan, float] | None:
    """The parent's plan and end, where its scene can be drawn on."""
    if parent is None:
        return None
    shot, end = parent.report.get("plan"), parent.report.get("ends_at_s")
    if not isinstance(shot, Mapping) or not isinstance(end, int | float):
        return None
    return ShotPlan.from_json(shot), float(end)
