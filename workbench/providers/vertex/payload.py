"""A submission → what the SDK's ``generate_videos`` takes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.domain.media import Input, Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.media import sniff
from workbench.providers.base import Parent, Submission
from workbench.providers.vertex.rules import EXTENSION_S, labels
from workbench.providers.vertex.storage import is_gs

if TYPE_CHECKING:
    from google.genai import types

GCS_URIS = "gcs_uris"  # of a run's report: where its clips lie, if they lie in a bucket
_MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "MP4": "video/mp4"}


async def source(submission: Submission, *, reads_buckets: bool) -> types.GenerateVideosSource:
    """Prompt, first frame, clip to extend. ``reads_buckets``: the credentials open ``gs://``."""
    from google.genai import types

    request = submission.request
    given: dict[str, Any] = {"prompt": request.prompt} if request.prompt.strip() else {}
    for first in request.inputs_as(Role.FIRST_FRAME):
        given["image"] = await _image(submission, first)
    for clip in request.inputs_as(Role.SOURCE_CLIP):
        uri = _bucket_uri(submission.parent) if reads_buckets else ""
        given["video"] = (
            types.Video(uri=uri, mime_type="video/mp4") if uri else await _video(submission, clip)
        )
    return types.GenerateVideosSource(**given)


async def config(submission: Submission) -> types.GenerateVideosConfig:
    """Every setting that says something; defaults of the service are left to the service.

    Duration, ratio, resolution and sound are said always: they decide about the price.
    """
    from google.genai import types

    request = submission.request
    given = _settings(request)
    for last in request.inputs_as(Role.LAST_FRAME):
        given["last_frame"] = await _image(submission, last)
    references = [
        types.VideoGenerationReferenceImage(
            image=await _image(submission, reference), reference_type=types.VideoGenerationReferenceType.ASSET
        )
        for reference in request.inputs_as(Role.REFERENCE)
    ]
    if references:
        given["reference_images"] = references
    return types.GenerateVideosConfig(**given)


def _settings(request: GenerationRequest) -> dict[str, Any]:
    chosen = request.settings
    extends = bool(request.inputs_as(Role.SOURCE_CLIP))
    given: dict[str, Any] = {
        "duration_seconds": EXTENSION_S if extends else chosen["duration_s"],
        "aspect_ratio": chosen["aspect_ratio"],
        "resolution": chosen["resolution"],
        "generate_audio": chosen["generate_audio"],
    }
    others = {name: _trimmed(chosen.get(name, default)) for name, default in _OMITTED.items()}
    given |= {name: value for name, value in others.items() if value != _OMITTED[name]}
    given |= {name: given[name].upper() for name in _UPPER if name in given}
    if written := labels(str(chosen.get("labels", ""))):
        given["labels"] = written
    if request.negative_prompt.strip():
        given["negative_prompt"] = request.negative_prompt
    if request.seed is not None:
        given["seed"] = request.seed
    return given


# Setting → what the service does when it is not told; our names are the SDK's.
_OMITTED: Mapping[str, Scalar] = {
    "number_of_videos": 1,
    "person_generation": "allow_adult",
    "enhance_prompt": True,
    "compression_quality": "optimized",
    "resize_mode": "pad",
    "output_gcs_uri": "",
    "pubsub_topic": "",
}
_UPPER = ("compression_quality", "resize_mode")


def _trimmed(value: Scalar) -> Scalar:
    return value.strip() if isinstance(value, str) else value


def _bucket_uri(parent: Parent | None) -> str:
    """Where the clip of the run that is extended lies. Only of a single clip: of several nobody knows which
    one is meant, so its bytes are sent."""
    uris = parent.report.get(GCS_URIS) if parent else None
    return uris[0] if isinstance(uris, list | tuple) and len(uris) == 1 and is_gs(uris[0]) else ""


async def _image(submission: Submission, given: Input) -> types.Image:
    from google.genai import types

    content = await _bytes(submission, given)
    return types.Image(image_bytes=content, mime_type=_mime(content, given))


async def _video(submission: Submission, given: Input) -> types.Video:
    from google.genai import types

    content = await _bytes(submission, given)
    return types.Video(video_bytes=content, mime_type=_mime(content, given))


async def _bytes(submission: Submission, given: Input) -> bytes:
    path: Path = submission.files[given.media.sha256]
    return await asyncio.to_thread(path.read_bytes)


def _mime(content: bytes, given: Input) -> str:
    """By what the file is: a picture that was made smaller may be a JPEG now."""
    return _MIMES.get(sniff.kind(content[: sniff.HEAD_BYTES]), given.media.mime)
