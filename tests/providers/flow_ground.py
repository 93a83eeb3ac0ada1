"""What the tests of Flow share: a provider on an emulator, pictures, and submissions of each model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from immutabledict import immutabledict
from ulid import ULID

from tests.providers.contract import finished, folder
from workbench.domain.capabilities import Capabilities, validate
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.emulators import footage
from workbench.emulators.faults import Step
from workbench.emulators.flow import FlowEmulator
from workbench.media.files import MediaFiles
from workbench.media.images import read_image
from workbench.media.intake import of_image
from workbench.providers.base import Submission
from workbench.providers.flow import Flow
from workbench.providers.flow.models import MODELS

TEXT, PORTRAIT, REFERENCES, FRAMES, STILL = (model.model for model in MODELS)
PROMPT = "The cat walks slowly, cinematic"


def opened(gateway: FlowEmulator, data: Path) -> Flow:
    settings = gateway.settings()
    return Flow(
        settings["FLOW_GATEWAY_URL"],
        settings["FLOW_GATEWAY_TOKEN"],
        settings["FLOW_PROJECT_ID"],
        data,
        poll_every_s=0.05,
    )


def picture(data: Path, name: str, width: int = 320, height: int = 180) -> tuple[Media, Path]:
    files = MediaFiles(data / "media")
    media = of_image(read_image(footage.still(name, width=width, height=height), name)).store(files)
    return media, files.path(media)


def asked(
    name: str,
    given: list[tuple[Role, tuple[Media, Path]]] | None = None,
    *,
    run_id: str = "",
    **settings: Scalar,
) -> Submission:
    pictures = given or []
    roles = [role for role, _ in pictures]
    inputs = [
        Input(role, media, roles[:place].count(role)) for place, (role, (media, _)) in enumerate(pictures)
    ]
    request = GenerationRequest(
        name, PROMPT, inputs=tuple(inputs), settings=immutabledict(settings), seed=8465
    )
    paths = {media.sha256: path for _, (media, path) in pictures}
    return Submission(run_id or str(ULID()), validate(request, capabilities(name)), paths)


def capabilities(name: str) -> Capabilities:
    return next(model for model in MODELS if model.model == name)


def sent(gateway: FlowEmulator, step: Step = Step.CREATE) -> list[tuple[str, Any]]:
    return [(request.path, request.body) for request in gateway.book.of(step)]


def made(provider: Flow, submission: Submission, target: Path) -> Path:
    async def whole() -> Path:
        operation = await provider.submit(submission)
        done = await finished(provider, operation)
        fetched = await provider.fetch(operation, done.clips[0], folder(target))
        await provider.forget(operation)
        await provider.close()
        return fetched.clip

    return asyncio.run(whole())
