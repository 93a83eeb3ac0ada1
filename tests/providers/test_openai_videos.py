"""The ``openai-videos`` provider against the emulator: contract, models, looking for runs, secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.providers.contract import Contract, folder
from tests.providers.openai_videos_ground import (
    H3,
    PROMPT,
    WAN,
    now,
    often,
    opened,
    picture,
    starting,  # noqa: F401 - the fixture start
    submission,
)
from workbench.domain.capabilities import faults as faults_of
from workbench.domain.errors import (
    BadSetting,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    Unavailable,
)
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import EMULATED
from workbench.emulators.faults import Fault, Step
from workbench.emulators.videos import VideosEmulator
from workbench.providers import registry
from workbench.providers.base import Finished, Poll, Provider, RemoteClip
from workbench.providers.openai_videos import OpenAIVideos, endpoints
from workbench.providers.openai_videos.dialects import DIALECTS
from workbench.providers.openai_videos.models import only_videos
from workbench.settings import load


class _Emulated(Contract):
    dialect = "openai"

    @pytest.fixture
    def make(self, tmp_path: Path, start: Callable[..., VideosEmulator]) -> Callable[[], Provider]:
        emulator = start(dialect=self.dialect, operation_s=0.1)
        probing = opened(emulator, tmp_path)
        assert now(probing, probing.probe()).ok
        return lambda: opened(emulator, tmp_path)


class TestOpenAI(_Emulated):
    dialect = "openai"


class TestLiteLLM(_Emulated):
    dialect = "litellm"


class TestVllmOmni(_Emulated):
    dialect = "vllm-omni"


class TestSglang(_Emulated):
    dialect = "sglang"


class TestReseller(_Emulated):
    dialect = "reseller"


# What is offered


def test_models_come_from_the_file_and_from_the_server(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    emulator = start(dialect="openai", models=["sora-2", "gpt-6-luna", "acme/wan2.6-pro"])
    (tmp_path / "workbench.toml").write_text(
        f'[endpoints.gpu]\nwire = "openai-videos"\nbase_url = "{emulator.url}"\nkey_env = "GPU_KEY"\n'
        'dialect = "vllm-omni"\noperations_at_once = 2\nrequests_a_minute = 9\ntimeout_s = 60\n'
        'models = ["ltx-2"]\n\n[models."gpu/ltx-2"]\nusd_per_clip = "0.02"\noperations_at_once = 1\n'
    )
    settings = load(tmp_path, environ={"GPU_KEY": emulator.key})
    plain, gpu = endpoints(settings)
    assert (plain.endpoint, gpu.endpoint) == ("openai-videos", "gpu")
    assert [each.variable for each in plain.missing()] == ["OPENAI_VIDEOS_BASE_URL"]
    assert plain.models() == []
    assert (gpu.at_once, gpu.a_minute, gpu.dialect.name) == (2, 9, "vllm-omni")
    assert EMULATED in gpu.account and gpu.missing() == []
    assert [model.model for model in gpu.models()] == ["gpu/ltx-2"]
    told = now(gpu, gpu.probe())
    assert (told.ok, told.detail) == (True, "gpu answers and lists 2 models.")
    (_, again) = endpoints(settings)
    assert [m.model for m in again.models()] == ["gpu/ltx-2", "gpu/sora-2", "gpu/acme/wan2.6-pro"]
    ltx = again.models()[0]
    assert ltx.price(ltx.complete(GenerationRequest(ltx.model, PROMPT))) == 20_000
    assert (ltx.timeout_s, ltx.at_once) == (60, 1)
    other = endpoints(load(tmp_path, environ={"GPU_KEY": "another"}))[1]
    assert [model.model for model in other.models()] == ["gpu/ltx-2"], "another account's list is not shown"
    assert other.account != gpu.account


def test_any_name_of_the_endpoint_is_a_model(tmp_path: Path) -> None:
    (provider,) = endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_DIALECT": "sglang"}))
    names = [
        WAN,
        "Wan-AI/Wan2.2-T2V-A14B",
        "Wan-AI/Wan2.2-I2V-A14B",
        "Wan2.1-VACE-14B",
        "veo-3.1-landscape-fast-fl",
    ]
    names += [
        "veo-3.1",
        "sora-2-pro",
        "gemini-omni-1.1-flash",
        "Lightricks/LTX-2",
        "hunyuanvideo-1.5",
        H3,
        "x",
    ]
    for dialect in DIALECTS:
        (provider,) = endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_DIALECT": dialect}))
        for name in names:
            model = provider.model(f"openai-videos/{name}")
            assert model and model.model == f"openai-videos/{name}"
            request = model.complete(GenerationRequest(model.model, PROMPT))
            # What makes videos from pictures only misses its picture; nothing else may be wrong.
            assert {fault.field for fault in faults_of(request, model)} <= {Role.FIRST_FRAME}, name
            assert model.price(request) is None
    assert provider.model("openai-videos/") is None
    assert provider.model("vertex/veo-3.1") is None


def test_what_the_dialect_can_not_say_is_refused_before(tmp_path: Path) -> None:
    (provider,) = endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_DIALECT": "litellm"}))
    last = picture(tmp_path / "in", "last", Role.LAST_FRAME)
    with pytest.raises(InvalidRequest) as refused:
        submission(provider, "veo-3.1-fast", last, negative_prompt="fog", seed=3)
    told = str(refused.value)
    assert "has no negative prompt. Leave it empty, or let it be folded into the prompt" in told
    assert "veo-3.1-fast has no seed" in told and "takes no last frame" in told
    i2v = replace(provider.model("openai-videos/Wan2.2-I2V-A14B"))
    assert "makes videos from a picture" in str(
        faults_of(i2v.complete(GenerationRequest(i2v.model, PROMPT)), i2v)[0]
    )


def test_the_address_with_and_without_v1_is_one_account(tmp_path: Path) -> None:
    accounts = set()
    for text in ("http://h:1", "http://h:1/", "http://h:1/v1", " http://h:1/v1/ ", "http://h:1/v1/videos"):
        (provider,) = endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_BASE_URL": text}))
        accounts.add(provider.account)
    assert len(accounts) == 1
    for text in ("h:1", "ftp://h", "http://u:p@h/v1", "http://h/v1?key=abc", "http://h:99999/v1", "http://"):
        with pytest.raises(BadSetting, match=r"^OPENAI_VIDEOS_BASE_URL ") as refused:
            endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_BASE_URL": text}))
        assert "abc" not in str(refused.value) and "u:p" not in str(refused.value)


def test_an_unknown_dialect_lists_those_allowed(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="OPENAI_VIDEOS_DIALECT is 'vllm'; it takes one of auto, openai, l"):
        endpoints(load(tmp_path, environ={"OPENAI_VIDEOS_DIALECT": "vllm"}))


def test_a_key_that_no_header_carries_is_named(tmp_path: Path) -> None:
    environ = {"OPENAI_VIDEOS_BASE_URL": "http://h", "OPENAI_VIDEOS_API_KEY": "abc\ndef"}
    (provider,) = endpoints(load(tmp_path, environ=environ))
    assert [each.variable for each in provider.missing()] == ["OPENAI_VIDEOS_API_KEY"]


def test_the_registry_finds_it(tmp_path: Path) -> None:
    found = registry.providers(load(tmp_path, environ={}))
    assert "openai-videos" in [provider.endpoint for provider in found]


def test_only_video_models_are_kept_where_that_can_be_told() -> None:
    assert only_videos(["gpt-4o", "sora-2", "whisper-1", "sora-2"]) == ("sora-2",)
    assert only_videos(["alpha", "beta"]) == ("alpha", "beta")


@pytest.mark.parametrize(
    ("fault", "ok", "words"),
    [
        ("401", False, "Check OPENAI_VIDEOS_API_KEY."),
        ("404", True, "Name a model by hand"),
        ("503", False, "Check OPENAI_VIDEOS_BASE_URL."),
        ("drop_before", False, "Check OPENAI_VIDEOS_BASE_URL, and that the server runs."),
        ("bad_json", True, "lists 0 models"),
    ],
)
def test_probe_tells_what_to_do(
    fault: str, ok: bool, words: str, tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    provider = opened(start(Fault(Step.PROBE, fault, often(fault))), tmp_path)
    told = now(provider, provider.probe())
    assert told.ok is ok and words in f"{told.detail} {told.hint}"


# Looking for it, stopping it


def test_an_operation_without_an_answer_is_found(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    emulator = start(
        Fault(Step.CREATE, "drop_after", after=1), Fault(Step.LIST, "string_times"), dialect="openai"
    )
    provider = opened(emulator, tmp_path)
    asked = submission(provider, "sora-2")

    async def looked_for() -> tuple[Any, Poll]:
        since = datetime.now(UTC)
        await provider.submit(submission(provider, "sora-2", prompt="Another one"))
        with pytest.raises(OutcomeUnknown):
            await provider.submit(asked)
        found = await provider.find(asked.request, since)
        later = await provider.find(asked.request, since + timedelta(hours=1))
        assert later == []
        return found, await provider.poll(found[0].operation)

    found, polled = now(provider, looked_for())
    assert [each.is_likely for each in found] == [True, False]
    lost = list(emulator.book.operations.values())[1]
    assert found[0].operation == {"id": lost.id} and PROMPT in found[0].label and "sora-2" in found[0].label
    assert isinstance(polled, Finished)


def test_long_lists_are_read_to_the_time_asked_for(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    emulator = start(dialect="openai")
    provider = opened(emulator, tmp_path)
    for number in range(150):
        made = emulator.accept(f"{number}", model="sora-2", seconds="4", size="1280x720")
        made.created_at -= number
    asked = submission(provider, "sora-2", prompt="149").request

    async def both() -> tuple[int, Any]:
        every = await provider.find(asked, datetime.now(UTC) - timedelta(hours=1))
        return len(every), every[0]

    count, first = now(provider, both())
    assert count == 150 and first.is_likely
    assert [r.query.get("after", "") != "" for r in emulator.book.of(Step.LIST)] == [False, True]


def test_a_list_that_is_not_there_says_nothing_of_the_operation(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    provider = opened(start(Fault(Step.LIST, "404")), tmp_path)
    with pytest.raises(Unavailable, match="answered 404"):
        now(provider, provider.find(submission(provider, "sora-2").request, datetime.now(UTC)))
    quiet = opened(start(dialect="litellm"), tmp_path)
    model = quiet.model("openai-videos/x")
    assert model and not model.can_find
    assert now(quiet, quiet.find(GenerationRequest(model.model, PROMPT), datetime.now(UTC))) == ()


def test_delete_is_used_only_where_it_stops_the_work(
    tmp_path: Path, start: Callable[..., VideosEmulator]
) -> None:
    for dialect, stops in (("vllm-omni", True), ("sglang", False), ("openai", False)):
        emulator = start(dialect=dialect, operation_s=60)
        provider = opened(emulator, tmp_path)

        async def stopped(provider: OpenAIVideos = provider) -> bool:
            return await provider.cancel(await provider.submit(submission(provider, WAN)))

        assert now(provider, stopped()) is stops
        assert len(emulator.book.of(Step.CANCEL)) == int(stops)
        model = provider.model(f"openai-videos/{WAN}")
        assert model and model.can_cancel is stops
        assert [each.cancelled for each in emulator.book.operations.values()] == [stops]


# Secrets


def test_no_message_repeats_the_key(tmp_path: Path, start: Callable[..., VideosEmulator]) -> None:
    emulator = start()
    emulator.key = "emulated-0123456789"
    echo = f"Incorrect API key provided: {emulator.key}. You sent Bearer {emulator.key}"
    emulator.refuse = lambda status, _: type(emulator).refuse(emulator, 401, echo)  # type: ignore[method-assign]
    emulator.faults.add(*(Fault(step, "401") for step in (Step.CREATE, Step.POLL, Step.FETCH, Step.PROBE)))
    provider = opened(emulator, tmp_path)

    async def said() -> list[str]:
        operation = {"id": "x"}
        found = [(await provider.probe()).detail]
        for work in (
            provider.submit(submission(provider, "sora-2")),
            provider.poll(operation),
            provider.fetch(operation, RemoteClip(0, {}), folder(tmp_path)),
        ):
            try:
                await work
            except ProviderError as error:
                found.append(str(error))
        return found

    found = now(provider, said())
    assert len(found) == 4 and all("Incorrect API key provided: …" in text for text in found)
    assert not any("0123456789" in text for text in found)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or emulator.key.encode() not in path.read_bytes()
