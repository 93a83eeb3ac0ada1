"""What every provider has to keep. A test class inherits ``Contract`` and says how to make its provider."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from immutabledict import immutabledict
from ulid import ULID

from workbench.domain.capabilities import Capabilities, faults, validate
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Json
from workbench.media.probe import probe
from workbench.providers.base import Finished, Poll, Provider, Running, Submission

PATIENCE_S = 60.0


class Contract:
    """Fixture ``make`` gives a function that opens the provider anew, as after a crash, on the same world."""

    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[], Provider]:
        raise AssertionError("a test class says how its provider is made")

    @pytest.fixture
    def quick(self) -> dict[str, str | int | bool]:
        """Settings that make a clip quickly."""
        return {}

    def submission(self, model: Capabilities, quick: dict[str, str | int | bool]) -> Submission:
        asked = GenerationRequest(model.model, "A lighthouse in a storm", settings=immutabledict(quick))
        seed = model.seed.least + 7 if model.seed else None
        return Submission(str(ULID()), validate(replace(asked, seed=seed), model))

    def test_it_is_a_provider_that_says_who_pays(self, make: Callable[[], Provider]) -> None:
        provider = make()
        assert isinstance(provider, Provider)
        assert provider.account.startswith(provider.endpoint)
        assert provider.at_once >= 1
        assert provider.poll_every_s > 0

    def test_every_model_accepts_its_own_defaults_and_has_a_price_function(
        self, make: Callable[[], Provider]
    ) -> None:
        for model in make().models():
            assert model.model.startswith(f"{make().endpoint}/")
            request = model.complete(GenerationRequest(model.model, "A lighthouse"))
            assert faults(request, model) == ()
            price = model.price(request)
            assert price is None or price >= 0
            names = [setting.name for setting in model.settings]
            assert len(set(names)) == len(names)

    def test_a_request_becomes_a_clip_that_plays(
        self, make: Callable[[], Provider], quick: dict[str, str | int | bool], tmp_path: Path
    ) -> None:
        provider = make()
        model = provider.models()[0]

        async def whole() -> Path:
            operation = await provider.submit(self.submission(model, quick))
            done = await finished(provider, operation)
            fetched = await provider.fetch(operation, done.clips[0], folder(tmp_path))
            await provider.forget(operation)
            await provider.forget(operation)  # forgetting twice is fine
            return fetched.clip

        facts = probe(asyncio.run(whole()))
        assert facts.width > 0 and facts.duration_s > 0

    def test_an_operation_survives_json_and_a_new_process(
        self, make: Callable[[], Provider], quick: dict[str, str | int | bool], tmp_path: Path
    ) -> None:
        async def before() -> str:
            provider = make()
            return json.dumps(dict(await provider.submit(self.submission(provider.models()[0], quick))))

        async def after(stored: str) -> Path:
            provider, operation = make(), json.loads(stored)
            done = await finished(provider, operation)
            return (await provider.fetch(operation, done.clips[0], folder(tmp_path))).clip

        assert asyncio.run(after(asyncio.run(before()))).stat().st_size > 0

    def test_fetching_twice_gives_the_same_bytes(
        self, make: Callable[[], Provider], quick: dict[str, str | int | bool], tmp_path: Path
    ) -> None:
        async def twice() -> tuple[bytes, bytes]:
            provider = make()
            operation = await provider.submit(self.submission(provider.models()[0], quick))
            done = await finished(provider, operation)
            first = await provider.fetch(operation, done.clips[0], folder(tmp_path))
            second = await provider.fetch(operation, done.clips[0], folder(tmp_path))
            return first.clip.read_bytes(), second.clip.read_bytes()

        one, other = asyncio.run(twice())
        assert one == other

    def test_cancel_stops_for_certain_or_says_that_it_can_not(
        self, make: Callable[[], Provider], quick: dict[str, str | int | bool]
    ) -> None:
        async def stopped() -> bool:
            provider = make()
            operation = await provider.submit(self.submission(provider.models()[0], quick))
            return await provider.cancel(operation)

        assert asyncio.run(stopped()) is make().models()[0].can_cancel

    def test_a_submit_that_may_be_repeated_makes_one_operation(
        self, make: Callable[[], Provider], quick: dict[str, str | int | bool]
    ) -> None:
        provider = make()
        model = provider.models()[0]

        async def twice() -> tuple[Json, Json]:
            submission = self.submission(model, quick)
            first = await provider.submit(submission)
            second = await provider.submit(submission)
            await provider.cancel(first)
            return first, second

        first, second = asyncio.run(twice())
        assert (dict(first) == dict(second)) is model.resubmit_is_safe


async def finished(provider: Provider, operation: Json) -> Finished:
    async with asyncio.timeout(PATIENCE_S):
        while isinstance(answer := await provider.poll(operation), Running):  # noqa: ASYNC110
            await asyncio.sleep(provider.poll_every_s)
    return as_finished(answer)


def as_finished(answer: Poll) -> Finished:
    assert isinstance(answer, Finished), answer
    return answer


def folder(tmp_path: Path) -> Path:
    path = tmp_path / f"fetch-{ULID()}"
    path.mkdir()
    return path
