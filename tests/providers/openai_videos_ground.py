"""What the tests of the ``openai-videos`` provider stand on: an emulator in any dialect."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from immutabledict import immutabledict

from workbench.domain.capabilities import validate
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.emulators.faults import Fault, Step
from workbench.emulators.footage import clip as footage_clip
from workbench.emulators.footage import still
from workbench.emulators.videos import VideosEmulator
from workbench.providers.base import Provider, Submission
from workbench.providers.openai_videos import OpenAIVideos, endpoints
from workbench.settings import load

T = TypeVar("T")
WAN = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
H3 = "MiniMaxAI/MiniMax-H3"
PROMPT = "A lighthouse in a storm"


@pytest.fixture(name="start")
def starting(tmp_path: Path) -> Iterator[Callable[..., VideosEmulator]]:
    with ExitStack() as stack:

        def start(*faults: Fault, **named: Any) -> VideosEmulator:
            named.setdefault("operation_s", 0.0)
            return stack.enter_context(VideosEmulator(faults, **named))

        yield start


def opened(emulator: VideosEmulator, data: Path, **more: str) -> OpenAIVideos:
    (provider,) = endpoints(load(data, environ={**emulator.settings(), **more}))
    provider.poll_every_s, provider.patience_s = 0.02, 0.1
    return provider


def now(provider: Provider, work: Awaitable[T]) -> T:
    async def all_of_it() -> T:
        try:
            return await work
        finally:
            await provider.close()

    return asyncio.run(all_of_it())


def picture(data: Path, name: str, role: Role, position: int = 0) -> tuple[Input, Path]:
    content = footage_clip(name) if role.is_clip else still(name)
    sha = hashlib.sha256(content).hexdigest()
    data.mkdir(parents=True, exist_ok=True)
    path = data / f"{name}.bin"
    path.write_bytes(content)
    mime = "video/mp4" if role.is_clip else "image/png"
    return Input(role, Media(sha, mime, len(content), 320, 180), position), path


def submission(provider: OpenAIVideos, model: str, *inputs: tuple[Input, Path], **asked: Any) -> Submission:
    settings = immutabledict(asked.pop("settings", {}))
    request = GenerationRequest(
        f"{provider.endpoint}/{model}",
        asked.pop("prompt", PROMPT),
        inputs=tuple(i for i, _ in inputs),
        settings=settings,
        **asked,
    )
    known = provider.model(request.model)
    assert known
    return Submission("r1", validate(request, known), {i.media.sha256: path for i, path in inputs})


def sent(emulator: VideosEmulator) -> Any:
    """The only body that was posted: JSON, or the form as (name, text or filename, type) in order."""
    (received,) = emulator.book.of(Step.CREATE)
    if isinstance(received.body, dict):
        assert received.headers["Content-Type"] == "application/json"
        return received.body
    assert received.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    return [
        (part.name, part.filename, part.content_type) if part.filename else (part.name, part.text)
        for part in received.body
    ]


def often(kind: str) -> int:
    """aiohttp itself sends a GET once more when the connection is cut (never a POST)."""
    return 2 if kind.startswith("drop") else 1
