"""Bad input over HTTP: one clear sentence in one shape with the right status, and nothing in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.server.standing import Acting, standing
from tests.server.test_videos import picture
from workbench import Workbench
from workbench.domain.media import Role
from workbench.providers import animatic
from workbench.providers.fake import Script
from workbench.settings import Settings

MODEL = "animatic/preview"
UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(folder)
    frames = Acting("frames", folder, Script(), (Role.FIRST_FRAME, Role.LAST_FRAME))
    return Workbench(settings=settings, providers=[*animatic.endpoints(settings), frames], app=True)


@pytest.fixture(scope="module")
def client(bench: Workbench) -> Iterator[httpx.Client]:
    with standing(bench) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield client


def refused(answer: httpx.Response, status: int, bench: Workbench) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"code", "message", "param", "hint"}
    assert error["message"].endswith((".", "?", "!"))
    assert "Traceback" not in answer.text
    assert str(bench.settings.data) not in answer.text
    assert sum(bench.counts().values()) == 0
    return error


# Every refusal says what is allowed or what to do.
TELLING = (
    "Allowed: ",
    "It has: ",
    "Use ",
    "Write ",
    "Give ",
    "Remove ",
    "Shorten ",
    "Upload ",
    "Endpoints",
    "The shapes stand at ",
    "only public web addresses",
    "Check the address",
    "is none; allowed ",
    "allowed are ",
)
VIDEOS = [
    ({}, "prompt"),
    ({"prompt": "  "}, "prompt"),
    ({"prompt": 3}, "prompt"),
    ({"prompt": ["x"]}, "prompt"),
    ({"prompt": None}, "prompt"),
    ({"prompt": "x" * 5_000}, "prompt"),
    ({"prompt": "a\0b"}, "prompt"),
    ({"prompt": "x", "model": "nobody/nothing"}, "model"),
    ({"prompt": "x", "model": ""}, "model"),
    ({"prompt": "x", "model": "sora-2"}, "model"),
    ({"prompt": "x", "model": "veo-3.1-generate-preview"}, "model"),
    ({"prompt": "x", "model": 4}, "model"),
    ({"prompt": "x", "seconds": "0"}, "seconds"),
    ({"prompt": "x", "seconds": "four"}, "seconds"),
    ({"prompt": "x", "seconds": 4.5}, "seconds"),
    ({"prompt": "x", "seconds": -1}, "seconds"),
    ({"prompt": "x", "seconds": 4, "duration_s": 5}, "duration_s"),
    ({"prompt": "x", "size": "1792x1024"}, "size"),
    ({"prompt": "x", "size": "big"}, "size"),
    ({"prompt": "x", "size": "0x0"}, "size"),
    ({"prompt": "x", "size": "1280x720", "aspect_ratio": "9:16"}, "aspect_ratio"),
    ({"prompt": "x", "aspect_ratio": "21:9"}, "aspect_ratio"),
    ({"prompt": "x", "resolution": ["720p"]}, "resolution"),
    ({"prompt": "x", "seed": "lucky"}, "seed"),
    ({"prompt": "x", "seed": -1}, "seed"),
    ({"prompt": "x", "seed": 2**40}, "seed"),
    ({"prompt": "x", "quality": "hd"}, "quality"),
    ({"prompt": "x", "generate_audio": "perhaps"}, "generate_audio"),
    ({"prompt": "x", "input_reference": 7}, None),
    ({"prompt": "x", "input_reference": "/etc/passwd"}, None),
    ({"prompt": "x", "input_reference": "file:///etc/passwd"}, None),
    ({"prompt": "x", "input_reference": {"file_id": "file-1"}}, None),
    ({"prompt": "x", "input_reference": {"image_url": "http://127.0.0.1/x.png"}}, None),
    ({"prompt": "x", "input_reference": {"image_url": "HTTP://localhost:1/x.png"}}, None),
    ({"prompt": "x", "input_reference": {"image_url": "data:image/png,raw"}}, None),
    ({"prompt": "x", "input_reference": {"image_url": "data:image/png;base64,!!"}}, None),
    ({"prompt": "x", "input_reference": {"image_url": "data:text/html;base64,PGI+"}}, None),
    ({"prompt": "x", "input_reference": {"image_url": "a", "id": "b"}}, None),
    ({"prompt": "x", "input_reference": {}}, None),
    ({"prompt": "x", "input_reference": "0" * 64}, None),
    ({"prompt": "x", "first_frame": "0" * 64}, None),
    ({"prompt": "x", "extend": "lion.mp4"}, None),
]


@pytest.mark.parametrize(("body", "param"), VIDEOS, ids=[json.dumps(body)[:60] for body, _ in VIDEOS])
def test_a_video_that_can_not_be(
    client: httpx.Client, bench: Workbench, body: dict[str, object], param: str | None
) -> None:
    error = refused(client.post("/v1/videos", json=body), 400, bench)
    assert error["param"] == param
    said = f"{error['message']} {error['hint']}"
    assert any(word in said for word in TELLING), said


def test_an_unknown_run_as_source_is_not_found(client: httpx.Client, bench: Workbench) -> None:
    body = {"prompt": "x", "extend": UNKNOWN}
    assert refused(client.post("/v1/videos", json=body), 404, bench)["code"] == "unknown_run"


def test_what_is_possible_is_told(client: httpx.Client, bench: Workbench) -> None:
    error = refused(client.post("/v1/videos", json={"prompt": "x", "size": "1792x1024"}), 400, bench)
    assert "1280x720, 720x1280, 720x720" in error["hint"]
    both = {"prompt": "", "seconds": "99", "size": "1280x720"}
    error = refused(client.post("/v1/videos", json=both), 400, bench)
    what, hint = "The prompt is empty. Duration can't be 99.", error["hint"]
    assert error["message"] == f"{what} {hint}"  # a stock client shows nothing but the message
    assert error["param"] == "prompt"


@pytest.mark.parametrize(
    ("count", "model", "said"),
    [(3, "frames/clip", "Allowed: one \\(first frame\\) or two"), (4, MODEL, "up to 3")],
)
def test_too_many_pictures(client: httpx.Client, bench: Workbench, count: int, model: str, said: str) -> None:
    import re

    parts = [("input_reference", (f"{n}.png", picture(size=(320 + n, 180)))) for n in range(count)]
    answer = client.post("/v1/videos", data={"prompt": "x", "model": model}, files=parts)
    assert re.search(said, refused(answer, 400, bench)["hint"])


@pytest.mark.parametrize("content", [b"", b"no picture", b"<svg onload=alert(1)>", picture()[:80]])
def test_files_that_are_no_pictures(client: httpx.Client, bench: Workbench, content: bytes) -> None:
    files = {"input_reference": ("../../lion.png", content, "image/png")}
    error = refused(client.post("/v1/videos", data={"prompt": "x"}, files=files), 400, bench)
    assert "lion.png" in error["message"] or "first frame" in error["message"]


def test_a_file_where_a_text_belongs(client: httpx.Client, bench: Workbench) -> None:
    for name, status in (("prompt", 400), ("resolution", 400), ("unheard_of", 400)):
        answer = client.post("/v1/videos", files={name: ("a.txt", b"x")})
        assert refused(answer, status, bench)["param"] == name


BODIES = [
    ("/v1/videos", b"{", "application/json", 400),
    ("/v1/videos", b"[1]", "application/json", 400),
    ("/v1/videos", b"null", "application/json", 400),
    ("/v1/videos", b'{"prompt": NaN}', "application/json", 400),
    ("/v1/videos", b'{"prompt": "\\ud800"}', "application/json", 400),
    ("/v1/videos", b'{"prompt": "\xff"}', "application/json", 400),
    ("/v1/videos", b"[" * 20_000, "application/json", 400),
    ("/v1/videos", b"prompt", "text/plain", 415),
    ("/v1/videos", b"prompt", "", 415),
    ("/v1/videos", b"--x\r\nrubbish", "multipart/form-data; boundary=x", 400),
    ("/v1/videos", b"--x", "multipart/form-data", 400),
    ("/v1/videos", b"prompt[a][b][c]=x", "application/x-www-form-urlencoded", 400),
    ("/api/runs", b"prompt=x", "application/x-www-form-urlencoded", 415),
    ("/api/runs", b'{"prompt": "x", "colour": 1}', "application/json", 400),
    ("/api/runs", b'{"prompt": "x", "takes": 0}', "application/json", 400),
    ("/api/runs", b'{"prompt": "x", "takes": 101}', "application/json", 400),
    ("/api/runs", b'{"prompt": "x", "settings": {"duration_s": {}}}', "application/json", 400),
    ("/api/runs", b'{"prompt": "x", "settings": {"duration_s": 99}}', "application/json", 400),
    ("/api/runs", b'{"prompt": "x", "settings": {"colour": "red"}}', "application/json", 400),
    ("/api/runs", b'{"prompt": "x", "parent": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}', "application/json", 404),
    ("/api/runs", b'{"prompt": "x", "model": "sora-2"}', "application/json", 400),
    ("/api/prompts", b'{"name": "", "text": "x"}', "application/json", 400),
    ("/api/prompts", b'{"name": "   ", "text": "x"}', "application/json", 400),
    ("/api/prompts", b'{"name": "a", "text": "\\u0000"}', "application/json", 400),
    ("/api/prompts", b'{"name": "a"}', "application/json", 400),
    ("/api/references", b"{}", "application/json", 400),
    ("/api/references", b'{"url": "http://169.254.169.254/latest"}', "application/json", 400),
    ("/api/references", b'{"url": "/etc/passwd"}', "application/json", 400),
    ("/api/references", b'{"file": ["a", "b"], "url": "c"}', "application/json", 400),
    (f"/v1/videos/{UNKNOWN}/remix", b'{"prompt": "x"}', "application/json", 404),
    ("/v1/videos/edits", b'{"prompt": "x"}', "application/json", 400),
    ("/v1/videos/edits", b'{"prompt": "x", "video": {"id": "nothing"}}', "application/json", 404),
]


@pytest.mark.parametrize(("path", "content", "kind", "status"), BODIES)
def test_bodies(
    client: httpx.Client, bench: Workbench, path: str, content: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    refused(client.post(path, content=content, headers=headers), status, bench)


REQUESTS = [
    ("GET", "/v1/videos/nothing", 404),
    ("GET", f"/v1/videos/{UNKNOWN}", 404),
    ("GET", f"/v1/videos/{UNKNOWN[:8]}", 404),
    ("DELETE", f"/v1/videos/{UNKNOWN}", 404),
    ("GET", f"/v1/videos/{UNKNOWN}/content", 404),
    ("GET", f"/v1/videos/{UNKNOWN}/content?variant=gif", 400),
    ("GET", "/v1/videos?limit=0", 400),
    ("GET", "/v1/videos?limit=101", 400),
    ("GET", "/v1/videos?limit=all", 400),
    ("GET", "/v1/videos?order=best", 400),
    ("GET", f"/v1/videos?after={UNKNOWN}", 404),
    ("GET", "/v1/videos/", 404),
    ("GET", "/v1", 404),
    ("GET", "/v1/chat/completions", 404),
    ("POST", "/v1/responses", 404),
    ("GET", "/veo31/nothing", 404),
    ("PUT", "/v1/videos", 405),
    ("PATCH", "/api/runs", 405),
    ("OPTIONS", "/api/models", 405),
    ("GET", "/api/runs?limit=0", 400),
    ("GET", "/api/runs?limit=1000", 400),
    ("GET", "/api/runs?status=lost", 400),
    ("GET", "/api/runs?since=yesterday", 400),
    ("GET", "/api/runs?rating_least=6", 400),
    ("GET", "/api/runs?before=-1", 400),
    ("GET", "/api/runs?before=9223372036854775808", 400),
    ("GET", "/api/runs?colour=red", 400),
    ("GET", "/api/runs?limit=1&limit=2", 400),
    ("GET", "/api/runs/nothing-like-an-id", 404),
    ("POST", f"/api/runs/{UNKNOWN}/cancel", 404),
    ("POST", f"/api/runs/{UNKNOWN}/undelete", 404),
    ("DELETE", f"/api/runs/{UNKNOWN}", 404),
    ("GET", f"/api/runs/{UNKNOWN}/ratings", 404),
    ("GET", "/api/models/nobody/nothing", 404),
    ("GET", "/api/prompts/nobody", 404),
    ("GET", "/api/prompts/no%0Abody", 404),
    ("GET", "/api/no%0Abody", 404),
    ("GET", "/api/prompts?limit=0", 400),
    ("GET", f"/api/references/{'0' * 64}", 404),
    ("DELETE", "/api/references/x", 404),
    ("GET", "/api/events?run=nothing", 400),
]


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_requests(client: httpx.Client, bench: Workbench, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    refused(answer, status, bench)
    if status == 405:
        assert method not in answer.headers["allow"].split(", ")


def test_sixty_four_may_listen(client: httpx.Client, bench: Workbench) -> None:
    from contextlib import ExitStack

    from workbench.server.events import MOST_LISTENERS

    with (
        ExitStack() as open_streams,
        httpx.Client(
            base_url=client.base_url, trust_env=False, timeout=30, limits=httpx.Limits(max_connections=100)
        ) as listener,
    ):
        heard = [
            open_streams.enter_context(listener.stream("GET", "/api/events")).iter_lines()
            for _ in range(MOST_LISTENERS)
        ]
        assert all(next(lines).startswith("id: ") for lines in heard)
        assert refused(client.get("/api/events"), 429, bench)["code"] == "too_many_listeners"


def test_a_folder_that_can_not_be_used(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, bench: Workbench
) -> None:
    from workbench.domain.errors import FolderInUse

    def taken() -> None:
        raise FolderInUse("Another machine works in the folder.")

    with monkeypatch.context() as trouble:
        trouble.setattr(bench, "check_folder", taken)
        for path in ("/v1/videos", "/api/runs", "/api/models", "/api/prompts", "/api/events"):
            assert refused(client.get(path), 503, bench)["code"] == "folder_unusable"
        answer = client.post("/v1/videos", json={"prompt": "x"})
        assert refused(answer, 503, bench)["code"] == "folder_unusable"


def test_what_nobody_thought_of_is_json_without_details(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, bench: Workbench
) -> None:
    def broken() -> None:
        raise KeyError("secret inside")

    with monkeypatch.context() as trouble:
        trouble.setattr(bench, "models", broken)
        answer = client.get("/api/models")
    error = refused(answer, 500, bench)
    assert error["code"] == "internal"
    assert "secret" not in answer.text
