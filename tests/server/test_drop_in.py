"""The drop-in in the whole app: behind the gate, before another workbench, beside requests that hang."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest
from immutabledict import immutabledict

from tests.e2e.app import serving
from tests.server.standing import Acting, client_of, standing
from tests.server.test_videos import picture
from workbench import Workbench
from workbench.domain.media import Role
from workbench.domain.run import Status
from workbench.providers import openai_videos
from workbench.providers.fake import Script
from workbench.server import operations
from workbench.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")


def test_the_token_is_the_key_of_the_client(tmp_path: Path) -> None:
    with serving(tmp_path, {"WORKBENCH_TOKEN": "a-token-of-enough-letters"}) as app:
        good = client_of(app.address).with_options(api_key="a-token-of-enough-letters")
        made = good.videos.create_and_poll(prompt="A lion", seconds="1", size="640x360", poll_interval_ms=100)
        assert made.status == "completed"
        with pytest.raises(openai.AuthenticationError):
            client_of(app.address).videos.create(prompt="A lion")
        for path in ("/api/docs", "/api/events", "/api/openapi.json"):
            assert httpx.get(f"{app.address}{path}", trust_env=False).status_code == 401
        assert [each.id for each in good.videos.list()] == [made.id]


def test_one_workbench_is_a_provider_of_another(tmp_path: Path) -> None:
    """Through our own client of such servers, which reads them more strictly than the package does."""
    maker = Acting("works", tmp_path, Script(latency_s=0.2))
    censor = Acting("censors", tmp_path, Script(filtered=1))
    upstream = Workbench(settings=Settings(tmp_path / "far"), providers=[maker, censor], app=True)
    with standing(upstream) as address:
        environment = immutabledict(
            {
                "OPENAI_VIDEOS_BASE_URL": f"{address}/v1",
                "OPENAI_VIDEOS_API_KEY": "any",
                "OPENAI_VIDEOS_DIALECT": "openai",
            }
        )
        settings = Settings(tmp_path / "near", environment=environment)
        with Workbench(settings=settings, providers=openai_videos.endpoints(settings)) as near:
            assert all(probe.ok for probe in near.probe().values())
            first = picture()
            run = near.generate(
                "a lion",
                model="openai-videos/works/clip",
                duration_s=6,
                aspect_ratio="9:16",
                resolution="720p",
                first_frame=first,
                timeout_s=60,
            )
            (there,) = list(upstream.runs(model="works/clip"))
            assert run.clips[0].media.sha256 == there.clips[0].media.sha256
            assert there.request.settings["duration_s"] == 6
            assert there.request.settings["aspect_ratio"] == "9:16"
            assert [i.role for i in there.request.inputs] == [Role.FIRST_FRAME]
            (lost,) = near.wait([near.submit(near.request("x", model="openai-videos/censors/clip"))])
            assert lost.status is Status.FILTERED


def test_requests_that_hang_hold_up_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far web servers may take two minutes: files, pages and health have threads of their own."""
    go_on = threading.Event()
    bench = Workbench(settings=Settings(tmp_path), providers=[Acting("works", tmp_path, Script())], app=True)

    def hang(*_: object) -> bytes:
        go_on.wait(60)
        return picture()

    monkeypatch.setattr("workbench.media.fetch.fetch_public", hang)
    with standing(bench) as address, ThreadPoolExecutor(operations.AT_ONCE * 2) as pool:
        body = {"prompt": "x", "model": "works/clip", "input_reference": "https://far.example/a.png"}
        hanging = [
            pool.submit(httpx.post, f"{address}/v1/videos", json=body, timeout=90, trust_env=False)
            for _ in range(operations.AT_ONCE * 2)
        ]
        try:
            for path in ("/api/health", "/v1/videos", "/api/runs", "/api/docs", "/api/nothing") * 2:
                answer = httpx.get(f"{address}{path}", timeout=5, trust_env=False)
                assert answer.status_code == (404 if path == "/api/nothing" else 200)
        finally:
            go_on.set()
        assert [each.result().status_code for each in hanging] == [200] * len(hanging)
