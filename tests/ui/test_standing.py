"""A run that does not simply go its way: overdue, held for a while only, lost, filtered, uncertain."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import labels, links, press, text
from tests.ui.studio import FULL, Studio, found
from workbench.api import LoggedRun, Workbench
from workbench.domain.run import Charge, Json, Run, Status
from workbench.providers.base import Finished, Poll
from workbench.providers.fake import Script
from workbench.ui import figures
from workbench.ui.compose.composition import Composition, to_draft
from workbench.ui.compose.state import DRAFT
from workbench.ui.under_way import UnderWay, under_way

OpenStudio = Callable[..., tuple[Workbench, Studio]]


@pytest.fixture
def studio(tmp_path: Path, open_log: OpenLog) -> OpenStudio:
    def open_(kind: type[Studio] = Studio, **script: Any) -> tuple[Workbench, Studio]:
        provider = kind(tmp_path / "studio.journal", Script(**script))
        return open_log(providers=[provider]), provider

    return open_


def start(log: Workbench, until: Callable[[Run], object]) -> LoggedRun:
    run_id = log.submit(log.request("A fox", model="studio/full"))
    deadline = time.monotonic() + 20
    while not until(log.run(run_id)):
        assert time.monotonic() < deadline, log.run(run_id)
        time.sleep(0.02)  # noqa: TID251 - waiting for the runner's thread
    return log.run(run_id)


def said(at: Any) -> str:
    return text(at).replace("\\", "")


class Quick(Studio):
    def models(self) -> list[Any]:
        return [replace(FULL, timeout_s=0.05)]


class ShortRetention(Studio):
    async def poll(self, operation: Json) -> Poll:
        told = await super().poll(operation)
        if not isinstance(told, Finished):
            return told
        end = datetime.now(UTC) + timedelta(hours=1, minutes=12, seconds=30)
        return replace(told, clips=tuple(replace(clip, expires_at=end) for clip in told.clips))


class Elsewhere(Studio):
    account = "studio:another-key"


def test_an_overdue_run_is_looked_at_again_on_request(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio(Quick, latency_s=60.0)
    run = start(log, lambda run: run.overdue)
    at = open_page("run", id=run.id)
    assert "longer than usual" in text(at)
    press(at, "Look again now")
    assert not log.run(run.id).overdue


def test_a_clip_that_is_only_with_the_provider_counts_down(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio(ShortRetention, fetch_errors=["Unavailable"] * 99)
    run = start(log, lambda run: run.held_until)
    at = open_page("run", id=run.id)
    assert "1 h 12 min left] The clip is only at the provider's until" in said(at)


def test_a_lapsed_key_names_what_holds_it_up(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio(latency_s=60.0, poll_errors=["AuthLapsed"] * 99)
    run = start(log, lambda run: run.blocked_reason)
    at = open_page("run", id=run.id)
    assert "The script's key has run out" in said(at)
    assert "nothing is sent twice" in text(at)
    assert {"page": "settings"} in links(at, "Settings")


def test_a_run_of_an_account_that_is_gone_can_be_given_up(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio(latency_s=60.0)
    run = start(log, lambda run: run.status is Status.GENERATING)
    log, _ = studio(Elsewhere)
    at = open_page("run", id=run.id)
    assert "It was sent from the account studio:test, which is not set up here." in said(at)
    next(c for c in at.checkbox if c.label.startswith("I can't")).check().run()
    press(at, "Give it up")
    assert log.run(run.id).status is Status.FAILED


def test_the_filters_reasons_are_listed(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio(clips=3, filtered=2)
    run = start(log, lambda run: run.status.is_final)
    at = open_page("run", id=run.id)
    assert said(at).count("- Support codes: 15236754") == 2
    assert len(log.run(run.id).clips) == 1


def test_an_uncertain_run_is_found_and_collected(studio: OpenStudio, open_page: OpenPage) -> None:
    log, provider = studio(submit_errors=["OutcomeUnknown"])
    run = start(log, lambda run: run.status is Status.UNCERTAIN)
    provider.listed = [found("a1", is_likely=True), found("b2")]
    at = press(open_page("run", id=run.id), "Ask the provider")
    assert "likely this one] operation a1" in said(at)
    assert "operation b2" in said(at)
    press(at, "Collect number 1")
    settled = log.wait([run.id], timeout_s=20, progress_bar=False)[0]
    assert settled.status is Status.SUCCEEDED
    assert settled.operation["id"] == "a1"


def test_nothing_found_says_so_and_leaves_the_other_ways(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio(submit_errors=["OutcomeUnknown"])
    run = start(log, lambda run: run.status is Status.UNCERTAIN)
    at = press(open_page("run", id=run.id), "Ask the provider")
    assert "It lists nothing since this run was sent." in text(at)
    assert {"Collect it", "Send again", "Close it"} <= set(labels(at))


def test_a_clip_can_be_edited_in_words(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio()
    run = start(log, lambda run: run.status.is_final)
    assert links(open_page("run", id=run.id), "Edit") == [{"page": "compose", "edit": run.id}]
    at = open_page("compose", edit=run.id)
    assert "Remove clip to edit" in labels(at)
    draft = log.store.drafts.load(DRAFT)
    assert (draft["prompt"], draft["parent_id"]) == ("", run.id)
    log.store.drafts.save(
        DRAFT,
        {**draft, "prompt": "make it night"},
        log.clock.now(),
    )
    press(open_page("compose"), "Generate")
    edit = log.runs().page(1).runs[0]
    assert (edit.origin.parent_id, edit.origin.parenthood) == (run.id, "edit")


def test_many_runs_are_one_line_and_the_pages_stay_short(studio: OpenStudio, open_page: OpenPage) -> None:
    log, _ = studio()
    before = start(log, lambda run: run.status.is_final)
    log, _ = studio(latency_s=60.0, at_once=4)
    log.submit_many(log.request(f"Fox {number}", model="studio/full") for number in range(60))
    log.store.drafts.save(DRAFT, to_draft(Composition(model="studio/full")), log.clock.now())
    whole = under_way(log)
    assert (whole.open, len(whole.runs), whole.share) == (60, 60, 0.0)
    for page in ("runs", "compose"):
        told = [bar.proto.text for bar in open_page(page).get("progress")]
        line = next(line for line in told if line.startswith("60 runs"))
        assert "60 under way" in line
        assert r"≈ \$192.00" in line
        assert len(told) <= 8
    at = open_page("compose")
    assert "54 more are queued or under way." in text(at)
    assert {"page": "run", "id": before.id} in links(at, "Open in Runs"), "what settled last stays in sight"


def test_the_line_says_what_became_of_them(studio: OpenStudio) -> None:
    log, _ = studio()
    run = start(log, lambda run: run.status.is_final)
    busy = replace(run, status=Status.GENERATING, clips=())
    given_back = replace(run, status=Status.FAILED, charge=Charge.NONE)
    whole = UnderWay((run, replace(busy, estimate_micros=None), given_back))
    assert str(whole) == (
        "3 runs: 1 done, 1 failed, 1 under way (1 generating) · ≈ $3.20, 1 without a known price"
    )


@pytest.mark.parametrize(
    ("length_s", "told"),
    [(-5, "no time"), (30, "30 s"), (299, "4 min"), (4_350, "1 h 12 min"), (180_000, "2 d 2 h")],
)
def test_how_long_still(length_s: float, told: str) -> None:
    assert figures.span(length_s) == told
