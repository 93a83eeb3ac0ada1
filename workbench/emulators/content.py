"""``GenerateContent``: what ``models/…:generateContent`` answers – a picture, or words about pictures."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from workbench.emulators import footage
from workbench.emulators.faults import Step
from workbench.emulators.schemas import Wrong, check_google, must
from workbench.emulators.seeing import Shown, answer, words
from workbench.emulators.server import FAULT, Emulator, Route
from workbench.emulators.uploads import Uploads

IMAGE_MODELS = (
    "gemini-nano-banana-2.1",
    "gemini-3-pro-image",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
)
VISION_MODELS = (
    "gemini-3.8-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.5-flash",
    "gemini-4-argon",
    "gemini-4-carbon",
    "gemini-4-hydrogen",
)
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
SHORT_SIDES = {"1K": 576, "2K": 1_152, "4K": 2_304}
REFUSAL = "I can't make that picture: it would show a real person in danger."
DECLINED = "I can't describe that."
_STARTS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/webp": b"WEBP", "video/mp4": b"ftyp"}
_CONFIG = {"responseModalities", "imageConfig", "responseMimeType", "responseSchema", "responseJsonSchema"}
_CONFIG |= {"temperature", "seed", "maxOutputTokens", "thinkingConfig", "mediaResolution"}
_LETTERS_A_TOKEN, _TOKENS_A_FILE = 4, 258


class GenerateContent:
    """Plays for ``host``, whose book and faults it uses: one API has more routes than these."""

    def __init__(self, host: Emulator, uploads: Uploads | None = None) -> None:
        self._host = host
        self._uploads = uploads

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", f"/{version}/models/{{model}}:generateContent", Step.CREATE, self._answer)
            for version in ("v1", "v1beta")
        ]

    async def _answer(self, request: web.Request, body: Any) -> web.Response:
        host, model, fault = self._host, request.match_info["model"], str(request[FAULT])
        if model not in IMAGE_MODELS + VISION_MODELS:
            return host.refuse(404, f"models/{model} is not found for API version v1.")
        try:
            text, shown = self._asked(body)
            config = body.get("generationConfig", {})
            if model in IMAGE_MODELS:
                ratio, size = _checked_image(config)
            else:
                said = _words(config, text, shown)
        except Wrong as error:
            return host.refuse(403 if "permission" in str(error) else 400, str(error))
        operation = host.accept(text, 0, seconds=1)
        await asyncio.sleep(host.operation_s)
        if model not in IMAGE_MODELS:
            return web.json_response(_read(said, text, shown, config, model, fault))
        if fault == "done_empty":
            return web.json_response({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
        if fault in ("filtered", "filtered_part"):
            return web.json_response(_said([{"text": REFUSAL}], model, "IMAGE_SAFETY"))
        width, height = footage.size(ratio, SHORT_SIDES[size])
        operation.clips = [footage.still(operation.id, width=width, height=height)]
        data = base64.urlsafe_b64encode(operation.clips[0]).decode()
        inline = {"mimeType": "image/png", "data": data}
        return web.json_response(_said([{"text": "Here it is."}, {"inlineData": inline}], model))

    def _asked(self, body: Any) -> tuple[str, list[Shown]]:
        """The text of the request and its files; ``Wrong`` where the service would not take it."""
        allowed = {"contents", "generationConfig", "systemInstruction", "safetySettings"}
        must(isinstance(body, dict) and set(body) <= allowed, "Invalid JSON payload received. Unknown name")
        contents = body.get("contents")
        must(isinstance(contents, list) and bool(contents), "contents is not specified")
        texts: list[str] = []
        shown: list[Shown] = []
        for part in (part for content in contents for part in content.get("parts", [])):
            label = texts[-1].removesuffix(":") if texts and texts[-1].endswith(":") else ""
            if inline := part.get("inlineData") or part.get("inline_data"):
                shown.append(_inline(inline, label))
            elif told := part.get("fileData") or part.get("file_data"):
                shown.append(self._held(told, label))
            else:
                must("text" in part, "a part must have one initialized field")
                texts.append(str(part["text"]))
        must(any(texts), "contents.parts must not be empty")
        unknown = sorted(set(body.get("generationConfig", {})) - _CONFIG)
        must(not unknown, f'Unknown name "{", ".join(unknown)}" at generation_config')
        return " ".join(texts), shown

    def _held(self, told: Mapping[str, Any], label: str) -> Shown:
        uri = str(told.get("fileUri") or told.get("file_uri") or "")
        mime = str(told.get("mimeType") or told.get("mime_type") or "")
        must(bool(uri), "file_uri is not specified")
        if self._uploads is None:
            raise Wrong("This service holds no files.")
        return Shown(label, mime, self._uploads.content(uri, mime))


def _inline(inline: Mapping[str, Any], label: str) -> Shown:
    """Both alphabets of base64 are taken, as the service does."""
    mime = str(inline.get("mimeType") or inline.get("mime_type"))
    must(mime in _STARTS, f"Unsupported MIME type: {mime}")
    try:
        data = str(inline["data"]).translate(str.maketrans("-_", "+/"))
        content = base64.b64decode(data, validate=True)
    except (KeyError, binascii.Error) as error:
        raise Wrong("Base64 decoding failed") from error
    must(_STARTS[mime] in content[:16], "Unable to process input image")
    return Shown(label, mime, content)


# Models that read


def _words(config: Mapping[str, Any], text: str, shown: Sequence[Shown]) -> str:
    most = config.get("maxOutputTokens", 1)
    must(type(most) is int and most > 0, "max_output_tokens must be positive")
    if config.get("responseMimeType", "text/plain") != "application/json":
        return words(text, shown)
    if "responseSchema" in config:
        check_google(config["responseSchema"])
    schema = config.get("responseSchema") or config.get("responseJsonSchema") or {"type": "object"}
    return json.dumps(answer(schema, text, shown))


def _read(
    said: str, text: str, shown: Sequence[Shown], config: Mapping[str, Any], model: str, fault: str
) -> dict[str, Any]:
    tokens = len(text) // _LETTERS_A_TOKEN + 1 + len(shown) * _TOKENS_A_FILE
    needed = len(said) // _LETTERS_A_TOKEN + 1
    most = config.get("maxOutputTokens", needed)
    if fault == "incomplete" or needed > most:
        most = min(most, needed // 2)
        cut = [{"text": said[: most * _LETTERS_A_TOKEN]}]
        return _said(cut, model, "MAX_TOKENS", (tokens, most))
    thought = {"text": "I look at it.", "thought": True}
    match fault:
        case "done_empty":
            return {"candidates": [], "modelVersion": model}
        case "done_error":
            return _said([], model, "OTHER", (tokens, 0))
        case "filtered":
            return _said([], model, "SAFETY", (tokens, 0))
        case "refusal":
            return _said([], model, "PROHIBITED_CONTENT", (tokens, 0), DECLINED)
        case "blocked":
            usage = {"promptTokenCount": tokens, "totalTokenCount": tokens}
            return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
        case "wrong_shape":
            return _said([{"text": json.dumps({"verdict": "a harbour"})}], model, "STOP", (tokens, needed))
        case "unknown_status":
            return _said([thought, {"text": said}], model, "DREAMING", (tokens, needed))
    return _said([thought, {"text": said}], model, "STOP", (tokens, needed))


def _said(
    parts: list[dict[str, Any]],
    model: str,
    reason: str = "STOP",
    tokens: tuple[int, int] = (12, 1_290),
    message: str = "",
) -> dict[str, Any]:
    content = {"content": {"role": "model", "parts": parts}} if parts else {}
    candidate = {**content, "finishReason": reason, "index": 0}
    if message:
        candidate["finishMessage"] = message
    before, after = tokens
    usage = {"promptTokenCount": before, "candidatesTokenCount": after, "totalTokenCount": before + after}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model}


# Models that make pictures


def _checked_image(config: Mapping[str, Any]) -> tuple[str, str]:
    modalities = config.get("responseModalities", ["TEXT", "IMAGE"])
    must("IMAGE" in modalities, "The model answers with images")
    given = config.get("imageConfig", {})
    must(set(given) <= {"aspectRatio", "imageSize"}, "Unknown name at generation_config.image_config")
    ratio, size = given.get("aspectRatio", "1:1"), given.get("imageSize", "1K")
    must(ratio in RATIOS, f"aspect_ratio {ratio} is not valid")
    must(size in SHORT_SIDES, f"image_size {size} is not valid")
    return ratio, size
