"""``/veo31``: from references to a clip, with the field names of the document that describes it.

A request is checked whole, its files are kept, and it is answered at once; look, prompt and clip follow, and
``/veo31/status`` tells each as it is done.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from workbench.api import Workbench, from_references
from workbench.api.from_references import FromReferences
from workbench.api.told import told
from workbench.domain.media import Role
from workbench.domain.run import Clip
from workbench.server import entering, sources
from workbench.server.media import url
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import Shape
from workbench.server.video_bodies import Source

_log = logging.getLogger(__name__)


class _Wanted(BaseModel):
    """``quality`` (standard, high) is taken as a resolution. Any setting of the model may stand beside."""

    model_config = ConfigDict(extra="allow")

    use_case: str = Field("general", description="Its name; a team adds its own in workbench.toml.")
    additional_prompt: str = Field("", description="Instructions in one's own words.")
    duration_seconds: str | int | None = None
    aspect_ratio: str | None = None
    quality: str | None = None
    model: str | None = Field(
        None, description="endpoint/model. Without it Veo, else Omni, else the preview."
    )
    look_by: str | None = Field(None, description="The model that looks; local/measure needs no key.")
    write_by: str | None = Field(None, description="The model that writes; local/rules needs no key.")
    seed: int | None = None


class Generate(_Wanted):
    """One to three pictures, and a clip for its motion: files of a form, URLs or stored files."""

    reference_image1: Source = None
    reference_image2: Source = None
    reference_image3: Source = None
    video_reference: Source = None


class GenerateFromUrls(_Wanted):
    """``reference_image_urls`` are separated by commas, or a list."""

    reference_image_urls: str | list[str] = ""
    video_reference_url: str | None = None


class ColourShape(Shape):
    hex: str
    share: float
    name: str


class AnalysisShape(Shape):
    seen: dict[str, list[str]]
    palette: list[ColourShape]
    conflicts: list[str] = Field(description="What the references disagree on; the first of each counts.")
    not_seen: list[str]
    seen_by: list[str]


class GenerationShape(Shape):
    """``task_id`` is the run's: GET /api/runs/{id} tells all of it."""

    task_id: str
    status: str
    progress: float | None
    video_url: str | None
    estimate_usd: float | None
    message: str


class FromReferencesShape(Shape):
    task_id: str
    status: Literal["processing", "completed", "failed"]
    step: Literal["analysis", "prompt", "generation"]
    model: str
    step1_analysis: AnalysisShape | None
    step2_prompt: str | None
    step2_negative_prompt: str | None
    step2_written_by: str | None
    step3_video_generation: GenerationShape | None
    notes: list[str] = Field(description="What was mapped, left to the words, or could not be seen.")
    message: str
    error: str | None


def generate(bench: Workbench, asked: Asked) -> Response:
    body: Generate = asked.body
    given = (body.reference_image1, body.reference_image2, body.reference_image3)
    pictures = [one for value in given for one in sources.listed(value)]
    return _begun(bench, asked, pictures, body.video_reference)


def generate_from_urls(bench: Workbench, asked: Asked) -> Response:
    body: GenerateFromUrls = asked.body
    given = body.reference_image_urls
    listed = given.split(",") if isinstance(given, str) else given
    addresses = [address.strip() for address in listed if address.strip()]
    for address in [*addresses, *sources.listed(body.video_reference_url)]:
        if not address.lower().startswith(("http://", "https://")):
            raise Refused(
                400,
                "bad_media",
                f"{address!r:.100} is no web address.",
                hint="Allowed: http:// or https://, several separated by commas.",
            )
    return _begun(bench, asked, addresses, body.video_reference_url or None)


def status(bench: Workbench, asked: Asked) -> Response:
    return _told(bench, asked.request, asked.path["task_id"])


def retry(bench: Workbench, asked: Asked) -> Response:
    bench.retry_from_references(asked.path["task_id"])
    return _told(bench, asked.request, asked.path["task_id"], 202)


def _begun(bench: Workbench, asked: Asked, pictures: Sequence[Any], clip: Any) -> Response:
    body: _Wanted = asked.body
    wish = entering.once(asked)
    if wish and (earlier := bench.store.keys.made(wish)):  # before anything is checked, as for runs
        return _told(bench, asked.request, earlier[0], 202)
    settings = {name: value for name, value in (body.model_extra or {}).items() if value is not None}
    entering.check_scalars(settings)
    with TemporaryDirectory(prefix="workbench-upload-") as folder:
        given = [sources.source(bench, one, Role.REFERENCE, Path(folder)) for one in pictures]
        video = None if clip is None else sources.source(bench, clip, Role.REFERENCE_CLIP, Path(folder))
        workflow = from_references.start(
            bench,
            given,
            video,
            model=body.model,
            use_case=body.use_case,
            additional_prompt=body.additional_prompt,
            look_by=body.look_by,
            write_by=body.write_by,
            seed=body.seed,
            settings={
                "duration_seconds": body.duration_seconds,
                "aspect_ratio": body.aspect_ratio,
                "quality": body.quality,
                **settings,
            },
            once=wish,
        )
    try:
        return _told(bench, asked.request, workflow.id, 202)
    except Exception:  # noqa: BLE001 - it has begun: an error would make the client begin another
        _log.exception("telling of the workflow %s", workflow.id)
        return _told_of(FromReferences(workflow), asked.request, 202)


def _told(bench: Workbench, request: Request, workflow_id: str, code: int = 200) -> Response:
    return _told_of(bench.from_references(workflow_id), request, code)


def _told_of(how_far: FromReferences, request: Request, code: int) -> Response:
    origin = str(request.base_url).rstrip("/")

    def address(clip: Clip) -> str:
        return f"{origin}{url(clip.media)}"

    content = told(how_far, address)
    return shown(content, code, {"Location": f"/veo31/status/{content['task_id']}"})


_TAG = "From references"
_ABOUT = (
    "Answers at once with a task_id; the status tells the steps analysis, prompt and generation as they are "
    "done, under step1_analysis, step2_prompt and step3_video_generation."
)
_KEY = {"Idempotency-Key": "The same key never begins a second clip."}
OPERATIONS = (
    Operation(
        "POST",
        "/veo31/generate",
        generate,
        "A clip from one to three pictures",
        _TAG,
        FromReferencesShape,
        202,
        body=Generate,
        takes_form=True,
        headers=_KEY,
        refuses=(402, 404, 413, 415, 422, 424, 507),
        about=_ABOUT,
    ),
    Operation(
        "POST",
        "/veo31/generate-from-urls",
        generate_from_urls,
        "The same, from web addresses",
        _TAG,
        FromReferencesShape,
        202,
        body=GenerateFromUrls,
        takes_form=True,
        headers=_KEY,
        refuses=(402, 413, 415, 422, 424, 507),
        about=f"{_ABOUT} Addresses are fetched from public hosts only.",
    ),
    Operation(
        "GET",
        "/veo31/status/{task_id}",
        status,
        "How far it is",
        _TAG,
        FromReferencesShape,
        refuses=(404,),
    ),
    Operation(
        "POST",
        "/veo31/retry/{task_id}",
        retry,
        "Go on from the step that failed",
        _TAG,
        FromReferencesShape,
        202,
        refuses=(404,),
    ),
)
