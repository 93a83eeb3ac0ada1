"""The Flow emulator is as strict as the document's samples, and keeps the book."""

from __future__ import annotations

import copy
import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from workbench.domain.run import TEST_PREFIX
from workbench.emulators.flow import PROJECT, FlowEmulator

CONTEXT = {"sessionId": ";1234567890", "projectId": PROJECT, "tool": "PINHOLE"}
TEXT = "/v1/video:batchAsyncGenerateVideoText"
REFERENCES = "/v1/video:batchAsyncGenerateVideoReferenceImages"
POLL = "/v1/video:batchCheckAsyncVideoGenerationStatus"
IMAGES = f"/v1/projects/{PROJECT}/flowMedia:batchGenerateImages"

# As the document writes them, with this emulator's project.
IMAGE = {
    "clientContext": CONTEXT,
    "requests": [
        {
            "clientContext": CONTEXT,
            "seed": 123456,
            "imageModelName": "GEM_PIX_2",
            "imageAspectRatio": "IMAGE_ASPECT_RATIO_LANDSCAPE",
            "prompt": "A cute cat",
            "imageInputs": [],
        }
    ],
}
VIDEO: dict[str, Any] = {
    "clientContext": {**CONTEXT, "recaptchaToken": "", "userPaygateTier": "PAYGATE_TIER_TWO"},
    "requests": [
        {
            "aspectRatio": "VIDEO_ASPECT_RATIO_LANDSCAPE",
            "metadata": {"sceneId": "scene-uuid-here"},
            "seed": 8465,
            "textInput": {"prompt": "The cat walks slowly, cinematic"},
            "videoModelKey": "veo_3_1_t2v_fast",
        }
    ],
}


@pytest.fixture
def gateway() -> Iterator[FlowEmulator]:
    with FlowEmulator(operation_s=0.0) as emulator:
        yield emulator


def post(gateway: FlowEmulator, path: str, body: object, key: str | None = None) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {key or gateway.key}", "content-type": "application/json"}
    request = urllib.request.Request(f"{gateway.url}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def changed(body: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A copy with another value at ``place`` (``requests.0.seed``); ``None`` takes it out."""
    copied = copy.deepcopy(body)
    *way, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
    target: Any = copied
    for part in way:
        target = target[part]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return copied


def test_the_documents_own_steps(gateway: FlowEmulator) -> None:
    status, made = post(gateway, IMAGES, IMAGE)
    assert status == 200
    references = [{"imageUsageType": "IMAGE_USAGE_TYPE_ASSET", "mediaId": made["media"][0]["name"]}]
    video = changed(VIDEO, "requests.0.referenceImages", references)
    video["requests"][0]["videoModelKey"] = "veo_3_0_r2v_fast_ultra"
    status, started = post(gateway, REFERENCES, video)
    assert status == 200
    status, polled = post(gateway, POLL, {"operations": started["operations"]})
    (entry,) = polled["operations"]
    assert (status, entry["status"]) == (200, "MEDIA_GENERATION_STATUS_SUCCESSFUL")
    url = entry["operation"]["metadata"]["video"]["fifeUrl"]
    with urllib.request.urlopen(url, timeout=10) as clip:  # signed: no token
        assert clip.read()[4:8] == b"ftyp"
    assert gateway.book.prompts() == ["still: A cute cat", "The cat walks slowly, cinematic"]
    assert post(gateway, POLL, polled)[0] == 200  # what the last poll gave is as good


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("clientContext.tool", "OTHER"),
        ("clientContext.sessionId", "1234"),
        ("clientContext.projectId", "another"),
        ("clientContext.recaptchaToken", None),
        ("clientContext.userPaygateTier", "FREE"),
        ("requests.0.aspectRatio", "16:9"),
        ("requests.0.aspectRatio", "VIDEO_ASPECT_RATIO_PORTRAIT"),
        ("requests.0.metadata", None),
        ("requests.0.seed", "8465"),
        ("requests.0.textInput.prompt", ""),
        ("requests.0.videoModelKey", "veo_3_0_r2v_fast_ultra"),
        ("requests.0.negativePrompt", "blur"),
        ("requests", []),
    ],
)
def test_a_clip_that_is_asked_for_otherwise_is_refused(
    gateway: FlowEmulator, place: str, value: object
) -> None:
    assert post(gateway, TEXT, VIDEO)[0] == 200
    status, refused = post(gateway, TEXT, changed(VIDEO, place, value))
    assert (status, refused["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert len(gateway.book.operations) == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("requests.0.imageModelName", "OTHER"),
        ("requests.0.imageAspectRatio", "VIDEO_ASPECT_RATIO_LANDSCAPE"),
        ("requests.0.imageInputs", [{"name": "nobody", "imageInputType": "IMAGE_INPUT_TYPE_REFERENCE"}]),
        ("requests.0.clientContext", None),
        ("clientContext.userPaygateTier", "PAYGATE_TIER_TWO"),
    ],
)
def test_a_still_that_is_asked_for_otherwise_is_refused(
    gateway: FlowEmulator, place: str, value: object
) -> None:
    assert post(gateway, IMAGES, IMAGE)[0] == 200
    assert post(gateway, IMAGES, changed(IMAGE, place, value))[0] == 400


def test_only_the_array_as_it_was_given_is_polled(gateway: FlowEmulator) -> None:
    _, started = post(gateway, TEXT, VIDEO)
    (entry,) = started["operations"]
    name = {"operation": entry["operation"]}
    for wrong in ([name], [{**entry, "status": "PENDING"}], [entry, entry], entry["operation"]["name"]):
        assert post(gateway, POLL, {"operations": wrong})[0] == 400
    assert post(gateway, POLL, started)[0] == 400  # with more than the array
    assert post(gateway, POLL, {"operations": [{**entry, "operation": {"name": "nobody"}}]})[0] == 404
    assert post(gateway, POLL, {"operations": []}) == (200, {"operations": []})


def test_it_lets_in_whoever_has_its_token(gateway: FlowEmulator) -> None:
    assert post(gateway, TEXT, VIDEO, key="another")[0] == 401
    assert all(
        value.startswith(TEST_PREFIX)
        for name, value in gateway.settings().items()
        if name != "FLOW_GATEWAY_URL"
    )
