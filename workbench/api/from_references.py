"""``FromReferences``: look → write → generate, with the parameters of the old documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immutabledict import immutabledict

from workbench.api.casting import cast
from workbench.api.results import LoggedRun, Progress
from workbench.api.workflows import media_of, of_json, request_of
from workbench.domain.brief import Brief
from workbench.domain.capabilities import Capabilities, Choice
from workbench.domain.errors import Fault, InvalidRequest, ProviderNotReady, UnknownModel, WorkflowFailed
from workbench.domain.request import Scalar
from workbench.domain.retired import OMNI, VEO, renamed
from workbench.domain.run import Status
from workbench.domain.workflow import Progress as Standing
from workbench.domain.workflow import Step, Workflow
from workbench.domain.writing import Written
from workbench.store.keys import Once

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

LOOK_EVERY_S = 0.1
QUALITIES = immutabledict({"standard": ("720p",), "high": ("1080p", "720p")})  # → resolutions, best first
_PLACEHOLDER = Written("A prompt that is still to be written")


@dataclass(frozen=True, slots=True)
class FromReferences:
    """How far one is. ``brief``, ``written`` and ``run`` are there once their step is done.

    ``notes`` tell in sentences what was left to the words, mapped or could not be seen.
    """

    workflow: Workflow
    brief: Brief | None = None
    written: Written | None = None
    run: LoggedRun | None = None
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.workflow.id

    @property
    def is_over(self) -> bool:
        if self.run is not None:
            return not self.run.status.is_busy
        return self.workflow.status is Standing.FAILED

    @property
    def error(self) -> str:
        """One sentence; empty while nothing is wrong."""
        if self.run is not None and not self.run.status.is_busy and self.run.status is not Status.SUCCEEDED:
            return self.run.outcome
        return self.workflow.message if self.workflow.status is Standing.FAILED else ""


def start(
    bench: Workbench,
    reference_images: object,
    video_reference: object,
    *,
    model: str | None,
    use_case: str,
    additional_prompt: str,
    look_by: str | None,
    write_by: str | None,
    seed: int | None,
    settings: Mapping[str, Any],
    once: Once | None = None,
) -> Workflow:
    """Check all of it, keep the files, log the workflow and begin. Raises before anything is sent.

    ``once`` as in ``Workflows.start``.
    """
    target = bench.model(model or model_for_references(bench))
    chosen, notes = settings_for(target, settings)
    bench.use_case(use_case)
    look_by = look_by or bench.look_by(clip=video_reference is not None)
    write_by = write_by or bench.write_by()
    bench.check_readers(look_by, write_by)
    if missing := bench.missing(target.model):
        wanted = "; ".join(f"set {m.variable} ({m.what})" for m in missing)
        raise ProviderNotReady(f"{target.model} is not set up: {wanted}. Nothing was sent.")
    media = bench.shelved(reference_images, video_reference)
    pictures = [one for one in media if not one.is_video]
    clip = next((one for one in media if one.is_video), None)
    request_of(target, _PLACEHOLDER, pictures, clip, chosen, seed)
    asked = {
        "references": [one.sha256 for one in pictures],
        "video": clip.sha256 if clip else None,
        "model": target.model,
        "use_case": use_case,
        "extra": additional_prompt,
        "look_by": look_by,
        "write_by": write_by,
        "seed": seed,
        "settings": dict(chosen),
        "notes": list(notes),
    }
    return bench.workflows.start(asked, once)


def model_for_references(bench: Workbench) -> str:
    """Veo where it is set up, else Omni, else the embedded preview."""
    from workbench.api.workbench import DEFAULT_MODEL

    known = {model.model for model in bench.models()}
    ready = (name for name in (VEO, OMNI) if name in known and not bench.missing(name))
    return next(ready, DEFAULT_MODEL)


def settings_for(
    model: Capabilities, asked: Mapping[str, Any]
) -> tuple[immutabledict[str, Scalar], tuple[str, ...]]:
    """The model's own settings for what old documents call ``duration_seconds`` and ``quality``.

    Raises ``InvalidRequest`` for a quality that no document knows.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    quality = given.pop("quality", None)
    settings = {name: _parsed(model, name, value) for name, value in renamed(given, model).items()}
    if quality is None:
        return immutabledict(settings), ()
    resolutions = QUALITIES.get(quality) if isinstance(quality, str) else None
    if resolutions is None:
        raise InvalidRequest(
            [Fault("quality", f"Quality can't be {quality!r:.60}.", f"Allowed: {', '.join(QUALITIES)}.")]
        )
    setting = model.setting("resolution")
    offered = setting.values if isinstance(setting, Choice) else ()
    if setting is None or "resolution" in settings:
        return immutabledict(settings), ()
    best = next((r for r in resolutions if r in offered), None)
    if best is None:
        note = f"{model.label} has no {' or '.join(resolutions)}: quality={quality} is its {setting.default}."
        return immutabledict(settings), (note,)
    note = f"No live model has a quality; {quality} is taken as resolution={best}."
    return immutabledict({**settings, "resolution": best}), (note,)


def _parsed(model: Capabilities, name: str, value: Scalar) -> Scalar:
    """Forms and tables bring texts."""
    setting = model.setting(name)
    return setting.parse(value) if setting and isinstance(value, str) else value


def standing(bench: Workbench, workflow_id: str) -> FromReferences:
    """How far it is, from the log. Raises ``UnknownWorkflow``."""
    workflow = bench.store.workflows.get(workflow_id)
    found = workflow.found
    brief = bench.store.briefs.get(found["brief_id"]) if "brief_id" in found else None
    written = of_json(found["written"]) if "written" in found else None
    run = None
    if workflow.run_id and bench.store.runs.get_many([workflow.run_id]):
        run = bench.run(workflow.run_id)
    return FromReferences(workflow, brief, written, run, _notes(bench, workflow, brief, written))


def wait(
    bench: Workbench,
    workflow_id: str,
    *,
    timeout_s: float | None = None,
    on_progress: Callable[[Progress], Any] | None = None,
) -> FromReferences:
    """Block until its clip is there or can't come. Raises ``WorkflowFailed`` or ``TimeoutError``."""
    began = bench.clock.now()
    while True:
        workflow = bench.store.workflows.get(workflow_id)
        if workflow.status is Standing.FAILED:
            raise WorkflowFailed(workflow)
        if workflow.step is Step.DONE:
            break
        bench.workflows.adopt()
        if timeout_s is not None and (bench.clock.now() - began).total_seconds() >= timeout_s:
            raise TimeoutError(
                f"The workflow {workflow_id} is still at the step {workflow.step} after {timeout_s:g} s; it "
                f"goes on, and from_references({workflow_id!r}) says how far it is.",
                workflow_id,
            )
        bench.clock.pause(LOOK_EVERY_S)
    left_s = None
    if timeout_s is not None:
        left_s = max(0.0, timeout_s - (bench.clock.now() - began).total_seconds())
    bench.wait([workflow.run_id], timeout_s=left_s, on_progress=on_progress)
    return standing(bench, workflow_id)


def _notes(
    bench: Workbench, workflow: Workflow, brief: Brief | None, written: Written | None
) -> tuple[str, ...]:
    pictures, clip = media_of(bench, workflow.asked)
    told = [*workflow.asked.get("notes", ())]
    with suppress(UnknownModel):  # a model that was taken out since: what came of it is told all the same
        told += cast(bench.model(workflow.asked["model"]), pictures, clip).notes
    told += brief.unseen if brief else ()
    told += written.notes if written else ()
    return tuple(dict.fromkeys(told))
