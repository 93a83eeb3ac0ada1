"""``InteractionsEmulator``: the Gemini API – interactions in the background, files, models, content."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from workbench.emulators.book import Operation
from workbench.emulators.content import IMAGE_MODELS, VISION_MODELS, GenerateContent
from workbench.emulators.faults import Step
from workbench.emulators.schemas import Wrong
from workbench.emulators.server import FAULT, Emulator, Handler, Route
from workbench.emulators.uploads import GOOGLE, Uploads

VERSIONS = ("v1", "v1beta")
LONGEST_S = {"gemini-omni-1.2-flash": 15, "gemini-omni-1.1-flash": 10}
MODELS = (*LONGEST_S, *IMAGE_MODELS, *VISION_MODELS)
_SHORTEST_S, _LONGEST_TURN_S = 3, 10
_BODY = {"model", "input", "background", "store", "stream", "labels", "generation_config", "response_format"}
_BODY |= {"response_modalities", "previous_interaction_id"}
_FORMAT = {
    "type": {"video"},
    "aspect_ratio": {"16:9", "9:16"},
    "resolution": {"360p", "720p", "1080p", "4k"},
    "delivery": {"inline", "uri"},
}
_TASKS = {"text_to_video", "image_to_video", "reference_to_video", "edit", "extend"}
_MIMES = {"image": ("image/png", "image/jpeg"), "video": ("video/mp4",)}
_STARTS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "video/mp4": b"ftyp"}
_GRPC = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_GRPC |= {409: "ABORTED", 413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
_GRPC |= {503: "UNAVAILABLE"}
REFUSAL = "I can't make that video: it would show a real person in danger."


class InteractionsEmulator(Emulator):
    """One key for clips, pictures and vision. ``storage`` is the host that the addresses of clips name."""

    wire = "gemini"
    storage = GOOGLE

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.uploads = Uploads(self)

    def settings(self) -> dict[str, str]:
        return {"GEMINI_API_KEY": self.key, "GOOGLE_GEMINI_BASE_URL": self.url}

    def routes(self) -> Sequence[Route]:
        reading = GenerateContent(self, self.uploads).routes()
        return [*self._interaction_routes(), *reading, *self.uploads.routes()]

    def _interaction_routes(self) -> Sequence[Route]:
        paths: Sequence[tuple[str, str, Step, Handler]] = (
            ("POST", "/interactions", Step.CREATE, self._create),
            ("GET", "/interactions/{id}", Step.POLL, self._poll),
            ("POST", "/interactions/{id}/cancel", Step.CANCEL, self._cancel),
            ("GET", "/files/{id}:download", Step.FETCH, self._download),
            ("GET", "/files/{id}", Step.PROBE, self._file_state),
            ("GET", "/models/{model}", Step.PROBE, self._model),
        )
        return [
            Route(method, f"/{version}{path}", step, handler)
            for version in VERSIONS
            for method, path, step, handler in paths
        ]

    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        details = []
        if retry_s is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details = [{"@type": kind, "retryDelay": f"{retry_s:g}s"}]
        word = _GRPC.get(status, "UNKNOWN")
        return {"error": {"code": status, "message": message, "status": word, "details": details}}

    def is_let_in(self, request: web.Request) -> bool:
        has_key = self.key in (request.headers.get("x-goog-api-key"), request.query.get("key"))
        return has_key or self.uploads.is_part(request)

    # What it answers

    async def _create(self, request: web.Request, body: Any) -> web.Response:
        try:
            if isinstance(body, dict) and body.get("model") not in LONGEST_S:
                return self.refuse(404, f"Model {body.get('model')} is not found.")
            before = self._previous(body)
            asked = _checked(body, before)
        except Wrong as error:
            return self.refuse(400, str(error))
        operation = self.accept(asked.pop("prompt"), name=f"v1_{secrets.token_hex(8)}", **asked)
        if not asked["background"]:
            await asyncio.sleep(self.operation_s)
        return web.json_response(self._state(operation, str(request[FAULT])))

    async def _poll(self, request: web.Request, body: Any) -> web.Response:
        operation = self.operation(request.match_info["id"])
        if operation is None or request[FAULT] == "gone":
            return _unknown()
        return web.json_response(self._state(operation, str(request[FAULT])))

    async def _cancel(self, request: web.Request, body: Any) -> web.Response:
        operation = self.operation(request.match_info["id"])
        if operation is None:
            return _unknown()
        if not operation.is_done:
            operation.cancelled = True
        return web.json_response(self._state(operation, str(request[FAULT])))

    async def _download(self, request: web.Request, body: Any) -> web.Response:
        name = request.match_info["id"]
        operation = next((o for o in self.book.operations.values() if _file_id(o) == name), None)
        if operation is None or not operation.is_done or request[FAULT] == "gone":
            return self.refuse(
                403, f"You do not have permission to access the File {name} or it may not exist."
            )
        if request.query.get("alt") != "media":
            return self.refuse(400, "alt must be media.")
        return self.file(request, operation.clips[0])

    async def _file_state(self, request: web.Request, body: Any) -> web.Response:
        name = request.match_info["id"]
        if uploaded := self.uploads.state(name, str(request[FAULT])):
            return web.json_response(uploaded)
        if name in self.uploads.deleted:
            return self.refuse(403, f"You do not have permission to access the File {name}.")
        state = "PROCESSING" if request[FAULT] == "gone" else "ACTIVE"
        return web.json_response({"name": f"files/{name}", "state": state, "mimeType": "video/mp4"})

    async def _model(self, request: web.Request, body: Any) -> web.Response:
        name = request.match_info["model"]
        if name not in MODELS:
            return self.refuse(404, f"models/{name} is not found for API version v1.")
        return web.json_response({"name": f"models/{name}", "displayName": name})

    # An interaction

    def _state(self, operation: Operation, fault: str) -> dict[str, Any]:
        """As it is now, or as the fault says."""
        match fault:
            case "done_empty":
                return self._interaction(operation, "completed")
            case "done_error":
                trouble = {"code": "internal", "message": "The video could not be generated."}
                return self._interaction(operation, "failed", errors=[trouble])
            case "filtered":
                return self._interaction(operation, "completed", [{"type": "text", "text": REFUSAL}])
            case "filtered_part":  # a clip never comes in parts; the words beside it are no refusal
                status, content = self._now(operation)
                return self._interaction(operation, status, [*content, {"type": "text", "text": "Done."}])
            case "unknown_status":
                return self._interaction(operation, "dreaming")
            case "clock_skew":
                return self._interaction(operation, *self._now(operation), ahead_s=3_600.0)
        return self._interaction(operation, *self._now(operation))

    def _now(self, operation: Operation) -> tuple[str, list[dict[str, Any]]]:
        if operation.cancelled:
            return "cancelled", []
        if not operation.is_done:
            return "in_progress", []
        video = {"type": "video", "mime_type": "video/mp4"}
        if operation.said["delivery"] == "uri":
            address = f"{self.storage}/v1beta/files/{_file_id(operation)}:download?alt=media"
            return "completed", [{**video, "uri": address}]
        return "completed", [{**video, "data": base64.b64encode(operation.clips[0]).decode()}]

    def _interaction(
        self,
        operation: Operation,
        status: str,
        content: Sequence[Mapping[str, Any]] = (),
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        ahead_s: float = 0.0,
    ) -> dict[str, Any]:
        said: dict[str, Any] = {
            "id": operation.id,
            "object": "interaction",
            "model": operation.said["model"],
            "status": status,
            "created": _iso(operation.created_at + ahead_s),
            "updated": _iso((operation.ready_at if operation.is_done else time.time()) + ahead_s),
        }
        if content:
            shown = {"type": "model_output", "content": list(content)}
            said["steps"] = [{"type": "thought", "signature": "Ep=="}, shown]
            said["usage"] = {"total_tokens": 9, "total_input_tokens": 4, "total_output_tokens": 5}
        return {**said, "errors": list(errors)} if errors else said

    def _previous(self, body: Any) -> Operation | None:
        name = body.get("previous_interaction_id") if isinstance(body, dict) else None
        if name is None:
            return None
        operation = self.operation(str(name))
        is_kept = operation is not None and operation.said["store"] and operation.is_done
        _must(is_kept, "previous_interaction_id names no finished interaction that was stored")
        return operation


# What it checks


def _checked(body: Any, before: Operation | None) -> dict[str, Any]:
    """What the request asks for; ``Wrong`` where the service would not take it."""
    given = _fields(body, _BODY, "the body")
    background, store = given.get("background", False), given.get("store", True)
    _must(type(background) is bool and type(store) is bool, "background and store must be true or false")
    _must(store or not background, "background needs store")
    _must(given.get("stream", False) is False, "this emulator does not stream")
    _must(given.get("response_modalities", ["video"]) == ["video"], "response_modalities must be [video]")
    config = _fields(given.get("generation_config", {}), {"seed", "video_config"}, "generation_config")
    seed = config.get("seed", 0)
    _must(type(seed) is int and 0 <= seed < 2**31, "generation_config.seed must be a whole number")
    contents = list(_contents(given.get("input")))
    task = _fields(config.get("video_config", {}), {"task"}, "video_config").get("task")
    _check_task(task, contents, before)
    shape = _checked_format(given.get("response_format", {"type": "video"}), given["model"], str(task))
    return {
        "prompt": " ".join(part["text"] for part in contents if part["type"] == "text"),
        "model": given["model"],
        "background": background,
        "store": store,
        "seconds": _length(str(task), shape["seconds"], before),
        "aspect_ratio": shape["aspect_ratio"] or (before.said["aspect_ratio"] if before else "16:9"),
        "delivery": shape["delivery"],
    }


def _length(task: str, asked: int, before: Operation | None) -> int:
    """An extension is added to its clip, an edit is as long as it; uploads are taken to have four seconds."""
    already = int(before.said["seconds"]) if before else 4
    return {"extend": already + asked, "edit": already}.get(task, asked)


def _checked_format(given: Any, model: str, task: str) -> dict[str, Any]:
    shape = _fields(given, {*_FORMAT, "duration"}, "response_format")
    for name, values in _FORMAT.items():
        _must(shape.get(name) is None or shape[name] in values, f"response_format.{name} is not valid")
    duration = shape.get("duration", "8s")
    is_text = isinstance(duration, str) and re.fullmatch(r"\d+s", duration)
    _must(bool(is_text), "Invalid value at 'response_format.duration' (TYPE_STRING), such as 8s")
    seconds = int(duration[:-1])
    longest = _LONGEST_TURN_S if task == "extend" else LONGEST_S[model]
    _must(_SHORTEST_S <= seconds <= longest, f"duration must be {_SHORTEST_S}s to {longest}s")
    return {
        "seconds": seconds,
        "aspect_ratio": shape.get("aspect_ratio"),
        "delivery": shape.get("delivery", "inline"),
    }


def _check_task(task: Any, contents: Sequence[Mapping[str, Any]], before: Operation | None) -> None:
    """A task that is named has to fit what is given; without one the service decides itself."""
    images = sum(part["type"] == "image" for part in contents)
    videos = sum(part["type"] == "video" for part in contents)
    _must(task is None or task in _TASKS, f"video_config.task {task} is not known")
    fits = {
        "text_to_video": not images and not videos,
        "image_to_video": images > 0,
        "reference_to_video": images + videos > 0,
        "edit": before is not None or videos > 0,
        "extend": before is not None or videos > 0,
    }
    _must(task is None or fits[task], f"video_config.task {task} does not fit the input")
    _must(images <= 10 and videos <= 4, "too many files in the input")
    _must(bool(contents), "input is empty")


def _contents(given: Any) -> Iterator[Mapping[str, Any]]:
    """A text, contents, or steps with contents."""
    if isinstance(given, str):
        yield {"type": "text", "text": given}
        return
    _must(isinstance(given, list), "input must be a text or a list")
    for part in given:
        if isinstance(part, dict) and part.get("type") == "user_input":
            yield from _contents(_fields(part, {"type", "content"}, "user_input").get("content"))
        else:
            yield _content(part)


def _content(part: Any) -> Mapping[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        text = _fields(part, {"type", "text"}, "text")
        _must(isinstance(text.get("text"), str) and bool(text["text"]), "text is empty")
        return text
    _must(kind in _MIMES, f"content type {kind} is not known")
    content = _fields(part, {"type", "data", "uri", "mime_type", "name", "resolution"}, str(kind))
    if "uri" in content:
        return content
    mime = content.get("mime_type")
    _must(mime in _MIMES[str(kind)], f"mime_type {mime} is not valid for {kind}")
    try:
        start = base64.b64decode(str(content.get("data", "")), validate=True)[:12]
    except binascii.Error as error:
        raise Wrong(f"{kind}.data is no base64") from error
    _must(_STARTS[str(mime)] in start, f"{kind}.data is no {mime}")
    return content


def _fields(given: Any, names: set[str], where: str) -> Mapping[str, Any]:
    _must(isinstance(given, dict), f"{where} must be an object")
    unknown = sorted(set(given) - names)
    _must(not unknown, f'Invalid JSON payload received. Unknown name "{", ".join(unknown)}" at {where}')
    checked: Mapping[str, Any] = given
    return checked


def _must(is_so: bool, wrong: str) -> None:
    if not is_so:
        raise Wrong(wrong)


def _unknown() -> web.Response:
    """Not 404: the service calls the name invalid, with a word for a code, and wraps the error in a list."""
    error = {"error": {"code": "invalid_request", "message": "Invalid interaction name"}}
    return web.json_response([error], status=400)


def _file_id(operation: Operation) -> str:
    return f"f{operation.id.removeprefix('v1_')}"


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
