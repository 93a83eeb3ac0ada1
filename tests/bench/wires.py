"""Real providers at work: many operations at once, beside a plain asynchronous script that does the same.

The emulators run in processes of their own. Pictures are small and every clip is filled up to 2 MB, so that
what remains is wire, log and files; looking into the clip (probe, poster, last frame) is done by processes of
their own, and told apart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from immutabledict import immutabledict

from tests.bench.figures import Figure
from tests.bench.footage import clip_like
from tests.bench.ground import Ground, Size
from tests.bench.operations import hands_cpu_s
from tests.bench.plain import OMNI, SCRIPTS, VEO, prompt
from tests.bench.service import Book, Service, serving
from workbench.api import Workbench
from workbench.domain.run import Status
from workbench.providers.registry import providers
from workbench.runner.clock import SystemClock
from workbench.settings import EndpointSettings, Settings
from workbench.settings.toml import ModelSettings, Written

CLIP_BYTES = 2_000_000
GENEROUS_S = 120.0
MODELS = {"openai-videos": "bench", "vertex": VEO, "gemini": OMNI}
KEYS = {"openai-videos": "OPENAI_VIDEOS_API_KEY", "vertex": "VERTEX_API_KEY", "gemini": "GEMINI_API_KEY"}
URLS = {
    "openai-videos": "OPENAI_VIDEOS_BASE_URL",
    "vertex": "GOOGLE_VERTEX_BASE_URL",
    "gemini": "GOOGLE_GEMINI_BASE_URL",
}


@dataclass(frozen=True, slots=True)
class Went:
    """One turn: wall and CPU seconds; ``looking_s`` of other processes went into the clips' pictures."""

    wall_s: float
    cpu_s: float
    looking_s: float
    book: Book

    @property
    def of_longest(self) -> float:
        return self.wall_s / self.book.longest_s


def measure(ground: Ground) -> Iterator[Figure]:
    clip = filled_up(clip_like(ground.folder / "picture.mp4", seconds=1, height=72))
    # Without repeats nothing is learnt of a second SDK that the first does not tell.
    for wire in SCRIPTS if ground.size.rounds > 1 else list(SCRIPTS)[:2]:
        yield from _of_wire(ground, wire, clip)


def filled_up(clip: Path) -> Path:
    """The clip with a box that players skip, so that it is as long as a real one."""
    content = clip.read_bytes()
    rest = max(8, CLIP_BYTES - len(content))
    clip.write_bytes(content + rest.to_bytes(4, "big") + b"free" + bytes(rest - 8))
    return clip


def _of_wire(ground: Ground, wire: str, clip: Path) -> Iterator[Figure]:
    size, folder = ground.size, ground.folder / f"wire-{wire}"
    folder.mkdir()
    rounds = 3 if size.rounds > 1 else 1
    with serving(wire, clip, size.quickest_s, size.slowest_s, size.operations) as service:
        pairs = []
        for number in range(rounds):
            ours = _ours(service, wire, size, folder / f"ours-{number}")
            pairs.append((ours, _theirs(service, wire, size, folder / f"plain-{number}")))
    yield from _figures(wire, size, pairs)


