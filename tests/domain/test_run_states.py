"""The table of legal changes, exhaustively, and as walks through it."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.errors import FailureReason, IllegalTransition, WorkbenchError
from workbench.domain.media import Media
from workbench.domain.request import GenerationRequest
from workbench.domain.run import BUSY, FINAL, TRANSITIONS, Charge, Clip, Run, Status, check_transition

PAIRS = list(itertools.product(Status, Status))
LEGAL = [(old, new) for old, new in PAIRS if new in TRANSITIONS[old]]
ILLEGAL = [pair for pair in PAIRS if pair not in LEGAL]

CREATED = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUN = Run("01RUN", 1, GenerationRequest("animatic/preview", "a lion"), Status.QUEUED, "animatic", CREATED)


def reachable(start: Status) -> set[Status]:
    seen, open_ = {start}, [start]
    while open_:
        new = TRANSITIONS[open_.pop()] - seen
        seen |= new
        open_ += new
    return seen


@pytest.mark.parametrize(("old", "new"), LEGAL)
def test_every_legal_change_is_accepted(old: Status, new: Status) -> None:
    check_transition(old, new)


@pytest.mark.parametrize(("old", "new"), ILLEGAL)
def test_every_other_change_is_refused_in_words(old: Status, new: Status) -> None:
    with pytest.raises(IllegalTransition, match=f"from {old} to {new}") as caught:
        check_transition(old, new)
    assert isinstance(caught.value, WorkbenchError)
    assert all(state in str(caught.value) for state in TRANSITIONS[old])


def test_the_table_is_whole_and_no_state_follows_itself() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert all(status not in exits for status, exits in TRANSITIONS.items())


def test_busy_final_and_uncertain_share_out_the_statuses() -> None:
    assert BUSY | FINAL | {Status.UNCERTAIN} == set(Status)
    assert not BUSY & FINAL
    assert Status.UNCERTAIN not in BUSY | FINAL
    for status in Status:
        assert status.is_busy == (status in BUSY)
        assert status.is_final == (status in FINAL)


def test_exactly_the_final_states_have_no_exit() -> None:
    assert {status for status in Status if not TRANSITIONS[status]} == FINAL


def test_every_state_is_reached_from_queued_and_every_unfinished_one_can_end() -> None:
    assert reachable(Status.QUEUED) == set(Status)
    assert all(reachable(status) & FINAL for status in Status)


def test_uncertain_is_never_sent_again_directly() -> None:
    assert Status.SUBMITTING not in TRANSITIONS[Status.UNCERTAIN]
    assert TRANSITIONS[Status.UNCERTAIN] == {Status.GENERATING, Status.FAILED, Status.QUEUED}


def test_nothing_but_submitting_leads_to_uncertain() -> None:
    assert [old for old in Status if Status.UNCERTAIN in TRANSITIONS[old]] == [Status.SUBMITTING]


def test_success_has_gone_through_every_step() -> None:
    def into(status: Status) -> set[Status]:
        return {old for old in Status if status in TRANSITIONS[old]}

    assert into(Status.SUCCEEDED) == {Status.DOWNLOADING}
    assert into(Status.DOWNLOADING) == {Status.GENERATING}
    assert into(Status.SUBMITTING) == {Status.QUEUED}


@given(st.lists(st.sampled_from(Status), max_size=60))
def test_whatever_is_tried_an_accepted_request_is_never_sent_twice(tries: list[Status]) -> None:
    status, accepted = Status.QUEUED, False
    for new in tries:
        try:
            check_transition(status, new)
        except IllegalTransition:
            assert new not in TRANSITIONS[status]
            continue
        assert not status.is_final
        status = new
        assert not (accepted and status in {Status.QUEUED, Status.SUBMITTING, Status.UNCERTAIN})
        accepted = accepted or status is Status.GENERATING


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("charge", Charge)
def test_every_outcome_names_the_run_and_fits_a_sentence(status: Status, charge: Charge) -> None:
    run = replace(RUN, status=status, charge=charge, failure=FailureReason.PROVIDER, message="It broke.")
    assert run.outcome.startswith("Run 01RUN")
    assert run.outcome.endswith(".")
    assert ".." not in run.outcome
    if status.is_final and status is not Status.SUCCEEDED and charge is Charge.MAYBE:
        assert "may have been charged" in run.outcome


def test_times_of_the_steps() -> None:
    def at(seconds: float) -> datetime:
        return CREATED + timedelta(seconds=seconds)

    assert (RUN.queue_s, RUN.latency_s, RUN.download_s, RUN.clip) == (None, None, None, None)
    clip = Clip(0, Media("0" * 64, "video/mp4", 1), Path("clip.mp4"))
    done = replace(
        RUN, submitted_at=at(1), accepted_at=at(1.5), ready_at=at(9), finished_at=at(9.25), clips=(clip,)
    )
    assert (done.queue_s, done.latency_s, done.download_s, done.clip) == (1, 7.5, 0.25, clip)
    assert replace(done, clips=()).download_s is None
