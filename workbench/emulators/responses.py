"""``Responses``: what OpenAI's ``/v1/responses`` answers to questions about pictures and words."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from workbench.emulators.faults import Step
from workbench.emulators.schemas import Wrong, check_strict, must
from workbench.emulators.seeing import Shown, answer, words
from workbench.emulators.server import FAULT, Emulator, Route

MODELS = ("gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-sol", "gpt-6-astra")
REFUSAL = "I can't help with that."
_BODY = {"model", "input", "instructions", "text", "store", "max_output_tokens", "reasoning", "temperature"}
_BODY |= {"top_p", "metadata", "truncation", "stream", "background", "safety_identifier"}
_STARTS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/webp": b"RIFF", "image/gif": b"GIF8"}
_DETAILS = {"auto", "low", "high", "original"}
_ADDRESS = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.S)
_LEAST_TOKENS = 16
_LETTERS_A_TOKEN, _TOKENS_A_PICTURE = 4, 765  # about what a picture of 1024x1024 in high detail counts
_SKEW_S = 3_600.0


class Responses:
    """Plays for ``host``, whose book and faults it uses."""

    def __init__(self, host: Emulator) -> None:
        self._host = host

    def routes(self) -> Sequence[Route]:
        return [Route("POST", "/v1/responses", Step.CREATE, self._respond)]

    async def _respond(self, request: web.Request, body: Any) -> web.Response:
        host, fault = self._host, str(request[FAULT])
        try:
            text, shown = _question(body)
            schema = _schema(body)
            said = json.dumps(answer(schema, text, shown)) if schema else words(text, shown)
        except Wrong as error:
            return host.refuse(400, str(error))
        host.accept(text, 0, seconds=1)
        if fault == "wrong_shape":
            said = json.dumps({"verdict": "a harbour at dawn"})
        most = body.get("max_output_tokens")
        needed = len(said) // _LETTERS_A_TOKEN + 1
        if fault == "incomplete" or (most is not None and needed > most):
            most = min(most or needed, needed // 2)
            cut = said[: most * _LETTERS_A_TOKEN]
            return self._told(body, fault, text, shown, cut, incomplete="max_output_tokens")
        return self._told(body, fault, text, shown, said)

    def _told(
        self,
        body: Mapping[str, Any],
        fault: str,
        text: str,
        shown: Sequence[Shown],
        said: str,
        incomplete: str = "",
    ) -> web.Response:
        part: dict[str, Any] = {"type": "output_text", "text": said, "annotations": []}
        error = None
        match fault:
            case "filtered" | "refusal":
                part = {"type": "refusal", "refusal": REFUSAL}
            case "blocked":
                incomplete = "content_filter"
            case "done_error":
                error = {"code": "server_error", "message": "The server had an error while answering."}
        message = {
            "id": f"msg_{secrets.token_hex(8)}",
            "type": "message",
            "status": "incomplete" if incomplete else "completed",
            "role": "assistant",
            "content": [part],
        }
        thought = {"id": f"rs_{secrets.token_hex(8)}", "type": "reasoning", "summary": []}
        is_empty = error or fault in ("done_empty", "blocked")
        status = "failed" if error else "incomplete" if incomplete else "completed"
        tokens_in = len(text) // _LETTERS_A_TOKEN + 1 + len(shown) * _TOKENS_A_PICTURE
        tokens_out = len(said) // _LETTERS_A_TOKEN + 1
        moment = time.time() + (_SKEW_S if fault == "clock_skew" else 0.0)
        at: Any = int(moment)
        if fault == "string_times":
            at = datetime.fromtimestamp(at, UTC).isoformat()
        return web.json_response(
            {
                "id": f"resp_{secrets.token_hex(12)}",
                "object": "response",
                "created_at": at,
                "status": "dreaming" if fault == "unknown_status" else status,
                "error": error,
                "incomplete_details": {"reason": incomplete} if incomplete else None,
                "instructions": body.get("instructions"),
                "max_output_tokens": body.get("max_output_tokens"),
                "model": body["model"],
                "output": [thought] if is_empty else [thought, message],
                "parallel_tool_calls": True,
                "store": body.get("store", True),
                "text": body.get("text", {"format": {"type": "text"}}),
                "tool_choice": "auto",
                "tools": [],
                "usage": {
                    "input_tokens": tokens_in,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens": 0 if is_empty else tokens_out,
                    "output_tokens_details": {"reasoning_tokens": 0},
                    "total_tokens": tokens_in + (0 if is_empty else tokens_out),
                },
            }
        )


def _question(body: Any) -> tuple[str, list[Shown]]:
    """Its words and pictures; ``Wrong`` where the service would not take it."""
    must(isinstance(body, dict) and bool(body.get("input")), "Missing required parameter: 'input'.")
    unknown = sorted(set(body) - _BODY)
    must(not unknown, f"Unknown parameter: '{', '.join(unknown)}'.")
    must(body.get("model") in MODELS, f"The requested model '{body.get('model')}' does not exist.")
    must(type(body.get("store", True)) is bool, "Invalid type for 'store': expected a boolean.")
    must(not body.get("stream") and not body.get("background"), "This emulator answers at once and whole.")
    most = body.get("max_output_tokens", _LEAST_TOKENS)
    must(type(most) is int and most >= _LEAST_TOKENS, "Invalid 'max_output_tokens': at least 16.")
    must(isinstance(body.get("instructions") or "", str), "Invalid type for 'instructions'.")
    if isinstance(body["input"], str):
        return body["input"], []
    texts: list[str] = []
    shown: list[Shown] = []
    for part in _contents(body["input"]):
        if isinstance(part, str):
            texts.append(part)
        else:
            label = texts[-1].removesuffix(":") if texts and texts[-1].endswith(":") else ""
            shown.append(_picture(part, label))
    must(bool(texts), "Missing required parameter: 'input[0].content[0].text'.")
    return " ".join(texts), shown


def _contents(given: Any) -> Iterator[str | Mapping[str, Any]]:
    """Texts as they are, pictures as their parts."""
    must(isinstance(given, list), "Invalid type for 'input'.")
    for place, message in enumerate(given):
        is_message = isinstance(message, dict) and message.get("role") in ("user", "system", "developer")
        must(is_message, f"Invalid value: 'input[{place}].role'.")
        content = message.get("content")
        if isinstance(content, str):
            yield content
            continue
        must(isinstance(content, list) and bool(content), f"Invalid type for 'input[{place}].content'.")
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "input_text":
                must(set(part) == {"type", "text"} and bool(part["text"]), "Invalid 'input_text'.")
                yield str(part["text"])
            else:
                told = "Supported values are: 'input_text', 'input_image' and 'input_file'."
                must(kind == "input_image", f"Invalid value: '{kind}'. {told}")
                yield part


def _picture(part: Mapping[str, Any], label: str) -> Shown:
    must(set(part) <= {"type", "image_url", "detail"}, "Unknown parameter in 'input_image'.")
    must(part.get("detail", "auto") in _DETAILS, "Invalid value for 'detail'.")
    found = _ADDRESS.fullmatch(str(part.get("image_url", "")))
    if found is None:
        raise Wrong("Invalid 'image_url'. Expected a base64-encoded data URL with an image MIME type.")
    mime, data = found[1], found[2]
    must(mime in _STARTS, f"Unsupported MIME type {mime}. Supported are png, jpeg, gif and webp.")
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise Wrong("Invalid base64 image_url.") from error
    must(content.startswith(_STARTS[mime]), "The image data you provided does not represent a valid image.")
    return Shown(label, mime, content)


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the answer; empty where none is asked for."""
    shape = body.get("text", {}).get("format", {"type": "text"})
    if shape.get("type") == "text":
        return {}
    must(shape.get("type") == "json_schema", "Invalid value: 'text.format.type'.")
    must(
        set(shape) <= {"type", "name", "schema", "strict", "description"}, "Unknown parameter: 'text.format'."
    )
    is_named = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(shape.get("name", "")))
    must(bool(is_named), "Invalid 'text.format.name'.")
    must(shape.get("strict") is True, "This emulator checks schemas with strict only.")
    check_strict(shape.get("schema"), "schema for response_format")
    schema: Mapping[str, Any] = shape["schema"]
    return schema
