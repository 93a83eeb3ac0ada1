"""What every provider is: one asynchronous Protocol, and the values that cross it.

A provider knows one wire and nothing of the log. The runner writes to the log before and after each
call; the provider raises one of ``domain.errors.ProviderError`` and so says what became of the money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FailureReason
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Json


@dataclass(frozen=True, slots=True)
class Parent:
    """The finished run that this one extends or edits, as far as a provider may need it."""

    run_id: str
    operation: Json
    report: Json
    last_frame: Path | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A validated request with its files at hand. ``files`` maps a media SHA-256 to its path."""

    run_id: str
    request: GenerationRequest
    files: Mapping[str, Path] = field(default_factory=immutabledict)
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class RemoteClip:
    """A finished clip that is still with the provider. ``locator`` is the provider's own (JSON)."""

    index: int
    locator: Json
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """Not finished. ``fraction`` is 0 to 1 where the provider tells it."""

    fraction: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """Done. No clips and reasons in ``filtered`` means that the safety filter took them all."""

    clips: tuple[RemoteClip, ...]
    filtered: tuple[str, ...] = ()
    report: Json = field(default_factory=immutabledict)
    billed_micros: int | None = None
    charge: Charge = Charge.MAYBE


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider accepted the request and then failed."""

    reason: FailureReason
    message: str
    charge: Charge = Charge.MAYBE


Poll = Running | Finished | Failed


@dataclass(frozen=True, slots=True)
class Fetched:
    """What ``fetch`` wrote. ``last_frame`` is a clean last picture, where the provider has one."""

    clip: Path
    last_frame: Path | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing to set before the provider works."""

    variable: str
    what: str


@runtime_checkable
class Provider(Protocol):
    """One configured endpoint.

    ``endpoint`` is the first half of its model names. ``account`` says who pays (provider, address,
    project fingerprint): a runner only claims runs of accounts that it has. ``at_once`` is how many
    operations it may have open; ``poll_every_s`` its quickest polling.
    """

    endpoint: str
    account: str
    at_once: int
    poll_every_s: float

    def models(self) -> Sequence[Capabilities]:
        """What it serves. Cheap; no network."""
        ...

    def missing(self) -> Sequence[Missing]:
        """What has to be set first; empty when it is ready."""
        ...

    async def submit(self, submission: Submission) -> Json:
        """Send the request once. Returns the operation: JSON with which ``poll`` can go on in any process.

        Raises ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown``.
        """
        ...

    async def poll(self, operation: Json) -> Poll:
        """Ask once. Raises ``Unavailable``, ``AuthLapsed`` or ``OperationGone``."""
        ...

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """Write one finished clip into ``folder`` (which the caller empties afterwards).

        Raises ``Unavailable``, ``AuthLapsed`` or ``OperationGone``.
        """
        ...

    async def cancel(self, operation: Json) -> bool:
        """Ask to stop. True when the provider has stopped it for certain."""
        ...

    async def forget(self, operation: Json) -> None:
        """The clips are stored: drop what this machine keeps for the operation. Never fails."""
        ...
