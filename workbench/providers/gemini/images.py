"""``Images``: Google's image models through ``generate_content``; the picture comes with the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from immutabledict import immutabledict

from workbench.domain.capabilities import IMAGES, Capabilities, Choice, RoleLimit, Setting
from workbench.domain.media import Role
from workbench.domain.run import Json, Kind
from workbench.providers.base import Submission
from workbench.providers.gemini.connection import Connection
from workbench.providers.gemini.content import generated, mapping, mappings
from workbench.providers.spool import Spool
from workbench.providers.stills import MadeAtOnce, Stills

TIMEOUT_S = 600.0  # the request waits while the picture is made
RATIOS = ("16:9", "9:16", "1:1", "3:2", "2:3", "4:3", "3:4", "21:9")
SIZES = ("1K", "2K", "4K")
MODELS = (  # id, label, its sizes (empty: only one)
    ("gemini-nano-banana-2.1", "Gemini Nano Banana 2.1", SIZES),
    ("gemini-3-pro-image", "Gemini 3 Pro Image", SIZES),
    ("gemini-3.1-flash-image", "Gemini 3.1 Flash Image", SIZES),
    ("gemini-3.1-flash-lite-image", "Gemini 3.1 Flash Lite Image", ()),
)
_ENDED_WELL = frozenset({"", "STOP", "FINISH_REASON_UNSPECIFIED"})


class Images(MadeAtOnce):
    """As ``gemini.work.Work``, for stills."""

    def __init__(self, connection: Connection, spool: Spool) -> None:
        self._connection = connection
        self._stills = Stills(connection.who, spool)

    def models(self) -> Sequence[Capabilities]:
        return [_capabilities(self._connection.who, *model) for model in MODELS]

    def retired(self, name: str) -> Capabilities | None:
        return None

    async def submit(self, submission: Submission) -> Json:
        """One POST. Raises ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown``."""
        request = await asyncio.to_thread(_request, submission)
        body = await generated(self._connection, request, TIMEOUT_S)
        pictures, words = _read(body)
        usage = body.get("usageMetadata")
        return await self._stills.keep(
            submission.run_id, pictures, words, usage if isinstance(usage, dict) else None
        )


def _capabilities(endpoint: str, name: str, label: str, sizes: tuple[str, ...]) -> Capabilities:
    settings: list[Setting] = [
        Choice("aspect_ratio", "Aspect ratio", "16:9", "As the clip that it is for.", values=RATIOS)
    ]
    if sizes:
        settings.append(Choice("resolution", "Size", "1K", "About 1, 2 or 4 thousand pixels.", values=sizes))
    return Capabilities(
        model=f"{endpoint}/{name}",
        label=label,
        summary="A still from text and reference images: the first frame or a reference of the next clip.",
        settings=tuple(settings),
        roles=immutabledict({Role.REFERENCE: RoleLimit(14, IMAGES)}),
        kind=Kind.IMAGE,
        negative_prompt=False,
        prompt_limit_chars=8_000,
        seed=None,
        sources=_SOURCES,
    )


def _request(submission: Submission) -> dict[str, Any]:
    """The arguments of ``generate_content``: references first, then the words about them."""
    from google.genai import types

    asked = submission.request
    parts = [
        types.Part.from_bytes(data=submission.files[i.media.sha256].read_bytes(), mime_type=i.media.mime)
        for i in asked.inputs_as(Role.REFERENCE)
    ]
    size = asked.settings.get("resolution")
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"],
        image_config=types.ImageConfig(
            aspect_ratio=str(asked.settings["aspect_ratio"]), image_size=str(size) if size else None
        ),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        should_return_http_response=True,
        http_options=types.HttpOptions(
            timeout=round(TIMEOUT_S * 1000), retry_options=types.HttpRetryOptions(attempts=1)
        ),
    )
    contents = types.Content(role="user", parts=[*parts, types.Part.from_text(text=asked.prompt)])
    return {"model": asked.model.partition("/")[2], "contents": contents, "config": config}


def _read(body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The pictures (base64) and what was said. Drafts that the model thought with are neither."""
    pictures: list[str] = []
    words: list[str] = []
    for candidate in mappings(body.get("candidates")):
        for part in mappings(mapping(candidate.get("content")).get("parts")):
            inline = mapping(part.get("inlineData") or part.get("inline_data"))
            if part.get("thought"):
                continue
            if inline.get("data"):
                pictures.append(str(inline["data"]))
            elif text := str(part.get("text") or "").strip():
                words.append(text[:500])
        reason = str(candidate.get("finishReason") or "")
        if reason not in _ENDED_WELL:
            words.append(_joined(reason, candidate.get("finishMessage")))
    feedback = mapping(body.get("promptFeedback"))
    if feedback.get("blockReason"):
        words.append(_joined(str(feedback["blockReason"]), feedback.get("blockReasonMessage")))
    return pictures, words


def _joined(reason: str, message: Any) -> str:
    return f"{reason}: {message}" if message else reason


_SOURCES = immutabledict(
    {
        "model": "google-genai 3.4.0, interactions/model.py",
        "aspect_ratio": "google-genai 3.4.0, types.ImageConfig",
        "resolution": "google-genai 3.4.0, types.ImageConfig; Lite has one (skills.sh/scenario-labs)",
        "references": "up to 14 (skills.sh/scenario-labs, 2026-11)",
        "price": "none is built in: set it in workbench.toml",
    }
)
