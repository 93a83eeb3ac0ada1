"""What Flow answers, and how each trouble ends: in words, and with the money told honestly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.flow_ground import (
    REFERENCES,
    TEXT,
    asked,
    made,
    opened,
    picture,
    sent,
)
from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
)
from workbench.domain.media import Role
from workbench.domain.run import Charge
from workbench.emulators.faults import Fault, Step
from workbench.emulators.flow import FlowEmulator
from workbench.providers.base import Failed, Finished, Running
from workbench.providers.flow import Flow


@pytest.fixture
def gateway() -> Iterator[FlowEmulator]:
    with FlowEmulator(operation_s=0.1) as emulator:
        yield emulator


@pytest.fixture
def provider(gateway: FlowEmulator, tmp_path: Path) -> Flow:
    return opened(gateway, tmp_path)


# What is answered


def polled(gateway: FlowEmulator, provider: Flow, fault: str) -> Any:
    async def poll() -> Any:
        operation = await provider.submit(asked(TEXT))
        gateway.faults.add(Fault(Step.POLL, fault))
        return await provider.poll(operation)

    return asyncio.run(poll())


def test_the_words_of_a_poll(gateway: FlowEmulator, provider: Flow) -> None:
    assert polled(gateway, provider, "unknown_status") == Running(
        note="Flow says “MEDIA_GENERATION_STATUS_DREAMING”"
    )
    failed = polled(gateway, provider, "done_error")
    assert isinstance(failed, Failed)
    assert (failed.message, failed.charge) == ("Flow says FAILED: Internal error", Charge.MAYBE)
    taken = polled(gateway, provider, "filtered")
    assert isinstance(taken, Finished)
    assert taken.clips == () and "PUBLIC_ERROR_UNSAFE_GENERATION" in taken.filtered[0]
    assert polled(gateway, provider, "done_empty") == Finished(())


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("401", AuthLapsed, "401"),
        ("403", AuthLapsed, "automated use"),
        ("404", OperationGone, "404"),
        ("gone", OperationGone, "404"),
        ("429", Unavailable, "429"),
        ("retry_info", Unavailable, "429"),
        ("500", Unavailable, "500"),
        ("html_502", Unavailable, "Bad Gateway"),
        ("bad_json", Unavailable, "no operation"),
        ("drop_after", Unavailable, "reached"),
    ],
)
def test_a_poll_that_fails_keeps_the_operation(
    gateway: FlowEmulator, provider: Flow, fault: str, error: type[ProviderError], words: str
) -> None:
    with pytest.raises(error, match=words):
        polled(gateway, provider, fault)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("400", Rejected, "told to answer 400"),
        ("401", Rejected, "Check its key"),
        ("403", Rejected, "PUBLIC_ERROR_UNUSUAL_ACTIVITY.*Vertex"),
        ("404", Rejected, "404"),
        ("refused_safety", Rejected, "safety"),
        ("429", NotAccepted, "429"),
        ("drop_after", OutcomeUnknown, "no answer"),
        ("drop_before", OutcomeUnknown, "no answer"),
        ("408", OutcomeUnknown, "408"),
        ("500", OutcomeUnknown, "500"),
        ("503", OutcomeUnknown, "503"),
        ("html_502", OutcomeUnknown, "502"),
        ("bad_json", OutcomeUnknown, "no JSON"),
        ("redirect=http://example.org/", Rejected, "redirect"),
    ],
)
def test_a_submit_that_fails_says_what_became_of_the_money(
    gateway: FlowEmulator, provider: Flow, fault: str, error: type[ProviderError], words: str
) -> None:
    gateway.faults.add(Fault.parse(f"create:{fault}"))
    with pytest.raises(error, match=words) as caught:
        asyncio.run(provider.submit(asked(TEXT)))
    assert type(caught.value) is error
    assert len(sent(gateway)) == (fault != "drop_before")
    assert gateway.key not in str(caught.value)
    if fault == "refused_safety":
        assert caught.value.reason is FailureReason.SAFETY


def test_a_still_is_made_once_however_often_the_clip_is_put_off(
    gateway: FlowEmulator, provider: Flow
) -> None:
    gateway.faults.add(Fault(Step.CREATE, "429", times=2, after=1))
    submission = asked(REFERENCES)
    for _ in range(2):
        with pytest.raises(NotAccepted):
            asyncio.run(provider.submit(submission))
    assert asyncio.run(provider.submit(submission))["operations"]
    paths = [path.rpartition(":")[2] for path, _ in sent(gateway)]
    assert paths == ["batchGenerateImages", *["batchAsyncGenerateVideoReferenceImages"] * 3]


def test_a_clip_refused_after_its_still_was_made_is_not_free(gateway: FlowEmulator, provider: Flow) -> None:
    gateway.faults.add(Fault(Step.CREATE, "refused_safety", after=1))

    async def outcome() -> Any:
        return await provider.poll(await provider.submit(asked(REFERENCES)))

    answer = asyncio.run(outcome())
    assert isinstance(answer, Failed)
    assert (answer.reason, answer.charge) == (FailureReason.SAFETY, Charge.MAYBE)
    assert "still" in answer.message and "blocked by the safety filter" in answer.message


def test_a_still_without_an_answer_is_not_sent_again(gateway: FlowEmulator, provider: Flow) -> None:
    gateway.faults.add(Fault(Step.CREATE, "drop_after"))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(provider.submit(asked(REFERENCES)))
    assert len(sent(gateway)) == 1


def test_a_failing_upload_costs_nothing(gateway: FlowEmulator, provider: Flow, tmp_path: Path) -> None:
    given = [(Role.REFERENCE, picture(tmp_path, "cat"))]
    for fault, error in (("drop_after", NotAccepted), ("500", NotAccepted), ("404", Rejected)):
        gateway.faults.add(Fault(Step.PROBE, fault))
        with pytest.raises(error) as caught:
            asyncio.run(provider.submit(asked(REFERENCES, given)))
    assert "flow/GEM_PIX_2" in str(caught.value)
    assert sent(gateway) == []


def test_media_ids_that_have_lapsed_are_made_anew(
    gateway: FlowEmulator, provider: Flow, tmp_path: Path
) -> None:
    submission = asked(REFERENCES, [(Role.REFERENCE, picture(tmp_path, "cat"))])
    made(provider, submission, tmp_path)
    gateway._uploads.clear()  # the gateway has forgotten it
    with pytest.raises(NotAccepted, match="uploaded anew"):
        asyncio.run(provider.submit(submission))
    made(provider, submission, tmp_path)
    assert len(sent(gateway, Step.PROBE)) == 2
