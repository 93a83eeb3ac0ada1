"""``VideosEmulator``: a server of the ``/v1/videos`` shape in one of five dialects, strict in what it takes.

Words, places and types are those that the servers were read to have (LiteLLM 1.109.1, vLLM-Omni 0.30.0,
SGLang 0.5.23, openai 3.52.0, the asynchronous guide of January 2026). What a dialect does not know is a
400 here, even where the real server would pass over it in silence: a field that has no effect is a mistake.
"""

from __future__ import annotations

import base64
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from workbench.emulators.book import FormPart, Operation
from workbench.emulators.faults import Step
from workbench.emulators.server import FAULT, Emulator, Route

_SKEW_S = 3_600
_KEPT_S = 86_400
_FILTERED = "The video was blocked by the safety filter. Support codes: 15236754"
_BROKEN = "The model ran out of memory."

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _seconds(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[1-9]\d{0,2}", value))


def _size(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{2,4}x\d{2,4}", value))


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@dataclass(frozen=True, slots=True)
class Shape:
    """One dialect. ``files`` says how many parts of a name it takes.

    ``deletes`` is what DELETE does: it ``stops`` the work, or only ``forgets`` it. ``links``: the clip is at
    a link. ``quiet``: answers hold only what the guide shows. ``lies``: it says completed of what failed.
    ``detail``: errors are ``{"detail": …}``.
    """

    fields: Mapping[str, Check]
    files: Mapping[str, int]
    models: tuple[str, ...]
    takes_json: bool = True
    form_needs_file: bool = False
    checks_model: bool = False
    running: str = "in_progress"
    lists: bool = True
    deletes: str = ""
    links: bool = False
    quiet: bool = False
    lies: bool = False
    detail: bool = False


_PLAIN: Mapping[str, Check] = {"model": _text, "prompt": _text, "seconds": _seconds, "size": _size}
_OPEN: Mapping[str, Check] = {
    "model": _text,
    "prompt": _text,
    "size": _size,
    "fps": _number,
    "num_frames": _number,
    "negative_prompt": _text,
    "seed": _number,
}
_OTHERS = ("text-embedding-3-small", "gpt-6-luna")
SHAPES: Mapping[str, Shape] = {
    "openai": Shape(_PLAIN, {"input_reference": 1}, ("sora-2", *_OTHERS), deletes="forgets"),
    "litellm": Shape(
        _PLAIN,
        {"input_reference": 1},
        ("veo-3.1-generate-001", *_OTHERS),
        running="processing",
        lists=False,
        lies=True,
    ),
    "vllm-omni": Shape(
        {**_OPEN, "seconds": _seconds},
        {"input_reference": 1, "input_references": 12},
        ("Wan-AI/Wan2.2-TI2V-5B-Diffusers",),
        takes_json=False,
        checks_model=True,
        deletes="stops",
        detail=True,
    ),
    "sglang": Shape(
        {**_OPEN, "seconds": _number},
        {"input_reference": 1},
        ("Wan-AI/Wan2.2-TI2V-5B-Diffusers",),
        form_needs_file=True,
        running="queued",
        deletes="forgets",
        detail=True,
    ),
    "reseller": Shape(
        _PLAIN,
        {"input_reference": 2},
        ("veo-3.1-fast", "veo-3.1-fast-fl", "veo-3.1-landscape", "gemini-omni-1.2-flash", *_OTHERS),
        running="processing",
        lists=False,
        links=True,
        quiet=True,
    ),
}


class VideosEmulator(Emulator):
    """``models`` replaces what it lists. ``storage`` is the base URL where clips with a link are."""

    wire = "openai-videos"

    def __init__(
        self,
        *arguments: Any,
        dialect: str = "openai",
        models: Sequence[str] = (),
        storage: str = "",
        **named: Any,
    ) -> None:
        if dialect not in SHAPES:
            raise ValueError(f"{dialect!r} is no dialect. Allowed: {', '.join(SHAPES)}.")
        super().__init__(*arguments, **named)
        self.dialect = dialect
        self.shape = SHAPES[dialect]
        self.models = tuple(models) or self.shape.models
        self.storage = storage

    def routes(self) -> Sequence[Route]:
        found = [
            Route("GET", "/v1/models", Step.PROBE, self._models),
            Route("POST", "/v1/videos", Step.CREATE, self._create),
            Route("GET", "/v1/videos/{id}", Step.POLL, self._poll),
            Route("GET", "/v1/videos/{id}/content", Step.FETCH, self._content),
            Route("GET", "/files/{id}", Step.FETCH, self._stored),
            Route("DELETE", "/v1/videos/{id}", Step.CANCEL, self._delete),
        ]
        return [*found, Route("GET", "/v1/videos", Step.LIST, self._list)]

    def settings(self) -> dict[str, str]:
        return {
            "OPENAI_VIDEOS_BASE_URL": f"{self.url}/v1",
            "OPENAI_VIDEOS_API_KEY": self.key,
            "OPENAI_VIDEOS_DIALECT": self.dialect,
        }

    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        if self.shape.detail:
            return {"detail": message}
        kind = "rate_limit_error" if status == 429 else "invalid_request_error"
        code: Any = str(status) if self.dialect == "litellm" else None
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    def is_let_in(self, request: web.Request) -> bool:
        """A link is its own permission."""
        return request.path.startswith("/files/") or super().is_let_in(request)

    # What is asked

    async def _models(self, _: web.Request, __: Any) -> web.Response:
        data = [{"id": name, "object": "model", "created": 1_760_000_000} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _create(self, request: web.Request, body: Any) -> web.Response:
        if wrong := self._wrong(body):
            return self.refuse(400, wrong)
        values = _values(body)
        name = f"video_{secrets.token_hex(8)}"
        if self.dialect == "litellm":  # its ids say, in base64, whom to ask
            packed = f"litellm:custom_llm_provider:gemini;model_id:;video_id:{name}"
            name = f"video_{base64.b64encode(packed.encode()).decode()}"
        frames, fps = int(values.get("num_frames") or 0), int(values.get("fps") or 24)
        seconds = str(values.get("seconds") or (round((frames - 1) / fps) if frames else 4))
        operation = self.accept(
            str(values["prompt"]),
            name=name,
            model=str(values.get("model") or self.models[0]),
            seconds=seconds,
            size=str(values.get("size") or "1280x720"),
            aspect_ratio=_ratio(str(values.get("size") or "")),
        )
        return web.json_response(self._state(operation, request[FAULT]))

    def _wrong(self, body: Any) -> str:
        """What this server would say; empty when nothing is wrong."""
        shape = self.shape
        if isinstance(body, dict):
            if not shape.takes_json:
                return "body.prompt: Field required (this route takes multipart/form-data)."
        elif not (isinstance(body, list) and all(isinstance(part, FormPart) for part in body)):
            return "The body is neither a JSON object nor a multipart form."
        values, files = _values(body), _files(body)
        if isinstance(body, list) and shape.form_needs_file and not files:
            return "input_reference file is required"
        for name, value in values.items():
            if name not in shape.fields:
                return f"Unknown parameter: '{name}'."
            number = shape.fields[name] is _number and isinstance(body, list) and str(value).isdecimal()
            if not shape.fields[name](int(value) if number else value):
                return f"Invalid value for '{name}'."
        for name in dict.fromkeys(part.name for part in files):
            count = sum(part.name == name for part in files)
            if name not in shape.files:
                return f"Unknown parameter: '{name}'."
            if count > shape.files[name]:
                return f"'{name}' is given {count} times."
            if not all(part.filename and part.content and part.content_type for part in files):
                return f"'{name}' is no file."
        if {"input_reference", "input_references"} <= {part.name for part in files}:
            return "Provide input_references alone, without input_reference."
        if "prompt" not in values:
            return "prompt is required"
        if shape.checks_model and values.get("model", self.models[0]) not in self.models:
            return f"Model mismatch: request specifies '{values['model']}' but server is running another."
        return ""

    # What is answered

    async def _poll(self, request: web.Request, _: Any) -> web.Response:
        operation, fault = self.operation(request.match_info["id"]), request[FAULT]
        if operation is None or fault == "gone" or "forgotten" in operation.said:
            return self.refuse(404, "Video not found")
        if fault in ("done_empty", "done_error", "filtered"):
            operation.said["outcome"], operation.ready_at = fault, time.time()
        return web.json_response(self._state(operation, fault))

    def _state(self, operation: Operation, fault: str = "") -> dict[str, Any]:
        outcome = operation.said.get("outcome", "")
        is_done = operation.is_done
        is_failed = is_done and outcome in ("done_error", "filtered") and not self.shape.lies
        word = "failed" if is_failed else "completed" if is_done else self.shape.running
        if not is_done and time.time() < operation.created_at + 0.05:
            word = "queued"
        if fault == "unknown_status":
            word = "defragmenting"
        found: dict[str, Any] = {
            "id": operation.id,
            "object": "video",
            "status": word,
            "progress": 100 if is_done else self._progress(operation),
            "created_at": self._time(operation.created_at, fault),
            "model": operation.said["model"],
            "seconds": operation.said["seconds"],
            "size": operation.said["size"],
            "error": self._trouble(outcome) if is_failed else None,
        }
        if self.dialect == "sglang":
            found |= {
                "url": self._cloud(operation) if word == "completed" else None,
                "file_path": "outputs/x.mp4",
            }
        else:
            found["prompt"] = operation.prompt
        if is_done and not self.shape.quiet:
            found["completed_at"] = self._time(operation.ready_at, fault)
            found["expires_at"] = self._time(operation.ready_at + _KEPT_S, fault)
        if not self.shape.quiet:
            return found
        kept = {key: found[key] for key in ("id", "status", "progress")}
        if word == "queued":
            kept["created_at"] = self._time(operation.created_at, fault or "string_times")
        if is_failed:
            kept["error"] = self._trouble(outcome)["message"]
        elif word == "completed" and outcome != "done_empty":
            kept["output"] = {"url": self._link(operation), "duration": 8, "resolution": "1080p"}
        return kept

    def _progress(self, operation: Operation) -> int:
        whole = max(operation.ready_at - operation.created_at, 0.001)
        return min(99, int(100 * (time.time() - operation.created_at) / whole))

    def _trouble(self, outcome: str) -> dict[str, Any]:
        if outcome == "filtered":
            return {"code": "moderation_blocked", "message": _FILTERED}
        return {"code": 500 if self.shape.detail else "server_error", "message": _BROKEN}

    def _time(self, moment: float, fault: str) -> int | str:
        if fault == "clock_skew":
            moment += _SKEW_S
        if fault == "string_times":
            return datetime.fromtimestamp(int(moment), UTC).isoformat().replace("+00:00", "Z")
        return int(moment)

    # Clips

    def _link(self, operation: Operation) -> str:
        return f"{self.storage or self.url}/files/{operation.id}.mp4?signature={operation.id[-8:]}"

    def _cloud(self, operation: Operation) -> str | None:
        return self._link(operation) if self.storage else None

    async def _content(self, request: web.Request, _: Any) -> web.Response:
        operation, fault = self.operation(request.match_info["id"]), request[FAULT]
        if operation is None or fault == "gone" or "forgotten" in operation.said:
            return self.refuse(404, "Video not found")
        if not operation.is_done:
            return self.refuse(404, "Generation is still in-progress")
        outcome = (
            fault if fault in ("done_empty", "done_error", "filtered") else operation.said.get("outcome")
        )
        if outcome == "done_empty":
            return self.refuse(404, "Not found")
        if outcome:
            said = str(self._trouble(outcome)["message"])
            said = (
                f"litellm.InternalServerError: No video in the response. {said}" if self.shape.lies else said
            )
            return self.refuse(500 if self.shape.lies else 422, said)
        if self.shape.links:
            return web.json_response({"url": self._link(operation)})
        if self._cloud(operation):
            return self.refuse(400, f"Video has been uploaded to cloud storage. Use {self._cloud(operation)}")
        return self.file(request, operation.clips[0])

    async def _stored(self, request: web.Request, _: Any) -> web.Response:
        operation = self.operation(request.match_info["id"].removesuffix(".mp4"))
        if operation is None or request[FAULT] == "gone" or "signature" not in request.query:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        return self.file(request, operation.clips[0])

    # The rest

    async def _list(self, request: web.Request, _: Any) -> web.Response:
        if not self.shape.lists:
            return self.refuse(404, "Not Found")
        known = [each for each in self.book.operations.values() if "forgotten" not in each.said]
        known.sort(key=lambda each: each.created_at, reverse=request.query.get("order", "desc") == "desc")
        after = next((n for n, each in enumerate(known) if each.id == request.query.get("after")), -1)
        rest = known[after + 1 :]
        limit = int(request.query.get("limit", 20))
        page = [self._state(each, request[FAULT]) for each in rest[:limit]]
        found: dict[str, Any] = {"object": "list", "data": page}
        if self.dialect != "sglang":
            ids = [each["id"] for each in page] or [None]
            found |= {"first_id": ids[0], "last_id": ids[-1], "has_more": len(rest) > limit}
        return web.json_response(found)

    async def _delete(self, request: web.Request, _: Any) -> web.Response:
        operation = self.operation(request.match_info["id"])
        if not self.shape.deletes or operation is None or "forgotten" in operation.said:
            return self.refuse(404, "Video not found" if self.shape.deletes else "Not Found")
        operation.said["forgotten"] = True
        operation.cancelled = self.shape.deletes == "stops"
        if self.dialect == "sglang":
            return web.json_response({**self._state(operation), "status": "deleted"})
        return web.json_response({"id": operation.id, "object": "video.deleted", "deleted": True})


def _values(body: Any) -> dict[str, Any]:
    if isinstance(body, dict):
        return body
    return {part.name: part.text for part in body if not part.filename}


def _files(body: Any) -> list[FormPart]:
    return [part for part in body if part.filename] if isinstance(body, list) else []


def _ratio(size: str) -> str:
    width, _, height = size.partition("x")
    return "9:16" if height and int(width) < int(height) else "16:9"
