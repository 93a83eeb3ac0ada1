"""How long until a command can begin, and until it has sent what it was asked to send."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure
from tests.bench.footage import clip_like
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from tests.bench.service import Service, serving
from tests.bench.wires import MODELS

BARE = ("-c", "pass")
_PROVIDERS = (
    "from pathlib import Path; from workbench.settings import load; "
    "from workbench.providers.registry import providers; providers(load(Path('nowhere'), {}))"
)
STARTS = {
    "workbench --help": (("-m", "workbench.cli", "--help"), 200.0),
    "import workbench": (("-c", "import workbench"), None),
    "from workbench import Workbench": (("-c", "from workbench import Workbench"), None),
    "every provider, none of them asked": (("-c", _PROVIDERS), None),
}
FIRST_REQUEST_MS = 1_200.0


def measure(ground: Ground) -> Iterator[Figure]:
    is_toy = ground.size.rounds == 1
    rounds = 1 if is_toy else 3 * ground.size.rounds
    bare, *started = medians_s(
        rounds,
        lambda: _run(BARE),
        *(lambda a=a: _run(a) for a, _ in STARTS.values()),
        warm_up=not is_toy,
    )
    for (name, (_, most)), taken in zip(STARTS.items(), started, strict=True):
        yield Figure(name, 1e3 * taken, "ms", "bare interpreter", 1e3 * bare, most=most)
    yield from _first_requests(ground, bare)


def _first_requests(ground: Ground, bare_s: float) -> Iterator[Figure]:
    """From the start of ``workbench generate`` until the service has accepted its request."""
    clip = clip_like(ground.folder / "first.mp4", seconds=1, height=72)
    is_toy = ground.size.rounds == 1
    for wire in list(MODELS)[:1] if is_toy else MODELS:
        with serving(wire, clip, 0.01, 0.01, 1) as service:
            folder = ground.folder / f"first-{wire}"
            taken = [_until_posted_s(service, wire, folder) for _ in range(ground.size.rounds + (not is_toy))]
        line = f"generate reaches its first request, {wire}"
        middle_ms = 1e3 * median(taken[not is_toy :])  # the first makes the folder
        yield Figure(line, middle_ms, "ms", "bare interpreter", 1e3 * bare_s, most=FIRST_REQUEST_MS)


def _until_posted_s(service: Service, wire: str, folder: Path) -> float:
    service.clear()
    environment = {**os.environ, **service.settings, "WORKBENCH_DATA": str(folder)}
    arguments = ["generate", "--prompt", "A lighthouse", "--model", f"{wire}/{MODELS[wire]}", "--yes"]
    start = time.time()
    subprocess.run(
        [sys.executable, "-m", "workbench.cli", *arguments],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return service.book().first_at - start


def _run(arguments: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
