"""Flow's requests and answers, to the field: what the document shows, and for uploads, picture inputs and
the start and end frame what several public clients of the same service send alike (read 2026-11-21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.domain.errors import FailureReason, Unavailable
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.providers.base import Failed, Finished, Poll, RemoteClip, Running
from workbench.providers.flow.refusals import is_safety, said

UPLOAD = "/v1:uploadUserImage"
POLL = "/v1/video:batchCheckAsyncVideoGenerationStatus"
SHAPES = {"16:9": "LANDSCAPE", "9:16": "PORTRAIT", "1:1": "SQUARE"}
TOOL = "PINHOLE"  # Flow's name for itself
_RUNNING = frozenset({"PENDING", "ACTIVE"})


def images_path(project: str) -> str:
    return f"/v1/projects/{project}/flowMedia:batchGenerateImages"


def video_path(ids: Mapping[Role, Sequence[str]]) -> str:
    """Which of Flow's three ways: by references, between two frames, or from text alone."""
    if ids.get(Role.REFERENCE):
        return "/v1/video:batchAsyncGenerateVideoReferenceImages"
    if ids.get(Role.FIRST_FRAME):
        return "/v1/video:batchAsyncGenerateVideoStartAndEndImage"
    return "/v1/video:batchAsyncGenerateVideoText"


def image(
    request: GenerationRequest,
    prompt: str,
    model: str,
    project: str,
    session: str,
    references: Sequence[str] = (),
) -> dict[str, Any]:
    context = {"sessionId": session, "projectId": project, "tool": TOOL}
    return {
        "clientContext": context,
        "requests": [
            {
                "clientContext": context,
                "seed": request.seed,
                "imageModelName": model,
                "imageAspectRatio": _shape("IMAGE", request),
                "prompt": prompt,
                "imageInputs": [
                    {"name": name, "imageInputType": "IMAGE_INPUT_TYPE_REFERENCE"} for name in references
                ],
            }
        ],
    }


def video(
    request: GenerationRequest,
    ids: Mapping[Role, Sequence[str]],
    project: str,
    session: str,
    scene: str,
    tier: str,
) -> dict[str, Any]:
    """``recaptchaToken`` stays as empty as the document shows it: nothing here ever fills it."""
    asked: dict[str, Any] = {
        "aspectRatio": _shape("VIDEO", request),
        "metadata": {"sceneId": scene},
        "seed": request.seed,
        "textInput": {"prompt": request.prompt},
        "videoModelKey": request.model.partition("/")[2],
    }
    if references := ids.get(Role.REFERENCE):
        asked["referenceImages"] = [
            {"imageUsageType": "IMAGE_USAGE_TYPE_ASSET", "mediaId": name} for name in references
        ]
    for role, name in ((Role.FIRST_FRAME, "startImage"), (Role.LAST_FRAME, "endImage")):
        if given := ids.get(role):
            asked[name] = {"mediaId": given[0]}
    context = {
        "projectId": project,
        "recaptchaToken": "",
        "sessionId": session,
        "tool": TOOL,
        "userPaygateTier": tier,
    }
    return {"clientContext": context, "requests": [asked]}


def upload(content: str, mime: str, aspect_ratio: str, session: str) -> dict[str, Any]:
    """``content`` is base64."""
    return {
        "imageInput": {
            "rawImageBytes": content,
            "mimeType": mime,
            "isUserUploaded": True,
            "aspectRatio": f"IMAGE_ASPECT_RATIO_{SHAPES[aspect_ratio]}",
        },
        "clientContext": {"sessionId": session, "tool": "ASSET_MANAGER"},
    }


def uploaded(answer: Any) -> str:
    """The media id of an upload; empty where the answer names none."""
    name = answer.get("mediaGenerationId") if isinstance(answer, dict) else None
    if isinstance(name, dict):
        name = name.get("mediaGenerationId")
    return str(name or "")


def state(answer: Any) -> Poll:
    """What the answer to a poll says. Raises ``Unavailable`` where it speaks of no operation."""
    operations = answer.get("operations") if isinstance(answer, dict) else None
    if not (isinstance(operations, list) and operations and isinstance(operations[0], dict)):
        raise Unavailable("The Flow gateway's answer speaks of no operation")
    word = str(operations[0].get("status", ""))
    short = word.removeprefix("MEDIA_GENERATION_STATUS_")
    operation = _dict(operations[0].get("operation"))
    if short == "SUCCESSFUL":
        url = _dict(_dict(operation.get("metadata")).get("video")).get("fifeUrl")
        return Finished((RemoteClip(0, {"url": url}),) if url else ())
    if "ERROR" in short or short in ("FAILED", "REJECTED"):
        why = said(operation) or said(operations[0])
        sentence = f"Flow says {short}: {why}" if why else f"Flow says {short}"
        if is_safety(sentence):
            return Finished((), filtered=(sentence,))
        return Failed(FailureReason.PROVIDER, sentence)
    return Running(note=short.lower() if short in _RUNNING else f"Flow says “{word:.60}”")


def still_address(medium: Mapping[str, Any]) -> str:
    return str(_generated(medium).get("fifeUrl") or "")


def still_bytes(medium: Mapping[str, Any]) -> str:
    """The picture as base64, where the answer holds it."""
    return str(_generated(medium).get("encodedImage") or "")


def _generated(medium: Mapping[str, Any]) -> dict[str, Any]:
    return _dict(_dict(medium.get("image")).get("generatedImage"))


def _shape(what: str, request: GenerationRequest) -> str:
    return f"{what}_ASPECT_RATIO_{SHAPES[str(request.settings.get('aspect_ratio', '16:9'))]}"


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
