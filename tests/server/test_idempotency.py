"""The same key never makes a second run; and what has made one never answers so that it is sent again."""

from __future__ import annotations

import http.server
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest

from tests.e2e.app import serving
from tests.server.standing import Acting, client_of, standing
from tests.server.test_videos import picture
from workbench import Workbench
from workbench.domain.errors import FolderFull
from workbench.providers.fake import Script
from workbench.settings import Settings
from workbench.store import Store

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
THREADS = 20
BODY = {"prompt": "x", "model": "slow/clip"}


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    providers = [Acting("slow", tmp_path, Script(latency_s=600, can_cancel=True))]
    return Workbench(settings=Settings(tmp_path / "data"), providers=providers, app=True)


@pytest.fixture
def address(bench: Workbench) -> Iterator[str]:
    with standing(bench) as address:
        yield address


def post(address: str, key: str | None, path: str = "/v1/videos", **body: object) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return httpx.post(f"{address}{path}", json=body, headers=headers, trust_env=False, timeout=60)


def logged(bench: Workbench) -> int:
    return sum(bench.counts().values())


def test_the_same_key_gives_the_same_run(address: str, bench: Workbench) -> None:
    first, second = (post(address, "k-1", **BODY) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["id"] == second.json()["id"]
    assert post(address, None, **BODY).json()["id"] != first.json()["id"]
    assert post(address, "k-2", **BODY).json()["id"] != first.json()["id"]
    assert logged(bench) == 3


def test_the_same_key_with_another_request_is_refused(address: str, bench: Workbench) -> None:
    made = post(address, "k", **BODY).json()["id"]
    for path, body in (
        ("/v1/videos", {**BODY, "prompt": "y"}),
        ("/v1/videos", {**BODY, "seed": 1}),
        ("/api/runs", BODY),
        (f"/v1/videos/{made}/remix", {"prompt": "x"}),
    ):
        answer = post(address, "k", path, **body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["code"] == "idempotency_key_reused"
    assert logged(bench) == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "k\tk"])
def test_keys_that_are_none(address: str, bench: Workbench, key: str) -> None:
    assert post(address, key, **BODY).status_code == 400
    assert logged(bench) == 0


def test_a_form_is_known_again_by_its_bytes_not_its_boundary(address: str, bench: Workbench) -> None:
    client = client_of(address)
    ids = {
        client.videos.create(
            prompt="x",
            model="slow/clip",
            input_reference=(name, picture(colour)),
            extra_headers={"Idempotency-Key": "form"},
        ).id
        for name, colour in (("a.png", "teal"), ("b.png", "teal"))
    }
    assert len(ids) == logged(bench) == 1
    with pytest.raises(openai.UnprocessableEntityError):
        client.videos.create(
            prompt="x",
            model="slow/clip",
            input_reference=("a.png", picture("red")),
            extra_headers={"Idempotency-Key": "form"},
        )


def test_twenty_threads_with_one_key_make_one_run(address: str, bench: Workbench) -> None:
    start = threading.Barrier(THREADS)

    def send(_: int) -> str:
        start.wait()
        answer = post(address, "one", **BODY)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(THREADS) as pool:
        ids = list(pool.map(send, range(THREADS)))
    assert len(set(ids)) == logged(bench) == 1


