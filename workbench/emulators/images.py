"""``ImagesEmulator``: OpenAI's API – pictures, and answers of models that read (and Google's of both)."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from workbench.emulators import footage
from workbench.emulators.book import FormPart
from workbench.emulators.content import GenerateContent
from workbench.emulators.faults import Step
from workbench.emulators.responses import MODELS as READING_MODELS
from workbench.emulators.responses import Responses
from workbench.emulators.schemas import Wrong, must
from workbench.emulators.server import FAULT, Emulator, Route

MODELS = (
    "gpt-image-2.6-sunburst",
    "gpt-image-2.6-flare",
    "gpt-image-2.5-sunburst",
    "gpt-image-2.5-flare",
    "gpt-image-2",
)
GONE = {"gpt-image-1": "gpt-image-2.5-sunburst", "dall-e-2": "gpt-image-2", "dall-e-3": "gpt-image-2"}
QUALITIES = ("auto", "low", "medium", "high", "xhigh", "max")
_NUMBERS = ("n",)
_FIELDS = {"model", "prompt", "n", "size", "quality", "output_format", "background", "moderation"}
_MOST_REFERENCES = 16


class ImagesEmulator(Emulator):
    """It answers ``/v1/images``, ``/v1/responses`` and ``:generateContent``."""

    wire = "openai"

    def routes(self) -> Sequence[Route]:
        return [
            Route("POST", "/v1/images/generations", Step.CREATE, self._generate),
            Route("POST", "/v1/images/edits", Step.CREATE, self._edit),
            Route("GET", "/v1/models", Step.PROBE, self._models),
            *Responses(self).routes(),
            *GenerateContent(self).routes(),
        ]

    def settings(self) -> dict[str, str]:
        return {"OPENAI_API_KEY": self.key, "OPENAI_BASE_URL": f"{self.url}/v1"}

    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        code = (
            "moderation_blocked" if "safety" in message else "rate_limit_exceeded" if status == 429 else None
        )
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    # Pictures

    async def _generate(self, request: web.Request, body: Any) -> web.Response:
        if not isinstance(body, dict):
            return self.refuse(400, "The body must be a JSON object.")
        return await self._make(request, body, 0)

    async def _edit(self, request: web.Request, body: Any) -> web.Response:
        """Always a form."""
        parts = [part for part in body or [] if isinstance(part, FormPart)]
        files = [part for part in parts if part.content]
        if not files or any(part.name not in ("image", "image[]") for part in files):
            return self.refuse(400, "Missing required parameter: 'image'.")
        if any(not part.content.startswith((b"\x89PNG", b"\xff\xd8")) for part in files):
            return self.refuse(400, "Invalid image file or mode for image.")
        asked: dict[str, Any] = {part.name: part.text for part in parts if not part.content}
        for name in _NUMBERS:
            if name in asked:
                asked[name] = int(asked[name])
        return await self._make(request, asked, len(files))

    async def _make(self, request: web.Request, asked: dict[str, Any], references: int) -> web.Response:
        try:
            width, height, count = _checked(asked, references)
        except Wrong as error:
            return self.refuse(400, str(error))
        operation = self.accept(asked["prompt"], 0, seconds=1)
        await asyncio.sleep(self.operation_s)
        operation.clips = [
            footage.still(f"{operation.id}/{number}", width=width, height=height) for number in range(count)
        ]
        made = [] if request[FAULT] in ("filtered", "done_empty") else operation.clips
        if request[FAULT] == "filtered_part":
            made = made[1:]
        usage = {
            "input_tokens": 20,
            "output_tokens": 1_000 * count,
            "total_tokens": 1_000 * count + 20,
            "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
        }
        data = [{"b64_json": base64.b64encode(content).decode()} for content in made]
        answer = {"created": int(time.time()), "data": data, "output_format": "png", "usage": usage}
        return web.json_response(answer)

    async def _models(self, request: web.Request, body: Any) -> web.Response:
        data = [{"id": name, "object": "model", "owned_by": "openai"} for name in (*MODELS, *READING_MODELS)]
        return web.json_response({"object": "list", "data": data})


def _checked(asked: dict[str, Any], references: int) -> tuple[int, int, int]:
    """Width, height and number; ``Wrong`` where the service would not take it."""
    model = asked.get("model")
    if model in GONE:
        raise Wrong(f"The model {model} was shut down. Use {GONE[model]} instead.")
    must(model in MODELS, f"The model {model} does not exist or you do not have access to it.")
    unknown = sorted(set(asked) - _FIELDS)
    must(not unknown, f"Unknown parameter: '{', '.join(unknown)}'.")
    must(bool(asked.get("prompt")), "Missing required parameter: 'prompt'.")
    count = asked.get("n", 1)
    must(type(count) is int and 1 <= count <= 10, "n must be between 1 and 10.")
    must(asked.get("quality", "auto") in QUALITIES, "Invalid value for 'quality'.")
    must(asked.get("output_format", "png") == "png", "This emulator makes PNG.")
    must(references <= _MOST_REFERENCES, f"Too many images: at most {_MOST_REFERENCES}.")
    width, _, height = str(asked.get("size", "1024x1024")).partition("x")
    must(width.isdecimal() and height.isdecimal(), "Invalid value for 'size'.")
    across, down = int(width), int(height)
    must(across % 16 == 0 and down % 16 == 0, "Width and height must be divisible by 16.")
    must(across * down <= 3_840 * 2_160, "The size is larger than 3840x2160.")
    must(max(across, down) <= 3 * min(across, down), "The aspect ratio must be between 1:3 and 3:1.")
    return across, down, count
