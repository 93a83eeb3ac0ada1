"""The emulators answer questions by what is shown and asked, and take only what the services take."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from workbench.emulators import footage
from workbench.emulators.faults import READING_FAULTS, Fault, Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.schemas import Wrong
from workbench.emulators.seeing import Shown, answer
from workbench.emulators.server import Emulator

RESPONSES, GENERATE = "/v1/responses", "/v1/models/gemini-3.8-flash:generateContent"
PICTURE, OTHER = footage.still("one"), footage.still("two", width=180, height=320)
SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "subject": {"type": "array", "items": {"type": "string"}},
        "light": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "setting": {"type": "string"},
    },
    "required": ["subject", "light", "setting"],
    "additionalProperties": False,
}


@pytest.fixture
def openai() -> Iterator[ImagesEmulator]:
    with ImagesEmulator(operation_s=0.0) as emulator:
        yield emulator


@pytest.fixture
def google() -> Iterator[InteractionsEmulator]:
    with InteractionsEmulator(operation_s=0.0) as emulator:
        yield emulator


def call(
    emulator: Emulator,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    key: str | None = None,
) -> tuple[int, Any, dict[str, str]]:
    sent = {"authorization": f"Bearer {key or emulator.key}", "x-goog-api-key": key or emulator.key}
    request = urllib.request.Request(
        path if path.startswith("http") else f"{emulator.url}{path}",
        body or None,
        {**(sent if key != "" else {}), **(headers or {})},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as told:
            raw = told.read()
            return told.status, json.loads(raw) if raw else None, dict(told.headers)
    except HTTPError as error:
        return error.code, json.load(error), dict(error.headers)


def post(emulator: Emulator, path: str, body: object) -> tuple[int, Any]:
    status, told, _ = call(emulator, "POST", path, json.dumps(body).encode())
    return status, told


def data_url(content: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def response(*pictures: bytes, text: str = "Look.", **changes: Any) -> dict[str, Any]:
    images = [{"type": "input_image", "image_url": data_url(p), "detail": "high"} for p in pictures]
    return {
        "model": "gpt-6-luna",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": text}, *images]}],
        "store": False,
        "text": {"format": {"type": "json_schema", "name": "Seen", "strict": True, "schema": SHAPE}},
        **changes,
    }


def content(*pictures: bytes, text: str = "Look.", schema: Any = None, **more: Any) -> dict[str, Any]:
    inline = [
        {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(p).decode()}} for p in pictures
    ]
    shape = {key: value for key, value in SHAPE.items() if key != "additionalProperties"}
    config = {"responseMimeType": "application/json", "responseSchema": schema or shape, **more}
    return {"contents": [{"parts": [*inline, {"text": text}]}], "generationConfig": config}


def of_openai(emulator: Emulator, *pictures: bytes, text: str = "Look.") -> Any:
    status, told = post(emulator, RESPONSES, response(*pictures, text=text))
    assert status == 200, told
    return json.loads(told["output"][-1]["content"][0]["text"])


def of_google(emulator: Emulator, *pictures: bytes, text: str = "Look.") -> Any:
    status, told = post(emulator, GENERATE, content(*pictures, text=text))
    assert status == 200, told
    thought, said = told["candidates"][0]["content"]["parts"]
    assert thought["thought"]
    return json.loads(said["text"])


@pytest.mark.parametrize(("wire", "ask"), [("openai", of_openai), ("google", of_google)])
def test_answers_follow_from_what_is_shown_and_asked(
    wire: str, ask: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    emulator = request.getfixturevalue(wire)
    one, other = ask(emulator, PICTURE), ask(emulator, OTHER)
    assert one == ask(emulator, PICTURE)
    assert one["subject"] != other["subject"]  # by their bytes
    assert one["light"] == other["light"]  # by their pixels, which are much alike
    assert one["setting"] == other["setting"]  # by the question
    assert ask(emulator, PICTURE, OTHER)["subject"] == [*one["subject"], *other["subject"]]
    places = {ask(emulator, PICTURE, text=f"Look, {n}.")["setting"] for n in range(9)}
    assert len(places) > 1


def test_a_dark_picture_and_a_bright_one_are_lit_differently() -> None:
    import io

    from PIL import Image

    def lit(shade: int) -> str:
        target = io.BytesIO()
        Image.new("RGB", (8, 8), (shade, shade, shade)).save(target, "PNG")
        light: str = answer(SHAPE, "Look.", [Shown("", "image/png", target.getvalue())])["light"]
        return light

    assert len({lit(10), lit(128), lit(250)}) == 3


@pytest.mark.parametrize(
    ("schema", "is_fit"),
    [
        ({"type": "integer", "minimum": 3, "maximum": 4}, lambda v: v in (3, 4)),
        ({"type": "number", "minimum": 0, "maximum": 1}, lambda v: 0 <= v <= 1),
        ({"type": "boolean"}, lambda v: v in (True, False)),
        ({"type": "string", "enum": ["a", "b"]}, lambda v: v in ("a", "b")),
        ({"const": "a"}, lambda v: v == "a"),
        ({"type": "string", "pattern": "^#[0-9a-f]{6}$"}, lambda v: v.startswith("#") and len(v) == 7),
        ({"type": "string", "maxLength": 5}, lambda v: 0 < len(v) <= 5),
        ({"type": ["string", "null"]}, lambda v: isinstance(v, str)),
        ({"type": "ARRAY", "items": {"type": "STRING"}, "min_items": 3}, lambda v: len(v) == 3),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, lambda v: v == []),
    ],
)
def test_every_value_is_one_that_the_schema_allows(schema: Any, is_fit: Callable[[Any], bool]) -> None:
    asked = {"type": "object", "properties": {"field": schema}, "required": ["field"]}
    for text in ("one", "another", "a third"):
        assert is_fit(answer(asked, text)["field"])


def test_a_pattern_that_no_known_text_fits_is_told() -> None:
    with pytest.raises(Wrong, match="pattern"):
        answer({"type": "string", "pattern": "^never[0-9]{9}$"}, "Look.")


def test_a_prompt_is_written_from_the_phrases_of_the_question() -> None:
    shape = {"type": "object", "properties": {"prompt": {"type": "string"}, "notes": {"type": "string"}}}
    told = json.dumps({"seen": {"Subjects": ["a brass desk lamp with a green shade [image 1]"]}})
    written = answer(shape, f"Write it. {told}")
    assert written["prompt"] == "a brass desk lamp with a green shade"
    assert "emulator" in written["notes"]


CONTENT: list[Any] = response()["input"][0]["content"]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gpt-4o"},
        {"input": []},
        {"input": [{"role": "robot", "content": "Look."}]},
        {"input": [{"role": "user", "content": []}]},
        {"input": [{"role": "user", "content": [{"type": "input_video", "video_url": "data:"}]}]},
        {"input": [{"role": "user", "content": [{"type": "text", "text": "Look."}]}]},
        {"input": [{"role": "user", "content": [*CONTENT, {"type": "input_image", "image_url": "x"}]}]},
        {"seed": 7},
        {"max_output_tokens": 3},
        {"max_output_tokens": "900"},
        {"store": "no"},
        {"response_format": {"type": "json_object"}},
        {"text": {"format": {"type": "json_object"}}},
    ],
)
def test_openai_takes_no_other_question(openai: ImagesEmulator, change: dict[str, Any]) -> None:
    assert post(openai, RESPONSES, response())[0] == 200
    status, refused = post(openai, RESPONSES, {**response(), **change})
    assert (status, refused["error"]["type"]) == (400, "invalid_request_error")
    assert len(openai.book.operations) == 1


@pytest.mark.parametrize(
    "address",
    [
        data_url(b"GIF89a", "image/png"),
        data_url(PICTURE, "image/tiff"),
        data_url(footage.clip("a", seconds=1), "video/mp4"),
        f"data:image/png;base64,{base64.urlsafe_b64encode(PICTURE * 3).decode()}-_",
        "file:///etc/passwd",
    ],
)
def test_openai_takes_no_other_picture(openai: ImagesEmulator, address: str) -> None:
    body = response()
    body["input"][0]["content"].append({"type": "input_image", "image_url": address})
    assert post(openai, RESPONSES, body)[0] == 400


@pytest.mark.parametrize(
    "change",
    [
        {"additionalProperties": True},
        {"required": ["subject"]},
        {"properties": {**SHAPE["properties"], "light": {"type": "string", "default": "soft"}}},
        {"properties": {**SHAPE["properties"], "light": {"type": "object", "properties": {}}}},
        {"properties": {**SHAPE["properties"], "light": {"allOf": [{"type": "string"}]}}},
        {"type": "array"},
    ],
)
def test_openai_takes_strict_schemas_only(openai: ImagesEmulator, change: dict[str, Any]) -> None:
    shape = {"type": "json_schema", "name": "Seen", "strict": True, "schema": {**SHAPE, **change}}
    assert post(openai, RESPONSES, {**response(), "text": {"format": shape}})[0] == 400
    for spoilt in ({"strict": False}, {"name": "no spaces"}, {"shape": {}}):
        told = {**shape, "schema": SHAPE, **spoilt}
        assert post(openai, RESPONSES, {**response(), "text": {"format": told}})[0] == 400


@pytest.mark.parametrize(
    "schema",
    [
        SHAPE,  # additionalProperties: googleapis/python-genai issue 1815
        {"type": "OBJECT", "properties": {"a": {"type": "STRING", "additional_properties": False}}},
        {"type": "OBJECT", "properties": {"a": {"const": "b"}}},
        {"type": "OBJECT", "properties": {"a": {"$ref": "#/$defs/B"}}},
        {"type": "OBJECT", "properties": {}, "required": ["a"]},
        {"properties": {"a": {"type": "STRING"}}},
    ],
)
def test_google_takes_its_own_schemas_only(google: InteractionsEmulator, schema: dict[str, Any]) -> None:
    status, refused = post(google, GENERATE, content(schema=schema))
    assert (status, refused["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert google.book.prompts() == []


def test_google_answers_both_alphabets_of_base64_alike(google: InteractionsEmulator) -> None:
    picture = next(p for n in range(99) if b"+" in base64.b64encode(p := footage.still(f"{n}")))
    said = []
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        inline = {"inline_data": {"mime_type": "image/png", "data": alphabet(picture).decode()}}
        body = content()
        body["contents"][0]["parts"].insert(0, inline)
        status, told = post(google, GENERATE, body)
        assert status == 200
        said.append(told["candidates"][0]["content"]["parts"])
    assert said[0] == said[1]


# Files


def start(google: InteractionsEmulator, size: int = 6, **changes: str) -> tuple[int, Any, dict[str, str]]:
    headers = {
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-length": str(size),
        "x-goog-upload-header-content-type": "video/mp4",
        **changes,
    }
    return call(google, "POST", "/upload/v1/files", b'{"file": {"mime_type": "video/mp4"}}', headers)


def part(google: InteractionsEmulator, place: str, content: bytes, command: str, at: int) -> tuple[int, Any]:
    headers = {"x-goog-upload-command": command, "x-goog-upload-offset": str(at)}
    status, told, _ = call(google, "POST", place, content, headers, key="")
    return status, told


def uploaded(google: InteractionsEmulator) -> str:
    place = start(google)[2]["x-goog-upload-url"]
    assert part(google, place, b"abc", "upload", 0)[0] == 200
    status, told = part(google, place, b"def", "upload, finalize", 3)
    assert status == 200
    return str(told["file"]["name"])


def asked_about(google: InteractionsEmulator, name: str, mime: str = "video/mp4") -> int:
    body = content()
    uri = f"https://generativelanguage.googleapis.com/v1beta/{name}"
    body["contents"][0]["parts"].insert(0, {"fileData": {"fileUri": uri, "mimeType": mime}})
    return post(google, GENERATE, body)[0]


def test_a_file_comes_in_parts_is_prepared_and_asked_about(google: InteractionsEmulator) -> None:
    google.operation_s = 3_600.0
    slow = uploaded(google)
    assert call(google, "GET", f"/v1/{slow}")[1]["state"] == "PROCESSING"
    google.operation_s = 0.0
    assert asked_about(google, slow) == 400
    name = uploaded(google)
    told = call(google, "GET", f"/v1beta/{name}")[1]
    assert (told["state"], told["sizeBytes"], told["mimeType"]) == ("ACTIVE", "6", "video/mp4")
    assert asked_about(google, name) == 200
    assert asked_about(google, name, "video/webm") == 400
    assert call(google, "DELETE", f"/v1/{name}")[0] == 200
    assert call(google, "GET", f"/v1/{name}")[0] == 403
    assert call(google, "DELETE", f"/v1/{name}")[0] == 403
    assert asked_about(google, name) == 403
    assert asked_about(google, "files/never") == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"x-goog-upload-protocol": "multipart"},
        {"x-goog-upload-header-content-length": "0"},
        {"x-goog-upload-header-content-type": "text/html"},
    ],
)
def test_an_upload_that_is_not_announced_rightly_is_refused(
    google: InteractionsEmulator, changes: dict[str, str]
) -> None:
    assert start(google, **changes)[0] == 400


@pytest.mark.parametrize(
    ("content", "command", "at"),
    [
        (b"abc", "upload", 1),
        (b"abc", "upload, finalize", 0),
        (b"abcdefg", "upload, finalize", 0),
        (b"abcdef", "finalize", 0),
    ],
)
def test_a_part_that_does_not_fit_is_refused(
    google: InteractionsEmulator, content: bytes, command: str, at: int
) -> None:
    place = start(google)[2]["x-goog-upload-url"]
    assert part(google, place, content, command, at)[0] == 400


def test_only_the_place_of_an_upload_needs_no_key(google: InteractionsEmulator) -> None:
    headers = {"x-goog-upload-command": "start"}
    assert call(google, "POST", "/upload/v1/files", b"{}", headers, key="wrong")[0] == 401
    assert call(google, "POST", "/upload/v1/files?upload_id=made-up", b"{}", headers, key="")[0] == 401


def test_the_faults_of_models_that_read_are_no_faults_of_others(google: InteractionsEmulator) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "A cat"}]}]}
    for fault in READING_FAULTS:
        google.faults.add(Fault(Step.CREATE, fault))
        assert post(google, "/v1/models/gemini-3-pro-image:generateContent", body)[0] == 200