def _figures(wire: str, size: Size, pairs: list[tuple[Went, Went]]) -> Iterator[Figure]:
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    count, is_bare = size.operations, wire == "openai-videos"

    def middle(of: Callable[[Went], float], turns: list[Went]) -> float:
        return median(map(of, turns))

    wall_s, longest_s = middle(lambda w: w.wall_s, ours), middle(lambda w: w.book.longest_s, ours)
    line = f"{wire}: {count} operations of {size.quickest_s:g}–{size.slowest_s:g} s{_turns(ours)}"
    yield Figure(line, wall_s, "s", "the longest", longest_s, most_ratio=1.08 if is_bare else None)
    script = "plain aiohttp" if is_bare else "plain script, same SDK"
    plain_s = middle(lambda w: w.wall_s, theirs)
    line = f"… beside a script{_turns(theirs)}"
    yield Figure(line, wall_s, "s", script, plain_s, most_ratio=1.04 if is_bare else 1.05)
    cpu_ms = 1e3 * middle(lambda w: w.cpu_s, ours) / count
    plain_ms = 1e3 * middle(lambda w: w.cpu_s, theirs) / count
    # 10 ms where plain aiohttp takes 5.6: told by the ratio, which does not depend on the machine.
    yield Figure("… CPU a run", cpu_ms, "ms", script, plain_ms, most_ratio=1.8 if is_bare else None)
    looking_ms = 1e3 * middle(lambda w: w.looking_s, ours) / count
    yield Figure("… and to look into a small clip", looking_ms, "ms")
    polls, plain_polls = (middle(lambda w: w.book.times("poll"), t) / count for t in (ours, theirs))
    yield Figure("… polls a run", polls, "", script, plain_polls)


def _turns(turns: list[Went]) -> str:
    """How far apart the turns were."""
    shares = [w.of_longest for w in turns]
    return f" (turns {min(shares):.2f}–{max(shares):.2f}×)" if len(turns) > 1 else ""


# The workbench


def _ours(service: Service, wire: str, size: Size, folder: Path) -> Went:
    settings = _settings(service, wire, size, folder)
    found = [each for each in providers(settings) if each.endpoint == wire]
    with Workbench(settings=settings, providers=found) as bench:
        _through(bench, wire, 1)  # so that nothing is imported in the measured ones
        service.clear()
        before_s = hands_cpu_s()
        start, cpu, waiting = time.perf_counter(), time.process_time(), time.thread_time()
        _through(bench, wire, size.operations)
        waiting_s = time.thread_time() - waiting
        wall_s = time.perf_counter() - start
        # This thread's share is the logging of the requests and the look for the end: not the runner's.
        cpu_s, looking_s = time.process_time() - cpu - waiting_s, hands_cpu_s() - before_s
        return Went(wall_s, cpu_s, looking_s, service.book())


def _settings(service: Service, wire: str, size: Size, folder: Path) -> Settings:
    """Without limits but for as many operations at once as there are."""
    said, many = service.settings, 1_000_000
    named = EndpointSettings(
        wire,
        wire,
        base_url=said[URLS[wire]],
        key_env=KEYS[wire],
        dialect=said.get("OPENAI_VIDEOS_DIALECT", ""),
        a_minute=many,
        at_once=size.operations,
    )
    model = ModelSettings(a_minute=many, at_once=size.operations)
    written = Written((named,), immutabledict({f"{wire}/{MODELS[wire]}": model}))
    return Settings(folder, environment=said, written=written)


def _through(bench: Workbench, wire: str, count: int) -> None:
    model = f"{wire}/{MODELS[wire]}"
    before = bench.counts().get((model, Status.SUCCEEDED), 0)
    requests = [
        bench.request(prompt(before + n), model=model, duration_s=4, resolution="720p") for n in range(count)
    ]
    bench.submit_many(requests)
    until = time.monotonic() + GENEROUS_S
    while (done := bench.counts().get((model, Status.SUCCEEDED), 0) - before) < count:
        assert time.monotonic() < until, f"{done} of {count}: {bench.counts()}"
        SystemClock().pause(0.02)


# The script


def _theirs(service: Service, wire: str, size: Size, folder: Path) -> Went:
    folder.mkdir()
    known = providers(_settings(service, wire, size, folder))
    quickest_s = next(each.poll_every_s for each in known if each.endpoint == wire)
    script = SCRIPTS[wire]
    asyncio.run(script(service.settings, 1, quickest_s, folder))
    service.clear()
    start, cpu = time.perf_counter(), time.process_time()
    asyncio.run(script(service.settings, size.operations, quickest_s, folder))
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    assert all((folder / f"{number}.mp4").stat().st_size >= CLIP_BYTES for number in range(size.operations))
    return Went(wall_s, cpu_s, 0.0, service.book())
