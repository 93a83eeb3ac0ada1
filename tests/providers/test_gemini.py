"""Omni Flash through Google's own SDK, against the emulator: what it offers, and what is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.providers.contract import Contract, finished
from tests.providers.gemini_ground import (
    NEW,
    OLD,
    Files,
    asked,
    body,
    do,
    image,
    model_of,
    opened,
    sent,
    turn,
    video,
    written,
    wrong,
)
from workbench.domain.capabilities import Capabilities, Stage, faults
from workbench.domain.errors import (
    OperationGone,
    Rejected,
)
from workbench.domain.media import Role
from workbench.domain.price import micros
from workbench.domain.request import GenerationRequest
from workbench.domain.run import EMULATED, Json, Kind
from workbench.emulators.faults import Step
from workbench.emulators.interactions import InteractionsEmulator
from workbench.providers.base import Parent, Provider
from workbench.providers.gemini import Gemini, endpoints


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


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


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


def test_nothing_slow_is_imported_before_it_is_needed() -> None:
    import subprocess
    import sys

    slow = "('google.genai', 'httpx', 'aiohttp', 'pydantic')"
    code = f"import sys, workbench.providers.gemini; print([m for m in {slow} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
