"""Omni Flash through Google's own SDK, against the emulator: what is sent, what is believed, what is told."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from immutabledict import immutabledict
from ulid import ULID

from tests.providers.contract import Contract, finished
from workbench.domain.capabilities import Capabilities, Stage, faults, validate
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
from workbench.domain.media import Input, Media, Role
from workbench.domain.price import micros
from workbench.domain.request import GenerationRequest
from workbench.domain.run import EMULATED, Charge, Json, Kind
from workbench.emulators import footage
from workbench.emulators.faults import Fault, Step
from workbench.emulators.interactions import REFUSAL, InteractionsEmulator
from workbench.providers.base import Failed, Finished, Parent, Provider, RemoteClip, Running, Submission
from workbench.providers.gemini import Gemini, endpoints
from workbench.providers.gemini.models import OMNI_11, OMNI_12
from workbench.settings import Settings, load

NEW, OLD = "gemini/gemini-omni-1.2-flash", "gemini/gemini-omni-1.1-flash"
QUICK = {"duration_s": 3}
PNG, CLIP = footage.still("a lighthouse"), footage.clip("a street", seconds=3)


@pytest.fixture
def google() -> Iterator[InteractionsEmulator]:
    with InteractionsEmulator(operation_s=0.05) as emulator:
        yield emulator


@pytest.fixture
def make(google: InteractionsEmulator, tmp_path: Path) -> Callable[[], Gemini]:
    return lambda: opened(google.settings(), tmp_path)


class TestGemini(Contract):
    @pytest.fixture
    def google(self) -> Iterator[InteractionsEmulator]:
        with InteractionsEmulator(operation_s=0.3) as emulator:
            yield emulator

    @pytest.fixture
    def make(self, google: InteractionsEmulator, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: opened(google.settings(), tmp_path)

    @pytest.fixture
    def quick(self) -> dict[str, str | int | bool]:
        return {"duration_s": 3, "resolution": "360p"}


def opened(environ: dict[str, str], folder: Path) -> Gemini:
    provider = endpoints(load(folder / "data", environ=environ))[0]
    provider.poll_every_s = 0.03
    return provider


class Files:
    """Inputs of a request with their bytes on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.paths: dict[str, Path] = {}

    def picture(self, role: Role, position: int = 0) -> Input:
        name = f"{role}-{position}"
        return self._add(role, position, Media(name, "image/png", len(PNG), 320, 180), PNG)

    def clip(self, role: Role, seconds: float = 3.0, position: int = 0) -> Input:
        media = Media(f"{role}-{position}", "video/mp4", len(CLIP), 320, 180, duration_s=seconds)
        return self._add(role, position, media, CLIP)

    def _add(self, role: Role, position: int, media: Media, content: bytes) -> Input:
        path = self._folder / media.sha256
        path.write_bytes(content)
        self.paths[media.sha256] = path
        return Input(role, media, position)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def asked(
    files: Files | None = None,
    *inputs: Input,
    prompt: str = "A dog runs.",
    model: str = NEW,
    seed: int | None = None,
    parent: Parent | None = None,
    **settings: Any,
) -> Submission:
    name = model.partition("/")[2]
    known = {omni.id: omni for omni in (OMNI_12, OMNI_11)}[name].capabilities("gemini")
    given = immutabledict({**QUICK, **settings})
    request = GenerationRequest(model, prompt, inputs=inputs, settings=given, seed=seed)
    return Submission(str(ULID()), validate(request, known), files.paths if files else {}, parent)


