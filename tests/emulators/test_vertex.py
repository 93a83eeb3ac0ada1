"""The emulator of Vertex AI is as strict as the service: what is wrong is refused, and nothing is booked."""

from __future__ import annotations

import json
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.emulators.faults import Step
from workbench.emulators.vertex import PROJECT, VertexEmulator

MODEL = "veo-3.1-generate-001"
PICTURE = {"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}
CLIP = {"gcsUri": "gs://b/v.mp4", "mimeType": "video/mp4"}
REFERENCE = {"image": PICTURE, "referenceType": "ASSET"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[VertexEmulator]:
    with VertexEmulator(operation_s=0.0) as running:
        yield running


def posted(emulator: VertexEmulator, verb: str, body: Any, key: str = "", **where: str) -> tuple[int, Any]:
    model, project = where.get("model", MODEL), where.get("project", PROJECT)
    path = f"/v1beta1/projects/{project}/locations/us-central1/publishers/google/models/{model}:{verb}"
    request = urllib.request.Request(
        emulator.url + path,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "x-goog-api-key": key or emulator.key},
    )
    return answered(request)


def answered(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def body(instance: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"instances": [instance], **({"parameters": parameters} if parameters else {})}


@pytest.mark.parametrize(
    "good",
    [
        body({"prompt": "p"}),
        body({"prompt": "p"}, fps=24, storageUri="gs://b/out/", sampleCount=4, seed=2**32 - 1),
        body({"image": PICTURE, "lastFrame": PICTURE}, resizeMode="CROP"),
        body({"prompt": "p", "referenceImages": [REFERENCE] * 3}, durationSeconds=8),
        body({"prompt": "p", "video": CLIP}, durationSeconds=7),
        {**body({"prompt": "p"}), "labels": {"team": "x"}},
    ],
)
def test_what_the_sdk_was_recorded_to_send_is_taken(emulator: VertexEmulator, good: Any) -> None:
    status, said = posted(emulator, "predictLongRunning", good)
    assert status == 200
    assert said["name"].startswith(
        f"projects/{PROJECT}/locations/us-central1/publishers/google/models/{MODEL}/"
    )
    status, done = posted(emulator, "fetchPredictOperation", {"operationName": said["name"]})
    assert (status, done["done"]) == (200, True)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([], "no JSON object"),
        ({}, "exactly one instance"),
        ({"instances": [{"prompt": "p"}, {"prompt": "p"}]}, "exactly one instance"),
        ({"instances": [{"prompt": "p"}], "parameters": []}, "an object"),
        (body({}), "`prompt` is required"),
        (body({"prompt": 1}), "`prompt`"),
        (body({"prompt": "p", "compressed": True}), "`compressed` isn't supported"),
        ({**body({"prompt": "p"}), "webhookConfig": {}}, "`webhookConfig` isn't supported"),
        ({**body({"prompt": "p"}), "labels": {"team": 1}}, "`labels`"),
        (body({"prompt": "p"}, duration=8), "`duration` isn't supported"),
        (body({"prompt": "p"}, durationSeconds="8"), "`durationSeconds`"),
        (body({"prompt": "p"}, durationSeconds=5), "`durationSeconds`"),
        (body({"prompt": "p"}, durationSeconds=7), "`durationSeconds`"),
        (body({"prompt": "p"}, generateAudio="true"), "`generateAudio`"),
        (body({"prompt": "p"}, generateAudio=1), "`generateAudio`"),
        (body({"prompt": "p"}, sampleCount=5), "`sampleCount`"),
        (body({"prompt": "p"}, sampleCount=True), "`sampleCount`"),
        (body({"prompt": "p"}, seed=-1), "`seed`"),
        (body({"prompt": "p"}, aspectRatio="1:1"), "`aspectRatio`"),
        (body({"prompt": "p"}, fps=30), "`fps`"),
        (body({"prompt": "p"}, resizeMode="pad"), "`resizeMode`"),
        (body({"prompt": "p"}, storageUri="b/out"), "`storageUri`"),
        (body({"image": {**PICTURE, "mimeType": "image/webp"}}), "image/png, image/jpeg"),
        (body({"image": {**PICTURE, "gcsUri": "gs://b/i.png"}}), "one of"),
        (body({"image": {**PICTURE, "bytesBase64Encoded": "_-8"}}), "no base64"),
        (body({"image": {"inlineData": {}}}), "`image`"),
        (body({"prompt": "p", "lastFrame": PICTURE}), "`lastFrame` needs `image`"),
        (body({"image": PICTURE, "video": CLIP}), "exclude each other"),
        (body({"prompt": "p", "referenceImages": [REFERENCE] * 4}), "one to three"),
        (body({"prompt": "p", "referenceImages": [{**REFERENCE, "referenceType": "STYLE"}]}), "ASSET"),
        (body({"prompt": "p", "referenceImages": [REFERENCE]}, durationSeconds=4), "`durationSeconds`"),
        (body({"prompt": "p", "video": CLIP}, resolution="1080p"), "`resolution`"),
    ],
)
def test_what_veo_does_not_take_is_refused_and_not_booked(
    emulator: VertexEmulator, bad: Any, says: str
) -> None:
    booked = len(emulator.book.operations)
    status, said = posted(emulator, "predictLongRunning", bad)
    assert (status, said["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert says in said["error"]["message"]
    assert len(emulator.book.operations) == booked


def test_who_may_come_in(emulator: VertexEmulator) -> None:
    good = body({"prompt": "p"})
    assert posted(emulator, "predictLongRunning", good, key="emulated-other")[0] == 401
    assert posted(emulator, "predictLongRunning", good, project="other")[0] == 403
    assert posted(emulator, "predictLongRunning", good, model="veo-3.1-generate-preview")[0] == 404
    emulator.objects["gs://b/o"] = b"clip"
    with_key = urllib.request.Request(
        f"{emulator.url}/storage/v1/b/b/o/o?alt=media", headers={"x-goog-api-key": emulator.key}
    )
    assert answered(with_key)[0] == 401, "storage takes no API key"


def test_an_operation_is_asked_for_at_its_own_model(emulator: VertexEmulator) -> None:
    _, said = posted(emulator, "predictLongRunning", body({"prompt": "p"}))
    asked = {"operationName": said["name"]}
    fast = "veo-3.1-fast-generate-001"
    assert posted(emulator, "fetchPredictOperation", asked, model=fast)[0] == 400
    assert posted(emulator, "fetchPredictOperation", {"operationName": "no/operations/1"})[0] == 404
    assert posted(emulator, "fetchPredictOperation", {})[0] == 404


def test_settings_of_both_kinds_and_a_key_file_that_only_its_owner_reads(emulator: VertexEmulator) -> None:
    assert emulator.settings()["VERTEX_API_KEY"] == emulator.key
    with VertexEmulator(service_account=True) as other:
        settings = other.settings()
        assert "VERTEX_API_KEY" not in settings
        file = Path(settings["GOOGLE_APPLICATION_CREDENTIALS"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text())["token_uri"] == f"{other.url}/token"
        assert settings == other.settings(), "one account, however often it is asked for"


def test_a_token_wants_an_assertion_signed_with_the_key() -> None:
    with VertexEmulator(service_account=True) as other:
        other.settings()
        for sent in (b"", b"assertion=a.b.c", b"\xff"):
            status, said = answered(urllib.request.Request(f"{other.url}/token", data=sent))
            assert (status, said["error"]) == (400, "invalid_grant")
        assert len(other.book.of(Step.TOKEN)) == 3 and not other.tokens
