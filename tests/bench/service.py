"""A paid service's emulator in a process of its own, so that its work is no part of anybody's figure.

As a module (``python -m tests.bench.service WIRE CLIP QUICKEST_S SLOWEST_S COUNT``) it is that process: it
tells its settings, then answers each line of standard input with one of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPREAD = 61  # prime to any count of operations: short ones and long ones come mixed, alike every time


@dataclass(frozen=True, slots=True)
class Book:
    """What the service has seen since it was last cleared; times as ``time.time()`` has them."""

    requests: Mapping[str, int]
    first_at: float
    longest_s: float

    def times(self, step: str) -> int:
        return self.requests.get(step, 0)


class Service:
    """``settings`` are the environment variables that point the workbench at it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.settings: dict[str, str] = self._answer()

    def clear(self) -> None:
        """Forget everything; the next operation takes as long as the first one did."""
        self._ask("clear")

    def book(self) -> Book:
        return Book(**self._ask("book"))

    def _ask(self, what: str) -> Any:
        assert self._process.stdin
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


@contextmanager
def serving(wire: str, clip: Path, quickest_s: float, slowest_s: float, count: int) -> Iterator[Service]:
    """``count`` operations between them take every time from the quickest to the slowest, in even steps."""
    arguments = [wire, str(clip), str(quickest_s), str(slowest_s), str(count)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.service", *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Service(process)
        finally:
            assert process.stdin
            process.stdin.close()


def lasting_s(quickest_s: float, slowest_s: float, count: int) -> list[float]:
    """How long each operation takes, in the order in which they are accepted."""
    step = (slowest_s - quickest_s) / max(1, count - 1)
    return [quickest_s + step * (number * SPREAD % count) for number in range(count)]


def _main(wire: str, clip: str, quickest_s: str, slowest_s: str, count: str) -> None:
    from workbench.emulators.book import Book as Accepted
    from workbench.emulators.book import Operation
    from workbench.emulators.wires import emulator

    content = Path(clip).read_bytes()
    times_s = lasting_s(float(quickest_s), float(slowest_s), int(count))

    class Playing(emulator(wire)):  # type: ignore[misc]
        """Operations that take their own time, and ready-made clips that differ in their last bytes."""

        def accept(self, *arguments: Any, **said: Any) -> Operation:
            self.operation_s = times_s[len(self.book.operations) % len(times_s)]
            operation: Operation = super().accept(*arguments, **said)
            note = operation.id.encode()
            operation.clips = [content + (8 + len(note)).to_bytes(4, "big") + b"free" + note]
            return operation

    with Playing() as play:
        print(json.dumps(play.settings()), flush=True)
        for line in sys.stdin:
            if line.strip() == "clear":
                play.book = Accepted()
            print(json.dumps(_told(play.book)), flush=True)


def _told(book: Any) -> dict[str, Any]:
    steps = [str(request.step) for request in book.received]
    operations = list(book.operations.values())
    return {
        "requests": {step: steps.count(step) for step in set(steps)},
        "first_at": min((o.created_at for o in operations), default=0.0),
        "longest_s": max((o.ready_at - o.created_at for o in operations), default=0.0),
    }


if __name__ == "__main__":
    _main(*sys.argv[1:])
