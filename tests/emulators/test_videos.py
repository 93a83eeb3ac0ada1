"""The emulator of the ``/v1/videos`` shape: driven by the real ``openai`` package, and strict."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError

import pytest

from workbench.emulators.faults import Fault, Step
from workbench.emulators.footage import still
from workbench.emulators.videos import SHAPES, VideosEmulator


def ask(
    emulator: VideosEmulator, method: str, path: str, body: Any = None, form: Any = None
) -> tuple[int, Any]:
    """Status and parsed JSON (or bytes). ``form`` is a list of (name, text) or (name, filename, bytes)."""
    headers = {"authorization": f"Bearer {emulator.key}"}
    content = None
    if body is not None:
        content, headers["content-type"] = json.dumps(body).encode(), "application/json"
    if form is not None:
        headers["content-type"] = "multipart/form-data; boundary=b"
        content = b"".join(map(_part, form)) + b"--b--\r\n"
    request = urllib.request.Request(emulator.url + path, content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            status, raw = response.status, response.read()
    except HTTPError as error:
        status, raw = error.code, error.read()
    try:
        return status, json.loads(raw)
    except ValueError:
        return status, raw


def _part(part: tuple[Any, ...]) -> bytes:
    head = f'--b\r\ncontent-disposition: form-data; name="{part[0]}"'
    if len(part) == 2:
        return f"{head}\r\n\r\n{part[1]}\r\n".encode()
    return f'{head}; filename="{part[1]}"\r\ncontent-type: image/png\r\n\r\n'.encode() + part[2] + b"\r\n"


def test_the_real_sdk_gets_a_clip() -> None:
    from openai import OpenAI

    with VideosEmulator(operation_s=0.0) as emulator:
        settings = emulator.settings()
        client = OpenAI(
            base_url=settings["OPENAI_VIDEOS_BASE_URL"],
            api_key=settings["OPENAI_VIDEOS_API_KEY"],
            max_retries=0,
        )
        with pytest.warns(DeprecationWarning):
            made = client.videos.create(
                model="sora-2",
                prompt="A lion",
                seconds="4",
                size="1280x720",
                input_reference=("start.png", still("start"), "image/png"),
            )
            again = client.videos.retrieve(made.id)
            content = client.videos.download_content(made.id).read()
            listed = client.videos.list(limit=5)
            gone = client.videos.delete(made.id)
        assert "sora-2" in [model.id for model in client.models.list()]
    assert (made.status, made.prompt, made.seconds, made.size) in (
        ("queued", "A lion", "4", "1280x720"),
        ("completed", "A lion", "4", "1280x720"),
    )
    assert (again.status, again.progress, again.error) == ("completed", 100, None)
    assert content == emulator.book.operations[made.id].clips[0]
    assert [each.id for each in listed.data] == [made.id] and gone.deleted
    (received,) = emulator.book.of(Step.CREATE)
    assert {part.name for part in received.body} == {"prompt", "model", "seconds", "size", "input_reference"}


@pytest.mark.parametrize("dialect", SHAPES)
def test_every_dialect_lists_models_and_gives_its_settings(dialect: str) -> None:
    with VideosEmulator(dialect=dialect) as emulator:
        status, models = ask(emulator, "GET", "/v1/models")
        assert status == 200 and models["data"][0]["id"] == emulator.models[0]
        assert emulator.settings() == {
            "OPENAI_VIDEOS_BASE_URL": f"{emulator.url}/v1",
            "OPENAI_VIDEOS_API_KEY": "emulated-key",
            "OPENAI_VIDEOS_DIALECT": dialect,
        }
    with pytest.raises(ValueError, match=r"'sora' is no dialect. Allowed: openai, litellm"):
        VideosEmulator(dialect="sora")


def test_without_its_key_nobody_is_let_in() -> None:
    with VideosEmulator() as emulator:
        real, emulator.key = emulator.key, "another"
        request = urllib.request.Request(
            f"{emulator.url}/v1/models", headers={"authorization": f"Bearer {real}"}
        )
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(request, timeout=10)


PNG = still("x")
GOOD = {"prompt": "A lion"}


@pytest.mark.parametrize(
    ("dialect", "sent", "words"),
    [
        ("openai", {"body": {**GOOD, "seed": 1}}, "Unknown parameter: 'seed'."),
        ("openai", {"body": {**GOOD, "seconds": 8}}, "Invalid value for 'seconds'."),
        ("openai", {"body": {**GOOD, "size": "720p"}}, "Invalid value for 'size'."),
        ("openai", {"body": {"model": "sora-2"}}, "prompt is required"),
        ("openai", {"body": [1]}, "neither a JSON object nor a multipart form"),
        ("openai", {"form": [("prompt", "x"), *[("input_reference", "a.png", PNG)] * 2]}, "given 2 times"),
        ("openai", {"form": [("prompt", "x"), ("input_references", "a.png", PNG)]}, "Unknown parameter"),
        ("litellm", {"body": {**GOOD, "negative_prompt": "x"}}, "Unknown parameter: 'negative_prompt'."),
        ("vllm-omni", {"body": GOOD}, "multipart/form-data"),
        ("vllm-omni", {"form": [("prompt", "x"), ("model", "other")]}, "Model mismatch"),
        ("vllm-omni", {"form": [("prompt", "x"), ("seed", "-1")]}, "Invalid value for 'seed'."),
        (
            "vllm-omni",
            {
                "form": [
                    ("prompt", "x"),
                    ("input_reference", "a.png", PNG),
                    ("input_references", "b.png", PNG),
                ]
            },
            "input_references alone",
        ),
        ("sglang", {"form": [("prompt", "x")]}, "input_reference file is required"),
        ("sglang", {"body": {**GOOD, "seconds": "8"}}, "Invalid value for 'seconds'."),
        ("reseller", {"body": {**GOOD, "aspect_ratio": "16:9"}}, "Unknown parameter: 'aspect_ratio'."),
    ],
)
def test_what_a_dialect_does_not_take_is_refused(dialect: str, sent: dict[str, Any], words: str) -> None:
    with VideosEmulator(dialect=dialect) as emulator:
        status, said = ask(emulator, "POST", "/v1/videos", **sent)
        assert status == 400 and words in json.dumps(said)
        assert emulator.book.operations == {}


def made(emulator: VideosEmulator) -> Any:
    form = [("prompt", "A lion")] if emulator.dialect == "vllm-omni" else None
    status, said = ask(emulator, "POST", "/v1/videos", None if form else GOOD, form)
    assert status == 200, said
    return said


@pytest.mark.parametrize(
    ("dialect", "queued", "done"),
    [
        ("openai", "in_progress", {"prompt", "completed_at", "expires_at", "model", "seconds", "size"}),
        ("litellm", "processing", {"prompt", "completed_at", "expires_at", "model", "seconds", "size"}),
        ("vllm-omni", "in_progress", {"prompt", "completed_at", "expires_at", "model", "seconds", "size"}),
        ("sglang", "queued", {"url", "file_path", "completed_at", "expires_at", "model", "seconds", "size"}),
        ("reseller", "processing", {"output"}),
    ],
)
def test_how_an_operation_goes(dialect: str, queued: str, done: set[str]) -> None:
    with VideosEmulator(dialect=dialect, operation_s=60) as emulator:
        first = made(emulator)
        assert first["status"] == "queued"
        operation = emulator.book.operations[first["id"]]
        operation.created_at -= 30
        _, running = ask(emulator, "GET", f"/v1/videos/{first['id']}")
        assert running["status"] == queued and 0 < running["progress"] < 100
        status, _ = ask(emulator, "GET", f"/v1/videos/{first['id']}/content")
        assert status == 404
        operation.ready_at = 0
        _, last = ask(emulator, "GET", f"/v1/videos/{first['id']}")
        assert last["status"] == "completed"
        more = {"object", "created_at", "error"} if dialect != "reseller" else set()
        assert set(last) == {"id", "status", "progress", *more, *done}
        status, content = ask(emulator, "GET", f"/v1/videos/{first['id']}/content")
        assert status == 200
        if dialect == "reseller":
            assert content == {"url": last["output"]["url"]}
            path = content["url"].removeprefix(emulator.url)
            status, content = ask(emulator, "GET", path)
            assert ask(emulator, "GET", path.partition("?")[0])[0] == 403
        assert content == operation.clips[0]


def test_the_faults_that_change_what_is_said() -> None:
    said: dict[str, Callable[[Any], bool]] = {
        "done_error": lambda s: s["status"] == "failed" and s["error"]["code"] == "server_error",
        "filtered": lambda s: s["status"] == "failed" and s["error"]["code"] == "moderation_blocked",
        "done_empty": lambda s: s["status"] == "completed" and s["error"] is None,
        "unknown_status": lambda s: s["status"] == "defragmenting",
        "string_times": lambda s: datetime.fromisoformat(s["created_at"]).tzinfo is not None,
        "clock_skew": lambda s: s["created_at"] > datetime.now(UTC).timestamp() + 3_000,
        "gone": lambda s: s["error"]["message"] == "Video not found",
    }
    for kind, is_said in said.items():
        with VideosEmulator([Fault(Step.POLL, kind)], operation_s=0.0) as emulator:
            name = made(emulator)["id"]
            _, answer = ask(emulator, "GET", f"/v1/videos/{name}")
            assert is_said(answer), (kind, answer)
            status, _ = ask(emulator, "GET", f"/v1/videos/{name}/content")
            assert status == {"done_error": 422, "filtered": 422, "done_empty": 404}.get(kind, 200), kind


def test_litellm_says_completed_of_what_failed() -> None:
    with VideosEmulator([Fault(Step.POLL, "filtered")], dialect="litellm") as emulator:
        name = made(emulator)["id"]
        _, answer = ask(emulator, "GET", f"/v1/videos/{name}")
        assert (answer["status"], answer["error"]) == ("completed", None)
        status, said = ask(emulator, "GET", f"/v1/videos/{name}/content")
        assert status == 500 and "blocked by the safety filter" in said["error"]["message"]


def test_delete_and_list() -> None:
    for dialect, answer, stops in (
        ("openai", {"object": "video.deleted", "deleted": True}, False),
        ("vllm-omni", {"object": "video.deleted", "deleted": True}, True),
        ("sglang", {"status": "deleted"}, False),
    ):
        with VideosEmulator(dialect=dialect, operation_s=60) as emulator:
            names = [made(emulator)["id"] for _ in range(3)]
            _, page = ask(emulator, "GET", "/v1/videos?limit=2&order=asc")
            assert [each["id"] for each in page["data"]] == names[:2]
            assert page.get("has_more", True) is True
            _, page = ask(emulator, "GET", f"/v1/videos?limit=2&order=asc&after={names[1]}")
            assert [each["id"] for each in page["data"]] == names[2:]
            _, said = ask(emulator, "DELETE", f"/v1/videos/{names[0]}")
            assert said["id"] == names[0] and answer.items() <= said.items()
            assert emulator.book.operations[names[0]].cancelled is stops
            for method in ("GET", "DELETE"):
                assert ask(emulator, method, f"/v1/videos/{names[0]}")[0] == 404
    for dialect in ("litellm", "reseller"):
        with VideosEmulator(dialect=dialect) as emulator:
            assert ask(emulator, "GET", "/v1/videos")[0] == 404
            assert ask(emulator, "DELETE", f"/v1/videos/{made(emulator)['id']}")[0] == 404


def test_frames_say_the_length_and_the_size_the_shape() -> None:
    form = [("prompt", "x"), ("num_frames", "49"), ("fps", "24"), ("size", "480x832")]
    with VideosEmulator(operation_s=0.0, dialect="sglang") as emulator:
        status, said = ask(emulator, "POST", "/v1/videos", form=[*form, ("input_reference", "a.png", PNG)])
        assert (status, said["seconds"], said["size"]) == (200, "2", "480x832")
        assert emulator.book.operations[said["id"]].said["aspect_ratio"] == "9:16"
        assert emulator.book.of(Step.CREATE)[0].body[-1].content == PNG
