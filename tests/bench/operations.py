"""Many operations at once through the runner: each submitted, polled, downloaded and taken in.

The service is the fake one, whose operations take between 2 and 4 s each and whose clips are ready-made
(nothing is encoded here); it is polled no quicker than a paid one. What remains is the workbench's own.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from immutabledict import immutabledict
from ulid import ULID

from tests.bench.figures import Figure
from tests.bench.footage import clip_like
from tests.bench.ground import Ground
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Json, Status
from workbench.media.files import MediaFiles
from workbench.providers.base import Fetched, RemoteClip, Submission
from workbench.providers.fake import Fake, Script
from workbench.runner.clock import SystemClock
from workbench.runner.pace import SLOWEST_POLL_S
from workbench.runner.runner import Runner
from workbench.store import NewRun, Store


class Service(Fake):
    """Operations that take their own time, and clips that differ in their last bytes only."""

    poll_every_s = 0.25  # of an operation of seconds; the interval grows with the time that has passed

    def __init__(self, folder: Path, clip: bytes, quickest_s: float, slowest_s: float, at_once: int) -> None:
        super().__init__(folder / "accepted.journal", Script(latency_s=slowest_s, at_once=at_once))
        self._clip, self._lead_s = clip, slowest_s - quickest_s
        self.polls = 0
        self.longest_s = 0.0

    async def submit(self, submission: Submission) -> Json:
        operation = dict(await super().submit(submission))
        lead_s = random.uniform(0, self._lead_s)
        self.longest_s = max(self.longest_s, self.script.latency_s - lead_s)
        return {**operation, "accepted": float(str(operation["accepted"])) - lead_s}

    async def poll(self, operation: Json) -> object:  # type: ignore[override]
        self.polls += 1
        return await super().poll(operation)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        path = folder / "clip.mp4"
        await asyncio.to_thread(path.write_bytes, self._clip + _free_box(str(operation["id"]).encode()))
        return Fetched(path)


def measure(ground: Ground) -> Iterator[Figure]:
    size = ground.size
    clip = clip_like(ground.folder / "small.mp4", seconds=1, height=72).read_bytes()
    service = Service(
        _new(ground.folder / "operations"), clip, size.quickest_s, size.slowest_s, size.operations
    )
    count = size.operations
    wall_s, runner_s, whole_s = _through(service, count)
    line = f"{count} operations of {size.quickest_s:g}–{size.slowest_s:g} s"
    yield Figure(line, wall_s, "s", "the longest", service.longest_s, most_ratio=1.08)
    yield Figure("… CPU a run, runner and log", 1e3 * runner_s / count, "ms", most=10.0)
    yield Figure("… CPU a run, clip, poster, last frame too", 1e3 * whole_s / count, "ms")
    share, polls = _while_waiting(ground, clip)
    line = f"… CPU while {count} wait, {polls:.0f} polls a second"
    yield Figure(line, 100 * share, "% of a core", most=1.0)
    yield Figure("… CPU with nothing to do", 100 * _idle(ground), "% of a core", most=1.0)


def _through(service: Service, count: int) -> tuple[float, float, float]:
    """Wall seconds from the first row until the last run is settled; CPU of the runner; CPU of all."""
    folder = service.journal.parent
    with _Driven(folder, service) as driven:
        driven.warm_up()
        wall, runner, cpu = time.perf_counter(), _runner_cpu_s(), time.process_time() + hands_cpu_s()
        driven.log(count)
        driven.until(lambda counts: counts.get(Status.SUCCEEDED, 0) == count + 1)
        whole_s = time.process_time() + hands_cpu_s() - cpu
        return time.perf_counter() - wall, _runner_cpu_s() - runner, whole_s


def _runner_cpu_s() -> float:
    """CPU seconds of the runner's two threads: its loop, and the one that writes the log."""
    ours = {thread.native_id for thread in threading.enumerate() if _is_the_runners(thread.name)}
    spent = psutil.Process().threads()
    return sum(thread.user_time + thread.system_time for thread in spent if thread.id in ours)


def hands_cpu_s() -> float:
    """CPU seconds of the processes that take clips in."""
    found = [child for child in psutil.Process().children() if "workbench.media.hand" in child.cmdline()]
    return sum(sum(child.cpu_times()[:2]) for child in found)


def _is_the_runners(name: str) -> bool:
    """Its other threads (``runner_0`` …) write files."""
    return name == "runner" or name.startswith("runner-log")


def _while_waiting(ground: Ground, clip: bytes) -> tuple[float, float]:
    """Share of a core, and polls a second, while every operation is polled as slowly as it gets."""
    size, folder = ground.size, _new(ground.folder / "waiting")
    service = Service(folder, clip, 3_600.0, 3_600.0, size.operations)
    service.poll_every_s = min(SLOWEST_POLL_S, size.waiting_s)
    with _Driven(folder, service) as driven:
        driven.log(size.operations)
        driven.until(lambda counts: counts.get(Status.GENERATING, 0) == size.operations)
        SystemClock().pause(size.quickest_s)
        service.polls = 0
        return _cpu_share(size.waiting_s), service.polls / size.waiting_s


def _idle(ground: Ground) -> float:
    folder = _new(ground.folder / "idle")
    with _Driven(folder, Service(folder, b"", 1.0, 1.0, 1)):
        SystemClock().pause(ground.size.quickest_s)
        return _cpu_share(ground.size.waiting_s / 2)


def _cpu_share(seconds: float) -> float:
    wall, cpu = time.perf_counter(), time.process_time()
    SystemClock().pause(seconds)
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


class _Driven:
    """A store with the app's runner on it."""

    def __init__(self, folder: Path, service: Service) -> None:
        self.store = Store(folder)
        self.runner = Runner(self.store, MediaFiles(folder / "media"), [service], kind="app")
        self.service = service

    def __enter__(self) -> _Driven:
        self.runner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.stop()
        self.store.close()

    def log(self, count: int) -> None:
        runs = [NewRun(str(ULID()), _request(number), self.service.account) for number in range(count)]
        self.store.runs.insert(runs, SystemClock().now())
        self.runner.wake()

    def warm_up(self) -> None:
        """One run through everything, so that nothing is imported in the measured ones."""
        slow, self.service.script = self.service.script, Script(latency_s=0.0)
        self.log(1)
        self.until(lambda counts: counts.get(Status.SUCCEEDED, 0) == 1)
        self.service.script, self.service.longest_s = slow, 0.0

    def until(self, reached: object) -> None:
        while not reached({status: n for (_, status), n in self.store.runs.counts().items()}):  # type: ignore[operator]
            SystemClock().pause(0.02)


def _request(number: int) -> GenerationRequest:
    settings = immutabledict({"duration_s": 4, "aspect_ratio": "16:9", "resolution": "720p", "samples": 1})
    return GenerationRequest("fake/clip", f"A lighthouse at dusk, take {number}", settings=settings, seed=7)


def _free_box(content: bytes) -> bytes:
    """An MP4 box that players skip."""
    return (8 + len(content)).to_bytes(4, "big") + b"free" + content


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
