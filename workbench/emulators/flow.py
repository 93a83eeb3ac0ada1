"""``FlowEmulator``: a gateway to Flow – pictures, uploads, clips by three ways, polls of the whole array."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from workbench.domain.run import TEST_PREFIX
from workbench.emulators import footage
from workbench.emulators.book import Operation
from workbench.emulators.faults import Step
from workbench.emulators.server import FAULT, Emulator, Route

PROJECT = f"{TEST_PREFIX}project"
STATUS = "MEDIA_GENERATION_STATUS_"
SHAPES = {"LANDSCAPE": "16:9", "PORTRAIT": "9:16", "SQUARE": "1:1"}
_CONTEXT = {"sessionId", "projectId", "tool"}
_VIDEO = {"aspectRatio", "metadata", "seed", "textInput", "videoModelKey"}
_PICTURE = {"rawImageBytes", "mimeType", "isUserUploaded", "aspectRatio"}
_IMAGE = {"clientContext", "seed", "imageModelName", "imageAspectRatio", "prompt", "imageInputs"}
_GRPC = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_GRPC |= {409: "ABORTED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}


class Wrong(Exception):
    """The request is not as the service takes it; the text says what is wrong."""


class FlowEmulator(Emulator):
    """``storage`` is where its clips are said to be; empty: with the emulator itself."""

    wire = "flow"

    def __init__(self, *arguments: Any, storage: str = "", **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.storage = storage
        self._uploads: set[str] = set()

    def routes(self) -> Sequence[Route]:
        ways = {"ReferenceImages": "referenceImages", "StartAndEndImage": "startImage endImage", "Text": ""}
        return [
            Route("POST", "/v1:uploadUserImage", Step.PROBE, self._upload),
            Route("POST", "/v1/projects/{project}/flowMedia:batchGenerateImages", Step.CREATE, self._image),
            *[
                Route("POST", f"/v1/video:batchAsyncGenerateVideo{way}", Step.CREATE, self._video(needs))
                for way, needs in ways.items()
            ],
            Route("POST", "/v1/video:batchCheckAsyncVideoGenerationStatus", Step.POLL, self._poll),
            Route("GET", "/files/{name}", Step.FETCH, self._file),
        ]

    def settings(self) -> dict[str, str]:
        return {"FLOW_GATEWAY_URL": self.url, "FLOW_GATEWAY_TOKEN": self.key, "FLOW_PROJECT_ID": PROJECT}

    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        details = []
        if retry_s is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details = [{"@type": kind, "retryDelay": f"{retry_s:g}s"}]
        if status == 403:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            details = [{"@type": kind, "reason": "PUBLIC_ERROR_UNUSUAL_ACTIVITY"}]
        word = _GRPC.get(status, "UNKNOWN")
        return {"error": {"code": status, "message": message, "status": word, "details": details}}

    def is_let_in(self, request: web.Request) -> bool:
        """Files are signed links: they ask for no token."""
        return request.path.startswith("/files/") or super().is_let_in(request)

    # What it answers

    async def _upload(self, request: web.Request, body: Any) -> web.Response:
        try:
            given = _fields(body, {"imageInput", "clientContext"}, "the body")
            picture = _fields(given["imageInput"], _PICTURE, "imageInput")
            context = _fields(given["clientContext"], {"sessionId", "tool"}, "clientContext")
            _must(context["tool"] == "ASSET_MANAGER", "clientContext.tool must be ASSET_MANAGER")
            mime = picture["mimeType"]
            _must(mime in ("image/png", "image/jpeg"), "mimeType must be image/png or image/jpeg")
            _shape(picture["aspectRatio"], "IMAGE")
            base64.b64decode(picture["rawImageBytes"], validate=True)
        except (Wrong, binascii.Error) as error:
            return self.refuse(400, str(error))
        name = f"upload-{len(self._uploads)}"
        self._uploads.add(name)
        return web.json_response({"mediaGenerationId": {"mediaGenerationId": name}})

    async def _image(self, request: web.Request, body: Any) -> web.Response:
        try:
            _must(request.match_info["project"] == PROJECT, "there is no such project")
            given = _fields(body, {"clientContext", "requests"}, "the body")
            self._check_context(given["clientContext"], _CONTEXT)
            asked = _fields(_only(given["requests"]), _IMAGE, "requests[0]")
            self._check_context(asked["clientContext"], _CONTEXT)
            shape = _shape(asked["imageAspectRatio"], "IMAGE")
            _must(type(asked["seed"]) is int, "seed must be a number")
            _must(asked["imageModelName"] == "GEM_PIX_2", "imageModelName must be GEM_PIX_2")
            _must(bool(asked["prompt"]), "prompt is empty")
            for one in asked["imageInputs"]:
                _fields(one, {"name", "imageInputType"}, "imageInputs")
                _must(one["imageInputType"] == "IMAGE_INPUT_TYPE_REFERENCE", "imageInputType is unknown")
                self._check_medium(one["name"])
        except Wrong as error:
            return self.refuse(400, str(error))
        operation = self.accept(f"still: {asked['prompt']}", 0, seconds=1)
        width, height = footage.size(shape)
        operation.clips = [footage.still(operation.id, width=width, height=height)]
        url = f"{self.storage or self.url}/files/{operation.id}.png"
        medium = {"name": operation.id, "image": {"generatedImage": {"seed": asked["seed"], "fifeUrl": url}}}
        return web.json_response({"media": [medium]})

    def _video(self, needs: str) -> Any:
        wanted = set(needs.split())

        async def answer(request: web.Request, body: Any) -> web.Response:
            try:
                asked = self._checked_video(body, wanted)
            except Wrong as error:
                return self.refuse(400, str(error))
            shape = _shape(asked["aspectRatio"], "VIDEO")
            operation = self.accept(asked["textInput"]["prompt"], aspect_ratio=shape, asked=asked)
            given = self._entry(operation, "PENDING")
            operation.said["given"] = [given]
            return web.json_response({"operations": [given], "remainingCredits": 100})

        return answer

    def _checked_video(self, body: Any, wanted: set[str]) -> Mapping[str, Any]:
        given = _fields(body, {"clientContext", "requests"}, "the body")
        context = self._check_context(
            given["clientContext"], _CONTEXT | {"recaptchaToken", "userPaygateTier"}
        )
        _must(context["userPaygateTier"].startswith("PAYGATE_TIER_"), "userPaygateTier is unknown")
        asked = _fields(_only(given["requests"]), _VIDEO | wanted, "requests[0]")
        _must(type(asked["seed"]) is int, "seed must be a number")
        _must(bool(_fields(asked["textInput"], {"prompt"}, "textInput")["prompt"]), "prompt is empty")
        _must(bool(_fields(asked["metadata"], {"sceneId"}, "metadata")["sceneId"]), "sceneId is empty")
        key, shape = asked["videoModelKey"], _shape(asked["aspectRatio"], "VIDEO")
        way = "_r2v_" if "referenceImages" in wanted else "_i2v_" if wanted else "_t2v_"
        _must(way in key, f"videoModelKey {key} is not for this method")
        if way == "_t2v_":
            _must(("portrait" in key) == (shape == "9:16"), f"{key} does not make {shape}")
        for one in asked.get("referenceImages", []):
            _fields(one, {"imageUsageType", "mediaId"}, "referenceImages")
            _must(one["imageUsageType"] == "IMAGE_USAGE_TYPE_ASSET", "imageUsageType is unknown")
            self._check_medium(one["mediaId"])
        for name in wanted & {"startImage", "endImage"}:
            self._check_medium(_fields(asked[name], {"mediaId"}, name)["mediaId"])
        return asked

    async def _poll(self, request: web.Request, body: Any) -> web.Response:
        """The array has to be one that was given out, whole and unchanged."""
        operations = body.get("operations") if isinstance(body, dict) else None
        if operations == []:
            return web.json_response({"operations": []})
        try:
            entry = _only(operations)
            operation = self.operation(str(entry.get("operation", {}).get("name")))
        except (Wrong, AttributeError) as error:
            return self.refuse(400, str(error))
        if operation is None or request[FAULT] == "gone":
            return self.refuse(404, "Requested entity was not found.")
        if entry not in operation.said["given"] or set(body) != {"operations"}:
            return self.refuse(400, "operations must be the array as it was answered")
        answer = self._state(operation, str(request[FAULT]))
        operation.said["given"].append(answer)
        return web.json_response({"operations": [answer]})

    def _state(self, operation: Operation, fault: str) -> dict[str, Any]:
        match fault:
            case "unknown_status":
                return self._entry(operation, "DREAMING")
            case "done_empty":
                return self._entry(operation, "SUCCESSFUL")
            case "done_error":
                error = {"code": 13, "message": "Internal error."}
                return self._entry(operation, "FAILED", {"error": error})
            case "filtered" | "filtered_part":
                error = {"code": 3, "message": "PUBLIC_ERROR_UNSAFE_GENERATION"}
                return self._entry(operation, "ERROR_UNSAFE", {"error": error})
        if not operation.is_done:
            early = time.time() < operation.created_at + self.operation_s / 4
            return self._entry(operation, "PENDING" if early else "ACTIVE")
        url = f"{self.storage or self.url}/files/{operation.id}.mp4"
        asked = operation.said["asked"]
        video = {
            "seed": asked["seed"],
            "prompt": operation.prompt,
            "fifeUrl": url,
            "model": asked["videoModelKey"],
            "aspectRatio": asked["aspectRatio"],
        }
        return self._entry(operation, "SUCCESSFUL", {"metadata": {"video": video}})

    def _entry(
        self, operation: Operation, word: str, more: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        scene = operation.said["asked"]["metadata"]["sceneId"]
        return {
            "operation": {"name": operation.id, **(more or {})},
            "sceneId": scene,
            "status": STATUS + word,
        }

    async def _file(self, request: web.Request, body: Any) -> web.Response:
        name, _, ending = request.match_info["name"].partition(".")
        operation = self.operation(name)
        if operation is None or not operation.clips:
            return self.refuse(404, "There is no such file.")
        return self.file(request, operation.clips[0], "video/mp4" if ending == "mp4" else "image/png")

    # What it checks

    def _check_context(self, given: Any, fields: set[str]) -> Mapping[str, Any]:
        context = _fields(given, fields, "clientContext")
        _must(context["tool"] == "PINHOLE", "clientContext.tool must be PINHOLE")
        _must(context["projectId"] == PROJECT, "there is no such project")
        session = context["sessionId"]
        _must(session.startswith(";") and session[1:].isdecimal(), "sessionId must be ; and milliseconds")
        return context

    def _check_medium(self, name: Any) -> None:
        is_known = name in self._uploads or self.operation(str(name)) is not None
        _must(is_known, f"mediaId {name} is not known")


def _fields(given: Any, names: set[str], where: str) -> Mapping[str, Any]:
    _must(isinstance(given, dict), f"{where} must be an object")
    _must(set(given) == names, f"{where} must have exactly {sorted(names)}, not {sorted(given)}")
    checked: Mapping[str, Any] = given
    return checked


def _only(given: Any) -> Any:
    _must(isinstance(given, list) and len(given) == 1, "exactly one entry is allowed")
    return given[0]


def _shape(word: Any, what: str) -> str:
    shape = SHAPES.get(str(word).removeprefix(f"{what}_ASPECT_RATIO_"))
    _must(shape is not None and str(word).startswith(what), f"{word} is no aspect ratio")
    return str(shape)


def _must(is_so: bool, wrong: str) -> None:
    if not is_so:
        raise Wrong(wrong)
