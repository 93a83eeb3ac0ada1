"""The image emulators answer the real SDKs, about pictures too, and are as strict as the services."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from pydantic import BaseModel

from workbench.emulators import footage
from workbench.emulators.faults import Fault, Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.responses import REFUSAL
from workbench.emulators.server import Emulator


class Seen(BaseModel):
    subject: str
    style: str
    palette: list[str]
    camera: str | None


@pytest.fixture
def openai() -> Iterator[ImagesEmulator]:
    with ImagesEmulator(operation_s=0.0) as emulator:
        yield emulator


@pytest.fixture
def google() -> Iterator[InteractionsEmulator]:
    with InteractionsEmulator(operation_s=0.0) as emulator:
        yield emulator


def post(emulator: Emulator, path: str, body: object) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {emulator.key}", "x-goog-api-key": emulator.key}
    headers["content-type"] = "application/json"
    request = urllib.request.Request(f"{emulator.url}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


async def _parsed(emulator: ImagesEmulator) -> Any:
    from openai import AsyncOpenAI

    settings = emulator.settings()
    address = f"data:image/png;base64,{base64.b64encode(footage.still('reference')).decode()}"
    question: list[Any] = [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look."},
                {"type": "input_image", "image_url": address, "detail": "high"},
            ],
        }
    ]
    async with AsyncOpenAI(
        api_key=settings["OPENAI_API_KEY"], base_url=settings["OPENAI_BASE_URL"], max_retries=0
    ) as client:
        return await client.responses.parse(model="gpt-6-luna", input=question, text_format=Seen, store=False)


def test_openai_looks_at_pictures(openai: ImagesEmulator) -> None:
    seen = asyncio.run(_parsed(openai)).output_parsed
    assert isinstance(seen, Seen) and seen.palette and seen.subject
    openai.faults.add(Fault(Step.CREATE, "filtered"))
    refused = asyncio.run(_parsed(openai))
    assert refused.output_parsed is None
    assert refused.output[-1].content[0].refusal == REFUSAL


@pytest.mark.parametrize("alphabet", [base64.b64encode, base64.urlsafe_b64encode])
def test_google_takes_both_alphabets(google: InteractionsEmulator, alphabet: Any) -> None:
    picture = next(p for n in range(99) if b"+" in base64.b64encode(p := footage.still(f"{n}")))
    inline = {"inlineData": {"mimeType": "image/png", "data": alphabet(picture).decode()}}
    body = {"contents": [{"role": "user", "parts": [inline, {"text": "Look."}]}]}
    status, answer = post(google, "/v1/models/gemini-3.8-flash:generateContent", body)
    assert status == 200
    assert answer["candidates"][0]["content"]["parts"][0]["text"]


def test_google_looks_at_pictures(google: InteractionsEmulator) -> None:
    from google import genai
    from google.genai import types

    settings = google.settings()
    with genai.Client(
        api_key=settings["GEMINI_API_KEY"],
        http_options=types.HttpOptions(base_url=settings["GOOGLE_GEMINI_BASE_URL"]),
    ) as client:
        answer = client.models.generate_content(
            model="gemini-3.8-flash",
            contents=[types.Part.from_bytes(data=footage.still("a"), mime_type="image/png"), "Look."],
            config=types.GenerateContentConfig(response_mime_type="application/json", response_schema=Seen),
        )
    assert isinstance(answer.parsed, Seen)


STILL: dict[str, Any] = {"model": "gpt-image-2", "prompt": "A cat", "size": "1536x864"}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gpt-image-1"},
        {"model": "gpt-9"},
        {"prompt": ""},
        {"n": 11},
        {"n": "1"},
        {"size": "1500x900"},
        {"size": "16:9"},
        {"size": "4096x4096"},
        {"size": "3200x640"},
        {"quality": "standard"},
        {"seed": 7},
        {"negative_prompt": "blur"},
    ],
)
def test_openai_refuses_what_the_service_would(openai: ImagesEmulator, change: dict[str, Any]) -> None:
    assert post(openai, "/v1/images/generations", STILL)[0] == 200
    status, refused = post(openai, "/v1/images/generations", {**STILL, **change})
    assert (status, refused["error"]["type"]) == (400, "invalid_request_error")
    assert openai.book.prompts() == ["A cat"]


@pytest.mark.parametrize(
    "change",
    [
        {"generationConfig": {"imageConfig": {"aspectRatio": "5:1"}}},
        {"generationConfig": {"imageConfig": {"imageSize": "8K"}}},
        {"generationConfig": {"imageConfig": {"personGeneration": "ALLOW_ALL"}}},
        {"generationConfig": {"negativePrompt": "blur"}},
        {"contents": []},
        {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}]},
        {"prompt": "A cat"},
    ],
)
def test_google_refuses_what_the_service_would(google: InteractionsEmulator, change: dict[str, Any]) -> None:
    path = "/v1/models/gemini-3-pro-image:generateContent"
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "A cat"}]}]}
    assert post(google, path, body)[0] == 200
    assert post(google, path, {**body, **change})[0] == 400
    assert google.book.prompts() == ["A cat"]
