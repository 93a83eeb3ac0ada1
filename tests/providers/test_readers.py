"""What every reader keeps: names, what is missing, one POST a question, and what became of the money."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.providers.reader_ground import EMULATORS, Seen, Side, asked, opened, side
from workbench.domain.capabilities import Stage
from workbench.domain.errors import (
    FailureReason,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
)
from workbench.emulators.faults import READING_FAULTS, Fault, Step
from workbench.emulators.server import KEY, Route
from workbench.providers import registry
from workbench.providers.base import Missing
from workbench.providers.gemini.connection import Connection as Google
from workbench.providers.gemini.reader import GeminiReader
from workbench.providers.openai.connection import Connection as OpenAI
from workbench.providers.openai.reader import OpenAIReader
from workbench.providers.readers import Declined, Question, Reader, Shown, Unfit
from workbench.settings import EndpointSettings, load

WIRES = list(EMULATORS)


@pytest.fixture(params=WIRES)
def each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    yield from side(request.param, tmp_path)


# Names


def test_the_registry_finds_the_readers_of_every_endpoint(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text(
        '[endpoints.near]\nwire = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nkey_env = "NEAR_KEY"\n'
        'models = ["qwen-vl"]\n[endpoints.relay]\nwire = "gemini"\nkey_env = "RELAY_KEY"\n'
    )
    found = {
        reader.endpoint: reader for reader in registry.readers(load(tmp_path, environ={"NEAR_KEY": "k"}))
    }
    assert set(found) == {"openai", "near", "gemini", "relay"}
    assert all(isinstance(reader, Reader) for reader in found.values())
    assert [m.model for m in found["near"].models()][-1] == "near/qwen-vl"
    assert {name: [m.variable for m in reader.missing()] for name, reader in found.items()} == {
        "openai": ["OPENAI_API_KEY"],
        "near": [],
        "gemini": ["GEMINI_API_KEY"],
        "relay": ["RELAY_KEY"],
    }
    payers = {
        provider.endpoint: provider.account for provider in registry.providers(load(tmp_path, environ={}))
    }
    again = registry.readers(load(tmp_path, environ={}))
    assert all(payers[reader.endpoint] == reader.account for reader in again)


def test_reading_is_found_without_the_sdks() -> None:
    """They take a second each: only a question needs them."""
    told = (
        "import sys, pathlib; from workbench.providers import registry; from workbench.settings import load; "
        "found = registry.readers(load(pathlib.Path('.'), environ={})); [r.models() for r in found]; "
        "print(sorted({'openai', 'google.genai', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("wire", WIRES)
def test_what_is_missing_is_named(wire: str, tmp_path: Path) -> None:
    variable, address = {
        "openai": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        "gemini": ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
    }[wire]
    bare = opened(wire, {}, tmp_path)
    (missing,) = bare.missing()
    assert isinstance(missing, Missing) and missing.variable == variable
    assert opened(wire, {variable: "key"}, tmp_path).missing() == ()
    for key in ("ke\ny", "ключ"):
        assert [m.variable for m in opened(wire, {variable: key}, tmp_path).missing()] == [variable]
    told = opened(wire, {variable: "key", address: "http://user:secret@host"}, tmp_path).missing()
    assert [m.variable for m in told] == [address] and "secret" not in str(told)


@pytest.mark.parametrize("wire", WIRES)
def test_any_name_under_the_endpoint_is_a_model(wire: str, tmp_path: Path) -> None:
    reader = opened(wire, {}, tmp_path)
    listed = reader.models()
    assert [reader.model(m.model) for m in listed] == list(listed)
    assert listed[0].model == {"openai": "openai/gpt-6-luna", "gemini": "gemini/gemini-3.8-flash"}[wire]
    new = reader.model(f"{wire}/brand-new/2")
    assert new is not None
    assert (new.model, new.usd_per_million_in, new.usd_per_million_out, new.source) == (
        f"{wire}/brand-new/2",
        None,
        None,
        "",
    )
    assert all(m.sees_clips is (wire == "gemini") for m in (*listed, new))
    for foreign in ("elsewhere/gpt-6-luna", "gpt-6-luna", f"{wire}/", wire, ""):
        assert reader.model(foreign) is None
    priced = [m for m in listed if m.usd_per_million_in is not None]
    assert all("read 2026-11-25" in m.source and m.usd_per_million_out for m in priced)
    assert all(m.source == "" for m in listed if m.usd_per_million_in is None)


def test_prices_follow_the_calendar() -> None:
    def priced(day: date, name: str) -> tuple[Decimal | None, Decimal | None]:
        connection = Google("gemini", "https://generativelanguage.googleapis.com", "key")
        reader = GeminiReader(connection, "KEY", "URL", today=lambda: day)
        model = reader.model(f"gemini/{name}")
        assert model is not None
        return model.usd_per_million_in, model.usd_per_million_out

    assert priced(date(2026, 12, 31), "gemini-3.8-flash") == (Decimal("0.75"), Decimal("3.75"))
    assert priced(date(2027, 1, 1), "gemini-3.8-flash") == (Decimal("1.5"), Decimal("7.5"))
    assert priced(date(2026, 11, 30), "gemini-4-argon") == (Decimal(2), Decimal(10))
    assert priced(date(2026, 12, 1), "gemini-4-argon") == (Decimal(4), Decimal(20))
    assert priced(date(2026, 12, 1), "gemini-4-carbon") == (None, None)


def of_openai(url: str, today: date) -> OpenAIReader:
    connection = OpenAI("openai", url, "key", "OPENAI_API_KEY", 5.0)
    return OpenAIReader(connection, EndpointSettings(name="openai", wire="openai"), lambda: today)


@pytest.mark.parametrize(
    ("name", "heir", "ends"),
    [
        ("gpt-4o", "gpt-6-luna", date(2027, 1, 14)),
        ("gpt-4o-mini", "gpt-6-luna", date(2027, 1, 14)),
        ("gpt-4.1", "gpt-6-luna", date(2027, 1, 14)),
        ("gpt-4.1-mini", "gpt-6-luna", date(2027, 1, 14)),
        ("gpt-5", "gpt-6.1-terra", date(2026, 12, 11)),
        ("o3", "gpt-6.1-terra", date(2026, 12, 11)),
        ("gpt-5.1", "gpt-6.1-terra", date(2027, 4, 1)),
        ("gpt-4-vision-preview", "gpt-6-luna", date(2024, 12, 6)),
    ],
)
def test_a_name_that_is_going_tells_its_successor(name: str, heir: str, ends: date) -> None:
    before = of_openai("https://api.openai.com/v1", date(2024, 1, 1)).model(f"openai/{name}")
    after = of_openai("https://api.openai.com/v1", ends).model(f"openai/{name}")
    assert before is not None and after is not None
    assert (before.lifecycle.stage, after.lifecycle.stage) == (Stage.DEPRECATED, Stage.RETIRED)
    assert after.lifecycle.successor == f"openai/{heir}" and after.lifecycle.ends_on == ends
    reader = of_openai("https://api.openai.com/v1", ends)
    known = [m.model for m in reader.models()]
    assert f"openai/{heir}" in known and f"openai/{name}" not in known
    with pytest.raises(Rejected, match=f"shut down on {ends}. Use openai/{heir}; nothing was sent"):
        asked(reader, Question(f"openai/{name}", "", "Look.", Seen))


def test_a_name_that_is_going_is_asked_and_its_404_names_the_successor(tmp_path: Path) -> None:
    for side_ in side("openai", tmp_path):
        with pytest.raises(Rejected, match=r"400.*gpt-4o is shut down on 2027-01-14: use openai/gpt-6-luna"):
            side_.ask(side_.question(model="openai/gpt-4o"))
        assert side_.sent()[0]["model"] == "gpt-4o"
    for side_ in side("gemini", tmp_path):
        with pytest.raises(Rejected, match=r"404.*gemini-2.5-pro is shut down: use gemini/gemini-3.8-flash"):
            side_.ask(side_.question(model="gemini/gemini-2.5-pro"))


# Questions that are not sent


def test_what_cannot_be_asked_is_told_before(each: Side) -> None:
    gone = Shown(each.data / "gone.png", "image/png", "image 1")
    empty = each.shown(b"", "empty.png", "image/png")
    paper = each.shown(b"%PDF", "paper.pdf", "application/pdf", "image 3")
    for shown, says in (
        (gone, "image 1 can't be read .No such file"),
        (empty, "empty.png is an empty file"),
        (paper, "image 3 is application/pdf"),
    ):
        with pytest.raises(Rejected, match=f"{says}.*nothing was sent") as caught:
            each.ask(each.question(shown))
        assert caught.value.reason is FailureReason.INVALID_REQUEST
    with pytest.raises(Rejected, match="'other/x' is no model of"):
        each.ask(each.question(model="other/x"))
    assert each.emulator.book.received == []


def test_openai_asks_for_frames_instead_of_a_clip(tmp_path: Path) -> None:
    for side_ in side("openai", tmp_path):
        clip = side_.shown(b"....ftyp", "clip.mp4", "video/mp4", "the clip")
        with pytest.raises(Rejected, match="the clip is video/mp4: show frames of the clip instead"):
            side_.ask(side_.question(*side_.pictures(), clip))
        assert side_.emulator.book.received == []


# Answers


def test_the_answer_keeps_the_shape_and_tells_what_it_used(each: Side) -> None:
    answer = each.ask()
    assert isinstance(answer.parsed, Seen)
    assert len(answer.parsed.subject) == 2 and len(set(answer.parsed.subject)) == 2
    assert answer.usage.tokens_in and answer.usage.tokens_out
    assert each.ask().parsed == answer.parsed
    assert len(each.sent()) == 2


def test_words_alone_are_answered_too(each: Side) -> None:
    answer = each.ask(each.question(instructions="", text="A red kite over a green hill in the wind"))
    assert isinstance(answer.parsed, Seen)
    assert "red kite" in answer.parsed.setting


def test_readers_serve_many_threads_at_once(each: Side) -> None:
    question = each.question(*each.pictures())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: each.ask(question), range(16)))
    assert len({answer.parsed.model_dump_json() for answer in answers}) == 1
    assert len(each.sent()) == 16


def test_a_reader_may_be_asked_again_after_it_was_closed(each: Side) -> None:
    async def twice() -> list[Any]:
        found = []
        for _ in range(2):
            found.append((await each.reader.ask(each.question())).parsed)
            await each.reader.close()
        await each.reader.close()
        return found

    first, second = asyncio.run(twice())
    assert first == second


# What goes wrong

U, R, N = OutcomeUnknown, Rejected, NotAccepted
SAFETY, INVALID, AUTH = FailureReason.SAFETY, FailureReason.INVALID_REQUEST, FailureReason.AUTH
FAULTS: list[tuple[str, type[ProviderError], FailureReason | None, str]] = [
    ("400", R, INVALID, "answered 400"),
    ("401", R, AUTH, "401.*Check its key"),
    ("402", R, FailureReason.QUOTA, "402"),
    ("403", R, AUTH, "403.*Check its key"),
    ("404", R, INVALID, "404.*Check the model's name"),
    ("408", U, None, "408"),
    ("409", R, INVALID, "409.*was not taken"),
    ("413", TooLarge, INVALID, "413"),
    ("422", R, INVALID, "422"),
    ("429", N, None, "429"),
    ("500", U, None, "500"),
    ("503", U, None, "503"),
    ("html_502", U, None, "502: Bad Gateway"),
    ("retry_info=7", N, None, "429"),
    ("refused_safety", R, SAFETY, "safety"),
    ("redirect=http://127.0.0.1:9/", R, INVALID, "redirects"),
    ("bad_json", U, None, "200 with something that is no"),
    ("truncated", U, None, "no answer"),
    ("wrong_length", U, None, "no answer"),
    ("drop_before", U, None, "no answer"),
    ("drop_after", U, None, "no answer"),
    ("refusal", Declined, SAFETY, "declined to answer: .*I can't .*charged .* in"),
    ("filtered", Declined, SAFETY, "declined to answer"),
    ("blocked", Declined, SAFETY, "declined to answer.*charged"),
    ("incomplete", Unfit, None, "limit of 8,000 tokens.*It was charged .* out"),
    ("wrong_shape", Unfit, None, "another form .*subject: Field required and 3 more.*It was charged"),
]
SURVIVED = ("slow_headers=0.3", "slow_body=0.3", "unknown_status", "string_times", "clock_skew")


@pytest.mark.parametrize(("fault", "error", "reason", "says"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_one_post_and_one_sentence(
    each: Side, fault: str, error: type[ProviderError], reason: FailureReason | None, says: str
) -> None:
    each.emulator.faults.add(Fault.parse(f"create:{fault}*9"))
    with pytest.raises(ProviderError, match=says) as caught:
        each.ask()
    assert type(caught.value) is error, caught.value
    told = str(caught.value)
    assert KEY not in told and "\n" not in told and len(told) < 400
    assert caught.value.__cause__ is None, "what stands behind it may quote the key"
    assert len(each.sent()) == (0 if fault == "drop_before" else 1)
    assert each.emulator.faults.take(Step.CREATE) is not None, "one answer went wrong, and no other was asked"
    if isinstance(caught.value, Rejected):
        assert caught.value.reason is reason
    if fault.startswith("retry_info"):
        assert isinstance(caught.value, NotAccepted) and caught.value.retry_after_s == 7
    if isinstance(caught.value, Declined | Unfit):
        assert caught.value.usage.tokens_in


@pytest.mark.parametrize("fault", ["done_empty", "done_error"])
def test_an_answer_without_an_answer_may_have_been_charged(each: Side, fault: str) -> None:
    each.emulator.faults.add(Fault.parse(f"create:{fault}"))
    with pytest.raises(OutcomeUnknown, match=r"(was|may have been) charged"):
        each.ask()
    assert len(each.sent()) == 1


@pytest.mark.parametrize("fault", SURVIVED)
def test_what_spoils_no_answer_is_no_trouble(each: Side, fault: str) -> None:
    each.emulator.faults.add(Fault.parse(f"create:{fault}"))
    assert isinstance(each.ask().parsed, Seen)
    assert len(each.sent()) == 1


def test_every_fault_of_models_that_read_is_played() -> None:
    played = {fault.partition("=")[0] for fault, *_ in FAULTS}
    assert set(READING_FAULTS) - {"file_failed"} <= played  # that one: test_readers_gemini


def test_an_answer_that_the_bound_cuts_off_is_told(each: Side) -> None:
    question = each.question(*each.pictures(), tokens_out_most=16)
    with pytest.raises(Unfit, match="limit of 16 tokens"):
        each.ask(question)


def test_a_service_that_says_nothing_is_given_up(each: Side, tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text(
        f'[endpoints.{each.wire}]\nwire = "{each.wire}"\ntimeout_s = 0.5\n'
    )
    reader = opened(each.wire, each.emulator.settings(), tmp_path)
    each.emulator.faults.add(Fault.parse("create:slow_body=4"))
    with pytest.raises(OutcomeUnknown, match="took too long"):
        asked(reader, each.question())
    assert len(each.sent()) == 1


def test_a_service_that_is_not_there_was_never_asked(each: Side, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    environ = {k: v.replace(each.emulator.url, nowhere) for k, v in each.emulator.settings().items()}
    with pytest.raises(NotAccepted, match="can't be reached"):
        asked(opened(each.wire, environ, tmp_path), each.question())


SECRET = "quite_unlike_any_known_key_42"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("way", ["refusal", "answer", "shape"])
def test_a_key_that_the_service_repeats_is_blanked(wire: str, way: str, tmp_path: Path) -> None:
    """In an error, in the words of a model that declines, and in a field that the shape does not have."""
    status, body = _echoed(wire, way)

    class Echo(EMULATORS[wire]):  # type: ignore[misc,valid-type]
        def routes(self) -> Any:
            async def answer(request: web.Request, _: Any) -> web.Response:
                return web.json_response(body, status=status)

            return [Route("POST", "/{any:.*}", Step.CREATE, answer)]

    with Echo() as emulator:
        emulator.key = SECRET
        side_ = Side(wire, emulator, tmp_path)
        with pytest.raises(ProviderError) as caught:
            side_.ask(side_.question())
    assert SECRET not in str(caught.value)
    assert "…" in str(caught.value)


def _echoed(wire: str, way: str) -> tuple[int, dict[str, Any]]:
    said = f"my key is {SECRET}"
    if way == "refusal":
        return 403, {"error": {"message": said, "code": 403}}
    shaped = {"subject": ["a fox"], "light": None, "setting": "a wood", SECRET: 1}
    words = said if way == "answer" else json.dumps(shaped)
    if wire == "openai":
        kind = ("refusal", "refusal") if way == "answer" else ("output_text", "text")
        content = [{"type": kind[0], kind[1]: words}]
        return 200, {"status": "completed", "output": [{"type": "message", "content": content}]}
    reason = {"finishReason": "SAFETY", "finishMessage": words} if way == "answer" else {}
    return 200, {"candidates": [{"content": {"parts": [{"text": words}]}, **reason}]}
