"""How long until a command can begin: beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.measure import medians_s

BARE = ("-c", "pass")
STARTS = {
    "workbench --help": (("-m", "workbench.cli", "--help"), 200.0),
    "import workbench": (("-c", "import workbench"), None),
    "from workbench import Workbench": (("-c", "from workbench import Workbench"), None),
}


def measure(ground: Ground) -> Iterator[Figure]:
    bare, *started = medians_s(
        3 * ground.size.rounds, lambda: _run(BARE), *(lambda a=a: _run(a) for a, _ in STARTS.values())
    )
    for (name, (_, most)), taken in zip(STARTS.items(), started, strict=True):
        yield Figure(name, 1e3 * taken, "ms", "bare interpreter", 1e3 * bare, most=most)


def _run(arguments: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
