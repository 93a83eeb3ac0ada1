"""Whatever goes wrong at Vertex AI: the right class, one clear sentence, one POST, no secret in any text."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.providers.vertex_ground import SHORT, Inputs, elsewhere, one_sentence, submission, vertex
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
from workbench.domain.media import Role
from workbench.domain.run import Json
from workbench.emulators.faults import Fault, Step
from workbench.emulators.vertex import VertexEmulator
from workbench.providers.base import Finished, Poll, RemoteClip, Running
from workbench.providers.vertex import Vertex

INVALID, AUTH, QUOTA = FailureReason.INVALID_REQUEST, FailureReason.AUTH, FailureReason.QUOTA


@dataclass(frozen=True)
class Case:
    """``reason`` of a rejection, ``wait`` asked for, ``says`` a piece of the sentence."""

    kind: str
    error: type[ProviderError]
    says: str
    value: str = ""
    reason: FailureReason | None = None
    wait: float | None = None
    accepted: int = 0
    arrived: int = 1

    def __str__(self) -> str:
        return self.kind


@pytest.fixture
def emulator() -> Iterator[VertexEmulator]:
    with VertexEmulator(service_account=True, operation_s=0.0) as running:
        yield running


async def failing(provider: Vertex) -> ProviderError:
    try:
        operation = await provider.submit(submission(provider=provider))
    except ProviderError as error:
        return error
    finally:
        await provider.close()
    raise AssertionError(f"accepted: {operation}")


CREATE = [
    Case("400", Rejected, "answered 400", reason=INVALID),
    Case("401", Rejected, "Check its key", reason=AUTH),
    Case("403", Rejected, "Check its key", reason=AUTH),
    Case("404", Rejected, "answered 404", reason=INVALID),
    Case("409", Rejected, "answered 409", reason=INVALID),
    Case("413", TooLarge, "answered 413"),
    Case("429", NotAccepted, "answered 429", wait=30.0),
    Case("retry_info", NotAccepted, "exhausted", value="7", wait=7.0),
    Case("408", OutcomeUnknown, "answered 408"),
    Case("500", OutcomeUnknown, "answered 500"),
    Case("503", OutcomeUnknown, "answered 503"),
    Case("html_502", OutcomeUnknown, "Bad Gateway"),
    Case("slow_headers", OutcomeUnknown, "too long", value="2", accepted=1),
    Case("slow_body", OutcomeUnknown, "too long", value="3", accepted=1),
    Case("drop_before", OutcomeUnknown, "connection was cut", arrived=0),
    Case("drop_after", OutcomeUnknown, "connection was cut", accepted=1),
    Case("truncated", OutcomeUnknown, "broke off", accepted=1),
    Case("wrong_length", OutcomeUnknown, "broke off", accepted=1),
    Case("bad_json", OutcomeUnknown, "no answer of Vertex AI", accepted=1),
    Case("refused_safety", Rejected, "prohibited content", reason=FailureReason.SAFETY),
]


@pytest.mark.parametrize("case", CREATE, ids=str)
@pytest.mark.parametrize("with_key", [True, False], ids=["key", "account"])
def test_a_create_that_fails_is_one_post(
    case: Case, with_key: bool, emulator: VertexEmulator, tmp_path: Path
) -> None:
    emulator.faults.add(Fault(Step.CREATE, case.kind, value=case.value))
    key = emulator.key if with_key else ""
    error = asyncio.run(failing(vertex(emulator, tmp_path, SHORT, VERTEX_API_KEY=key)))
    assert type(error) is case.error
    assert case.says in one_sentence(error, emulator)
    assert len(emulator.book.of(Step.CREATE)) == case.arrived
    assert len(emulator.book.operations) == case.accepted
    if isinstance(error, Rejected) and case.reason:
        assert error.reason is case.reason
    if case.wait is not None:
        assert isinstance(error, NotAccepted) and error.retry_after_s == case.wait


def test_a_create_follows_no_redirect_with_its_key(emulator: VertexEmulator, tmp_path: Path) -> None:
    with VertexEmulator() as other:
        address = f"{other.url}/v1beta1/publishers/google/models/veo-3.1-generate-001:predictLongRunning"
        emulator.faults.add(Fault(Step.CREATE, "redirect", value=address))
        error = asyncio.run(failing(vertex(emulator, tmp_path, VERTEX_API_KEY=emulator.key)))
        assert not other.book.received
    assert isinstance(error, Rejected)
    assert "redirects" in one_sentence(error, emulator)


def test_a_server_that_is_not_there_has_accepted_nothing(emulator: VertexEmulator, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    provider = vertex(emulator, tmp_path, GOOGLE_VERTEX_BASE_URL=f"http://127.0.0.1:{port}")
    error = asyncio.run(failing(provider))
    assert isinstance(error, NotAccepted)
    assert "can't be reached" in one_sentence(error, emulator)


def test_a_project_that_is_not_ones_own(emulator: VertexEmulator, tmp_path: Path) -> None:
    provider = vertex(emulator, tmp_path, GOOGLE_CLOUD_PROJECT="emulated-other")
    error = asyncio.run(failing(provider))
    assert isinstance(error, Rejected) and error.reason is AUTH


def test_a_wrong_key_is_not_repeated_in_the_message(emulator: VertexEmulator, tmp_path: Path) -> None:
    key = "emulated-not-this-one"
    error = asyncio.run(failing(vertex(emulator, tmp_path, VERTEX_API_KEY=key)))
    assert isinstance(error, Rejected) and error.reason is AUTH
    assert key not in one_sentence(error, emulator)


def test_a_picture_that_is_not_there_is_told_before_anything_is_sent(
    emulator: VertexEmulator, tmp_path: Path
) -> None:
    provider = vertex(emulator, tmp_path / "data")
    inputs = Inputs(tmp_path)
    inputs.png(Role.FIRST_FRAME, "first")
    next(iter(inputs.files.values())).unlink()
    with pytest.raises(Rejected, match="can't be built") as caught:
        asyncio.run(provider.submit(submission(inputs, provider=provider)))
    assert caught.value.reason is INVALID
    assert not emulator.book.received


# Credentials: before the POST, so nothing was accepted


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("503", NotAccepted), ("drop_before", NotAccepted), ("401", Rejected), ("400", Rejected)],
)
def test_no_token_no_post(
    fault: str, expected: type[ProviderError], emulator: VertexEmulator, tmp_path: Path
) -> None:
    emulator.faults.add(Fault(Step.TOKEN, fault, times=9))
    error = asyncio.run(failing(vertex(emulator, tmp_path)))
    assert type(error) is expected
    one_sentence(error, emulator)
    assert not emulator.book.of(Step.CREATE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Google's own loader, for types we don't know
@pytest.mark.parametrize("content", ["", "{}", "[]", '{"type": "service_account"}', "\0"])
def test_a_file_that_holds_no_credentials(content: str, emulator: VertexEmulator, tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text(content)
    provider = vertex(emulator, tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(file))
    error = asyncio.run(failing(provider))
    assert isinstance(error, Rejected) and error.reason is AUTH
    assert str(file) in one_sentence(error, emulator)


def test_the_private_key_never_stands_in_a_message(emulator: VertexEmulator, tmp_path: Path) -> None:
    whole = Path(emulator.settings()["GOOGLE_APPLICATION_CREDENTIALS"]).read_text()
    file = tmp_path / "account.json"
    file.write_text(whole.replace("BEGIN PRIVATE", "BEGIN BROKEN"))
    provider = vertex(emulator, tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(file))
    text = one_sentence(asyncio.run(failing(provider)), emulator)
    assert "PRIVATE" not in text and "MII" not in text


# The environment of the process has no say


@pytest.mark.parametrize("with_key", [True, False], ids=["key", "account"])
def test_other_variables_of_the_process_change_neither_account_nor_address(
    with_key: bool, emulator: VertexEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VertexEmulator() as other:
        monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", other.url)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "emulated-somebody")
        monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")
        monkeypatch.setenv("GOOGLE_API_KEY", "emulated-process")
        monkeypatch.setenv("GEMINI_API_KEY", "emulated-gemini")
        monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
        monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "false")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "nowhere")
        provider = vertex(
            emulator,
            tmp_path,
            VERTEX_API_KEY=emulator.key if with_key else "",
            GOOGLE_CLOUD_PROJECT="" if with_key else emulator.settings()["GOOGLE_CLOUD_PROJECT"],
        )

        async def once() -> None:
            await provider.submit(submission(provider=provider))
            await provider.close()

        asyncio.run(once())
        assert not other.book.received
    (request,) = emulator.book.of(Step.CREATE)
    assert "somebody" not in request.path and "europe" not in request.path
    assert request.path.startswith(
        "/v1beta1/publishers/" if with_key else "/v1beta1/projects/emulated-project/"
    )
    assert request.headers.get("x-goog-api-key", "") == (emulator.key if with_key else "")


def test_nothing_is_sent_while_project_or_credentials_are_missing(
    emulator: VertexEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.settings().items():
        monkeypatch.setenv(name, value)  # there, but not what this workbench was given
    assert os.environ["GOOGLE_CLOUD_PROJECT"]
    provider = elsewhere({"GOOGLE_VERTEX_BASE_URL": emulator.url}, tmp_path)
    assert [m.variable for m in provider.missing()] == [
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ]
    error = asyncio.run(failing(provider))
    assert isinstance(error, Rejected) and error.reason is AUTH
    assert "GOOGLE_CLOUD_PROJECT" in one_sentence(error, emulator)
    assert not emulator.book.received


# Polls: no fault loses the operation

POLL = [
    Case("400", Unavailable, "answered 400"),
    Case("401", AuthLapsed, "answered 401"),
    Case("403", AuthLapsed, "answered 403"),
    Case("404", OperationGone, "answered 404"),
    Case("gone", OperationGone, "not found"),
    Case("409", Unavailable, "answered 409"),
    Case("429", Unavailable, "answered 429", wait=30.0),
    Case("retry_info", Unavailable, "exhausted", value="7", wait=7.0),
    Case("500", Unavailable, "answered 500"),
    Case("503", Unavailable, "answered 503"),
    Case("html_502", Unavailable, "Bad Gateway"),
    Case("slow_headers", Unavailable, "too long", value="2"),
    Case("slow_body", Unavailable, "too long", value="3"),
    Case("drop_before", Unavailable, "connection was cut"),
    Case("drop_after", Unavailable, "connection was cut"),
    Case("truncated", Unavailable, "broke off"),
    Case("wrong_length", Unavailable, "broke off"),
    Case("bad_json", Unavailable, "no answer of Vertex AI"),
    Case("redirect", Unavailable, "redirects", value="http://127.0.0.1:9/"),
]


@pytest.mark.parametrize("case", POLL, ids=str)
def test_a_poll_that_fails(case: Case, emulator: VertexEmulator, tmp_path: Path) -> None:
    emulator.faults.add(Fault(Step.POLL, case.kind, value=case.value))
    provider = vertex(emulator, tmp_path, SHORT)

    async def polled() -> ProviderError:
        operation = await provider.submit(submission(provider=provider))
        with pytest.raises(ProviderError) as caught:
            await provider.poll(operation)
        assert isinstance(await provider.poll(operation), Finished)  # the operation is not lost by it
        await provider.close()
        return caught.value

    error = asyncio.run(polled())
    assert type(error) is case.error
    assert case.says in one_sentence(error, emulator)
    if case.wait is not None:
        assert isinstance(error, Unavailable) and error.retry_after_s == case.wait


def test_a_kept_connection_that_is_cut_costs_a_poll_nothing(emulator: VertexEmulator, tmp_path: Path) -> None:
    provider = vertex(emulator, tmp_path)

    async def polled() -> Poll:
        operation = await provider.submit(submission(provider=provider))
        await provider.poll(operation)
        emulator.faults.add(Fault(Step.POLL, "drop_after"))
        answer = await provider.poll(operation)
        await provider.close()
        return answer

    assert isinstance(asyncio.run(polled()), Finished)
    assert len(emulator.book.of(Step.POLL)) == 3


def test_a_create_has_a_connection_of_its_own_and_polls_keep_theirs(
    emulator: VertexEmulator, tmp_path: Path
) -> None:
    """A create over a kept one, and nobody could tell a cut from a connection that had been ended before."""
    opened: list[int] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer.get_extra_info("peername")[1])
        there = await asyncio.open_connection("127.0.0.1", urlsplit(emulator.url).port)
        await asyncio.gather(_pumped(reader, there[1]), _pumped(there[0], writer))

    async def counted() -> list[int]:
        async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as relay:
            port = relay.sockets[0].getsockname()[1]
            provider = vertex(emulator, tmp_path, GOOGLE_VERTEX_BASE_URL=f"http://127.0.0.1:{port}")
            counts = []
            for _ in range(2):
                operation = await provider.submit(submission(provider=provider))
                counts.append(len(opened))
                for _ in range(2):
                    await provider.poll(operation)
                    counts.append(len(opened))
            await provider.close()
        return counts

    assert asyncio.run(counted()) == [1, 2, 2, 3, 3, 3]


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(1 << 16):
        writer.write(block)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize("kind", ["unknown_status", "string_times", "clock_skew"])
def test_what_is_said_oddly_is_understood(kind: str, emulator: VertexEmulator, tmp_path: Path) -> None:
    emulator.faults.add(Fault(Step.POLL, kind))
    provider = vertex(emulator, tmp_path)

    async def polled() -> Poll:
        answer = await provider.poll(await provider.submit(submission(provider=provider)))
        await provider.close()
        return answer

    assert isinstance(asyncio.run(polled()), Running if kind == "unknown_status" else Finished)


@pytest.mark.parametrize("operation", [{}, {"name": "x"}, {"name": "models/../..?key=1"}])
def test_an_operation_that_is_none(operation: Json, emulator: VertexEmulator, tmp_path: Path) -> None:
    with pytest.raises(OperationGone) as caught:
        asyncio.run(vertex(emulator, tmp_path).poll(operation))
    one_sentence(caught.value, emulator)
    assert not emulator.book.received


# Clips in a bucket

FETCH = [
    Case("401", AuthLapsed, "answered 401"),
    Case("403", AuthLapsed, "answered 403"),
    Case("404", OperationGone, "answered 404"),
    Case("429", Unavailable, "answered 429"),
    Case("500", Unavailable, "answered 500"),
    Case("html_502", Unavailable, "Bad Gateway"),
    Case("drop_before", Unavailable, "could not be fetched"),
    Case("drop_after", Unavailable, "could not be fetched"),
    Case("truncated", Unavailable, ""),
    Case("wrong_length", Unavailable, ""),
    Case("bad_json", Unavailable, "text instead of the clip"),
    Case("redirect", Unavailable, "", value="http://169.254.169.254/latest"),
]


@pytest.mark.parametrize("case", FETCH, ids=str)
def test_a_download_that_fails_is_gone_on_with(case: Case, emulator: VertexEmulator, tmp_path: Path) -> None:
    times = (
        2 if case.kind.startswith("drop") else 1
    )  # aiohttp asks once more by itself: a GET may be repeated
    emulator.faults.add(Fault(Step.FETCH, case.kind, times, value=case.value))
    provider = vertex(emulator, tmp_path)

    async def fetched() -> ProviderError:
        asked = submission(provider=provider, output_gcs_uri="gs://bucket/out")
        operation = await provider.submit(asked)
        done = await provider.poll(operation)
        assert isinstance(done, Finished)
        with pytest.raises(ProviderError) as caught:
            await provider.fetch(operation, done.clips[0], tmp_path)
        again = await provider.fetch(operation, done.clips[0], tmp_path)
        assert again.clip.read_bytes() == next(iter(emulator.book.operations.values())).clips[0]
        await provider.close()
        return caught.value

    error = asyncio.run(fetched())
    assert isinstance(error, case.error)
    assert case.says in one_sentence(error, emulator)
    second = emulator.book.of(Step.FETCH)[-1]
    assert ("range" in {name.lower() for name in second.headers}) is (
        case.kind in ("truncated", "wrong_length")
    )


def test_an_api_key_opens_no_bucket_and_says_so(emulator: VertexEmulator, tmp_path: Path) -> None:
    provider = vertex(emulator, tmp_path, VERTEX_API_KEY=emulator.key)
    with pytest.raises(AuthLapsed) as caught:
        clip = RemoteClip(0, {"uri": "gs://bucket/0.mp4"})
        asyncio.run(provider.fetch({"name": "a/operations/b"}, clip, tmp_path))
    assert "GOOGLE_APPLICATION_CREDENTIALS" in one_sentence(caught.value, emulator)
    assert not emulator.book.received
