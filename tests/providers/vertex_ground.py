"""What the tests of the ``vertex`` provider stand on: its emulator, pictures, submissions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from immutabledict import immutabledict
from ulid import ULID

from workbench.domain.capabilities import validate
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.emulators import footage
from workbench.emulators.faults import Step
from workbench.emulators.vertex import VertexEmulator
from workbench.providers.base import Parent, Submission
from workbench.providers.spool import Spool
from workbench.providers.vertex import ENDPOINT, WIRE, Vertex
from workbench.providers.vertex.access import from_environment
from workbench.providers.vertex.connection import Patience
from workbench.settings import EndpointSettings, load

VEO = "vertex/veo-3.1-generate-001"
# With less, a loaded machine does not get as far as the fault.
SHORT = Patience(create_s=1.0, poll_s=1.0, probe_s=1.0)
OPERATION = "projects/{}/locations/us-central1/publishers/google/models/{}/operations/"


def vertex(
    emulator: VertexEmulator,
    data: Path,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    **environment: str,
) -> Vertex:
    """The provider as the registry would make it; an empty variable is one that is not set."""
    return elsewhere({**emulator.settings(), **environment}, data, patience)


def elsewhere(environment: Mapping[str, str], data: Path, patience: Patience = SHORT) -> Vertex:
    settings = load(data, environ=environment)
    access = from_environment(settings)
    return Vertex(EndpointSettings(ENDPOINT, WIRE), access, Spool(settings.data), patience=patience)


class Inputs:
    """Files with their media, by role."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: dict[str, Path] = {}
        self.inputs: list[Input] = []

    def add(self, role: Role, content: bytes, mime: str, **facts: Any) -> str:
        """Returns the content as base64, standard alphabet, as the wire has it."""
        import base64

        sha256 = hashlib.sha256(content).hexdigest()
        path = self._folder / sha256
        path.write_bytes(content)
        self.files[sha256] = path
        position = sum(known.role is role for known in self.inputs)
        self.inputs.append(Input(role, Media(sha256, mime, len(content), **facts), position))
        return base64.b64encode(content).decode()

    def png(self, role: Role, name: str) -> str:
        return self.add(role, footage.still(name), "image/png", width=320, height=180)

    def clip(self, name: str = "source") -> str:
        content = footage.clip(name)
        return self.add(Role.SOURCE_CLIP, content, "video/mp4", width=320, height=180, duration_s=4.0)


def submission(
    inputs: Inputs | None = None,
    *,
    provider: Vertex,
    model: str = VEO,
    prompt: str = "A lion in the savannah at dawn.",
    parent: Parent | None = None,
    negative_prompt: str = "",
    seed: int | None = None,
    **settings: str | int | bool,
) -> Submission:
    capabilities = provider.model(model)
    assert capabilities is not None
    request = GenerationRequest(
        model,
        prompt,
        negative_prompt=negative_prompt,
        inputs=tuple(inputs.inputs) if inputs else (),
        settings=immutabledict(settings),
        seed=seed,
    )
    files = immutabledict(inputs.files) if inputs else immutabledict[str, Path]()
    return Submission(str(ULID()), validate(request, capabilities), files, parent)


def created(emulator: VertexEmulator) -> list[Any]:
    """The bodies of every create request that arrived."""
    return [request.body for request in emulator.book.of(Step.CREATE)]


def secrets_of(emulator: VertexEmulator) -> list[str]:
    return [emulator.key, *emulator.tokens]


def one_sentence(error: BaseException, emulator: VertexEmulator) -> str:
    """The text of an error, once it is known to be fit for a person."""
    text = str(error)
    assert text.strip() and "\n" not in text and len(text) < 450, text
    assert "<" not in text and "Traceback" not in text, text
    assert not any(secret in text for secret in secrets_of(emulator)), text
    return text
