"""Uncertain, lost, overdue and waiting runs through the façade; probes; repeats; recipes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from immutabledict import immutabledict

from tests.store.test_runs import new, request
from workbench.api import Workbench
from workbench.api.doctor import check
from workbench.api.recipes import as_command, as_python
from workbench.api.record import record
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import (
    BudgetExceeded,
    FailureReason,
    ProviderNotReady,
    RequestError,
    Unavailable,
)
from workbench.domain.media import Input, Media, Role
from workbench.domain.run import EMULATED, Origin, Parenthood, Run, Status
from workbench.providers.base import Found, Probe
from workbench.providers.fake import Fake, Script
from workbench.settings import ModelSettings, Written, load

PROMPT = "A lion walks through tall grass at dawn"


def opened(folder: Path, script: Script | None = None, **more: object) -> Workbench:
    return Workbench(folder / "log", providers=[Fake(folder / "journal", script)], **more)  # type: ignore[arg-type]


def until_busy_ends(bench: Workbench, run_id: str) -> Run:
    return bench.wait([run_id], timeout_s=20, progress_bar=False)[0]


# Uncertain


def test_an_uncertain_run_is_looked_for_and_collected(tmp_path: Path) -> None:
    script = Script(can_find=True)
    with opened(tmp_path, script) as bench:
        done = bench.generate(PROMPT, model="fake/clip")
        provider = bench.endpoints()[0]
        assert isinstance(provider, Fake)
        provider.script = replace(script, submit_errors=("OutcomeUnknown",))
        uncertain = bench.submit(bench.request(PROMPT, model="fake/clip"))
        run = until_busy_ends(bench, uncertain)
        assert run.status is Status.UNCERTAIN
        assert bench.find(uncertain) == [], "the only operation there is belongs to the other run"
        with provider.journal.open("a") as journal:
            journal.write(f'{{"run_id": "?", "id": "7e57", "accepted": {time.time()}}}\n')
        (found,) = bench.find(uncertain)
        assert found.operation["id"] == "7e57"
        with pytest.raises(RequestError, match="Another run of this log collects"):
            bench.adopt_operation(uncertain, done.operation)
        bench.adopt_operation(uncertain, found.operation)
        assert until_busy_ends(bench, uncertain).status is Status.SUCCEEDED
        with pytest.raises(RequestError, match="not uncertain"):
            bench.find(uncertain)


def test_find_works_inside_a_running_loop(tmp_path: Path) -> None:
    async def inside(bench: Workbench, run_id: str) -> list[Found]:
        return bench.find(run_id)

    with opened(tmp_path, Script(can_find=True, submit_errors=("OutcomeUnknown",))) as bench:
        run_id = bench.submit(bench.request(PROMPT, model="fake/clip"))
        until_busy_ends(bench, run_id)
        assert asyncio.run(inside(bench, run_id)) == []


def test_where_nothing_is_listed_nothing_is_looked_for(tmp_path: Path) -> None:
    with opened(tmp_path, Script(submit_errors=("OutcomeUnknown",))) as bench:
        run_id = bench.submit(bench.request(PROMPT, model="fake/clip"))
        until_busy_ends(bench, run_id)
        with pytest.raises(RequestError, match="lists no operations"):
            bench.find(run_id)
    with (
        Workbench(tmp_path / "log", providers=[]) as other,
        pytest.raises(ProviderNotReady, match="fake:script"),
    ):
        other.find(run_id)


# Lost


def lost(bench: Workbench, status: Status) -> str:
    """A run of an account that nobody has, as far as ``status``."""
    run = new(request(), account="veo:host:1234")
    now = bench.clock.now()
    bench.store.runs.insert([run], now)
    if status is not Status.QUEUED:
        (lease,) = bench.store.ledger.claim("gone", run.account, 1, now)
        attempt = bench.store.ledger.begin_submit(lease, "hash", now)
        if status is Status.GENERATING and attempt:
            bench.store.ledger.accepted(lease, attempt, {"name": "operations/1"}, now)
        bench.store.ledger.release(lease)
    return run.id


@pytest.mark.parametrize("status", [Status.SUBMITTING, Status.GENERATING])
def test_a_sent_run_of_an_account_that_is_gone_can_be_closed_and_deleted(
    tmp_path: Path, status: Status
) -> None:
    with opened(tmp_path, app=True) as bench:
        run_id = lost(bench, status)
        bench.runner()
        while not bench.run(run_id).blocked_reason:
            bench.clock.pause(0.02)
        assert "set the key and address of veo as they were" in bench.run(run_id).outcome
        bench.close_lost(run_id)
        run = bench.run(run_id)
        assert (run.status, run.failure) == (Status.FAILED, FailureReason.CLOSED)
        assert "may have been charged" in run.outcome
        assert run.operation == ({"name": "operations/1"} if status is Status.GENERATING else {})
        bench.delete([run_id])
        assert bench.run(run_id).deleted_at


def test_a_queued_run_of_an_account_that_is_gone_is_cancelled_and_deleted(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        run_id = lost(bench, Status.QUEUED)
        with pytest.raises(RequestError, match="no lost run"):
            bench.close_lost(run_id)
        assert bench.cancel(run_id).status is Status.CANCELLED
        bench.delete([run_id])


def test_a_run_whose_account_is_here_is_not_closed_as_lost(tmp_path: Path) -> None:
    with opened(tmp_path, Script(latency_s=30.0)) as bench:
        run_id = bench.submit(bench.request(PROMPT, model="fake/clip"))
        with pytest.raises(RequestError, match="Cancel it instead"):
            bench.close_lost(run_id)


# Overdue


def test_waiting_ends_where_a_run_is_overdue_and_resume_follows_it_again(tmp_path: Path) -> None:
    with opened(tmp_path, Script(latency_s=2.0, timeout_s=0.4)) as bench:
        with pytest.raises(TimeoutError) as late:
            bench.generate(PROMPT, model="fake/clip")
        said, run_id = late.value.args
        assert run_id in said
        assert "`workbench resume`" in said
        (run,) = bench.wait([run_id], timeout_s=5, progress_bar=False)
        assert (run.status, run.overdue) == (Status.GENERATING, True)
        assert record(run, bench.path)["overdue"] is True
        provider = bench.endpoints()[0]
        assert isinstance(provider, Fake)
        provider.script = Script(latency_s=2.0)
        assert bench.resume([run_id]) == [run_id]
        assert until_busy_ends(bench, run_id).status is Status.SUCCEEDED


def test_a_timeout_from_workbench_toml_holds(tmp_path: Path) -> None:
    settings = load(tmp_path / "log", {})
    written = Written(models=immutabledict({"fake/clip": ModelSettings(timeout_s=0.3, at_once=1)}))
    provider = Fake(tmp_path / "journal", Script(latency_s=60.0))
    with Workbench(settings=replace(settings, written=written), providers=[provider]) as bench:
        first, second = bench.submit_many(bench.request(PROMPT, model="fake/clip", seed=1).takes(2))
        (run, _) = bench.wait([first, second], timeout_s=15, progress_bar=False)
        assert run.overdue


# Waiting


def test_a_run_that_waits_for_a_limit_says_so_to_whoever_looks(tmp_path: Path) -> None:
    with opened(tmp_path, Script(a_minute=1, latency_s=0.2)) as bench:
        first, second = bench.submit_many(bench.request(PROMPT, model="fake/clip", seed=1).takes(2))
        until_busy_ends(bench, first)
        waiting = bench.run(second)
        assert waiting.status is Status.QUEUED
        assert "1 requests a minute may go to fake" in waiting.outcome
        told: list[str] = []
        with pytest.raises(TimeoutError):
            bench.wait([second], timeout_s=1.5, on_progress=lambda p: told.append(p.waits_for))
        assert "1 requests a minute" in told[-1]
        assert record(waiting, bench.path)["waits_for"] == waiting.waits_for


# Probes


class Probed(Fake):
    async def probe(self) -> Probe:
        raise Unavailable("fake answered 503")


class Broken(Fake):
    async def probe(self) -> Probe:
        raise KeyError("?")


def test_every_endpoint_is_asked_at_once_and_none_can_hang_it(tmp_path: Path) -> None:
    providers: list[Fake] = []
    for name, kind, script in (
        ("quick", Fake, Script()),
        ("slow", Fake, Script(probe_s=60.0)),
        ("down", Probed, Script()),
        ("broken", Broken, Script()),
    ):
        provider = kind(tmp_path / name, script)
        provider.endpoint, provider.account = name, f"{name}:x"
        providers.append(provider)
    with Workbench(tmp_path / "log", providers=providers) as bench:
        begun = time.monotonic()
        probes = bench.probe(timeout_s=0.5)
        assert time.monotonic() - begun < 3
    assert probes["quick"] == Probe(True, "plays its script")
    assert probes["slow"] == Probe(
        False, "no answer within 0.5 s", "Check its base URL, and whether the server is up."
    )
    assert (probes["down"].ok, probes["down"].detail) == (False, "fake answered 503")
    assert (probes["broken"].ok, probes["broken"].detail) == (False, "asking it failed (KeyError)")
    assert [provider.closed for provider in providers] == [1, 1, 1, 1]


def test_doctor_shows_what_each_endpoint_answers(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        thorough = {c.name: c for c in check(bench)}
        quick = {c.name: c for c in check(bench, thorough=False)}
    assert thorough["Endpoint fake"].detail == "fake/clip; plays its script"
    assert quick["Endpoint fake"].detail == "fake/clip"


# Repeats


class Folding(Fake):
    """A model without a negative prompt."""

    def models(self) -> list[Capabilities]:
        return [replace(model, negative_prompt=False) for model in super().models()]


def test_the_identical_earlier_request_is_found_folded_and_counted(tmp_path: Path) -> None:
    with Workbench(tmp_path / "log", providers=[Folding(tmp_path / "journal")]) as bench:
        asked = {"model": "fake/clip", "negative_prompt": "text", "fold_negative_prompt": True, "seed": 3}
        first = bench.generate(PROMPT, **asked)
        assert first.request.prompt.endswith("Avoid: text")
        typed = bench.request(PROMPT, **asked)  # type: ignore[arg-type]
        assert [run.id for run in bench.repeats(typed)] == [first.id]
        assert bench.generate(PROMPT, on_repeat="reuse", **asked).id == first.id
        assert bench.repeat_count(first) == 1
        second = bench.generate(PROMPT, **asked)
        assert second.id != first.id
        assert bench.repeat_count(first) == bench.repeat_count(second) == 2


def test_a_clip_of_an_emulator_is_no_repeat_of_the_service_s(tmp_path: Path) -> None:
    fakes = [Fake(tmp_path / f"{number}.journal") for number in range(2)]
    fakes[0].account = f"fake{EMULATED}here:1"
    asked = {"model": "fake/clip", "seed": 3, "on_repeat": "reuse"}
    made = []
    for fake in (*fakes, *fakes):
        with Workbench(tmp_path / "log", providers=[fake]) as bench:
            made.append(bench.generate(PROMPT, **asked).id)
            assert [run.id for run in bench.repeats(bench.request(PROMPT, model="fake/clip", seed=3))] == [
                made[-1]
            ]
    assert made[0] == made[2] != made[1] == made[3]


def test_a_hash_that_claims_another_request_is_no_repeat(tmp_path: Path) -> None:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")]) as bench:
        other = bench.generate("A tiger", model="fake/clip", seed=3)
        wanted = bench.request(PROMPT, model="fake/clip", seed=3)
        claimed = [bench.generate(PROMPT, model="fake/clip", seed=3).request.request_hash, other.id]
        with bench.store.db.write() as connection:  # as an archive that was edited by hand would bring it
            connection.execute("UPDATE runs SET request_hash = ? WHERE id = ?", claimed)
        assert other.id not in [run.id for run in bench.repeats(wanted)]
        assert bench.generate(PROMPT, model="fake/clip", seed=3, on_repeat="reuse").id != other.id


def test_an_experiment_s_cap_holds_through_the_facade(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        experiment = bench.store.experiments.create("Lions", "", {}, bench.clock.now(), 300_000)
        with pytest.raises(BudgetExceeded, match="'Lions' may cost"):
            bench.submit_many(
                bench.request(PROMPT, model="fake/clip", seed=1).takes(2), Origin(experiment_id=experiment.id)
            )
        assert bench.counts() == {}


# Recipes


CLIP = Media("cd" * 32, "video/mp4", 5_000, 640, 360, 4.0, 24.0, "h264", True)


def logged(role: Role, parenthood: Parenthood | None, bench: Workbench) -> Run:
    parent = "01M7YW2EZ1PF5E1DY0N5V0X28R" if parenthood else None
    asked = replace(request(), inputs=(Input(role, CLIP),))
    run = new(asked, origin=Origin(parent, parenthood))
    bench.store.runs.insert([run], bench.clock.now())
    return bench.store.runs.get(run.id)


@pytest.mark.parametrize(
    ("role", "parenthood", "flag", "python"),
    [
        (Role.EDITED_CLIP, Parenthood.EDIT, "--edit 01M7", "edit=wb.run('01M7"),
        (Role.SOURCE_CLIP, Parenthood.EXTENSION, "--extend 01M7", "extend=wb.run('01M7"),
        (Role.EDITED_CLIP, None, "--edit /clip.mp4", "edit='/clip.mp4'"),
        (Role.EDITED_CLIP, Parenthood.VARIANT, "--edit /clip.mp4", "edit='/clip.mp4'"),
        (Role.REFERENCE_CLIP, None, "--reference-clip /clip.mp4", "reference_clips=['/clip.mp4']"),
    ],
)
def test_recipes_know_every_role(
    tmp_path: Path, role: Role, parenthood: Parenthood | None, flag: str, python: str
) -> None:
    with opened(tmp_path) as bench:
        run = logged(role, parenthood, bench)
    assert flag in as_command(run, lambda _: Path("/clip.mp4"))
    written = as_python(run, lambda _: Path("/clip.mp4"))
    assert python in written
    compile(written, "recipe", "exec")


def test_a_recipe_says_that_the_negative_prompt_is_to_be_folded(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        run = logged(Role.REFERENCE_CLIP, None, bench)
    typed = replace(run, request=replace(run.request, fold_negative_prompt=True))
    assert "--fold-negative-prompt" in as_command(typed, lambda _: Path("/clip.mp4"))
    assert "fold_negative_prompt=True" in as_python(typed, lambda _: Path("/clip.mp4"))


def test_the_record_says_what_is_held_and_until_when(tmp_path: Path) -> None:
    with opened(tmp_path) as bench:
        run = logged(Role.FIRST_FRAME, None, bench)
        held = replace(run, held_until=run.created_at + timedelta(hours=2), account="veo:emulated:host:1")
        told = record(held, bench.path)
    assert str(told["held_until"]).startswith(f"{held.held_until:%Y-%m-%dT%H:%M}")
    assert told["emulated"] is True
    assert {"adjustments", "estimate_micros", "billed_micros", "charge"} <= told.keys()
