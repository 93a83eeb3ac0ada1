"""Omni Flash, after the request has left: what is believed of the answers, and what is told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.providers.contract import finished
from tests.providers.gemini_ground import (
    CLIP,
    Elsewhere,
    Files,
    asked,
    do,
    fetched,
    opened,
)
from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
    Unavailable,
)
from workbench.domain.run import Charge
from workbench.emulators.faults import Fault, Step
from workbench.emulators.interactions import REFUSAL, InteractionsEmulator
from workbench.providers.base import Failed, Finished, RemoteClip, Running
from workbench.providers.gemini import Gemini
from workbench.providers.gemini.interaction import read


@pytest.fixture
def google() -> Iterator[InteractionsEmulator]:
    with InteractionsEmulator(operation_s=0.05) as emulator:
        yield emulator


@pytest.fixture
def make(google: InteractionsEmulator, tmp_path: Path) -> Callable[[], Gemini]:
    return lambda: opened(google.settings(), tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


# What becomes of the money at submit: fault → error, and its sentence.
AT_SUBMIT: list[tuple[str, type[ProviderError], str]] = [
    ("400", Rejected, "answered 400"),
    ("401", Rejected, "Check its key"),
    ("403", Rejected, "Check its key"),
    ("404", Rejected, "answered 404"),
    ("408", OutcomeUnknown, "answered 408"),
    ("409", Rejected, "answered 409"),
    ("413", TooLarge, "answered 413"),
    ("429", NotAccepted, "answered 429"),
    ("retry_info=7", NotAccepted, "answered 429"),
    ("500", OutcomeUnknown, "answered 500"),
    ("html_502", OutcomeUnknown, "answered 502: Bad Gateway"),
    ("503", OutcomeUnknown, "answered 503"),
    ("drop_after", OutcomeUnknown, "it closed the connection"),
    ("slow_headers=2", OutcomeUnknown, "it took too long"),
    ("bad_json", OutcomeUnknown, "without the name of the interaction"),
    ("truncated", OutcomeUnknown, "it closed the connection"),
    ("wrong_length", OutcomeUnknown, "it closed the connection"),
    ("redirect=http://127.0.0.1:9/", Rejected, "follows no redirect"),
    ("refused_safety", Rejected, "Support codes: 89371032"),
]


class TestSubmit:
    @pytest.mark.parametrize(("fault", "error", "words"), AT_SUBMIT, ids=[row[0] for row in AT_SUBMIT])
    def test_each_refusal_is_told_apart_and_is_exactly_one_post(
        self,
        google: InteractionsEmulator,
        make: Callable[[], Gemini],
        fault: str,
        error: type[ProviderError],
        words: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        google.faults.add(Fault.parse(f"create:{fault}"))
        provider = make()
        provider._connection.timeout_s = 1.0
        with pytest.raises(error) as raised:
            do(provider.submit(asked()))
        assert type(raised.value) is error
        assert words in str(raised.value)
        assert "\n" not in str(raised.value)
        assert len(google.book.of(Step.CREATE)) == 1
        assert google.key not in str(raised.value) + caplog.text

    def test_a_connection_cut_before_the_request_was_read_is_not_sent_again(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        google.faults.add(Fault(Step.CREATE, "drop_before"))
        with pytest.raises(OutcomeUnknown, match="it closed the connection"):
            do(make().submit(asked()))
        assert google.book.received == []  # the one that was cut; a second would have been read
        assert google.faults.take(Step.CREATE) is None

    def test_the_sdk_left_to_itself_would_have_paid_five_times(self, google: InteractionsEmulator) -> None:
        """The control: what the one POST above is worth."""
        from google import genai
        from google.genai import types

        options = types.HttpOptions(
            base_url=google.url, retry_options=types.HttpRetryOptions(initial_delay=0.01, max_delay=0.01)
        )
        client = genai.Client(vertexai=False, api_key=google.key, http_options=options)
        google.faults.add(Fault(Step.CREATE, "503", times=9))
        with pytest.raises(Exception, match="503"):
            client.interactions.create(model="gemini-omni-1.2-flash", input="A dog runs.")
        assert len(google.book.of(Step.CREATE)) == 5

    def test_the_wait_that_the_server_asks_for_is_told(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        google.faults.add(Fault(Step.CREATE, "retry_info", value="7"))
        with pytest.raises(NotAccepted) as raised:
            do(make().submit(asked()))
        assert raised.value.retry_after_s == 7.0

    def test_reasons_tell_key_safety_and_request_apart(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        found = []
        for fault in ("401", "refused_safety", "400"):
            google.faults.add(Fault(Step.CREATE, fault))
            with pytest.raises(Rejected) as raised:
                do(make().submit(asked()))
            found.append(raised.value.reason)
        assert found == [FailureReason.AUTH, FailureReason.SAFETY, FailureReason.INVALID_REQUEST]

    def test_where_nobody_listens_nothing_was_accepted(self, tmp_path: Path) -> None:
        environ = {"GEMINI_API_KEY": "secret-key", "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9"}
        with pytest.raises(NotAccepted, match="can't be reached"):
            do(opened(environ, tmp_path).submit(asked()))

    @pytest.mark.parametrize("key", ["secret\nkey-123", "sécret-key-123"])
    def test_a_malformed_key_is_refused_and_not_quoted(
        self, google: InteractionsEmulator, tmp_path: Path, key: str
    ) -> None:
        with pytest.raises(Rejected) as raised:
            do(opened({**google.settings(), "GEMINI_API_KEY": key}, tmp_path).submit(asked()))
        assert "key-123" not in str(raised.value)
        assert google.book.received == []

    def test_an_answer_that_is_complete_at_once_is_fine(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        google.operation_s = 0.0
        provider = make()
        operation = do(provider.submit(asked()))
        assert isinstance(do(provider.poll(operation)), Finished)


AT_POLL: list[tuple[str, type[ProviderError]]] = [
    ("400", Unavailable),
    ("401", AuthLapsed),
    ("403", AuthLapsed),
    ("404", OperationGone),
    ("gone", OperationGone),
    ("429", Unavailable),
    ("500", Unavailable),
    ("html_502", Unavailable),
    ("503", Unavailable),
    ("slow_headers=2", Unavailable),
    ("drop_before", Unavailable),
    ("drop_after", Unavailable),
    ("bad_json", Unavailable),
    ("truncated", Unavailable),
    ("redirect=http://127.0.0.1:9/", Unavailable),
]


class TestPoll:
    @pytest.mark.parametrize(("fault", "error"), AT_POLL, ids=[row[0] for row in AT_POLL])
    def test_trouble_never_loses_the_operation(
        self,
        google: InteractionsEmulator,
        make: Callable[[], Gemini],
        fault: str,
        error: type[ProviderError],
    ) -> None:
        async def asked_twice() -> None:
            provider = make()
            provider._connection.timeout_s = 1.0
            operation = await provider.submit(asked())
            google.faults.add(Fault.parse(f"poll:{fault}"))
            with pytest.raises(error) as raised:
                await provider.poll(operation)
            assert type(raised.value) is error
            assert google.key not in str(raised.value)
            await finished(provider, operation)

        do(asked_twice())
        assert len(google.book.of(Step.CREATE)) == 1

    def test_a_wrong_key_is_a_400_with_google(self) -> None:
        from workbench.providers.gemini import refusals

        told = {"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}
        assert isinstance(refusals.afterwards("gemini", 400, told, {}), AuthLapsed)
        refused = refusals.at_submit("gemini", 400, told, {})
        assert isinstance(refused, Rejected) and refused.reason is FailureReason.AUTH

    def test_a_refusal_in_words_is_the_filter_with_its_reason(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        answer = self.answer(google, make(), "filtered")
        assert isinstance(answer, Finished)
        assert (answer.clips, answer.filtered) == ((), (REFUSAL.rstrip("."),))
        assert answer.charge is Charge.MAYBE

    def test_a_failure_carries_the_words_of_the_service(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        answer = self.answer(google, make(), "done_error")
        assert isinstance(answer, Failed)
        assert answer.message == "gemini: the interaction failed: The video could not be generated"
        assert (answer.reason, answer.charge) == (FailureReason.PROVIDER, Charge.MAYBE)

    def test_complete_without_anything_is_asked_once_more_before_it_is_believed(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        async def thrice() -> list[Any]:
            provider = make()
            operation = await provider.submit(asked())
            google.faults.add(Fault(Step.POLL, "done_empty", times=2))
            return [await provider.poll(operation) for _ in range(2)]

        first, second = do(thrice())
        assert isinstance(first, Running) and "asked once more" in first.note
        assert second == Finished(())

    def test_a_late_clip_is_found_by_asking_once_more(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        async def late() -> Finished:
            provider = make()
            operation = await provider.submit(asked())
            google.faults.add(Fault(Step.POLL, "done_empty"))
            return await finished(provider, operation)

        assert len(do(late()).clips) == 1

    def test_an_unknown_word_is_running_and_is_told(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        assert self.answer(google, make(), "unknown_status") == Running(note="gemini says 'dreaming'")

    def test_words_beside_a_clip_are_no_refusal(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        google.operation_s = 0.0
        answer = self.answer(google, make(), "filtered_part")
        assert isinstance(answer, Finished) and len(answer.clips) == 1 and answer.filtered == ()

    @pytest.mark.parametrize("fault", ["", "clock_skew"])
    def test_a_file_is_kept_48_hours_by_this_clock(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], fault: str
    ) -> None:
        google.operation_s = 0.0
        answer = self.answer(google, make(), fault)
        assert isinstance(answer, Finished)
        (clip,) = answer.clips
        assert clip.expires_at is not None
        left = clip.expires_at - datetime.now(UTC)
        assert timedelta(hours=47, minutes=59) < left <= timedelta(hours=48)
        assert dict(answer.report)["usage"] == {
            "total_tokens": 9,
            "total_input_tokens": 4,
            "total_output_tokens": 5,
        }

    @pytest.mark.parametrize(
        ("updated", "told", "held"),
        [
            (-1.0, -1.0, 48.0),  # in hours; just now, by a server that is an hour behind
            (-100.0, -98.0, 46.0),  # a server that is days behind
            (-10.0, 0.0, 38.0),  # seen late
            (-10.0, None, 38.0),
            (5.0, 0.0, 48.0),  # a stamp of the future
            (-100.0, 0.0, 1.0),  # long over, or stamped by another clock than the answer: nobody can tell
            (None, -5.0, 48.0),
        ],
    )
    def test_how_old_a_file_is_tells_the_servers_own_clock(
        self, updated: float | None, told: float | None, held: float
    ) -> None:
        now = datetime.now(UTC).replace(microsecond=0)

        def moment(hours: float | None) -> datetime | None:
            return None if hours is None else now + timedelta(hours=hours)

        stamp = moment(updated)
        said = read({"id": "v1_x", "updated": stamp.isoformat() if stamp else None}, moment(told))
        assert said.held_until(now) - now == timedelta(hours=held)

    def answer(self, google: InteractionsEmulator, provider: Gemini, fault: str) -> Any:
        async def once() -> Any:
            operation = await provider.submit(asked())
            if fault:
                google.faults.add(Fault(Step.POLL, fault))
            return await provider.poll(operation)

        return do(once())


class TestFetch:
    def test_the_host_that_the_answer_names_is_not_asked(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], tmp_path: Path
    ) -> None:
        path = do(fetched(make(), tmp_path))
        (operation,) = google.book.operations.values()
        assert path.read_bytes() == operation.clips[0]
        (received,) = google.book.of(Step.FETCH)
        assert received.path.startswith("/v1/files/f") and received.path.endswith(":download")
        assert dict(received.query) == {"alt": "media"}
        assert received.headers["x-goog-api-key"] == google.key

    @pytest.mark.parametrize("where", ["answer", "redirect"])
    def test_the_key_goes_to_no_other_host(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], tmp_path: Path, where: str
    ) -> None:
        with Elsewhere() as other:
            if where == "redirect":
                google.faults.add(Fault(Step.FETCH, "redirect", value=f"{other.url}/v1/files/x:download"))
            clip = RemoteClip(0, {"uri": f"{other.url}/clips/x.mp4"}) if where == "answer" else None
            path = do(fetched(make(), tmp_path, clip))
            assert path.read_bytes() == CLIP
            (received,) = other.book.received
            assert google.key not in json.dumps([dict(received.headers), received.path, dict(received.query)])
            assert "x-goog-api-key" not in {name.lower() for name in received.headers}

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("401", AuthLapsed),
            ("403", AuthLapsed),
            ("404", OperationGone),
            ("gone", Unavailable),
            ("429", Unavailable),
            ("503", Unavailable),
            ("truncated", Unavailable),
            ("wrong_length", Unavailable),
            ("bad_json", Unavailable),
        ],
    )
    def test_trouble_is_told_and_the_next_try_gets_the_clip(
        self,
        google: InteractionsEmulator,
        make: Callable[[], Gemini],
        tmp_path: Path,
        fault: str,
        error: type[ProviderError],
    ) -> None:
        async def tried_twice() -> bytes:
            provider = make()
            operation = await provider.submit(asked())
            clip = (await finished(provider, operation)).clips[0]
            google.faults.add(Fault(Step.FETCH, fault))
            with pytest.raises(error) as raised:
                await provider.fetch(operation, clip, tmp_path)
            assert type(raised.value) is error
            return (await provider.fetch(operation, clip, tmp_path)).clip.read_bytes()

        content = do(tried_twice())
        assert [content] == next(iter(google.book.operations.values())).clips

    @pytest.mark.parametrize(("hours", "error"), [(1, Unavailable), (-1, OperationGone)])
    def test_a_file_that_may_not_exist_is_gone_once_its_time_is_over(
        self,
        google: InteractionsEmulator,
        make: Callable[[], Gemini],
        tmp_path: Path,
        hours: int,
        error: type[ProviderError],
    ) -> None:
        async def tried() -> None:
            provider = make()
            operation = await provider.submit(asked())
            clip = (await finished(provider, operation)).clips[0]
            google.faults.add(Fault(Step.FETCH, "gone"))
            end = datetime.now(UTC) + timedelta(hours=hours)
            await provider.fetch(operation, replace(clip, expires_at=end), tmp_path)

        with pytest.raises(error, match="may not exist"):
            do(tried())

    def test_a_file_that_is_still_being_written_is_waited_for(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], tmp_path: Path
    ) -> None:
        google.faults.add(Fault(Step.FETCH, "404"), Fault(Step.PROBE, "gone"))  # its state: PROCESSING
        with pytest.raises(Unavailable, match="still writing the file"):
            do(fetched(make(), tmp_path))

    def test_a_clip_inside_the_answer_is_on_the_disk_before_it_is_believed(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], tmp_path: Path
    ) -> None:
        async def inline() -> tuple[bytes, bytes, list[Path]]:
            provider = make()
            operation = await provider.submit(asked())
            google.operation(str(operation["id"])).said["delivery"] = "inline"  # type: ignore[union-attr]
            done = await finished(provider, operation)
            (clip,) = done.clips
            assert dict(clip.locator) == {"spool": True} and clip.expires_at is None
            first = (await make().fetch(operation, clip, tmp_path)).clip.read_bytes()
            await provider.forget(operation)  # a copy of the folder without its spool
            second = (await make().fetch(operation, clip, tmp_path)).clip.read_bytes()
            await provider.forget(operation)
            return first, second, list((tmp_path / "data" / "spool").iterdir())

        first, second, left = do(inline())
        (operation,) = google.book.operations.values()
        assert [first] == [second] == operation.clips
        assert left == []


class TestCancel:
    def test_it_is_stopped_only_when_the_answer_says_so(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        async def stopped() -> tuple[bool, bool, Any]:
            google.operation_s = 5.0
            provider = make()
            running = await provider.submit(asked())
            google.operation_s = 0.0
            done = await provider.submit(asked())
            yes, no = await provider.cancel(running), await provider.cancel(done)
            return yes, no, await provider.poll(running)

        yes, no, afterwards = do(stopped())
        assert (yes, no) == (True, False)
        assert isinstance(afterwards, Failed) and "was cancelled there" in afterwards.message
        (first, _) = google.book.of(Step.CANCEL)
        assert first.path.endswith("/cancel") and not first.body

    def test_a_refusal_is_raised(self, google: InteractionsEmulator, make: Callable[[], Gemini]) -> None:
        operation = {"id": "v1_unknown", "kind": "video"}
        with pytest.raises(OperationGone):
            do(make().cancel(operation))
