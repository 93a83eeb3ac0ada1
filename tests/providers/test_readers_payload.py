"""What readers send, to the field: as the SDKs were captured (openai 3.52.0, google-genai 3.4.0)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from tests.providers.reader_ground import INSTRUCTIONS, PICTURES, TEXT, Seen, Side, side
from workbench.domain.errors import Rejected
from workbench.emulators import footage
from workbench.emulators.faults import Step


@pytest.fixture
def openai(tmp_path: Path) -> Iterator[Side]:
    yield from side("openai", tmp_path)


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Side]:
    yield from side("gemini", tmp_path)


class Reference(BaseModel):
    """The shape of the captured samples."""

    subject: str
    style: str
    palette: list[str]
    camera: str | None


class Shot(BaseModel):
    model_config = {"extra": "forbid"}
    label: str
    length_s: int = Field(ge=1, le=8)


class Plan(BaseModel):
    """Shapes within shapes, and one word of a few."""

    model_config = {"extra": "forbid"}
    kind: Literal["plan"]
    mood: Literal["warm", "cold"]
    shots: list[Shot] = Field(min_length=2, max_length=4)
    additionalProperties: str = Field(description="A field may have the name of a word of the schema.")


REFERENCE = {
    "properties": {
        "subject": {"title": "Subject", "type": "string"},
        "style": {"title": "Style", "type": "string"},
        "palette": {"items": {"type": "string"}, "title": "Palette", "type": "array"},
        "camera": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Camera"},
    },
    "required": ["subject", "style", "palette", "camera"],
    "title": "Reference",
    "type": "object",
    "additionalProperties": False,
    "description": "The shape of the captured samples.",
}


def test_openai_is_asked_to_the_field(openai: Side) -> None:
    openai.ask(openai.question(*openai.pictures(), shape=Reference))
    (received,) = openai.emulator.book.received
    first, second = (f"data:image/png;base64,{base64.b64encode(one).decode()}" for one in PICTURES)
    assert (received.method, received.path, dict(received.query)) == ("POST", "/v1/responses", {})
    assert received.headers["Authorization"] == f"Bearer {openai.emulator.key}"
    assert received.headers["x-stainless-retry-count"] == "0"
    assert received.body == {
        "model": "gpt-6-luna",
        "instructions": INSTRUCTIONS,
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": TEXT},
                    {"type": "input_text", "text": "image 1:"},
                    {"type": "input_image", "image_url": first, "detail": "high"},
                    {"type": "input_text", "text": "image 2:"},
                    {"type": "input_image", "image_url": second, "detail": "high"},
                ],
            }
        ],
        "max_output_tokens": 8_000,
        "store": False,
        "text": {"format": {"type": "json_schema", "strict": True, "name": "Reference", "schema": REFERENCE}},
    }


def test_openai_is_told_nothing_that_was_not_given(openai: Side) -> None:
    openai.ask(openai.question(instructions="", model="openai/gpt-6.1-terra", tokens_out_most=900))
    (body,) = openai.sent()
    assert body["input"] == [{"role": "user", "content": [{"type": "input_text", "text": TEXT}]}]
    assert "instructions" not in body
    assert (body["model"], body["max_output_tokens"]) == ("gpt-6.1-terra", 900)


def parts(*images: bytes, mime: str = "image/png") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for n, content in enumerate(images, 1):
        found.append({"text": f"image {n}:"})
        data = base64.urlsafe_b64encode(content).decode()
        found.append({"inlineData": {"data": data, "mime_type": mime}})
    return found


def test_google_is_asked_to_the_field(google: Side) -> None:
    google.ask(google.question(*google.pictures(), shape=Reference))
    (received,) = google.emulator.book.received
    assert (received.method, received.path) == ("POST", "/v1/models/gemini-3.8-flash:generateContent")
    assert dict(received.query) == {}  # a key in the address would stand in logs
    assert received.headers["x-goog-api-key"] == google.emulator.key
    assert received.body == {
        "contents": [{"role": "user", "parts": [*parts(*PICTURES), {"text": TEXT}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": INSTRUCTIONS}]},
        "generationConfig": {
            "maxOutputTokens": 8_000,
            "responseMimeType": "application/json",
            "responseSchema": {
                "description": "The shape of the captured samples.",
                "properties": {
                    "subject": {"title": "Subject", "type": "STRING"},
                    "style": {"title": "Style", "type": "STRING"},
                    "palette": {"items": {"type": "STRING"}, "title": "Palette", "type": "ARRAY"},
                    "camera": {"nullable": True, "title": "Camera", "type": "STRING"},
                },
                "property_ordering": ["subject", "style", "palette", "camera"],
                "required": ["subject", "style", "palette", "camera"],
                "title": "Reference",
                "type": "OBJECT",
            },
        },
    }


def test_google_sees_a_small_clip_within_the_question(google: Side) -> None:
    clip = footage.clip("a street", seconds=1)
    google.ask(google.question(google.shown(clip, "clip.mp4", "video/mp4"), instructions=""))
    (body,) = google.sent()
    inline = {"data": base64.urlsafe_b64encode(clip).decode(), "mime_type": "video/mp4"}
    assert body["contents"] == [{"role": "user", "parts": [{"inlineData": inline}, {"text": TEXT}]}]
    assert "systemInstruction" not in body
    assert google.sent(Step.UPLOAD) == []


@pytest.mark.parametrize("wire", ["openai", "google"])
def test_shapes_within_shapes_are_sent_as_each_service_takes_them(
    wire: str, request: pytest.FixtureRequest
) -> None:
    side_: Side = request.getfixturevalue(wire)
    plan = side_.ask(side_.question(*side_.pictures(), shape=Plan)).parsed
    assert isinstance(plan, Plan)
    assert [shot.label for shot in plan.shots] != [plan.shots[0].label] * 2, "one shot a picture"
    (body,) = side_.sent()
    if wire == "openai":
        schema = body["text"]["format"]["schema"]
        assert schema["additionalProperties"] is False
        assert schema["$defs"]["Shot"]["additionalProperties"] is False
        return
    schema = body["generationConfig"]["responseSchema"]
    shots = schema["properties"]["shots"]
    assert "additional_properties" not in schema and "additional_properties" not in shots["items"]
    assert schema["properties"]["kind"] == {"enum": ["plan"], "title": "Kind", "type": "STRING"}
    assert (shots["min_items"], shots["max_items"]) == (2, 4)
    assert schema["required"] == ["kind", "mood", "shots", "additionalProperties"]


def test_a_shape_that_no_service_takes_is_refused_before(openai: Side) -> None:
    class Loose(BaseModel):
        found: dict[str, Seen]

    with pytest.raises(Rejected, match="400"):
        openai.ask(openai.question(shape=Loose))


def test_nothing_of_the_environment_goes_along(openai: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would take these to any address; another key before the one that is set for it."""
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gate: foreign\nAuthorization: Bearer foreign")
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/foreign")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    openai.ask()
    (received,) = openai.emulator.book.received
    assert received.headers["Authorization"] == f"Bearer {openai.emulator.key}"
    assert "foreign" not in str(dict(received.headers))


def test_google_is_asked_where_it_is_set_whatever_the_environment_says(
    google: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "beta")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")
    google.ask()
    (received,) = google.emulator.book.received
    assert received.path.startswith("/v1/models/")
    assert "foreign" not in str(dict(received.headers))
