"""The document's HTTP workflow as its curl lines call it: with uploads, with URLs, without and with keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.keys import keys_in
from tests.server.standing import standing
from workbench import settings
from workbench.api import Workbench
from workbench.api.current import current
from workbench.emulators.faults import Fault, Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.server import KEY
from workbench.emulators.vertex import VertexEmulator

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
RING, BOTTLE, LAKE, BOAT = (
    SAMPLES / name
    for name in ("emerald-ring.jpg", "amber-bottle.jpg", "mountain-lake.jpg", "sailing-boat.mp4")
)
WITHIN_S = 90.0
PICTURE = ("reference_image1", ("a.jpg", RING.read_bytes(), "image/jpeg"))
QUICK = {"model": "animatic/preview", "duration_seconds": "1"}


@contextmanager
def house(folder: Path, environ: dict[str, str] | None = None) -> Iterator[httpx.Client]:
    bench = Workbench(settings=settings.load(folder / "log", environ=environ or {}), app=True)
    bench.runner()
    with standing(bench) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    with house(tmp_path) as found:
        yield found


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The samples on a web server. It stands on this machine, which only this test allows."""
    monkeypatch.setattr("workbench.media.fetch._is_allowed", lambda _: True)

    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(SAMPLES))

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def finished(client: httpx.Client, begun: httpx.Response) -> tuple[dict[str, Any], list[str]]:
    """The last answer, and the steps in the order in which they were seen."""
    assert begun.status_code == 202, begun.text
    seen: list[str] = []
    waiting = threading.Event()
    for _ in range(int(WITHIN_S / 0.1)):
        state = client.get(begun.headers["location"]).json()
        if not seen or state["step"] != seen[-1]:
            seen.append(state["step"])
        if state["status"] != "processing":
            return state, seen
        waiting.wait(0.1)
    raise AssertionError(state)


def test_uploads_as_the_document_sends_them(client: httpx.Client) -> None:
    begun = client.post(
        "/veo31/generate",
        files={
            "reference_image1": ("image1.jpg", RING.read_bytes(), "image/jpeg"),
            "reference_image2": ("image2.jpg", BOTTLE.read_bytes(), "image/jpeg"),
            "reference_image3": ("image3.jpg", LAKE.read_bytes(), "image/jpeg"),
            "video_reference": ("reference.mp4", BOAT.read_bytes(), "video/mp4"),
        },
        data={
            "use_case": "product_video",
            "duration_seconds": "2",
            "aspect_ratio": "16:9",
            "quality": "standard",
            "additional_prompt": "An emerald ring turns on black velvet",
            "seed": "5",
        },
    )
    assert begun.json()["status"] == "processing" and begun.json()["task_id"] in begun.headers["location"]
    state, seen = finished(client, begun)
    assert state["status"] == "completed" and seen[-1] == "generation", state
    assert "An emerald ring turns on black velvet" in state["step2_prompt"]
    assert state["step1_analysis"]["palette"] and state["step1_analysis"]["seen"]["camera_path"]
    assert any("quality" in note for note in state["notes"])
    made = state["step3_video_generation"]
    clip = httpx.get(made["video_url"], trust_env=False)
    assert clip.headers["content-type"] == "video/mp4" and clip.content[4:8] == b"ftyp"
    run = client.get(f"/api/runs/{made['task_id']}").json()
    assert (run["seed"], run["settings"]["duration_s"], len(run["inputs"])) == (5, 2, 3)


def test_web_addresses_as_the_document_sends_them(client: httpx.Client, web: str) -> None:
    begun = client.post(
        "/veo31/generate-from-urls",
        data={
            "reference_image_urls": f"{web}/emerald-ring.jpg, {web}/amber-bottle.jpg",
            "video_reference_url": f"{web}/sailing-boat.mp4",
            "use_case": "gemstone_closeup",
            "duration_seconds": "1",
        },
    )
    state, _ = finished(client, begun)
    assert state["status"] == "completed", state
    assert "macro lens" in state["step2_prompt"].lower()
    shelved = {reference["name"] for reference in client.get("/api/references").json()["data"]}
    assert {"emerald-ring.jpg", "amber-bottle.jpg", "sailing-boat.mp4"} <= shelved


def test_with_keys_every_step_is_a_models(tmp_path: Path) -> None:
    with ExitStack() as stack:
        eyes, veo = (
            stack.enter_context(ImagesEmulator(operation_s=0.0)),
            stack.enter_context(VertexEmulator()),
        )
        client = stack.enter_context(house(tmp_path, {**eyes.settings(), **veo.settings()}))
        begun = client.post(
            "/veo31/generate",
            files={"reference_image1": ("a.jpg", RING.read_bytes(), "image/jpeg")},
            data={"duration_seconds": "8", "quality": "high", "aspect_ratio": "9:16"},
        )
        state, _ = finished(client, begun)
        assert (state["status"], state["model"]) == ("completed", "vertex/veo-3.1-generate-001"), state
        assert state["step2_written_by"] == "openai/gpt-6-luna"
        assert state["step1_analysis"]["seen_by"] == ["openai/gpt-6-luna"]
        (sent,) = [request.body for request in veo.book.of(Step.CREATE)]
        assert sent["parameters"]["resolution"] == "1080p" and sent["parameters"]["durationSeconds"] == 8
        assert sent["instances"][0]["prompt"] == state["step2_prompt"]
    assert keys_in(tmp_path, KEY) == []


