"""Clips and pictures inside JSON: unpacked as the standard library would, and beside the SDK as by it."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from workbench.providers.packed import unpacked
from workbench.providers.vertex.polled import Polled, _read


@given(st.binary(max_size=400))
def test_both_alphabets_give_the_bytes(content: bytes) -> None:
    assert unpacked(base64.b64encode(content).decode()) == content
    assert unpacked(base64.urlsafe_b64encode(content).decode()) == content


@given(st.binary(max_size=400))
def test_lines_and_what_fills_them_up_do_not_matter(content: bytes) -> None:
    in_lines = base64.encodebytes(content).decode()
    assert unpacked(in_lines) == unpacked(in_lines.replace("=", "")) == content


@pytest.mark.parametrize(
    "junk", ["a", "AAAAA", "not base64, at all", "Zm9v!", "Zürich==", "=AAA", "data:AAAA"]
)
def test_anything_else_is_refused(junk: str) -> None:
    with pytest.raises(ValueError):
        unpacked(junk)


def answer(*clips: Any) -> dict[str, Any]:
    return {"name": "a/operations/1", "done": True, "response": {"videos": list(clips)}}


def clip(content: bytes) -> dict[str, str]:
    return {"bytesBase64Encoded": base64.b64encode(content).decode(), "mimeType": "video/mp4"}


def of_the_sdk(said: dict[str, Any]) -> Any:
    found = types.GenerateVideosOperation.from_api_response(said, is_vertex_ai=True).response
    return found.generated_videos if found else found


@pytest.mark.parametrize(
    "said",
    [
        answer(clip(os.urandom(5_000))),
        answer(clip(b"one"), {"gcsUri": "gs://a/b.mp4"}, clip(b"two")),
        answer(clip(b"")),
        answer(),
        {"name": "a/operations/1", "done": True, "response": {}},
        {"name": "a/operations/1", "done": True, "error": {"code": 3}},
        {"name": "a/operations/1", "done": True, "response": {"raiMediaFilteredCount": 1}},
    ],
)
def test_an_answer_reads_as_by_the_sdk_alone(said: dict[str, Any]) -> None:
    found = _read(said).response
    assert (found.generated_videos if found else found) == of_the_sdk(said)


@pytest.mark.parametrize(
    "videos", [{"a": 1}, "text", 7, [7], [[]], [{"bytesBase64Encoded": "?"}], [{"bytesBase64Encoded": 7}]]
)
def test_an_answer_of_another_shape_is_told_as_the_sdk_tells_it(videos: Any) -> None:
    said = {"name": "a/operations/1", "done": True, "response": {"videos": videos}}
    try:
        expected: Any = of_the_sdk(said)
    except Exception as error:
        with pytest.raises(type(error)):
            _read(said)
    else:
        found = _read(said).response
        assert (found.generated_videos if found else found) == expected


def test_what_is_not_done_has_nothing_to_unpack() -> None:
    for said in ({"name": "a/operations/1"}, None, [], "x"):
        assert isinstance(Polled.from_api_response(said), Polled)
