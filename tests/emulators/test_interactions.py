"""The Interactions emulator takes what Google's SDK was recorded to send, and nothing else."""

from __future__ import annotations

import base64
import copy
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError

import pytest

from workbench.emulators.faults import SAID_FAULTS, Fault, Step
from workbench.emulators.interactions import REFUSAL, InteractionsEmulator
from workbench.emulators.wires import emulator

JPEG = {"data": "/9j/SlBFRw==", "mime_type": "image/jpeg", "type": "image"}
MODEL = "gemini-omni-1.2-flash"


def turn(*content: dict[str, str]) -> list[dict[str, Any]]:
    return [{"content": list(content), "type": "user_input"}]


# As google-genai 3.4.0 sent them (recorded on loopback).
TEXT: dict[str, Any] = {
    "model": MODEL,
    "background": True,
    "generation_config": {"seed": 7, "video_config": {"task": "text_to_video"}},
    "input": "A golden retriever running.",
    "response_format": {
        "aspect_ratio": "16:9",
        "delivery": "uri",
        "duration": "8s",
        "resolution": "720p",
        "type": "video",
    },
    "response_modalities": ["video"],
}
IMAGE = {
    "model": MODEL,
    "generation_config": {"video_config": {"task": "image_to_video"}},
    "input": turn(JPEG, {"text": "Animate it.", "type": "text"}),
    "response_format": {"resolution": "360p", "type": "video"},
}
REFERENCES = {
    "model": MODEL,
    "generation_config": {"video_config": {"task": "reference_to_video"}},
    "input": turn(JPEG, JPEG, JPEG, {"text": "Use the references.", "type": "text"}),
    "response_format": {"type": "video"},
}
EXTEND = {
    "model": MODEL,
    "generation_config": {"video_config": {"task": "extend"}},
    "input": "Continue.",
    "previous_interaction_id": "",
    "response_format": {"duration": "5s", "type": "video"},
}


@pytest.fixture
def google() -> Iterator[InteractionsEmulator]:
    with InteractionsEmulator(operation_s=0.0) as emulator:
        yield emulator