def do(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


def sent(google: InteractionsEmulator) -> dict[str, Any]:
    (received,) = google.book.of(Step.CREATE)
    body: dict[str, Any] = received.body
    return body


def image(content: bytes = PNG) -> dict[str, str]:
    return {"type": "image", "data": base64.b64encode(content).decode(), "mime_type": "image/png"}


def video(content: bytes = CLIP) -> dict[str, str]:
    return {"type": "video", "data": base64.b64encode(content).decode(), "mime_type": "video/mp4"}


def body(task: str, given: object, model: str = "gemini-omni-1.2-flash", **more: Any) -> dict[str, Any]:
    shape = {"type": "video", "delivery": "uri", "resolution": "720p", "duration": "3s"}
    if task not in ("extend", "edit"):
        shape["aspect_ratio"] = "16:9"
    return {
        "model": model,
        "background": True,
        "store": True,
        "input": given,
        "generation_config": {"video_config": {"task": task}},
        "response_format": shape,
        "response_modalities": ["video"],
        **more,
    }


def turn(*content: dict[str, str], text: str = "A dog runs.") -> list[dict[str, Any]]:
    return [{"type": "user_input", "content": [*content, {"type": "text", "text": text}]}]


class TestWhatIsSent:
    def test_text_with_every_setting_as_the_sdk_was_recorded(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        settings = {"duration_s": 8, "resolution": "4k", "aspect_ratio": "9:16"}
        operation = do(make().submit(asked(seed=7, **settings)))
        expected = body("text_to_video", "A dog runs.")
        expected["generation_config"]["seed"] = 7
        expected["response_format"] |= {"duration": "8s", "resolution": "4k", "aspect_ratio": "9:16"}
        assert sent(google) == expected
        request = google.book.received[0]
        assert (request.method, request.path) == ("POST", "/v1/interactions")
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert headers["x-goog-api-key"] == google.key
        assert headers["content-type"] == "application/json"
        assert headers["x-goog-api-client"].startswith("google-genai-sdk/")
        assert dict(operation) == {
            "id": next(iter(google.book.operations)),
            "account": make().account,
            "kind": "video",
        }

    def test_a_first_frame(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        do(make().submit(asked(files, files.picture(Role.FIRST_FRAME))))
        assert sent(google) == body("image_to_video", turn(image()))

    def test_frames_get_their_roles_in_words_and_in_1_1_by_tags_too(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        frames = files.picture(Role.FIRST_FRAME), files.picture(Role.LAST_FRAME)
        said = "A dog runs. Use Image1 as the first frame. Use Image2 as the last frame."
        tags = "[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] "
        do(make().submit(asked(files, *frames)))
        do(make().submit(asked(files, *frames, model=OLD)))
        new, old = (received.body for received in google.book.of(Step.CREATE))
        assert new == body("image_to_video", turn(image(), image(), text=said))
        assert old == body(
            "image_to_video", turn(image(), image(), text=tags + said), "gemini-omni-1.1-flash"
        )

    def test_a_new_character_enters_the_clip_that_goes_on(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        given = files.clip(Role.SOURCE_CLIP), files.picture(Role.REFERENCE)
        do(make().submit(asked(files, *given, model=OLD, prompt="She waves")))
        head = "[# Sources <VIDEO_0>@Video1] [# References <IMAGE_REF_0>@Image1]"
        text = f"{head} She waves. Use Image1 for reference, not as a frame of the video."
        assert sent(google)["input"] == turn(image(), video(), text=text)

    def test_who_writes_the_tags_is_left_alone(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        frames = files.picture(Role.FIRST_FRAME), files.picture(Role.LAST_FRAME)
        own = "<FIRST_FRAME> <LAST_FRAME> A dog runs."
        do(make().submit(asked(files, *frames, model=OLD, prompt=own)))
        assert sent(google)["input"] == turn(image(), image(), text=own)

    def test_six_reference_images(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        pictures = [files.picture(Role.REFERENCE, n) for n in range(6)]
        do(make().submit(asked(files, *pictures)))
        assert sent(google) == body("reference_to_video", turn(*[image()] * 6))

    def test_images_and_clips_as_references_are_counted_apart(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        given = (
            files.picture(Role.REFERENCE),
            files.clip(Role.REFERENCE_CLIP, 2.5),
            files.clip(Role.REFERENCE_CLIP, 3.0, 1),
        )
        do(make().submit(asked(files, *given, model=OLD)))
        head = "[# References <IMAGE_REF_0>@Image1 <VIDEO_REF_0>@Video1 <VIDEO_REF_1>@Video2]"
        tail = (
            "Use Image1 for reference, not as a frame of the video. "
            "Use Video1 and Video2 for reference, not as a source for editing."
        )
        text = f"{head} A dog runs. {tail}"
        given_body = turn(image(), video(), video(), text=text)
        assert sent(google) == body("reference_to_video", given_body, "gemini-omni-1.1-flash")

    @pytest.mark.parametrize(("role", "task"), [(Role.SOURCE_CLIP, "extend"), (Role.EDITED_CLIP, "edit")])
    def test_a_clip_from_elsewhere_goes_along(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files, role: Role, task: str
    ) -> None:
        do(make().submit(asked(files, files.clip(role))))
        expected = body(task, turn(video()))
        if task == "edit":
            del expected["response_format"]["duration"]
        assert sent(google) == expected

    @pytest.mark.parametrize(("role", "task"), [(Role.SOURCE_CLIP, "extend"), (Role.EDITED_CLIP, "edit")])
    def test_a_clip_of_its_own_is_named_by_its_interaction(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files, role: Role, task: str
    ) -> None:
        async def twice() -> None:
            provider = make()
            first = await provider.submit(asked())
            done = await finished(provider, first)
            parent = Parent("run", json.loads(json.dumps(dict(first))), done.report)
            given = asked(files, files.clip(role, 14.0), parent=parent, prompt="Make it rain.")
            await finished(provider, await provider.submit(given))

        do(twice())
        _, second = google.book.of(Step.CREATE)
        previous = next(iter(google.book.operations))
        expected = body(task, "Make it rain.", previous_interaction_id=previous)
        if task == "edit":
            del expected["response_format"]["duration"]
        assert second.body == expected

    def test_a_clip_made_under_another_key_goes_along_as_bytes(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        other = Parent("run", {"id": "v1_elsewhere", "account": "gemini:x:1", "kind": "video"}, {})
        do(make().submit(asked(files, files.clip(Role.SOURCE_CLIP), parent=other)))
        assert sent(google) == body("extend", turn(video()))

    def test_a_foreign_clip_that_is_too_long_is_refused_before_anything_is_sent(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        with pytest.raises(Rejected, match=r"uploaded clips of up to 10 s and this one has 12\.0 s"):
            do(make().submit(asked(files, files.clip(Role.SOURCE_CLIP, 12.0), model=OLD)))
        assert google.book.received == []

    def test_a_reference_that_vanished_is_refused_before_anything_is_sent(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], files: Files
    ) -> None:
        given = asked(files, files.picture(Role.FIRST_FRAME))
        next(iter(files.paths.values())).unlink()
        with pytest.raises(Rejected, match="can't be read"):
            do(make().submit(given))
        assert google.book.received == []

    def test_the_environment_of_the_process_changes_nothing(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = "http://127.0.0.1:9"
        for name, value in {
            "GOOGLE_GENAI_USE_VERTEXAI": "true",
            "GOOGLE_GENAI_USE_ENTERPRISE": "true",
            "GOOGLE_GENAI_API_VERSION": "v9",
            "GOOGLE_GENAI_CLIENT_MODE": "replay",
            "GOOGLE_GENAI_API_KEY": "another",
            "GOOGLE_API_KEY": "another",
            "GOOGLE_CLOUD_PROJECT": "p",
            "GOOGLE_CLOUD_LOCATION": "l",
            "GOOGLE_GEMINI_BASE_URL": elsewhere,
            "GOOGLE_VERTEX_BASE_URL": elsewhere,
            "HTTP_PROXY": elsewhere,
            "ALL_PROXY": elsewhere,
        }.items():
            monkeypatch.setenv(name, value)
        do(make().submit(asked()))
        (received,) = google.book.of(Step.CREATE)
        assert (received.path, received.headers["x-goog-api-key"]) == ("/v1/interactions", google.key)
        client = do(make()._connection.client())
        assert client.vertexai is False
        assert type(client._api_client).__name__ == "BaseApiClient"  # not the one that replays


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


async def fetched(provider: Gemini, folder: Path, clip: RemoteClip | None = None) -> Path:
    operation = await provider.submit(asked())
    done = await finished(provider, operation)
    return (await provider.fetch(operation, clip or done.clips[0], folder)).clip


class Elsewhere(InteractionsEmulator):
    """Another host: gives a clip to everyone, and writes down what it was sent."""

    def is_let_in(self, request: Any) -> bool:
        return True

    def routes(self) -> Any:
        from workbench.emulators.server import Route

        async def give(request: Any, body: Any) -> Any:
            return self.file(request, CLIP)

        return [Route("GET", "/{any:.*}", Step.FETCH, give)]


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


class TestModels:
    @pytest.fixture
    def new(self, make: Callable[[], Gemini]) -> Capabilities:
        return model_of(make(), NEW)

    @pytest.fixture
    def old(self, make: Callable[[], Gemini]) -> Capabilities:
        return model_of(make(), OLD)

    @pytest.mark.parametrize(
        ("name", "resolution", "usd"),
        [
            (NEW, "360p", "0.232"),
            (NEW, "720p", "0.695"),
            (NEW, "1080p", "1.043"),
            (NEW, "4k", "2.085"),
            (OLD, "720p", "1.00"),
        ],
    )
    def test_ten_seconds_cost(self, make: Callable[[], Gemini], name: str, resolution: str, usd: str) -> None:
        model = model_of(make(), name)
        request = model.complete(GenerationRequest(name, "A dog")).with_settings(
            {"duration_s": 10, "resolution": resolution}
        )
        assert model.price(request) == micros(usd)

    def test_an_edit_costs_the_length_of_its_clip(self, new: Capabilities, files: Files) -> None:
        clip = files.clip(Role.EDITED_CLIP, 6.04)
        request = new.complete(GenerationRequest(NEW, "Rain", inputs=(clip,)))
        assert new.price(request) == micros("0.417")

    def test_lengths_are_checked(self, new: Capabilities, old: Capabilities, files: Files) -> None:
        first, last = files.picture(Role.FIRST_FRAME), files.picture(Role.LAST_FRAME)
        source, edited = files.clip(Role.SOURCE_CLIP, 14.0), files.clip(Role.EDITED_CLIP)
        reference = files.clip(Role.REFERENCE_CLIP, 3.6)
        assert wrong(new, 15) == []
        assert wrong(old, 11) == ["duration_s"]
        assert wrong(new, 10, first, last) == []
        assert wrong(new, 11, first, last) == ["duration_s"]
        assert wrong(new, 8, last) == ["last_frame"]
        assert wrong(new, 8, reference) == ["reference_clip"]
        assert wrong(new, 10, source) == []
        assert wrong(new, 11, source) == ["duration_s"]
        assert wrong(new, 7, files.clip(Role.SOURCE_CLIP, 24.0)) == ["source_clip"]
        assert wrong(old, 7, files.clip(Role.SOURCE_CLIP, 24.0)) == []
        assert wrong(new, 8, source, edited) == ["edited_clip"]
        assert wrong(new, 8, source, first) == ["first_frame"]
        assert wrong(old, 8, *[files.picture(Role.REFERENCE, n) for n in range(4)]) == ["reference"]

    def test_seed_and_negative_prompt(self, new: Capabilities, old: Capabilities) -> None:
        request = GenerationRequest(OLD, "A dog", negative_prompt="rain", seed=7)
        assert {fault.field for fault in faults(request, old)} == {"seed", "negative_prompt"}
        assert {fault.field for fault in faults(request, new)} == {"negative_prompt"}

    def test_the_preview_is_gone_and_names_its_heir(self, make: Callable[[], Gemini]) -> None:
        gone = model_of(make(), "gemini/gemini-omni-flash-preview")
        assert gone.lifecycle.stage is Stage.RETIRED
        assert gone.lifecycle.successor == NEW
        assert gone not in make().models()
        assert make().model("gemini/veo-9") is None
        assert make().model("other/gemini-omni-1.2-flash") is None

    def test_every_model_says_where_it_was_read(self, make: Callable[[], Gemini]) -> None:
        videos = [model for model in make().models() if model.kind is Kind.VIDEO]
        assert len(videos) == 2
        for model in videos:
            assert "no field" in model.sources["last_frame"]
            assert "on top" in str(model.price)
            assert (model.timeout_s, model.can_cancel) == (1_800.0, True)


def model_of(provider: Gemini, name: str) -> Capabilities:
    model = provider.model(name)
    assert model is not None
    return model


def wrong(model: Capabilities, seconds: int, *inputs: Input) -> list[str]:
    given = immutabledict({"duration_s": seconds})
    request = model.complete(GenerationRequest(model.model, "A dog", inputs=inputs, settings=given))
    return [fault.field for fault in faults(request, model)]


class TestSettings:
    def test_without_a_key_it_says_what_is_missing(self, tmp_path: Path) -> None:
        provider = opened({}, tmp_path)
        assert [missing.variable for missing in provider.missing()] == ["GEMINI_API_KEY"]

    def test_the_other_variable_serves_too_and_emulated_keys_are_marked(
        self, google: InteractionsEmulator, tmp_path: Path
    ) -> None:
        environ = {"GOOGLE_API_KEY": google.key, "GOOGLE_GEMINI_BASE_URL": google.url}
        provider = opened(environ, tmp_path)
        assert provider.missing() == ()
        assert EMULATED in provider.account and google.key not in provider.account

    def test_named_endpoints_with_their_own_key_address_and_models(
        self, google: InteractionsEmulator, tmp_path: Path
    ) -> None:
        settings = written(
            tmp_path,
            {"MY_KEY": "k"},
            f"""
            [endpoints.studio]
            wire = "gemini"
            base_url = "{google.url}"
            key_env = "MY_KEY"
            operations_at_once = 3
            timeout_s = 60
            models = ["gemini-omni-1.3-flash"]
            """,
        )
        own, studio = endpoints(settings)
        assert (own.endpoint, studio.endpoint, studio.at_once) == ("gemini", "studio", 3)
        videos = [model for model in studio.models() if model.kind is Kind.VIDEO]
        assert [model.model for model in videos] == [
            "studio/gemini-omni-1.2-flash",
            "studio/gemini-omni-1.1-flash",
            "studio/gemini-omni-1.3-flash",
        ]
        unknown = videos[2]
        assert unknown.price(unknown.complete(GenerationRequest(unknown.model, "A dog"))) is None
        assert unknown.timeout_s == 60
        assert studio.account != own.account

    def test_the_probe_costs_nothing_and_names_what_is_there(
        self, google: InteractionsEmulator, make: Callable[[], Gemini], tmp_path: Path
    ) -> None:
        told = do(make().probe())
        assert told.ok and told.hint == ""
        assert told.detail == f"has {', '.join(m.model.partition('/')[2] for m in make().models())}"
        assert {received.step for received in google.book.received} == {Step.PROBE}
        refused = do(opened({**google.settings(), "GEMINI_API_KEY": "wrong-key"}, tmp_path).probe())
        assert not refused.ok and "401" in refused.detail and "wrong-key" not in refused.detail

    def test_an_operation_of_no_known_kind_is_gone(self, make: Callable[[], Gemini]) -> None:
        with pytest.raises(OperationGone, match="no work of gemini"):
            do(make().poll({"id": "x", "kind": "sound"}))

    def test_it_can_be_closed_and_used_again(
        self, google: InteractionsEmulator, make: Callable[[], Gemini]
    ) -> None:
        async def again() -> list[Json]:
            provider = make()
            await provider.close()
            first = await provider.submit(asked())
            await provider.close()
            second = await provider.submit(asked())
            await provider.close()
            return [first, second]

        first, second = do(again())
        assert first["id"] != second["id"]


def written(folder: Path, environ: dict[str, str], toml: str) -> Settings:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "workbench.toml").write_text(toml)
    return load(data, environ=environ)


def test_nothing_slow_is_imported_before_it_is_needed() -> None:
    import subprocess
    import sys

    slow = "('google.genai', 'httpx', 'aiohttp', 'pydantic')"
    code = f"import sys, workbench.providers.gemini; print([m for m in {slow} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
