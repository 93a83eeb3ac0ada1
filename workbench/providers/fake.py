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
    Unavailable,
)
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Json
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Missing,
    Poll,
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

    Errors are names of ``domain.errors`` classes. ``submit_s`` passes between the acceptance and the
    answer: a process that dies in between has paid and does not know. ``filtered`` of ``clips`` are
    taken by the safety filter. ``outcome`` is ``clips``, ``failed`` or ``nothing``.
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
    at_once: int = 16


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
        self._done: dict[str, int] = {}

    def models(self) -> Sequence[Capabilities]:
        return [
            Capabilities(
                model="fake/clip",
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
            )
        ]

    def missing(self) -> Sequence[Missing]:
        return []

    def accepted(self) -> list[str]:
        """Run ids in the order of acceptance: one entry for each request that would be charged."""
        if not self.journal.exists():
            return []
        return [json.loads(line)["run_id"] for line in self.journal.read_text().splitlines()]

    async def submit(self, submission: Submission) -> Json:
        self._raise_next("submit", self.script.submit_errors)
        operation = {"id": secrets.token_hex(8), "accepted": time.time()}
        line = json.dumps({"run_id": submission.run_id, **operation}) + "\n"
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
        left = tuple(RemoteClip(i, {"number": i}) for i in range(self.script.clips - taken))
        return Finished(left, filtered=("Support codes: 15236754",) * taken, charge=Charge.YES)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        self._raise_next("fetch", self.script.fetch_errors)
        path = folder / "clip.mp4"
        if self.script.broken_clip:
            path.write_bytes(b"no video at all")
        else:
            await asyncio.to_thread(_write_clip, path, f"{operation['id']}/{clip.locator['number']}")
        return Fetched(path)

    async def cancel(self, operation: Json) -> bool:
        return self.script.can_cancel

    async def forget(self, operation: Json) -> None:
        return None

    def _raise_next(self, step: str, errors: Sequence[str]) -> None:
        done = self._done.get(step, 0)
        if done < len(errors):
            self._done[step] = done + 1
            raise _ERRORS[errors[done]]


_ERRORS: dict[str, ProviderError] = {
    "NotAccepted": NotAccepted("The script refuses it", retry_after_s=0.05),
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
        stream = container.add_stream("libx264", rate=Fraction(24), options={"threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for number in range(24):
            picture = np.full((72, 128, 3), shade, np.uint8)
            picture[:, : 4 * number + 8] //= 2
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
        container.metadata["comment"] = name
