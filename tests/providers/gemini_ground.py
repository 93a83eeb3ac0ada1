"""What the tests of Gemini share: a provider on an emulator, files, submissions, and what was sent."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from immutabledict import immutabledict
from ulid import ULID

from tests.providers.contract import finished
from workbench.domain.capabilities import Capabilities, faults, validate
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.emulators import footage
from workbench.emulators.faults import Step
from workbench.emulators.interactions import InteractionsEmulator
from workbench.providers.base import Parent, RemoteClip, Submission
from workbench.providers.gemini import Gemini, endpoints
from workbench.providers.gemini.models import OMNI_11, OMNI_12
from workbench.settings import Settings, load

NEW, OLD = "gemini/gemini-omni-1.2-flash", "gemini/gemini-omni-1.1-flash"
QUICK = {"duration_s": 3}
PNG, CLIP = footage.still("a lighthouse"), footage.clip("a street", seconds=3)


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


def model_of(provider: Gemini, name: str) -> Capabilities:
    model = provider.model(name)
    assert model is not None
    return model


def wrong(model: Capabilities, seconds: int, *inputs: Input) -> list[str]:
    given = immutabledict({"duration_s": seconds})
    request = model.complete(GenerationRequest(model.model, "A dog", inputs=inputs, settings=given))
    return [fault.field for fault in faults(request, model)]


def written(folder: Path, environ: dict[str, str], toml: str) -> Settings:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "workbench.toml").write_text(toml)
    return load(data, environ=environ)
