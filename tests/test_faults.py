"""Everything that can go wrong on the wire, through the whole house: the right state, one sentence, the bill.

For each wire one workbench with as many endpoints as there are cases, each with an emulator of its own that
fails in its own way; all of them run at once, through the real SDKs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.keys import keys_in
from workbench import settings
from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import FailureReason
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Status
from workbench.emulators.faults import Fault
from workbench.emulators.flow import FlowEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import KEY, Emulator
from workbench.emulators.vertex import VertexEmulator
from workbench.emulators.videos import VideosEmulator

WITHIN_S = 90.0
CLIP = Status.SUCCEEDED
ELSEWHERE = "http://169.254.169.254/latest/clip.mp4"


@dataclass(frozen=True)
class Wire:
    emulator: type[Emulator]
    model: str
    several: str = ""  # the setting that asks for more clips than one
    is_named: bool = True  # several endpoints of it may stand in workbench.toml
    fetches: bool = True  # clips are fetched in a step of their own


@dataclass(frozen=True)
class Case:
    """``says`` is looked for in the run's outcome; ``accepted`` is what the emulator's book has to hold."""

    faults: str
    status: Status
    says: str = ""
    charge: Charge | None = None
    failure: FailureReason | None = None
    accepted: int = 1
    clips: int = 1
    otherwise: Status | None = None  # where the same answer may mean "not there yet"

    @property
    def name(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.faults.lower()).strip("-")[:40]


WIRES = {
    "vertex": Wire(VertexEmulator, "veo-3.1-lite-generate-001", "number_of_videos", fetches=False),
    "gemini": Wire(InteractionsEmulator, "gemini-omni-1.2-flash"),
    "openai-videos": Wire(VideosEmulator, "wan2.2-t2v"),
    "flow": Wire(FlowEmulator, "veo_3_1_t2v_fast", is_named=False),
}
F, U, NONE, MAYBE = Status.FAILED, Status.UNCERTAIN, Charge.NONE, Charge.MAYBE
AT_CREATE = (
    Case("create:400", F, "400", NONE, FailureReason.INVALID_REQUEST, 0),
    Case("create:401", F, "401.*key", NONE, FailureReason.AUTH, 0),
    Case("create:403", F, "403.*(key|automated)", NONE, FailureReason.AUTH, 0),
    Case("create:404", F, "404", NONE, FailureReason.INVALID_REQUEST, 0),
    Case("create:409", F, "409", NONE, FailureReason.INVALID_REQUEST, 0),
    Case("create:413", F, "413", NONE, FailureReason.INVALID_REQUEST, 0),
    Case("create:refused_safety", F, "safety", NONE, FailureReason.SAFETY, 0),
    Case("create:retry_info=1*2", CLIP),
    Case("create:500", U, "500", MAYBE, None, 0),
    Case("create:html_502", U, "502", MAYBE, None, 0),
    Case("create:503", U, "503", MAYBE, None, 0),
    Case("create:drop_before", U, "told whether the provider took it", MAYBE, None, 0),
    Case("create:drop_after", U, "told whether the provider took it", MAYBE, None, 1),
    Case("create:bad_json", U, "told whether the provider took it", MAYBE, None, 1),
    Case("create:redirect=http://127.0.0.1:9/elsewhere", F, "redirect", NONE, None, 0),
    Case("create:slow_headers=1", CLIP),
    Case("create:slow_body=1", CLIP),
)
AT_POLL = (
    Case("poll:401", CLIP),
    Case("poll:403", CLIP),
    Case("poll:404*9", Status.EXPIRED, "no longer holds it", MAYBE),
    Case("poll:gone*9", Status.EXPIRED, "no longer holds it", MAYBE),
    Case("poll:retry_info=1", CLIP),
    Case("poll:500*2", CLIP),
    Case("poll:html_502", CLIP),
    Case("poll:503", CLIP),
    Case("poll:drop_before", CLIP),
    Case("poll:drop_after", CLIP),
    Case("poll:bad_json", CLIP),
    Case("poll:truncated", CLIP),
    Case("poll:slow_headers=1", CLIP),
    Case("poll:unknown_status", CLIP),
    Case("poll:string_times", CLIP),
    Case("poll:clock_skew", CLIP),
    Case("poll:done_empty*9", F, "(no|names no) clip", None, FailureReason.PROVIDER),
    Case("poll:done_error", F, "", None),
    Case("poll:filtered", Status.FILTERED, "safety filter took every clip"),
)
AT_FETCH = (
    Case("fetch:401", CLIP),
    Case("fetch:403", CLIP),
    Case("fetch:404*9", Status.EXPIRED, "no longer", otherwise=CLIP),
    Case("fetch:retry_info=1", CLIP),
    Case("fetch:500", CLIP),
    Case("fetch:html_502", CLIP),
    Case("fetch:503*2", CLIP),
    Case("fetch:drop_before", CLIP),
    Case("fetch:drop_after", CLIP),
    Case("fetch:slow_headers=1", CLIP),
    Case("fetch:slow_body=1", CLIP),
    Case("fetch:truncated", CLIP),
    Case("fetch:wrong_length", CLIP),
    Case(f"fetch:redirect={ELSEWHERE}", CLIP),
)
PARTIAL = Case("poll:filtered_part", CLIP, "1 clip; 1 more", clips=1)


def cases(wire: Wire) -> list[Case]:
    return [*AT_CREATE, *AT_POLL, *(AT_FETCH if wire.fetches else ()), *([PARTIAL] if wire.several else ())]


@dataclass(frozen=True)
class Ended:
    run: LoggedRun
    accepted: Sequence[str]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Mapping[str, Ended]]:
    """Every case of one wire, run to its end; each wire once."""

    @cache
    def run(name: str) -> Mapping[str, Ended]:
        return _run(name, tmp_path_factory.mktemp("faults"))

    return run


def _run(name: str, folder: Path) -> Mapping[str, Ended]:
    wire = WIRES[name]
    with ExitStack() as stack:
        emulators = {
            case.name: stack.enter_context(wire.emulator([Fault.parse(case.faults)], operation_s=0.2))
            for case in cases(wire)
        }
        if wire.is_named:
            _write(folder, name, emulators)
            environ = {**next(iter(emulators.values())).settings(), "TEST_KEY": KEY}
            runs = _all_at_once(stack, wire, folder, environ)
        else:
            runs = _each_apart(stack, wire, folder, emulators)
        books = {case: emulator.book.prompts() for case, emulator in emulators.items()}
    assert keys_in(folder, KEY) == []
    return {case: Ended(run, books[case]) for case, run in runs.items()}


def _all_at_once(
    stack: ExitStack, wire: Wire, folder: Path, environ: Mapping[str, str]
) -> dict[str, LoggedRun]:
    bench = stack.enter_context(Workbench(settings=settings.load(folder, environ)))
    requests = [_request(bench, wire, case, case.name) for case in cases(wire)]
    runs = bench.wait(bench.submit_many(requests), timeout_s=WITHIN_S)
    return {case.name: run for case, run in zip(cases(wire), runs, strict=True)}


def _each_apart(
    stack: ExitStack, wire: Wire, folder: Path, emulators: Mapping[str, Emulator]
) -> dict[str, LoggedRun]:
    ids: dict[str, tuple[Workbench, str]] = {}
    for case in cases(wire):
        environ = emulators[case.name].settings()
        bench = stack.enter_context(Workbench(settings=settings.load(folder / case.name, environ)))
        ids[case.name] = bench, bench.submit(_request(bench, wire, case, emulators[case.name].wire))
    return {name: bench.wait([run_id], timeout_s=WITHIN_S)[0] for name, (bench, run_id) in ids.items()}


def _request(bench: Workbench, wire: Wire, case: Case, endpoint: str) -> GenerationRequest:
    more = {wire.several: 2} if case is PARTIAL else {}
    return bench.request("A lighthouse in a storm", model=f"{endpoint}/{wire.model}", **more)


def _write(folder: Path, wire: str, emulators: Mapping[str, Emulator]) -> None:
    sections = [
        f'[endpoints.{name}]\nwire = "{wire}"\nbase_url = "{emulator.url}"\nkey_env = "TEST_KEY"\n'
        for name, emulator in emulators.items()
    ]
    (folder / "workbench.toml").write_text("\n".join(sections))


@pytest.mark.parametrize(
    ("wire", "case"),
    [
        pytest.param(name, case, id=f"{name}-{case.name}")
        for name, wire in WIRES.items()
        for case in cases(wire)
    ],
)
def test_it_ends_in_the_right_state_with_one_clear_sentence(
    ended: Callable[[str], Mapping[str, Ended]], wire: str, case: Case
) -> None:
    run, accepted = ended(wire)[case.name].run, ended(wire)[case.name].accepted
    said = f"{wire}: {run.outcome}"
    if run.status is case.otherwise:
        return
    assert run.status is case.status, said
    assert re.search(case.says, run.outcome), said
    assert KEY not in run.outcome
    assert len(accepted) == case.accepted, "what was accepted once is never sent again"
    if case.charge:
        assert run.charge is case.charge, said
    if case.failure:
        assert run.failure is case.failure, said
    if case.status is CLIP:
        assert len(run.clips) == case.clips
        assert all(clip.path.is_file() and clip.media.duration_s > 0 for clip in run.clips)
