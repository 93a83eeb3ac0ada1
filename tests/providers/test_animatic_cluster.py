"""The embedded engine on a Dask cluster: the same bytes, as durable as on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.clusters import cluster
from tests.providers.test_animatic import SAMPLES, ended, given, rendered, submission
from workbench.domain.media import Role
from workbench.media import worker
from workbench.providers.animatic import Animatic, endpoints, jobs
from workbench.providers.base import Failed, Finished, Submission
from workbench.settings import Settings

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> object:
    with cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def with_a_picture(run_id: str) -> Submission:
    picture = next(path for path in sorted(SAMPLES.glob("*.jpg")))
    return submission(run_id, "slow pan left", given(Role.FIRST_FRAME, picture))


@pytest.mark.parametrize("make", [lambda run_id: submission(run_id, "sea at dusk, pan left"), with_a_picture])
def test_the_cluster_draws_the_same_bytes(make: object, address: str, tmp_path: Path) -> None:
    here, _ = rendered(tmp_path / "here", make("A1"))  # type: ignore[operator]

    async def go() -> None:
        provider = Animatic(tmp_path / "far", executor=address)
        operation = await provider.submit(make("A1"))  # type: ignore[operator]
        answer = await ended(provider, operation)
        assert isinstance(answer, Finished)
        fetched = await provider.fetch(operation, answer.clips[0], tmp_path)
        assert fetched.clip.read_bytes() == here.clip.read_bytes()
        assert fetched.last_frame and here.last_frame
        assert fetched.last_frame.read_bytes() == here.last_frame.read_bytes()
        assert answer.report["plan"]

    asyncio.run(go())


def test_who_waits_for_the_cluster_may_be_killed(address: str, tmp_path: Path) -> None:
    async def go() -> None:
        provider = Animatic(tmp_path, executor=address)
        operation = await provider.submit(submission("A1", "sea at dusk, pan left"))
        os.kill(int((tmp_path / "A1" / worker.LOCK).read_text()), signal.SIGKILL)
        assert isinstance(await ended(provider, operation), Finished)
        assert jobs.starts(tmp_path / "A1") == 2

    asyncio.run(go())


def test_no_scheduler_is_told(tmp_path: Path) -> None:
    async def go() -> None:
        provider = Animatic(tmp_path, executor="tcp://127.0.0.1:9")
        answer = await ended(provider, await provider.submit(submission("A1", "sea")))
        assert isinstance(answer, Failed)
        assert answer.message.startswith("No Dask scheduler answers at WORKBENCH_EXECUTOR")

    asyncio.run(go())


def test_the_setting_reaches_the_engine(tmp_path: Path) -> None:
    (engine,) = endpoints(Settings(tmp_path, executor="tls://10.0.0.5:8786"))
    assert engine.executor == "tls://10.0.0.5:8786"
    assert engine.at_once == 8
