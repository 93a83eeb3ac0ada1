"""``python -m tests.bench [LINE …] [--toy] [--json FILE]``: measures, and prints one table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    choosing,
    claims,
    coverage,
    engine,
    frame,
    hints,
    log_a_run,
    metrics,
    noticing,
    operations,
    pages,
    ranking,
    startup,
    stills,
    wires,
)
from tests.bench.figures import Figure, table
from tests.bench.ground import FULL, TOY, Ground, Size

LINES: dict[str, Callable[[Ground], Iterator[Figure]]] = {
    "log": log_a_run.measure,
    "frame": frame.measure,
    "pages": pages.measure,
    "counts": pages.counts,
    "views": pages.views,
    "claims": claims.measure,
    "operations": operations.measure,
    "wires": wires.measure,
    "noticing": noticing.measure,
    "startup": startup.measure,
    "hints": hints.measure,
    "stills": stills.measure,
    "engine": engine.measure,
    "metrics": metrics.measure,
    "ranking": ranking.measure,
    "coverage": coverage.measure,
    "choosing": choosing.measure,
}


def main() -> None:
    arguments = _arguments()
    figures = list(measured(arguments.lines or list(LINES), TOY if arguments.toy else FULL, announce=True))
    print("\n".join(table(figures)))
    if arguments.json:
        arguments.json.write_text(json.dumps([figure.as_json() for figure in figures], indent=2) + "\n")


def measured(lines: list[str], size: Size, *, announce: bool = False) -> Iterator[Figure]:
    """The figures of these lines, in a scratch folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        ground = Ground(Path(folder), size)
        try:
            for line in lines:
                if announce:
                    print(f"measuring {line} …", file=sys.stderr)
                yield from LINES[line](ground)
        finally:
            ground.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"some of: {', '.join(LINES)}")
    parser.add_argument("--toy", action="store_true", help="tiny sizes: does it run at all?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    arguments = parser.parse_args()
    if unknown := [line for line in arguments.lines if line not in LINES]:
        parser.error(f"there is no line {', '.join(unknown)}; there are {', '.join(LINES)}")
    return arguments


if __name__ == "__main__":
    main()
