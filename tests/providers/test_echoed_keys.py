"""A server that repeats the key in its refusals: no message, row or file has it, whatever it looks like."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web

from tests.media.footage import write_clip
from tests.media.test_hand import until
from workbench.api import Workbench
from workbench.domain.run import Status
from workbench.settings import load

KEY = "quite_unlike_any_known_key_42"


Handler = Callable[[web.Request], Awaitable[web.Response]]


@contextmanager
def serving(handler: Handler) -> Iterator[str]:
    """The address where ``handler`` answers everything."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    found: list[str] = []

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()

    loop.create_task(serve())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    assert started.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a server that answers everything with 403 and what it was given as a key."""

    async def refuse(request: web.Request) -> web.Response:
        await request.read()
        given = {name: value for name, value in request.headers.items() if KEY in value}
        words = f"{' '.join(given.values())} may not do that here"
        return web.json_response({"error": {"code": 403, "message": words, "status": "DENIED"}}, status=403)

    with serving(refuse) as address:
        yield address


@pytest.mark.parametrize(
    "model",
    [
        "vertex/veo-3.1-generate-001",
        "gemini/gemini-omni-1.2-flash",
        "gemini/gemini-3-pro-image",
        "openai/gpt-image-2",
        "openai-videos/any",
        "flow/veo_3_1_t2v_fast",
        "flow/GEM_PIX_2",
    ],
)
def test_a_key_that_a_refusal_repeats_stands_nowhere(
    tmp_path: Path, echo: str, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    bases = (
        "GOOGLE_VERTEX_BASE_URL GOOGLE_GEMINI_BASE_URL OPENAI_VIDEOS_BASE_URL OPENAI_BASE_URL "
        "FLOW_GATEWAY_URL WORKBENCH_GCS_BASE_URL"
    )
    keys = "VERTEX_API_KEY GEMINI_API_KEY OPENAI_VIDEOS_API_KEY OPENAI_API_KEY FLOW_GATEWAY_TOKEN"
    environ = dict.fromkeys(bases.split(), echo) | dict.fromkeys(keys.split(), KEY)
    caplog.set_level(logging.DEBUG, "workbench")
    with Workbench(settings=load(tmp_path, {**environ, "FLOW_PROJECT_ID": "project"})) as bench:
        run_id = bench.submit(bench.request("A lighthouse", model=model))
        run = bench.wait([run_id], timeout_s=30, progress_bar=False)[0]
        assert run.status is Status.FAILED
        assert "may not do that here" in run.outcome
        probes = bench.probe()
    assert KEY not in run.outcome
    assert KEY not in str(probes)
    assert KEY not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "said",
    [
        {"status": f"waiting for {KEY}"},
        {"status": "failed", "error": {"message": f"no GPU for {quote('+' + KEY)}", "code": KEY}},
        {"status": "completed", "model": KEY, "seconds": f"8 of {KEY}"},
        {"status": f"failed {KEY}", "error": "x"},
    ],
)
def test_a_key_that_an_operation_repeats_stands_nowhere(
    tmp_path: Path, said: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    home = tmp_path / "data"

    async def talk(request: web.Request) -> web.Response:
        await request.read()
        if request.path.endswith("/content"):
            return web.Response(body=clip, content_type="video/mp4")
        return web.json_response(
            {"id": "one", "status": "queued"} | (said if request.method == "GET" else {})
        )

    with serving(talk) as address:
        settings = load(home, {"OPENAI_VIDEOS_BASE_URL": address, "OPENAI_VIDEOS_API_KEY": KEY})
        with Workbench(settings=settings) as bench:
            run_id = bench.submit(bench.request("A lighthouse", model="openai-videos/any"))
            until(lambda: bench.run(run_id).status.is_final or bench.run(run_id).progress_note)
            run = bench.run(run_id)
    assert KEY not in f"{run.outcome} {run.progress_note} {run.report} {caplog.text}"
    assert [p for p in home.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()] == []