def call(
    google: InteractionsEmulator, method: str, path: str, body: object = None, key: str | None = None
) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body).encode()
    headers = {"x-goog-api-key": google.key if key is None else key, "content-type": "application/json"}
    request = urllib.request.Request(f"{google.url}{path}", content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, json.loads(answer) if is_json else answer
    except HTTPError as error:
        return error.code, json.loads(error.read())


def create(google: InteractionsEmulator, body: object) -> tuple[int, Any]:
    return call(google, "POST", "/v1/interactions", body)


@pytest.mark.parametrize("body", [TEXT, IMAGE, REFERENCES], ids=["text", "image", "references"])
@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_what_the_sdk_sends_is_taken(google: InteractionsEmulator, body: object, version: str) -> None:
    status, answer = call(google, "POST", f"/{version}/interactions", body)
    assert (status, answer["object"], answer["model"]) == (200, "interaction", MODEL)
    assert len(google.book.operations) == 1


def test_an_interaction_runs_and_its_file_is_had_by_range(google: InteractionsEmulator) -> None:
    google.operation_s = 60.0
    status, begun = create(google, TEXT)
    assert (status, begun["status"], "steps" in begun) == (200, "in_progress", False)
    google.book.operations[begun["id"]].ready_at = 0.0
    _, done = call(google, "GET", f"/v1/interactions/{begun['id']}?stream=false")
    (content,) = next(step for step in done["steps"] if step["type"] == "model_output")["content"]
    assert content["uri"].startswith("https://generativelanguage.googleapis.com/v1beta/files/")
    name = content["uri"].split("files/")[1].removesuffix(":download?alt=media")
    assert name.isalnum() and name.islower()
    assert call(google, "GET", f"/v1/files/{name}")[1]["state"] == "ACTIVE"
    status, clip = call(google, "GET", f"/v1beta/files/{name}:download?alt=media")
    assert [clip] == google.book.operations[begun["id"]].clips
    url = f"{google.url}/v1beta/files/{name}:download?alt=media"
    for span, part in (
        ("0-63", clip[:64]),
        ("64-", clip[64:]),
        ("9-9999999", clip[9:]),
        ("10-19", clip[10:20]),
    ):
        headers = {"x-goog-api-key": google.key, "range": f"bytes={span}"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
            first = int(span.partition("-")[0])
            told = f"bytes {first}-{first + len(part) - 1}/{len(clip)}"
            assert (response.status, response.headers["content-range"]) == (206, told)
            assert response.read() == part
    assert call(google, "GET", f"/v1/files/{name}:download")[0] == 400
    assert call(google, "GET", "/v1/files/other:download?alt=media")[0] == 403


def test_without_delivery_the_clip_is_in_the_answer(google: InteractionsEmulator) -> None:
    _, done = create(google, IMAGE)
    (content,) = done["steps"][-1]["content"]
    (operation,) = google.book.operations.values()
    assert [base64.b64decode(content["data"])] == operation.clips


def test_an_extension_goes_on_from_a_stored_interaction(google: InteractionsEmulator) -> None:
    _, first = create(google, TEXT)
    assert create(google, {**EXTEND, "previous_interaction_id": first["id"]})[0] == 200
    _, alone = create(google, {**IMAGE, "store": False})
    for name in (alone["id"], "v1_unknown"):
        status, answer = create(google, {**EXTEND, "previous_interaction_id": name})
        assert (status, "stored" in answer["error"]["message"]) == (400, True)


def test_google_s_own_sdk_as_its_guide_writes_it(google: InteractionsEmulator) -> None:
    from google import genai
    from google.genai import types

    client = genai.Client(
        vertexai=False, api_key=google.key, http_options=types.HttpOptions(base_url=google.url)
    )
    first = client.interactions.create(model=MODEL, input="A woman playing violin outdoors.")
    second = client.interactions.create(
        model=MODEL, previous_interaction_id=first.id, input="Make the violin invisible."
    )
    assert second.output_video is not None
    content = base64.b64decode(str(second.output_video.data))
    assert content in google.book.operations[second.id].clips
    assert google.book.prompts() == ["A woman playing violin outdoors.", "Make the violin invisible."]


def changed(*path: str | int, value: object) -> dict[str, Any]:
    body: Any = copy.deepcopy(TEXT)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body  # type: ignore[no-any-return]


WRONG = {
    "a number for a duration": changed("response_format", "duration", value=8),
    "a duration that is too long": changed("response_format", "duration", value="16s"),
    "an unknown ratio": changed("response_format", "aspect_ratio", value="1:1"),
    "an unknown resolution": changed("response_format", "resolution", value="8k"),
    "a bucket": changed("response_format", "gcs_uri", value="gs://b/"),
    "a negative prompt": changed("negative_prompt", value="rain"),
    "a temperature": changed("generation_config", "temperature", value=1.0),
    "a seed in words": changed("generation_config", "seed", value="7"),
    "an unknown task": changed("generation_config", "video_config", value={"task": "dream"}),
    "a task without its picture": changed(
        "generation_config", "video_config", value={"task": "image_to_video"}
    ),
    "background without store": {**TEXT, "store": False},
    "no input": {key: value for key, value in TEXT.items() if key != "input"},
    "a picture that is none": changed("input", value=turn({**JPEG, "data": "QUFBQQ=="})),
    "no base64": changed("input", value=turn({**JPEG, "data": "?"})),
    "an unknown type": changed("input", value=turn({**JPEG, "type": "sound"})),
    "no object": [TEXT],
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_refused_and_costs_nothing(google: InteractionsEmulator, body: object) -> None:
    status, answer = create(google, body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert google.book.operations == {}


def test_unknown_models_keys_and_names_are_refused_as_google_does(google: InteractionsEmulator) -> None:
    assert create(google, {**TEXT, "model": "gemini-omni-flash-preview"})[0] == 404
    assert call(google, "GET", f"/v1/models/{MODEL}")[1]["name"] == f"models/{MODEL}"
    assert call(google, "GET", "/v1/models/gemini-3-pro-image")[0] == 200
    assert call(google, "GET", "/v1/models/veo-3.1-generate-preview")[0] == 404
    assert call(google, "POST", "/v1/interactions", TEXT, key="other")[0] == 401
    told = 400, [{"error": {"code": "invalid_request", "message": "Invalid interaction name"}}]
    assert call(google, "GET", "/v1/interactions/v1_unknown") == told
    assert call(google, "POST", "/v1/interactions/v1_unknown/cancel") == told


def test_only_what_still_runs_is_cancelled(google: InteractionsEmulator) -> None:
    _, done = create(google, TEXT)
    google.operation_s = 5.0
    _, running = create(google, TEXT)
    states = [
        call(google, "POST", f"/v1/interactions/{one['id']}/cancel")[1]["status"] for one in (done, running)
    ]
    assert states == ["completed", "cancelled"]
    assert call(google, "GET", f"/v1/interactions/{running['id']}")[1]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("done_empty", "completed"),
        ("done_error", "failed"),
        ("filtered", "completed"),
        ("filtered_part", "completed"),
        ("unknown_status", "dreaming"),
        ("string_times", "completed"),
        ("clock_skew", "completed"),
    ],
)
def test_every_fault_that_is_said(google: InteractionsEmulator, kind: str, status: str) -> None:
    _, begun = create(google, TEXT)
    google.faults.add(Fault(Step.POLL, kind))
    _, told = call(google, "GET", f"/v1/interactions/{begun['id']}")
    types = [part["type"] for step in told.get("steps", []) for part in step.get("content", [])]
    ahead = (datetime.fromisoformat(told["updated"]) - datetime.now(UTC)).total_seconds()
    assert told["status"] == status
    assert ("errors" in told) is (kind == "done_error")
    assert (ahead > 3_000) is (kind == "clock_skew")
    expected = {"filtered": ["text"], "filtered_part": ["video", "text"]}
    whole = kind in ("string_times", "clock_skew")
    assert types == (["video"] if whole else expected.get(kind, []))
    if kind == "filtered":
        assert told["steps"][-1]["content"][0]["text"] == REFUSAL


def test_no_said_fault_is_left_out(google: InteractionsEmulator) -> None:
    _, begun = create(google, TEXT)
    google.faults.add(Fault(Step.POLL, "gone"))
    assert call(google, "GET", f"/v1/interactions/{begun['id']}")[0] == 400
    google.faults.add(Fault(Step.CREATE, "refused_safety"))
    assert "Support codes" in create(google, TEXT)[1]["error"]["message"]
    played = {"done_empty", "done_error", "filtered", "filtered_part", "unknown_status", "string_times"}
    assert played | {"clock_skew", "gone", "refused_safety"} == set(SAID_FAULTS)


def test_it_can_be_started_by_its_wire() -> None:
    assert emulator("gemini") is InteractionsEmulator
