"""``GenerateContent``: what ``models/…:generateContent`` answers – a picture, or words about pictures."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from workbench.emulators import footage
from workbench.emulators.faults import Step
from workbench.emulators.server import FAULT, Emulator, Route

IMAGE_MODELS = (
    "gemini-nano-banana-2.1",
    "gemini-3-pro-image",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
)
VISION_MODELS = ("gemini-3.8-flash", "gemini-3.5-flash-lite")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
SHORT_SIDES = {"1K": 576, "2K": 1_152, "4K": 2_304}
REFUSAL = "I can't make that picture: it would show a real person in danger."
_STARTS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "video/mp4": b"ftyp"}
_CONFIG = {"responseModalities", "imageConfig", "responseMimeType", "responseSchema", "responseJsonSchema"}
_CONFIG |= {"temperature", "seed", "maxOutputTokens", "thinkingConfig", "mediaResolution"}


class Wrong(Exception):
    """The request is not as the service takes it; the text says what is wrong."""


class GenerateContent:
    """Plays for ``host``, whose book and faults it uses: one API has more routes than these."""

    def __init__(self, host: Emulator) -> None:
        self._host = host

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", f"/{version}/models/{{model}}:generateContent", Step.CREATE, self._answer)
            for version in ("v1", "v1beta")
        ]

    async def _answer(self, request: web.Request, body: Any) -> web.Response:
        host, model = self._host, request.match_info["model"]
        if model not in IMAGE_MODELS + VISION_MODELS:
            return host.refuse(404, f"models/{model} is not found for API version v1.")
        try:
            text = _checked(body)
            config = body.get("generationConfig", {})
            ratio, size = _checked_image(config) if model in IMAGE_MODELS else ("", "")
        except Wrong as error:
            return host.refuse(400, str(error))
        operation = host.accept(text, 0, seconds=1)
        await asyncio.sleep(host.operation_s)
        fault = str(request[FAULT])
        if fault == "done_empty":
            return web.json_response({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
        if fault in ("filtered", "filtered_part"):
            return web.json_response(_said([{"text": REFUSAL}], model, "IMAGE_SAFETY"))
        if model not in IMAGE_MODELS:
            return web.json_response(_said([{"text": _words(config)}], model))
        width, height = footage.size(ratio, SHORT_SIDES[size])
        operation.clips = [footage.still(operation.id, width=width, height=height)]
        data = base64.urlsafe_b64encode(operation.clips[0]).decode()
        inline = {"mimeType": "image/png", "data": data}
        return web.json_response(_said([{"text": "Here it is."}, {"inlineData": inline}], model))


def example(schema: Mapping[str, Any], name: str = "") -> Any:
    """A value that the JSON schema allows, in OpenAPI's or in JSON Schema's words."""
    kind = schema.get("type")
    kinds = [str(one).lower() for one in (kind if isinstance(kind, list) else [kind])]
    if schema.get("enum"):
        return schema["enum"][0]
    if choices := schema.get("anyOf"):
        return example(choices[0], name)
    if "object" in kinds:
        return {key: example(value, key) for key, value in schema.get("properties", {}).items()}
    if "array" in kinds:
        return [example(schema.get("items", {}), name)]
    if {"integer", "number"} & set(kinds):
        return 1
    return True if "boolean" in kinds else f"{name or 'text'} of a harbour at dawn"


def _words(config: Mapping[str, Any]) -> str:
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    if config.get("responseMimeType") == "application/json":
        return json.dumps(example(schema or {"type": "object"}))
    return "A harbour at dawn, a lighthouse, fog over still water."


def _said(parts: list[dict[str, Any]], model: str, reason: str = "STOP") -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}
    usage = {"promptTokenCount": 12, "candidatesTokenCount": 1_290, "totalTokenCount": 1_302}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model}


def _checked(body: Any) -> str:
    """All the text of the request; ``Wrong`` where the service would not take it."""
    allowed = {"contents", "generationConfig", "systemInstruction", "safetySettings"}
    _must(isinstance(body, dict) and set(body) <= allowed, "Invalid JSON payload received. Unknown name")
    contents = body.get("contents")
    _must(isinstance(contents, list) and bool(contents), "contents is not specified")
    text = " ".join(_texts(contents))
    _must(bool(text), "contents.parts must not be empty")
    unknown = sorted(set(body.get("generationConfig", {})) - _CONFIG)
    _must(not unknown, f'Unknown name "{", ".join(unknown)}" at generation_config')
    return text


def _texts(contents: Any) -> Iterator[str]:
    for content in contents:
        for part in content.get("parts", []):
            if inline := part.get("inlineData") or part.get("inline_data"):
                _check_inline(inline)
            elif "text" in part:
                yield str(part["text"])
            else:
                raise Wrong("a part must have one initialized field")


def _check_inline(inline: Mapping[str, Any]) -> None:
    """Both alphabets of base64 are taken, as the service does."""
    mime = inline.get("mimeType") or inline.get("mime_type")
    _must(mime in _STARTS, f"Unsupported MIME type: {mime}")
    try:
        data = str(inline["data"]).translate(str.maketrans("-_", "+/"))
        content = base64.b64decode(data, validate=True)
    except (KeyError, binascii.Error) as error:
        raise Wrong("Base64 decoding failed") from error
    _must(_STARTS[str(mime)] in content[:12], "Unable to process input image")


def _checked_image(config: Mapping[str, Any]) -> tuple[str, str]:
    modalities = config.get("responseModalities", ["TEXT", "IMAGE"])
    _must("IMAGE" in modalities, "The model answers with images")
    given = config.get("imageConfig", {})
    _must(set(given) <= {"aspectRatio", "imageSize"}, "Unknown name at generation_config.image_config")
    ratio, size = given.get("aspectRatio", "1:1"), given.get("imageSize", "1K")
    _must(ratio in RATIOS, f"aspect_ratio {ratio} is not valid")
    _must(size in SHORT_SIDES, f"image_size {size} is not valid")
    return ratio, size


def _must(is_so: bool, wrong: str) -> None:
    if not is_so:
        raise Wrong(wrong)
