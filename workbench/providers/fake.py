"""A provider that plays a script: latencies, failures, filtered results. For tests of everything above it.

It behaves as a paid service does: an operation lives on by itself once accepted, whatever becomes of
the process that sent it, and each accepted request is one line in ``journal`` – so that a test can
count what would have been charged. It is off unless ``WORKBENCH_FAKE`` names a script (a JSON file).
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from immutabledict import immutabledict

from workbench.domain.capabilities import CLIPS, IMAGES, Capabilities, Choice, RoleLimit, Whole
from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
    Unavailable,
)
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Json
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Found,
    Missing,
    Poll,
    Probe,
    Provider,
    RemoteClip,
    Running,
    Submission,
)
from workbench.settings import Settings

PRICE_MICROS_PER_S = 50_000


@dataclass(frozen=True, slots=True)
class Script:
    """How every operation goes. ``*_errors`` are raised one after another, then the step works.

    Errors are names of ``domain.errors`` classes, with the server's hint in seconds behind a colon
    (``NotAccepted:30``); ``Unreachable`` is a ``NotAccepted`` without one. ``submit_s`` passes between the
    acceptance and the answer: a process that dies in between has paid and does not know. ``filtered`` of
    ``clips`` are taken by the safety filter. ``outcome`` is ``clips``, ``failed`` or ``nothing``. Requests
    whose files have more than ``largest_bytes`` are answered with 413. ``cut_short`` downloads break off
    without anybody saying so. Clips are held for ``held_s``. ``model_…`` limit each of ``models`` beside the
    endpoint.
    """

    latency_s: float = 0.0
    submit_s: float = 0.0
    clips: int = 1
    filtered: int = 0
    outcome: str = "clips"
    submit_errors: tuple[str, ...] = ()
    poll_errors: tuple[str, ...] = ()
    fetch_errors: tuple[str, ...] = ()
    broken_clip: bool = False
    can_cancel: bool = False
    can_find: bool = False
    at_once: int = 16
    a_minute: int | None = None
    model_at_once: int | None = None
    model_a_minute: int | None = None
    timeout_s: float = 900.0
    models: tuple[str, ...] = ("clip",)
    largest_bytes: int | None = None
    cut_short: int = 0
    held_s: float | None = None
    probe_s: float = 0.0


def endpoints(settings: Settings) -> list[Fake]:
    script = settings.environment.get("WORKBENCH_FAKE")
    if not script:
        return []
    content = json.loads(Path(script).read_text())
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
    return [Fake(Path(script).with_suffix(".journal"), Script(**fields))]


class Fake(Provider):
    """``journal`` is a file; it takes the place of the remote service's memory."""

    endpoint = "fake"
    account = "fake:script"
    poll_every_s = 0.02

    def __init__(self, journal: Path, script: Script | None = None) -> None:
        self.journal = journal
        self.script = script or Script()
        self.at_once = self.script.at_once
        self.a_minute = self.script.a_minute
        self.closed = 0
        self._done: dict[str, int] = {}

    def models(self) -> Sequence[Capabilities]:
        return [
            Capabilities(
                model=f"fake/{name}",
                label="Fake",
                summary="Plays a script, for tests.",
                settings=(
                    Choice("duration_s", "Duration", 4, unit=" s", values=(4, 6, 8)),
                    Choice("aspect_ratio", "Aspect ratio", "16:9", values=("16:9", "9:16")),
                    Choice("resolution", "Resolution", "720p", values=("720p", "1080p")),
                    Whole("samples", "Videos", 1, least=1, most=4),
                ),
                roles=immutabledict(
                    {Role.FIRST_FRAME: RoleLimit(1, IMAGES), Role.SOURCE_CLIP: RoleLimit(1, CLIPS)}
                ),
                price=_price,
                can_cancel=self.script.can_cancel,
                can_find=self.script.can_find,
                timeout_s=self.script.timeout_s,
                at_once=self.script.model_at_once,
                a_minute=self.script.model_a_minute,
            )
            for name in self.script.models
        ]

    def missing(self) -> Sequence[Missing]:
        return []

    def accepted(self) -> list[str]:
        """Run ids in the order of acceptance: one entry for each request that would be charged."""
        return [str(entry["run_id"]) for entry in self.entries()]

    def entries(self) -> list[dict[str, Any]]:
        """What was accepted, in its order: run id, operation id, seconds since the epoch, files."""
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    async def probe(self) -> Probe:
        await asyncio.sleep(self.script.probe_s)
        return Probe(True, "plays its script")

    async def submit(self, submission: Submission) -> Json:
        self._raise_next("submit", self.script.submit_errors)
        size = sum(path.stat().st_size for path in submission.files.values())
        if self.script.largest_bytes is not None and size > self.script.largest_bytes:
            raise TooLarge(f"fake answered 413: {size} bytes")
        operation = {"id": secrets.token_hex(8), "accepted": time.time()}
        files = [(i.role, i.media.mime, i.media.width, i.media.height) for i in submission.request.inputs]
        line = json.dumps({"run_id": submission.run_id, **operation, "files": files}) + "\n"
        descriptor = os.open(self.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
        await asyncio.sleep(self.script.submit_s)
        return operation

    async def poll(self, operation: Json) -> Poll:
        self._raise_next("poll", self.script.poll_errors)
        passed_s = time.time() - float(str(operation["accepted"]))
        if passed_s < self.script.latency_s:
            return Running(round(passed_s / self.script.latency_s, 2), "generating")
        match self.script.outcome:
            case "failed":
                return Failed(FailureReason.PROVIDER, "The script says that it fails")
            case "nothing":
                return Finished(())
        taken = min(self.script.filtered, self.script.clips)
        held_s = self.script.held_s
        expires_at = None if held_s is None else datetime.now(UTC) + timedelta(seconds=held_s)
        left = tuple(RemoteClip(i, {"number": i}, expires_at) for i in range(self.script.clips - taken))
        return Finished(left, filtered=("Support codes: 15236754",) * taken, charge=Charge.YES)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        self._raise_next("fetch", self.script.fetch_errors)
        path = folder / "clip.mp4"
        if self.script.broken_clip:
            path.write_bytes(b"no video at all")
        else:
            await asyncio.to_thread(_write_clip, path, f"{operation['id']}/{clip.locator['number']}")
        if self._done.get("cut", 0) < self.script.cut_short:
            self._done["cut"] = self._done.get("cut", 0) + 1
            path.write_bytes(path.read_bytes()[:200])
        return Fetched(path)

    async def cancel(self, operation: Json) -> bool:
        return self.script.can_cancel

    async def forget(self, operation: Json) -> None:
        return None

    async def find(self, request: GenerationRequest, since: datetime) -> Sequence[Found]:
        """Everything accepted since then, the newest first."""
        return [
            Found({"id": entry["id"], "accepted": entry["accepted"]}, f"operation {entry['id']}")
            for entry in reversed(self.entries())
            if entry["accepted"] >= since.timestamp()
        ]

    async def close(self) -> None:
        self.closed += 1

    def _raise_next(self, step: str, errors: Sequence[str]) -> None:
        done = self._done.get(step, 0)
        if done < len(errors):
            self._done[step] = done + 1
            name, _, hint = errors[done].partition(":")
            error = _ERRORS[name]
            if isinstance(error, NotAccepted | Unavailable) and hint:
                raise type(error)(str(error), float(hint))
            raise error


_ERRORS: dict[str, ProviderError] = {
    "NotAccepted": NotAccepted("The script refuses it", retry_after_s=0.05),
    "Unreachable": NotAccepted("The script can't be reached"),
    "Rejected": Rejected("The script rejects it", FailureReason.SAFETY),
    "OutcomeUnknown": OutcomeUnknown("The script drops the connection"),
    "AuthLapsed": AuthLapsed("The script's key has run out"),
    "Unavailable": Unavailable("The script is busy"),
    "OperationGone": OperationGone("The script has forgotten it"),
}


def _price(request: GenerationRequest) -> int:
    seconds, samples = request.settings.get("duration_s", 0), request.settings.get("samples", 1)
    return PRICE_MICROS_PER_S * int(seconds) * int(samples)


def _write_clip(path: Path, name: str) -> None:
    """A small, playable MP4 whose colour tells one clip from another."""
    import av
    import numpy as np

    shade = np.frombuffer(name.encode().rjust(3)[-3:], np.uint8)
    with av.open(str(path), "w") as container:
        container.metadata["comment"] = name  # before the first packet, or it is not written
        stream = container.add_stream("libx264", rate=Fraction(24), options={"threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for number in range(24):
            picture = np.full((72, 128, 3), shade, np.uint8)
            picture[:, : 4 * number + 8] //= 2
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
