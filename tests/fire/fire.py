"""``burn``: kill, kill, kill, then let one process finish and compare the log with the emulators' books."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from workbench import settings
from workbench.api import LoggedRun, Workbench
from workbench.domain.run import Status
from workbench.emulators.faults import Fault, Step
from workbench.emulators.server import KEY, Emulator

ROOT = Path(__file__).parents[2]
LIVES_AT_ONCE = 2
LONGEST_LIFE_S = 3.0  # on a quick machine; on any, so long that most of what is sent is answered
LIVES_A_START = 4.0
FINISH_S = 240.0
ANY = 1_000_000_000
FAULTS = (
    Fault(Step.CREATE, "retry_info", ANY, chance=0.04),
    Fault(Step.CREATE, "500", ANY, chance=0.01),
    Fault(Step.CREATE, "drop_after", ANY, chance=0.02),
    Fault(Step.CREATE, "400", ANY, chance=0.01),
    Fault(Step.POLL, "503", ANY, chance=0.03),
    Fault(Step.POLL, "drop_before", ANY, chance=0.02),
    Fault(Step.POLL, "done_error", ANY, chance=0.005),
    Fault(Step.FETCH, "truncated", ANY, chance=0.05),
    Fault(Step.FETCH, "503", ANY, chance=0.03),
)


@dataclass
class Report:
    """``lost`` and the like hold what must be empty, each entry in words."""

    kills: int = 0
    runs: int = 0
    accepted: int = 0
    states: Counter[str] = field(default_factory=Counter)
    found: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.twice or self.lost or self.untold or self.leaks)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in self.states.most_common())
        lines = [
            f"{self.kills} kills; {self.runs} runs, {self.accepted} of them accepted: {states}; "
            f"{self.found} uncertain ones were found in the provider's list and collected"
        ]
        for name in ("twice", "lost", "untold", "leaks"):
            problems = getattr(self, name)
            lines.append(f"{name}: {len(problems)}" + "".join(f"\n    {p}" for p in problems[:10]))
        return "\n".join(lines)


def burn(
    folder: Path,
    emulators: Sequence[Emulator],
    models: Sequence[str],
    *,
    kills: int,
    open_runs: int,
    seed: int,
) -> Report:
    """``models`` are full names served by ``emulators``. A kill takes a second, more on a slow machine."""
    dice = random.Random(seed)
    with ExitStack() as stack:
        for emulator in emulators:
            stack.enter_context(emulator)
        environment = _environment(folder, emulators)
        folder.mkdir(parents=True, exist_ok=True)
        limits = [
            f'[models."{model}"]\nrequests_a_minute = 6000\noperations_at_once = 50' for model in models
        ]
        (folder / "workbench.toml").write_text("\n".join(limits))  # the services' own would take an hour
        lives = stack.enter_context(_Lives(environment, models))
        longest_s = max(LONGEST_LIFE_S, LIVES_A_START * _first_answer_s(lives, emulators))
        _kill(lives, dice, kills, open_runs, longest_s)
        lives.finish()
        return _compare(folder, environment, emulators, kills)


def _environment(folder: Path, emulators: Sequence[Emulator]) -> dict[str, str]:
    found = {"WORKBENCH_DATA": str(folder), "WORKBENCH_LOG": "error"}
    for emulator in emulators:
        found |= emulator.settings()
    return found


class _Lives:
    def __init__(self, environment: Mapping[str, str], models: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fire.lives", ",".join(models)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        )

    def begin(self, open_runs: int) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{open_runs}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def finish(self) -> None:
        pid = self.begin(0)
        deadline = time.monotonic() + FINISH_S
        while _lives(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                raise AssertionError(f"runs were still open {FINISH_S:g} s after the last kill")
            time.sleep(0.1)  # noqa: TID251 - the test's own clock

    def __enter__(self) -> _Lives:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def _first_answer_s(lives: _Lives, emulators: Sequence[Emulator]) -> float:
    """How long a life needs until a first request of it is accepted."""
    start = time.monotonic()
    pid = lives.begin(1)
    while not any(emulator.book.operations for emulator in emulators):
        assert time.monotonic() < start + FINISH_S, "nothing was ever accepted"
        time.sleep(0.01)  # noqa: TID251 - the test's own clock
    os.kill(pid, signal.SIGKILL)
    return time.monotonic() - start


def _kill(lives: _Lives, dice: random.Random, kills: int, open_runs: int, longest_s: float) -> None:
    alive = [lives.begin(open_runs) for _ in range(LIVES_AT_ONCE)]
    for _ in range(kills):
        time.sleep(dice.uniform(0.02, longest_s / LIVES_AT_ONCE))  # noqa: TID251
        pid = alive.pop(dice.randrange(len(alive)))
        os.kill(pid, signal.SIGKILL)
        alive.append(lives.begin(open_runs))
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _compare(
    folder: Path, environment: Mapping[str, str], emulators: Sequence[Emulator], kills: int
) -> Report:
    report = Report(kills=kills)
    books = [emulator.book for emulator in emulators]
    with Workbench(settings=settings.load(folder, environment)) as bench:
        report.found = _look_for_the_uncertain(bench)
        runs = {run.request.prompt: run for run in bench.runs()}
        report.runs = len(runs)
        report.states = Counter(str(run.status) for run in runs.values())
        for book in books:
            prompts = Counter(book.prompts())
            report.accepted += len(prompts)
            report.twice += [f"{prompt!r} was accepted {n} times" for prompt, n in prompts.items() if n > 1]
            report.lost += [f"{prompt!r} stands in no run" for prompt in prompts if prompt not in runs]
            for operation in book.operations.values():
                run = runs.get(operation.prompt)
                if run and run.status is Status.SUCCEEDED:
                    report.lost += _other_bytes(run, operation.clips)
        report.untold += [
            f"{run.id} {run.status}: {run.outcome}" for run in runs.values() if not _is_told(run)
        ]
    report.leaks = [
        str(path) for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    return report


def _look_for_the_uncertain(bench: Workbench) -> int:
    """As a person would: look in the provider's list, and collect what is there."""
    collected = []
    for run in bench.runs(status=Status.UNCERTAIN):
        if bench.model(run.request.model).can_find and (found := bench.find(run.id)) and found[0].is_likely:
            bench.adopt_operation(run.id, found[0].operation)
            collected.append(run.id)
    bench.wait(collected, timeout_s=FINISH_S)
    return len(collected)


def _is_told(run: LoggedRun) -> bool:
    match run.status:
        case Status.SUCCEEDED:
            return bool(run.clips) and all(clip.path.is_file() for clip in run.clips)
        case Status.FAILED | Status.UNCERTAIN | Status.EXPIRED:
            return bool(run.message)
        case Status.FILTERED:
            return bool(run.filtered)
    return False


def _other_bytes(run: LoggedRun, sent: Sequence[bytes]) -> list[str]:
    have = sorted(clip.media.sha256 for clip in run.clips)
    if have == sorted(hashlib.sha256(content).hexdigest() for content in sent):
        return []
    return [f"{run.id} holds other bytes than were delivered"]
