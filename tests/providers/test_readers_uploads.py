"""Clips too large to go inside a question: sent in parts, waited for, asked about, and deleted again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.providers.reader_ground import TEXT, Seen, Side, asked, side
from workbench.domain.errors import FailureReason, NotAccepted, ProviderError, Rejected
from workbench.emulators import footage
from workbench.emulators.faults import Fault, Step
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import KEY
from workbench.providers.gemini.connection import Connection
from workbench.providers.gemini.reader import INLINE_BYTES, GeminiReader
from workbench.providers.gemini.uploads import PATIENCE_S
from workbench.providers.readers import Question, Shown, Unfit

PART_BYTES = 8 * 1024 * 1024  # google-genai 3.4.0, _api_client.CHUNK_SIZE


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Side]:
    yield from side("gemini", tmp_path)


@pytest.fixture(scope="module")
def large() -> bytes:
    """Some megabytes more than go inside a question."""
    start = footage.clip("a street", seconds=1)
    filled = random.Random(4).randbytes(INLINE_BYTES + 1_000_000)
    return start + (8 + len(filled)).to_bytes(4, "big") + b"free" + filled


def clip(google: Side, content: bytes, name: str = "street.mp4") -> Shown:
    return google.shown(content, name, "video/mp4", "the clip")


def emulator(google: Side) -> InteractionsEmulator:
    assert isinstance(google.emulator, InteractionsEmulator)
    return google.emulator


def patient(google: Side, waits: list[float]) -> GeminiReader:
    """A reader whose time passes at once; ``waits`` is what it waited."""

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    settings = google.emulator.settings()
    connection = Connection("gemini", settings["GOOGLE_GEMINI_BASE_URL"], settings["GEMINI_API_KEY"])
    return GeminiReader(connection, "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", pause=pause)


def sequence(google: Side) -> list[str]:
    return [f"{r.method} {r.path}" for r in google.emulator.book.received]


def test_a_large_clip_goes_by_the_files_api(google: Side, large: bytes) -> None:
    picture = google.pictures()[0]
    answer = google.ask(google.question(picture, clip(google, large)))
    assert isinstance(answer.parsed, Seen) and len(answer.parsed.subject) == 2
    (name,) = emulator(google).uploads.deleted
    parts = -(-len(large) // PART_BYTES)
    assert sequence(google) == [
        *["POST /upload/v1/files"] * (1 + parts),
        f"GET /v1/files/{name}",
        "POST /v1/models/gemini-3.8-flash:generateContent",
        f"DELETE /v1/files/{name}",
    ]
    assert emulator(google).uploads.held == {}

    start, *sent = google.emulator.book.of(Step.UPLOAD)
    assert start.body == {"file": {"mime_type": "video/mp4", "size_bytes": len(large)}}
    told = {k.lower(): v for k, v in start.headers.items()}
    assert (told["x-goog-upload-protocol"], told["x-goog-upload-command"]) == ("resumable", "start")
    assert told["x-goog-upload-header-content-length"] == str(len(large))
    assert told["x-goog-upload-header-content-type"] == "video/mp4"
    assert b"".join(part.body for part in sent) == large
    commands = [part.headers["X-Goog-Upload-Command"] for part in sent]
    assert commands == ["upload"] * (parts - 1) + ["upload, finalize"]
    assert [part.headers["X-Goog-Upload-Offset"] for part in sent] == [
        str(number * PART_BYTES) for number in range(parts)
    ]
    assert not any(KEY in value for part in sent for value in part.headers.values())

    (body,) = google.sent()
    uri = f"https://generativelanguage.googleapis.com/v1beta/files/{name}"
    assert body["contents"][0]["parts"][2:] == [
        {"text": "the clip:"},
        {"fileData": {"file_uri": uri, "mime_type": "video/mp4"}},
        {"text": TEXT},
    ]


def test_the_limit_is_for_all_files_together(google: Side) -> None:
    half = footage.clip("a street", seconds=1) + bytes(INLINE_BYTES // 2)
    google.ask(google.question(clip(google, half, "one.mp4"), clip(google, half, "other.mp4")))
    shown = [part for part in google.sent()[0]["contents"][0]["parts"] if "text" not in part]
    assert [next(iter(part)) for part in shown] == ["inlineData", "fileData"]
    assert len(emulator(google).uploads.deleted) == 1


def test_it_waits_until_the_file_is_ready(google: Side, large: bytes) -> None:
    """A look that does not go through is taken again; nothing is asked before."""
    waits: list[float] = []
    google.emulator.faults.add(Fault.parse("probe:503*2"), Fault.parse("probe:drop_before"))
    answer = asked(patient(google, waits), google.question(clip(google, large)))
    assert isinstance(answer.parsed, Seen)
    assert waits == [0.2] * 3  # an emulator's pace; Google's is slower
    assert len(google.sent()) == 1


def test_it_gives_a_file_up_that_is_never_ready(google: Side, large: bytes) -> None:
    waits: list[float] = []
    google.emulator.operation_s = 3_600.0
    google.emulator.key = "as_slow_as_a_real_one"
    with pytest.raises(NotAccepted, match=r"still not prepared the clip after 10 minutes; nothing was asked"):
        asked(patient(google, waits), google.question(clip(google, large)))
    assert sum(waits) == pytest.approx(PATIENCE_S)
    assert google.sent() == []
    assert len(emulator(google).uploads.deleted) == 1


def test_a_file_that_cannot_be_prepared_is_told(google: Side, large: bytes) -> None:
    google.emulator.faults.add(Fault.parse("probe:file_failed"))
    with pytest.raises(
        Rejected, match=r"can't use the clip: The video could not be decoded; nothing"
    ) as caught:
        google.ask(google.question(clip(google, large)))
    assert caught.value.reason is FailureReason.INVALID_REQUEST
    assert google.sent() == []
    assert len(emulator(google).uploads.deleted) == 1


AT_UPLOAD: Sequence[tuple[str, type[ProviderError], FailureReason | None, str]] = [
    ("400", Rejected, FailureReason.INVALID_REQUEST, "400"),
    ("401", Rejected, FailureReason.AUTH, "401.*Check its key"),
    ("403", Rejected, FailureReason.AUTH, "403.*Check its key"),
    ("429", NotAccepted, None, "429"),
    ("retry_info=7", NotAccepted, None, "429"),
    ("500", NotAccepted, None, "500.*nothing is charged"),
    ("html_502", NotAccepted, None, "502: Bad Gateway; nothing was asked"),
    ("drop_before", NotAccepted, None, "closed the connection.*nothing is charged"),
    ("drop_after", NotAccepted, None, "closed the connection.*nothing is charged"),
    ("truncated", NotAccepted, None, "nothing is charged"),
    ("bad_json", NotAccepted, None, "is no (file|answer)"),
    ("redirect=http://127.0.0.1:9/", Rejected, FailureReason.INVALID_REQUEST, "redirects"),
]


AFTER = {0: "start", 1: "part", 3: "last"}
FAILING = [
    pytest.param(*case, after, id=f"{case[0]}-{where}")
    for case in AT_UPLOAD
    for after, where in AFTER.items()
    if (case[0], where) != ("truncated", "part")  # the answer to a part is empty: nothing can be missing
]


@pytest.mark.parametrize(("fault", "error", "reason", "says", "after"), FAILING)
def test_an_upload_that_fails_costs_nothing_and_is_not_repeated(
    google: Side,
    large: bytes,
    fault: str,
    error: type[ProviderError],
    reason: FailureReason | None,
    says: str,
    after: int,
) -> None:
    parsed = Fault.parse(f"upload:{fault}*9")
    google.emulator.faults.add(Fault(parsed.step, parsed.kind, 9, after, parsed.value))
    waits: list[float] = []
    with pytest.raises(ProviderError, match=says) as caught:
        asked(patient(google, waits), google.question(clip(google, large)))
    assert type(caught.value) is error
    assert KEY not in str(caught.value) and caught.value.__cause__ is None
    if isinstance(caught.value, Rejected):
        assert caught.value.reason is reason
    arrived = after + (fault != "drop_before")
    assert len(google.emulator.book.of(Step.UPLOAD)) == arrived, "no part is sent twice"
    assert google.sent() == [] and waits == []


def test_a_place_elsewhere_is_refused_before_a_byte_is_sent_there(google: Side, large: bytes) -> None:
    with InteractionsEmulator() as elsewhere:
        emulator(google).uploads.place = elsewhere.url
        with pytest.raises(Rejected, match="names another host to send the file to") as caught:
            google.ask(google.question(clip(google, large)))
        assert elsewhere.book.received == []
    assert caught.value.reason is FailureReason.INVALID_REQUEST
    assert len(google.emulator.book.of(Step.UPLOAD)) == 1
    assert google.sent() == []


@pytest.mark.parametrize("fault", ["create:503", "create:drop_after", "create:incomplete", "create:401"])
def test_the_file_is_deleted_whatever_becomes_of_the_question(google: Side, large: bytes, fault: str) -> None:
    google.emulator.faults.add(Fault.parse(fault))
    with pytest.raises(ProviderError):
        google.ask(google.question(clip(google, large)))
    assert len(google.sent()) == 1
    assert len(emulator(google).uploads.deleted) == 1


def test_a_file_that_cannot_be_deleted_spoils_no_answer(google: Side, large: bytes) -> None:
    google.emulator.faults.add(Fault.parse("cancel:503"))
    assert isinstance(google.ask(google.question(clip(google, large))).parsed, Seen)


def test_of_two_clips_the_first_is_deleted_where_the_second_fails(google: Side, large: bytes) -> None:
    google.emulator.faults.add(Fault(Step.UPLOAD, "500", after=4))
    with pytest.raises(NotAccepted):
        google.ask(google.question(clip(google, large, "one.mp4"), clip(google, large, "other.mp4")))
    assert len(emulator(google).uploads.deleted) == 1
    assert google.sent() == []


def test_a_clip_larger_than_google_takes_is_told_before(google: Side) -> None:
    path = google.data / "huge.mp4"
    with path.open("wb") as handle:
        handle.truncate(2_100_000_000)  # no block of it is written
    with pytest.raises(Rejected, match=r"huge.mp4 has 2.1 GB, and gemini takes files of up to 2 GB"):
        google.ask(google.question(Shown(path, "video/mp4", "")))
    assert google.emulator.book.received == []


def test_the_answer_to_an_upload_may_be_of_use_to_nobody(google: Side, large: bytes) -> None:
    """What was uploaded, waited for and asked, and then misshapen, is told as charged all the same."""
    google.emulator.faults.add(Fault.parse("create:wrong_shape"))
    question: Question = google.question(clip(google, large))
    with pytest.raises(Unfit, match="It was charged"):
        google.ask(question)
