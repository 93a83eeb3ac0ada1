"""Vertex AI's Veo, its storage and its token server, on loopback. Strict: what Veo does not know is a 400."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web
from immutabledict import immutabledict

from workbench.domain.run import TEST_PREFIX
from workbench.emulators.book import Operation
from workbench.emulators.faults import Fault, Step
from workbench.emulators.server import FAULT, Emulator, Route

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PROJECT = f"{TEST_PREFIX}project"
LOCATION = "us-central1"
MODELS = ("veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001")
BUCKET = f"{TEST_PREFIX}bucket"
_MODEL = "publishers/google/models/{model}"
_PROJECT = "/v1beta1/projects/{project}/locations/{location}/"
_TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_STATUSES |= {409: "ABORTED", 413: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
_PICTURES = ("image/png", "image/jpeg")
_CLIPS = ("video/mp4",)
_SAFETY = "The video was blocked. Support codes: 15236754"


class VertexEmulator(Emulator):
    """With ``service_account`` its settings name a key file and no API key.

    ``objects`` are the contents of its storage by ``gs://`` address; clips of operations with a
    ``storageUri`` are put there.
    """

    wire = "vertex"

    def __init__(
        self, faults: Sequence[Fault] = (), *, service_account: bool = False, **options: Any
    ) -> None:
        super().__init__(faults, **options)
        self.service_account = service_account
        self.objects: dict[str, bytes] = {}
        self.tokens: set[str] = set()
        self._account: _ServiceAccount | None = None

    def routes(self) -> Sequence[Route]:
        found = [
            Route("GET", f"/v1beta1/{_MODEL}", Step.PROBE, self._card),
            Route("POST", "/token", Step.TOKEN, self._token),
            Route("GET", "/storage/v1/b/{bucket}/o/{object}", Step.FETCH, self._object),
        ]
        for path in (f"{_PROJECT}{_MODEL}", f"/v1beta1/{_MODEL}"):  # with a project, or an API key alone
            found.append(Route("POST", f"{path}:predictLongRunning", Step.CREATE, self._create))
            found.append(Route("POST", f"{path}:fetchPredictOperation", Step.POLL, self._poll))
        return found

    def settings(self) -> dict[str, str]:
        """With an API key, or with the key file of a service account that this emulator makes up."""
        addresses = {"GOOGLE_VERTEX_BASE_URL": self.url, "WORKBENCH_GCS_BASE_URL": self.url}
        project = {"GOOGLE_CLOUD_PROJECT": PROJECT, "GOOGLE_CLOUD_LOCATION": LOCATION}
        if not self.service_account:
            return {**project, "VERTEX_API_KEY": self.key, **addresses}
        self._account = self._account or _ServiceAccount(self.url)
        return {**project, "GOOGLE_APPLICATION_CREDENTIALS": str(self._account.file), **addresses}

    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        details = []
        if retry_s is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details.append({"@type": kind, "retryDelay": f"{retry_s:g}s"})
        said = {"code": status, "message": message, "status": _STATUSES.get(status, "INTERNAL")}
        return {"error": {**said, **({"details": details} if details else {})}}

    def is_let_in(self, request: web.Request) -> bool:
        """The API key as ``x-goog-api-key`` – but storage takes no keys – or a token from here."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        key = request.headers.get("x-goog-api-key", "")
        return token in self.tokens or (key == self.key and not request.path.startswith("/storage/"))

    async def _token(self, request: web.Request, body: Any) -> web.Response:
        form = _form(body) if isinstance(body, bytes) else {}
        if self._account is None or not self._account.signed(str(form.get("assertion", ""))):
            answer = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            return web.json_response(answer, status=400)
        token = f"{TEST_PREFIX}token-{secrets.token_hex(8)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3_600, "token_type": "Bearer"})

    async def _card(self, request: web.Request, body: Any) -> web.Response:
        model = request.match_info["model"]
        if model not in MODELS:
            return self._no_model(model)
        card = {"name": f"publishers/google/models/{model}", "versionId": "001", "launchStage": "GA"}
        return web.json_response(card)

    async def _create(self, request: web.Request, body: Any) -> web.Response:
        model = request.match_info["model"]
        if model not in MODELS:
            return self._no_model(model)
        project, location = request.match_info.get("project", PROJECT), request.match_info.get("location")
        if project != PROJECT:
            return self.refuse(403, f"Permission denied on resource project {project}.")
        wrong = _wrong(body)
        if wrong:
            return self.refuse(400, wrong)
        parameters = body.get("parameters", {})
        name = (
            f"projects/{PROJECT}/locations/{location or LOCATION}/"
            f"publishers/google/models/{model}/operations/{secrets.token_hex(8)}"
        )
        operation = self.accept(
            body["instances"][0].get("prompt", ""),
            parameters.get("sampleCount", 1),
            name=name,
            aspect_ratio=parameters.get("aspectRatio", "16:9"),
            seconds=parameters.get("durationSeconds", 8),
        )
        operation.said["storage"] = parameters.get("storageUri", "")
        return web.json_response({"name": operation.id})

    async def _poll(self, request: web.Request, body: Any) -> web.Response:
        name = body.get("operationName", "") if isinstance(body, dict) else ""
        operation = self.operation(name) if isinstance(name, str) else None
        fault = request[FAULT]
        if operation is None or fault == "gone":
            return self.refuse(404, f"Operation {name} was not found.")
        if f"/models/{request.match_info['model']}/" not in name:
            return self.refuse(400, "The operation belongs to another model.")
        if fault == "unknown_status":
            return web.json_response({"name": name, "metadata": {"state": "PONDERING"}})
        if not operation.is_done:
            return web.json_response({"name": name})
        said = self._done(operation, fault)
        if fault in ("string_times", "clock_skew"):
            at = time.time() + (3_600 if fault == "clock_skew" else 0)
            said["metadata"] = {"createTime": datetime.fromtimestamp(at, UTC).isoformat()}
        return web.json_response({"name": name, "done": True, **said})

    def _done(self, operation: Operation, fault: str) -> dict[str, Any]:
        match fault:
            case "done_empty":
                return {}
            case "done_error":
                return {"error": {"code": 13, "message": "Internal error.", "details": []}}
            case "filtered":
                return _answer([], [_SAFETY] * len(operation.clips))
            case "filtered_part":
                return _answer(self._videos(operation)[1:], [_SAFETY])
        return _answer(self._videos(operation), [])

    def _videos(self, operation: Operation) -> list[dict[str, str]]:
        bucket = operation.said["storage"]
        if not bucket:
            return [
                {"bytesBase64Encoded": base64.b64encode(clip).decode(), "mimeType": "video/mp4"}
                for clip in operation.clips
            ]
        folder = f"{bucket.rstrip('/')}/{operation.id.rpartition('/')[2]}"
        uris = [f"{folder}/sample_{number}.mp4" for number in range(len(operation.clips))]
        self.objects |= dict(zip(uris, operation.clips, strict=True))
        return [{"gcsUri": uri, "mimeType": "video/mp4"} for uri in uris]

    async def _object(self, request: web.Request, body: Any) -> web.Response:
        uri = f"gs://{request.match_info['bucket']}/{request.match_info['object']}"
        content = self.objects.get(uri)
        if content is None:
            return self.refuse(404, f"No such object: {uri.removeprefix('gs://')}")
        if request.query.get("alt") != "media":
            return web.json_response({"kind": "storage#object", "size": str(len(content))})
        return self.file(request, content)

    def _no_model(self, model: str) -> web.Response:
        return self.refuse(
            404, f"Publisher model `{model}` was not found or your project has no access to it."
        )