def test_two_processes_on_one_folder_make_one_run_a_key(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"latency_s": 600}))
    data, environ = tmp_path / "data", {"WORKBENCH_FAKE": str(script)}
    with serving(data, environ) as one, serving(data, environ) as two:
        start = threading.Barrier(THREADS)

        def send(number: int) -> tuple[str, str]:
            start.wait()
            key = f"key-{number % 4}"
            answer = post((one, two)[number // 4 % 2].address, key, prompt=key, model="fake/clip")
            assert answer.status_code == 200, answer.text
            return key, str(answer.json()["id"])

        with ThreadPoolExecutor(THREADS) as pool:
            pairs = set(pool.map(send, range(THREADS)))
        assert len(pairs) == 4
        assert sum(Store(data).runs.counts().values()) == 4


def test_several_runs_of_one_key(address: str, bench: Workbench) -> None:
    asked = {**BODY, "takes": 3}
    first, second = (post(address, "three", "/api/runs", **asked) for _ in range(2))
    ids = [run["id"] for run in first.json()["data"]]
    assert len(set(ids)) == 3
    assert [run["id"] for run in second.json()["data"]] == ids
    assert logged(bench) == 3


# A client that sends again by itself


@contextmanager
def losing(address: str, answers: int) -> Iterator[tuple[str, Counter[str]]]:
    """A way to the server on which the first ``answers`` are lost."""
    seen: Counter[str] = Counter()

    class Way(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            kept = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
            seen["sent"] += 1
            answer = httpx.post(f"{address}{self.path}", content=content, headers=kept, trust_env=False)
            if seen["sent"] <= answers:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            for name in ("content-type", "x-should-retry"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Way) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()


def test_a_lost_answer_and_a_key_make_one_run(address: str, bench: Workbench) -> None:
    with losing(address, 2) as (way, seen):
        made = client_of(way, max_retries=2).videos.create(
            prompt="x", model="slow/clip", extra_headers={"Idempotency-Key": "kept"}
        )
    assert seen["sent"] == 3
    assert bench.run(made.id).request.prompt == "x"
    assert logged(bench) == 1


@pytest.mark.parametrize("part", ["drive", "read"])
def test_trouble_after_the_row_is_logged_is_no_answer_to_send_again(
    address: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error") if part == "read" else RuntimeError("no thread")

    target = (bench.store.runs, "get_many") if part == "read" else (bench, "drive")
    with monkeypatch.context() as trouble:
        trouble.setattr(*target, broken)
        made = client_of(address, max_retries=2).videos.create(prompt="x", model="slow/clip")
    assert made.status == "queued"
    assert logged(bench) == 1
    assert bench.run(made.id).request.prompt == "x"


def test_trouble_before_it_is_told_and_logs_nothing(
    address: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise FolderFull("The disk is full.")

    with losing(address, 0) as (way, seen):
        client = client_of(way, max_retries=2)
        with monkeypatch.context() as trouble:
            trouble.setattr("workbench.api.workbench.check_room", full)
            with pytest.raises(openai.InternalServerError) as told:
                client.videos.create(prompt="x", model="slow/clip")
        assert (told.value.status_code, told.value.code) == (507, "folder_full")
        with monkeypatch.context() as trouble:
            trouble.setattr(bench, "_budget_micros", lambda: 1)
            with pytest.raises(openai.APIStatusError) as over:
                client.videos.create(prompt="x", model="slow/clip")
        assert (over.value.status_code, over.value.code) == (402, "budget_exceeded")
        assert seen["sent"] == 2  # the client was told that trying again is no use
    assert logged(bench) == 0


def test_a_retry_is_answered_whatever_has_changed_since(
    address: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = post(address, "k", **BODY).json()["id"]
    monkeypatch.setattr(bench, "_budget_micros", lambda: 1)
    again = post(address, "k", **BODY)
    assert (again.status_code, again.json()["id"]) == (200, made)


def test_a_refused_request_leaves_its_key_free(
    address: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as poor:
        poor.setattr(bench, "_budget_micros", lambda: 1)
        assert post(address, "k", **BODY).status_code == 402
    assert post(address, "k", **BODY).status_code == 200
    assert logged(bench) == 1


def test_a_key_outlives_its_run(address: str, bench: Workbench) -> None:
    made = post(address, "k", **BODY).json()["id"]
    bench.cancel(made)
    bench.wait([made], timeout_s=20)
    bench.delete([made])
    assert post(address, "k", **BODY).json()["id"] == made
    bench.sweep(empty_bin=True)
    answer = post(address, "k", **BODY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "run_gone")
    assert logged(bench) == 0