def test_a_step_that_fails_is_told_and_goes_on_when_asked(tmp_path: Path) -> None:
    with ExitStack() as stack:
        eyes = ImagesEmulator([Fault(Step.CREATE, "500")], operation_s=0.0)
        client = stack.enter_context(house(tmp_path, stack.enter_context(eyes).settings()))
        begun = client.post(
            "/veo31/generate",
            files={"reference_image1": ("a.jpg", RING.read_bytes(), "image/jpeg")},
            data={"model": "animatic/preview", "duration_seconds": "1"},
        )
        state, _ = finished(client, begun)
        assert (state["status"], state["step"]) == ("failed", "analysis")
        assert "nothing was charged" in state["error"] and state["step3_video_generation"] is None
        again, _ = finished(client, client.post(f"/veo31/retry/{state['task_id']}"))
        assert again["status"] == "completed" and again["error"] is None


def test_what_came_of_a_model_that_was_taken_out_is_told(client: httpx.Client) -> None:
    begun = client.post("/veo31/generate", files=[PICTURE], data=QUICK)
    state, _ = finished(client, begun)
    with current().store.db.write() as connection:
        connection.execute(
            "UPDATE workflows SET state_json = replace(state_json, 'animatic/preview', 'animatic/gone')"
        )
    again = client.get(f"/veo31/status/{state['task_id']}")
    assert again.status_code == 200 and again.json()["step2_prompt"] == state["step2_prompt"]


def test_what_has_begun_is_told_so_whatever_fails_then(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Workbench, "from_references", lambda *_: 1 / 0)
        begun = client.post("/veo31/generate", files=[PICTURE], data=QUICK)
    state, _ = finished(client, begun)
    assert state["status"] == "completed" and len(client.get("/api/runs").json()["data"]) == 1


def test_the_same_key_begins_one_clip(client: httpx.Client) -> None:
    def send(key: str = "once", path: str = "generate", **more: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return client.post(f"/veo31/{path}", files=[PICTURE], data={**QUICK, **more}, headers=headers)

    with ThreadPoolExecutor(6) as pool:
        begun = list(pool.map(lambda _: send(), range(6)))
    assert {answer.status_code for answer in begun} == {202}, begun[0].text
    (task,) = {answer.json()["task_id"] for answer in begun}
    state, _ = finished(client, begun[0])
    again = send()
    assert (again.status_code, again.json()) == (202, state)
    others = [send(additional_prompt="another"), send(path="generate-from-urls")]
    assert [(a.status_code, a.json()["error"]["code"]) for a in others] == [
        (422, "idempotency_key_reused")
    ] * 2
    assert send("k\tk").status_code == 400
    assert [one.id for one in current().store.workflows.newest()] == [task]
    assert len(client.get("/api/runs").json()["data"]) == 1


@pytest.mark.parametrize("path", ["/v1/videos", "/veo31/generate"])
def test_a_form_whose_text_is_none_is_refused(client: httpx.Client, path: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n\\ud800\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x; charset=unicode_escape"}
    answer = client.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable_body"), answer.text


@pytest.mark.parametrize(
    ("path", "data", "status", "says"),
    [
        ("generate", {"use_case": "general"}, 400, "nothing to look at"),
        ("generate", {"duration_seconds": "60", "picture": "1"}, 400, "Duration can't be 60"),
        ("generate", {"aspect_ratio": "5:1", "picture": "1"}, 400, "Aspect ratio can't be '5:1'"),
        ("generate", {"quality": "best", "picture": "1"}, 400, "Quality can't be 'best'"),
        ("generate", {"use_case": "wedding", "picture": "1"}, 400, "There is no use case 'wedding'"),
        ("generate", {"model": "veo-9", "picture": "1"}, 400, "There is no model 'veo-9'"),
        ("generate", {"model": "vertex/veo-3.1-generate-001", "picture": "1"}, 424, "not set up"),
        ("generate", {"self": "x", "picture": "1"}, 400, "has no setting self"),
        ("generate", {"reference_images": "x", "picture": "1"}, 400, "has no setting reference_images"),
        ("generate", {"reference_image1": "/etc/passwd"}, 400, "can't be '/etc/passwd'"),
        ("generate-from-urls", {"use_case": "general"}, 400, "nothing to look at"),
        ("generate-from-urls", {"reference_image_urls": "file:///etc/passwd"}, 400, "no web address"),
        ("generate-from-urls", {"reference_image_urls": "http://127.0.0.1/a.jpg"}, 400, "private network"),
        ("generate-from-urls", {"reference_image_urls": "http://169.254.169.254/a"}, 400, "private network"),
        (
            "generate-from-urls",
            {"reference_image_urls": ",".join(["https://example.com/a.jpg"] * 4)},
            400,
            "4 pictures are given",
        ),
    ],
)
def test_what_can_not_be_done_says_what_can(
    client: httpx.Client, path: str, data: dict[str, str], status: int, says: str
) -> None:
    picture = (
        {"reference_image1": ("a.jpg", RING.read_bytes(), "image/jpeg")} if data.pop("picture", "") else None
    )
    answer = client.post(f"/veo31/{path}", data=data, files=picture)
    error = answer.json()["error"]
    assert answer.status_code == status and says in error["message"], answer.text
    assert client.get("/api/runs").json()["data"] == []


def test_a_task_that_nobody_began(client: httpx.Client) -> None:
    answer = client.get("/veo31/status/01M000000000000000000000")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_workflow")
    assert client.get("/veo31/elsewhere").status_code == 404
