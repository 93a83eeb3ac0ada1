"""``vertex`` from submit to clip: the contract, both kinds of credentials, inline clips, buckets, words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from immutabledict import immutabledict

from tests.providers.contract import Contract, finished
from tests.providers.vertex_ground import Inputs, elsewhere, submission, vertex
from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.errors import FailureReason
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge
from workbench.emulators import footage
from workbench.emulators.faults import Fault, Step
from workbench.emulators.vertex import MODELS, VertexEmulator
from workbench.providers import registry
from workbench.providers.base import Failed, Finished, Poll, Probe, Provider
from workbench.providers.vertex import Vertex, endpoints, outcome, support_codes
from workbench.providers.vertex.access import service
from workbench.providers.vertex.storage import media_url
from workbench.settings import load


@pytest.fixture
def emulator() -> Iterator[VertexEmulator]:
    with VertexEmulator(operation_s=0.1) as running:
        yield running


@pytest.fixture
def accounts() -> Iterator[VertexEmulator]:
    with VertexEmulator(operation_s=0.1, service_account=True) as running:
        yield running


class TestWithAnApiKey(Contract):
    @pytest.fixture
    def make(self, emulator: VertexEmulator, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: vertex(emulator, tmp_path / "data")

    @pytest.fixture
    def quick(self) -> dict[str, str | int | bool]:
        return {"duration_s": 4}


class TestWithAServiceAccountAndABucket(TestWithAnApiKey):
    @pytest.fixture
    def make(self, accounts: VertexEmulator, tmp_path: Path) -> Callable[[], Provider]:
        return lambda: vertex(accounts, tmp_path / "data")

    @pytest.fixture
    def quick(self) -> dict[str, str | int | bool]:
        return {"duration_s": 4, "output_gcs_uri": "gs://bucket/out put"}


# Clips


def ended(provider: Vertex, **settings: str | int | bool) -> Poll:
    async def polled() -> Poll:
        operation = await provider.submit(submission(provider=provider, **settings))
        async with asyncio.timeout(20):
            while not isinstance(answer := await provider.poll(operation), Finished | Failed):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await provider.close()
        return answer

    return asyncio.run(polled())


def test_clips_inside_an_answer_outlive_the_process_that_took_them(
    emulator: VertexEmulator, tmp_path: Path
) -> None:
    async def before() -> tuple[str, Finished]:
        provider = vertex(emulator, tmp_path / "data")
        operation = await provider.submit(submission(provider=provider, number_of_videos=2))
        done = await finished(provider, operation)
        await provider.close()
        return json.dumps(dict(operation)), done

    async def after(stored: str, done: Finished) -> list[bytes]:
        provider, operation = vertex(emulator, tmp_path / "data"), json.loads(stored)
        taken = [(await provider.fetch(operation, clip, tmp_path)).clip.read_bytes() for clip in done.clips]
        await provider.close()
        return taken

    stored, done = asyncio.run(before())
    polls = len(emulator.book.of(Step.POLL))
    assert asyncio.run(after(stored, done)) == next(iter(emulator.book.operations.values())).clips
    assert len(emulator.book.of(Step.POLL)) == polls, "the spool has them: nothing is asked for again"
    assert set(json.loads(stored)) == {"name", "model"}


def test_a_spool_that_is_gone_is_filled_again(emulator: VertexEmulator, tmp_path: Path) -> None:
    provider = vertex(emulator, tmp_path / "data")

    async def whole() -> bytes:
        operation = await provider.submit(submission(provider=provider))
        done = await finished(provider, operation)
        await provider.forget(operation)
        assert not any((tmp_path / "data" / "spool").iterdir())
        taken = (await provider.fetch(operation, done.clips[0], tmp_path)).clip.read_bytes()
        await provider.forget(operation)
        await provider.close()
        return taken

    assert asyncio.run(whole()) == next(iter(emulator.book.operations.values())).clips[0]
    assert not any((tmp_path / "data" / "spool").iterdir())


def test_clips_in_a_bucket_are_told_in_the_report_so_that_they_can_be_extended_there(
    accounts: VertexEmulator, tmp_path: Path
) -> None:
    done = ended(vertex(accounts, tmp_path), output_gcs_uri="gs://bucket/out", number_of_videos=2)
    assert isinstance(done, Finished)
    assert done.report["gcs_uris"] == list(accounts.objects) and len(accounts.objects) == 2
    assert [dict(clip.locator) for clip in done.clips] == [{"uri": uri} for uri in accounts.objects]


def test_one_token_serves_many(accounts: VertexEmulator, tmp_path: Path) -> None:
    provider = vertex(accounts, tmp_path)

    async def many() -> None:
        await asyncio.gather(*(provider.submit(submission(provider=provider)) for _ in range(5)))
        await provider.close()

    asyncio.run(many())
    assert len(accounts.book.of(Step.CREATE)) == 5
    assert len(accounts.book.of(Step.TOKEN)) == 1


def test_a_provider_serves_loop_after_loop(emulator: VertexEmulator, tmp_path: Path) -> None:
    provider = vertex(emulator, tmp_path)
    for _ in range(2):
        assert isinstance(ended(provider), Finished)


# What an operation says


@pytest.mark.parametrize(
    ("fault", "asked", "clips", "told"),
    [
        ("done_empty", 1, 0, ()),
        ("filtered", 1, 0, ("The video was blocked (a celebrity, support code 15236754)",)),
        ("filtered_part", 2, 1, ("The video was blocked (a celebrity, support code 15236754)",)),
    ],
)
def test_clips_that_do_not_come(
    fault: str, asked: int, clips: int, told: tuple[str, ...], emulator: VertexEmulator, tmp_path: Path
) -> None:
    emulator.faults.add(Fault(Step.POLL, fault, times=99))
    done = ended(vertex(emulator, tmp_path), number_of_videos=asked)
    assert isinstance(done, Finished)
    assert (len(done.clips), done.filtered, done.charge) == (clips, told, Charge.MAYBE)
    assert done.billed_micros is None


def test_done_with_an_error(emulator: VertexEmulator, tmp_path: Path) -> None:
    emulator.faults.add(Fault(Step.POLL, "done_error", times=99))
    done = ended(vertex(emulator, tmp_path))
    assert done == Failed(FailureReason.PROVIDER, "Internal error.", Charge.MAYBE)


@pytest.mark.parametrize(
    ("error", "reason", "says"),
    [
        ({"code": 3, "message": "Bad ratio."}, FailureReason.INVALID_REQUEST, "Bad ratio."),
        (
            {"code": 3, "message": "The prompt could not be submitted. Support codes: 58061214"},
            FailureReason.SAFETY,
            "The prompt could not be submitted (children, support code 58061214)",
        ),
        (
            {"code": 3, "message": "The image violates Google's usage guidelines."},
            FailureReason.SAFETY,
            "The image violates Google's usage guidelines.",
        ),
        ({"code": 7, "message": "No."}, FailureReason.AUTH, "No."),
        ({"code": 8, "message": "No quota."}, FailureReason.QUOTA, "No quota."),
        ({"code": 13}, FailureReason.PROVIDER, "Vertex AI gave no reason (code 13)"),
        ({"code": "odd", "message": None}, FailureReason.PROVIDER, "Vertex AI gave no reason (code odd)"),
        ({"code": 13, "message": "key=sk-abcdefghijk"}, FailureReason.PROVIDER, "key=…"),
    ],
)
def test_an_error_in_words(error: dict[str, object], reason: FailureReason, says: str) -> None:
    assert outcome.failed(error) == Failed(reason, says)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("58061214", "children, support code 58061214"),
        (
            "Blocked. Support codes: 15236754, 61493863.",
            "Blocked (a celebrity, support code 15236754, violence, support code 61493863)",
        ),
        ("12345678", "a reason that is not listed, support code 12345678"),
        ("We encountered an issue with the audio.", "We encountered an issue with the audio."),
    ],
)
def test_support_codes(text: str, words: str) -> None:
    assert support_codes.in_words(text) == words


def test_every_published_code_has_a_category() -> None:
    assert len(support_codes.CATEGORIES) == 25
    assert all(code.isdecimal() and len(code) == 8 for code in support_codes.CATEGORIES)


def test_filtered_clips_without_reasons_are_counted() -> None:
    from google.genai import types

    response = types.GenerateVideosResponse.model_validate(
        {"rai_media_filtered_count": 3, "rai_media_filtered_reasons": ["58061214"]}
    )
    assert outcome.filtered(response) == (
        "children, support code 58061214",
        "2 clips taken by the safety filter without a reason",
    )


# Whether it answers


def probed(provider: Vertex) -> Probe:
    async def asked() -> Probe:
        try:
            return await provider.probe()
        finally:
            await provider.close()

    return asyncio.run(asked())


def test_a_probe_says_which_models_answer_and_spends_nothing(
    emulator: VertexEmulator, tmp_path: Path
) -> None:
    probe = probed(vertex(emulator, tmp_path))
    assert probe == Probe(True, "all its models answer (project emulated-project, us-central1)")
    assert not emulator.book.operations and not emulator.book.of(Step.CREATE)


def test_a_model_that_was_retired_is_named(emulator: VertexEmulator, tmp_path: Path) -> None:
    emulator.faults.add(Fault(Step.PROBE, "404"))
    probe = probed(vertex(emulator, tmp_path))
    assert probe.ok and "not found: retired, or not open to this account" in probe.detail
    assert probe.detail.count("veo-3.1") == 3, "two that answer, one that does not"


@pytest.mark.parametrize(
    ("fault", "hint"), [("403", "credentials"), ("503", "network"), ("404", "GOOGLE_CLOUD_LOCATION")]
)
def test_a_probe_that_fails_says_what_to_look_at(
    fault: str, hint: str, emulator: VertexEmulator, tmp_path: Path
) -> None:
    emulator.faults.add(Fault(Step.PROBE, fault, times=3))
    probe = probed(vertex(emulator, tmp_path))
    assert not probe.ok and hint in probe.hint and emulator.key not in probe.detail


def test_a_probe_of_nothing_set_up(tmp_path: Path) -> None:
    probe = probed(elsewhere({}, tmp_path))
    assert not probe.ok and "GOOGLE_CLOUD_PROJECT" in probe.hint


# Endpoints and accounts


def test_the_endpoint_is_always_listed_with_what_it_lacks(tmp_path: Path) -> None:
    (provider,) = [p for p in registry.providers(load(tmp_path, environ={})) if p.endpoint == "vertex"]
    assert [m.variable for m in provider.missing()] == [
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ]


def test_what_gcloud_has_written_is_found(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "gcloud"
    folder.mkdir(parents=True)
    (folder / "application_default_credentials.json").write_text("{}")
    environ = {"HOME": str(tmp_path), "GOOGLE_CLOUD_PROJECT": "film"}
    assert not elsewhere(environ, tmp_path / "data").missing()
    named = {**environ, "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    (missing,) = elsewhere(named, tmp_path / "data").missing()
    assert missing.variable == "GOOGLE_APPLICATION_CREDENTIALS" and "none.json" in missing.what


def test_who_pays(tmp_path: Path) -> None:
    def account(**environment: str) -> str:
        return elsewhere(environment, tmp_path).account

    film = account(GOOGLE_CLOUD_PROJECT="film")
    assert film.startswith("vertex:us-central1-aiplatform.googleapis.com:") and "film" not in film
    assert film == account(GOOGLE_CLOUD_PROJECT="film", GOOGLE_APPLICATION_CREDENTIALS="/any/file.json")
    others = {
        account(GOOGLE_CLOUD_PROJECT="other"),
        account(GOOGLE_CLOUD_PROJECT="film", GOOGLE_CLOUD_LOCATION="europe-west4"),
        account(GOOGLE_CLOUD_PROJECT="film", GOOGLE_VERTEX_BASE_URL="http://127.0.0.1:1"),
        account(GOOGLE_CLOUD_PROJECT="film", VERTEX_API_KEY="one"),
        account(GOOGLE_CLOUD_PROJECT="film", VERTEX_API_KEY="two"),
    }
    assert len(others | {film}) == 6
    assert ":emulated:" in account(GOOGLE_CLOUD_PROJECT="emulated-project")
    assert ":emulated:" in account(VERTEX_API_KEY="emulated-key")
    assert ":emulated:" not in film


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("us-central1", "https://us-central1-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_the_address_of_a_location(location: str, address: str) -> None:
    assert service(location) == address


def test_endpoints_of_the_file(emulator: VertexEmulator, tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text(
        f"""
        [endpoints.studio]
        wire = "vertex"
        base_url = "{emulator.url}"
        project = "emulated-project"
        location = "us-central1"
        key_env = "STUDIO_KEY"
        requests_a_minute = 4
        operations_at_once = 2
        timeout_s = 60
        models = ["veo-9-generate-001", "veo-3.1-generate-001"]

        [endpoints.bare]
        wire = "vertex"
        key_env = "BARE_KEY"
        """
    )
    environ = {"STUDIO_KEY": emulator.key, "GOOGLE_VERTEX_BASE_URL": emulator.url}
    own, studio, bare = sorted(
        endpoints(load(tmp_path, environ=environ)), key=lambda p: p.endpoint != "vertex"
    )
    assert (own.endpoint, studio.endpoint, bare.endpoint) == ("vertex", "studio", "bare")
    assert (studio.at_once, studio.a_minute, list(studio.missing())) == (2, 4, [])
    assert [m.model for m in studio.models()] == [f"studio/{m}" for m in (*MODELS, "veo-9-generate-001")]
    assert all(m.timeout_s == 60 for m in studio.models())
    further = studio.models()[-1]
    assert further.price(further.complete(GenerationRequest(further.model, "p"))) is None
    assert [m.variable for m in bare.missing()] == ["BARE_KEY"]
    assert "aiplatform.googleapis.com" in bare.account, (
        "the environment's address is the endpoint vertex's own"
    )

    async def once() -> None:
        await studio.submit(submission(provider=studio, model="studio/veo-3.1-fast-generate-001"))
        await studio.close()

    asyncio.run(once())
    assert emulator.book.of(Step.CREATE)[0].path.endswith("/veo-3.1-fast-generate-001:predictLongRunning")


# What the models take


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Capabilities]:
    return {m.model.partition("/")[2]: m for m in elsewhere({}, tmp_path).models()}


@pytest.mark.parametrize(
    ("model", "settings", "usd"),
    [
        ("veo-3.1-generate-001", {}, 3.20),
        ("veo-3.1-generate-001", {"resolution": "4k", "number_of_videos": 2}, 9.60),
        ("veo-3.1-generate-001", {"generate_audio": False, "duration_s": 4}, 1.60),
        ("veo-3.1-fast-generate-001", {"resolution": "1080p"}, 0.96),
        ("veo-3.1-lite-generate-001", {"resolution": "1080p", "duration_s": 6}, 0.48),
    ],
)
def test_prices(
    model: str, settings: dict[str, str | int | bool], usd: float, models: dict[str, Capabilities]
) -> None:
    request = models[model].complete(GenerationRequest(model, "p", settings=immutabledict(settings)))
    assert models[model].price(request) == round(usd * 1_000_000)


def test_an_extension_costs_what_it_adds(models: dict[str, Capabilities], tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    inputs.clip()
    model = models["veo-3.1-generate-001"]
    for duration_s in (4, 8):
        asked = GenerationRequest(
            model.model, "p", inputs=tuple(inputs.inputs), settings=immutabledict(duration_s=duration_s)
        )
        assert model.price(model.complete(asked)) == 2_800_000


FIRST, LAST, REFERENCE, SOURCE = Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE, Role.SOURCE_CLIP


@pytest.mark.parametrize(
    ("roles", "settings", "field"),
    [
        ([LAST], {}, "last_frame"),
        ([FIRST, REFERENCE], {}, "reference"),
        ([REFERENCE], {"duration_s": 6}, "duration_s"),
        ([REFERENCE] * 4, {}, "reference"),
        ([SOURCE, FIRST], {}, "source_clip"),
        ([SOURCE], {"resolution": "1080p"}, "resolution"),
        ([SOURCE], {"aspect_ratio": "9:16"}, "aspect_ratio"),
        ([], {"duration_s": 5}, "duration_s"),
        ([], {"aspect_ratio": "1:1"}, "aspect_ratio"),
        ([], {"number_of_videos": 5}, "number_of_videos"),
        ([], {"output_gcs_uri": "bucket"}, "output_gcs_uri"),
        ([], {"output_gcs_uri": "gs://B"}, "output_gcs_uri"),
        ([], {"labels": "Team=x"}, "labels"),
        ([], {"labels": "team"}, "labels"),
        ([], {"pubsub_topic": "topic"}, "pubsub_topic"),
        ([], {"fps": 24}, "fps"),
        ([Role.STYLE], {}, "style"),
        ([Role.MASK], {}, "mask"),
        ([FIRST, LAST], {}, None),
        ([REFERENCE] * 3, {}, None),
        ([SOURCE], {"duration_s": 4}, None),
        ([], {"output_gcs_uri": "gs://bucket", "labels": " a=b , c=", "resolution": "4k"}, None),
    ],
)
def test_rules(
    roles: list[Role],
    settings: dict[str, str | int],
    field: str | None,
    models: dict[str, Capabilities],
    tmp_path: Path,
) -> None:
    inputs = Inputs(tmp_path)
    for number, role in enumerate(roles):
        inputs.clip() if role is SOURCE else inputs.png(role, f"{role}{number}")
    model = models["veo-3.1-generate-001"]
    asked = GenerationRequest(model.model, "p", inputs=tuple(inputs.inputs), settings=immutabledict(settings))
    found = faults(model.complete(asked), model)
    assert [fault.field for fault in found] == ([field] if field else [])
    assert all(fault.wrong and fault.allowed for fault in found)


@pytest.mark.parametrize(("seconds", "is_fine"), [(0.2, False), (1.0, True), (30.04, True), (31.0, False)])
def test_how_long_a_clip_may_be_to_be_extended(
    seconds: float, is_fine: bool, models: dict[str, Capabilities], tmp_path: Path
) -> None:
    inputs = Inputs(tmp_path)
    inputs.add(SOURCE, footage.clip("s"), "video/mp4", width=16, height=9, duration_s=seconds)
    model = models["veo-3.1-generate-001"]
    asked = model.complete(GenerationRequest(model.model, "p", inputs=tuple(inputs.inputs)))
    assert (faults(asked, model) == ()) is is_fine


def test_lite_takes_neither_references_nor_4k(models: dict[str, Capabilities]) -> None:
    lite = models["veo-3.1-lite-generate-001"]
    assert REFERENCE not in lite.roles
    asked = GenerationRequest(lite.model, "p", settings=immutabledict(resolution="4k"))
    assert [f.field for f in faults(lite.complete(asked), lite)] == ["resolution"]


def test_an_api_key_takes_no_output_bucket(tmp_path: Path) -> None:
    model = elsewhere({"VERTEX_API_KEY": "k"}, tmp_path).models()[0]
    asked = GenerationRequest(model.model, "p", settings=immutabledict(output_gcs_uri="gs://bucket/out"))
    (fault,) = faults(model.complete(asked), model)
    assert fault.field == "output_gcs_uri" and "GOOGLE_APPLICATION_CREDENTIALS" in fault.allowed


def test_every_fact_has_a_source_and_every_model_an_end(models: dict[str, Capabilities]) -> None:
    assert list(models) == list(MODELS)
    for model in models.values():
        assert {"seed", "extension", "end", "10 requests a minute"} <= set(model.sources)
        assert model.a_minute == 10 and model.at_once == 10 and model.timeout_s == 1_200
        assert not model.can_cancel and not model.can_find and not model.resubmit_is_safe
        assert "LiteLLM" in str(model.price)
    assert models["veo-3.1-generate-001"].lifecycle.ends_on == date(2027, 5, 4)


def test_an_object_of_the_bucket_is_one_part_of_the_path() -> None:
    url = media_url("https://storage.googleapis.com/", "gs://b.example/out/a b/0?x=1#.mp4")
    assert url == (
        "https://storage.googleapis.com/storage/v1/b/b.example/o/out%2Fa%20b%2F0%3Fx%3D1%23.mp4?alt=media"
    )
