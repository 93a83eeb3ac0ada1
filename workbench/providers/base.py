"""What every provider is: one asynchronous Protocol, and the values that cross it.

A provider knows one wire and nothing of the log. The runner writes to the log before and after each
call; the provider raises one of ``domain.errors.ProviderError`` and so says what became of the money.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether the endpoint answers and takes the key, in words. Asking costs nothing."""

    ok: bool
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An operation that the provider lists and that may be the one of an uncertain run.

    ``is_likely`` says that model and prompt are the run's own, as far as the list tells them.
    """

    operation: Json
    label: str
    created_at: datetime | None = None
    is_likely: bool = False


@runtime_checkable
class Provider(Protocol):
    """One configured endpoint. Providers inherit from it, and so get what most of them have alike.

    ``endpoint`` is the first half of its model names. ``account`` (see ``providers.accounts``) says who
    pays: a runner only claims runs of accounts that it has. ``at_once`` is how many operations it may have
    open, ``a_minute`` how many requests it may send; ``poll_every_s`` is its quickest polling.
    ``tells_expiry`` is false where the end of a clip's retention is only reckoned: that alone ends no run.
    """

    endpoint: str
    account: str
    at_once: int
    poll_every_s: float
    a_minute: int | None = None
    tells_expiry: bool = True

    def models(self) -> Sequence[Capabilities]:
        """What it serves, as far as it is known. Cheap; no network."""
        ...

    def model(self, name: str) -> Capabilities | None:
        """The model of that full name (``endpoint/model``), one that ``models`` does not list included."""
        return next((model for model in self.models() if model.model == name), None)

    def missing(self) -> Sequence[Missing]:
        """What has to be set first; empty when it is ready."""
        ...

    def secrets(self) -> Collection[str]:
        """Its keys: none of them is ever told or kept, whatever a server repeats."""
        return ()

    async def probe(self) -> Probe:
        """Ask, without spending, whether it answers and takes the key; learn which models it lists."""
        return Probe(True, "on this machine")

    async def submit(self, submission: Submission) -> Json:
        """Send the request once. Returns the operation: JSON with which ``poll`` can go on in any process.

        Raises ``NotAccepted``, ``Rejected`` (``TooLarge`` where smaller pictures may pass) or
        ``OutcomeUnknown``.
        """
        ...

    async def poll(self, operation: Json) -> Poll:
        """Ask once. Raises ``Unavailable``, ``AuthLapsed`` or ``OperationGone``."""
        ...

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """Write one finished clip (or still) into ``folder``, which the caller empties afterwards.

        The folder stays the same from try to try, so that a download can go on where it broke off.
        Raises ``Unavailable``, ``AuthLapsed`` or ``OperationGone``.
        """
        ...

    async def cancel(self, operation: Json) -> bool:
        """Ask to stop. True when the provider has stopped it for certain."""
        ...

    async def find(self, request: GenerationRequest, since: datetime) -> Sequence[Found]:
        """Operations sent since then that may be this request's, the likeliest first.

        Only where ``Capabilities.can_find``. Raises ``Unavailable`` or ``AuthLapsed``.
        """
        return ()

    async def forget(self, operation: Json) -> None:
        """The clips are stored: drop what this machine keeps for the operation. Never fails."""
        return

    async def close(self) -> None:
        """Let go of the connections that the running loop holds. It may be used again afterwards."""
        return