class _ServiceAccount:
    """A made-up service account: its key file, and whether an assertion was signed with that key."""

    def __init__(self, url: str) -> None:
        key, pem = _key_pair()
        self._public = key.public_key()
        self._folder = tempfile.TemporaryDirectory(prefix="emulated-vertex-")
        self.file = Path(self._folder.name) / "service-account.json"
        content = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": f"{TEST_PREFIX}key-id",
            "private_key": pem,
            "client_email": f"workbench@{PROJECT}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{url}/token",
        }
        self.file.touch(mode=0o600)
        self.file.write_text(json.dumps(content))

    def signed(self, assertion: str) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        said, _, signature = assertion.rpartition(".")
        try:
            sealed = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
            self._public.verify(sealed, said.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return bool(said)


@cache
def _key_pair() -> tuple[RSAPrivateKey, str]:
    """One for the process: to find the primes takes a while."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return key, pem.decode()


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("ascii", "replace")))


def _answer(videos: list[dict[str, str]], reasons: list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {"@type": _TYPE, "raiMediaFilteredCount": len(reasons)}
    if reasons:
        response["raiMediaFilteredReasons"] = reasons
    if videos:
        response["videos"] = videos
    return {"response": response}


# What a request may hold: each field with a check that gives the fault in words, or nothing.

Check = Callable[[Any], str]


def _one_of(*values: Any) -> Check:
    words = ", ".join(map(str, values))
    return lambda value: (
        "" if any(v == value and type(v) is type(value) for v in values) else f"takes {words}"
    )


def _number(least: int, most: int) -> Check:
    def check(value: Any) -> str:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_number and least <= value <= most else f"takes a whole number from {least} to {most}"

    return check


def _boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "takes true or false"


def _string(value: Any) -> str:
    return "" if isinstance(value, str) and value else "takes a text"


def _bucket(value: Any) -> str:
    return "" if isinstance(value, str) and value.startswith("gs://") else "takes a gs:// address"


def _media(*mimes: str) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, dict) or set(value) - {"bytesBase64Encoded", "gcsUri", "mimeType"}:
            return "takes mimeType and one of bytesBase64Encoded, gcsUri"
        if value.get("mimeType") not in mimes:
            return f"takes {', '.join(mimes)}"
        if ("gcsUri" in value) == ("bytesBase64Encoded" in value):
            return "takes one of bytesBase64Encoded, gcsUri"
        return _bucket(value["gcsUri"]) if "gcsUri" in value else _base64(value["bytesBase64Encoded"])

    return check


def _base64(value: Any) -> str:
    try:
        return "" if base64.b64decode(value, validate=True) else "is empty"
    except (binascii.Error, TypeError, ValueError):
        return "is no base64"


def _references(value: Any) -> str:
    if not isinstance(value, list) or not 1 <= len(value) <= 3:
        return "takes one to three references"
    for reference in value:
        if not isinstance(reference, dict) or set(reference) != {"image", "referenceType"}:
            return "takes image and referenceType"
        if str(reference["referenceType"]).upper() != "ASSET":
            return "takes references of the type ASSET only"
        if wrong := _media(*_PICTURES)(reference["image"]):
            return f"image {wrong}"
    return ""


def _labels(value: Any) -> str:
    is_flat = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    return "" if is_flat else "takes names and texts"


_INSTANCE: Mapping[str, Check] = immutabledict(
    prompt=_string,
    image=_media(*_PICTURES),
    lastFrame=_media(*_PICTURES),
    video=_media(*_CLIPS),
    referenceImages=_references,
)
_PARAMETERS: Mapping[str, Check] = immutabledict(
    sampleCount=_number(1, 4),
    storageUri=_bucket,
    fps=_one_of(24),
    durationSeconds=_one_of(4, 6, 7, 8),
    seed=_number(0, 2**32 - 1),
    aspectRatio=_one_of("16:9", "9:16"),
    resolution=_one_of("720p", "1080p", "4k"),
    personGeneration=_one_of("dont_allow", "allow_adult", "allow_all"),
    pubsubTopic=_string,
    negativePrompt=_string,
    enhancePrompt=_boolean,
    generateAudio=_boolean,
    compressionQuality=_one_of("OPTIMIZED", "LOSSLESS"),
    resizeMode=_one_of("CROP", "PAD"),
)
_BODY: Mapping[str, Check] = immutabledict(instances=lambda _: "", parameters=lambda _: "", labels=_labels)


def _wrong(body: Any) -> str:
    """The first fault of a create request, in words; empty where there is none."""
    if not isinstance(body, dict):
        return "The body is no JSON object."
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not (isinstance(instances, list) and len(instances) == 1 and isinstance(instances[0], dict)):
        return "`instances` takes exactly one instance."
    if not isinstance(parameters, dict):
        return "`parameters` takes an object."
    for given, checks in ((body, _BODY), (instances[0], _INSTANCE), (parameters, _PARAMETERS)):
        for name, value in given.items():
            if name not in checks:
                return f"`{name}` isn't supported by this model."
            if wrong := checks[name](value):
                return f"`{name}` {wrong}."
    return _misfit(instances[0], parameters)


def _misfit(instance: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    kinds = {"image", "video", "referenceImages"} & set(instance)
    if not kinds and "prompt" not in instance:
        return "`prompt` is required."
    if len(kinds) > 1 or ("lastFrame" in instance and kinds != {"image"}):
        return "`image`, `video` and `referenceImages` exclude each other, and `lastFrame` needs `image`."
    seconds, resolution = parameters.get("durationSeconds", 8), parameters.get("resolution", "720p")
    if (seconds == 7) and "video" not in instance:
        return "`durationSeconds` takes 4, 6, 8."
    if "video" in instance and resolution != "720p":
        return "`resolution` takes 720p when a video is extended."
    if "referenceImages" in instance and seconds != 8:
        return "`durationSeconds` takes 8 with reference images."
    return ""
