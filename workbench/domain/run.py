"""A run: one request sent once. Its states, its legal changes of state, and the value pages read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.errors import FailureReason, IllegalTransition
from workbench.domain.media import Media
from workbench.domain.request import GenerationRequest

Json = Mapping[str, object]
EMULATED = ":emulated:"  # stands in the account of an endpoint that uses an emulator's test credentials
IMPORTED = "imported"  # the account of a run that was made elsewhere
TEST_PREFIX = "emulated-"  # begins every credential that an emulator gives out; no service has such keys


class Status(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"
    GENERATING = "generating"
    DOWNLOADING = "downloading"
    UNCERTAIN = "uncertain"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    FILTERED = "filtered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_busy(self) -> bool:
        """A runner still has work to do."""
        return self in BUSY

    @property
    def is_final(self) -> bool:
        return self in FINAL


BUSY = frozenset({Status.QUEUED, Status.SUBMITTING, Status.GENERATING, Status.DOWNLOADING})
FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.FILTERED, Status.EXPIRED, Status.CANCELLED})

# The one table of legal changes; the store refuses any other. `uncertain` waits for a person.
TRANSITIONS: Mapping[Status, frozenset[Status]] = immutabledict(
    {
        Status.QUEUED: frozenset({Status.SUBMITTING, Status.CANCELLED, Status.FAILED}),
        Status.SUBMITTING: frozenset(
            {
                Status.GENERATING,
                Status.QUEUED,  # certainly not accepted, or a provider whose submit may be repeated
                Status.FAILED,
                Status.UNCERTAIN,
                Status.CANCELLED,
            }
        ),
        Status.UNCERTAIN: frozenset({Status.GENERATING, Status.FAILED, Status.QUEUED}),
        Status.GENERATING: frozenset(
            {
                Status.DOWNLOADING,
                Status.FAILED,
                Status.FILTERED,
                Status.EXPIRED,
                Status.CANCELLED,
            }
        ),
        Status.DOWNLOADING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.EXPIRED}),
        Status.SUCCEEDED: frozenset(),
        Status.FAILED: frozenset(),
        Status.FILTERED: frozenset(),
        Status.EXPIRED: frozenset(),
        Status.CANCELLED: frozenset(),
    }
)


def check_transition(old: Status, new: Status) -> None:
    """Raise ``IllegalTransition`` unless ``old → new`` stands in the table."""
    if new not in TRANSITIONS[old]:
        legal = ", ".join(sorted(TRANSITIONS[old])) or "nothing: it is final"
        raise IllegalTransition(f"A run can't go from {old} to {new}; from {old} it can go to {legal}.")


class Kind(StrEnum):
    """What a run makes."""

    VIDEO = "video"
    IMAGE = "image"


# What the file of a result is called at the end; the first is the usual one.
SUFFIXES = immutabledict({Kind.VIDEO: (".mp4",), Kind.IMAGE: (".png", ".jpg", ".jpeg")})


class Parenthood(StrEnum):
    """How a run follows from its parent."""

    TAKE = "take"
    VARIANT = "variant"
    EXTENSION = "extension"
    EDIT = "edit"
    STILL = "still"


class Charge(StrEnum):
    """What is known of the money. ``MAYBE`` is said aloud wherever it stands."""

    NONE = "none"
    MAYBE = "maybe"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run came from. Not part of its hash: the same request is the same request.

    ``brief_id`` is what was seen in the references that its prompt was written from.
    """

    parent_id: str | None = None
    parenthood: Parenthood | None = None
    experiment_id: str | None = None
    template: str = ""
    slots: Mapping[str, str] = field(default_factory=immutabledict)
    brief_id: str | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """One video (or still) that a run produced. ``path`` is where it lies in this data folder."""

    index: int
    media: Media
    path: Path
    poster: Media | None = None
    last_frame: Media | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the log, as pages, notebooks and the command line read it.

    Times are aware UTC datetimes, ``None`` until the step was reached. ``estimate_micros`` and
    ``billed_micros`` are millionths of a US dollar. ``progress`` is 0 to 1 where the provider tells
    it. ``report`` is what the provider says of its own work (the embedded engine: its shot plan and
    the words it did not render). ``held_until`` is when the provider drops a clip that is not stored here
    yet. ``followed_from`` is when a person asked to follow it closely again, after it was ``overdue``.
    ``rating`` is the mean over people and criteria, 1 to 5.
    """

    id: str
    rowid: int
    request: GenerationRequest
    status: Status
    account: str
    created_at: datetime
    kind: Kind = Kind.VIDEO
    origin: Origin = field(default_factory=Origin)
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    ready_at: datetime | None = None
    finished_at: datetime | None = None
    deleted_at: datetime | None = None
    failure: FailureReason | None = None
    message: str = ""
    blocked_reason: str = ""
    overdue: bool = False
    unwanted: bool = False
    cancel_requested: bool = False
    progress: float | None = None
    progress_note: str = ""
    operation: Json = field(default_factory=immutabledict)
    report: Json = field(default_factory=immutabledict)
    adjustments: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    estimate_micros: int | None = None
    billed_micros: int | None = None
    charge: Charge = Charge.NONE
    rating: float | None = None
    clips: tuple[Clip, ...] = ()
    held_until: datetime | None = None
    followed_from: datetime | None = None

    @property
    def is_emulated(self) -> bool:
        """Made by an emulator, with its test credentials: nothing was ever charged."""
        return is_of_emulator(self.account)

    @property
    def is_imported(self) -> bool:
        """Made elsewhere: what is said of it stands in its recipe, or was said by who imported it."""
        return self.account == IMPORTED

    @property
    def queue_s(self) -> float | None:
        """Seconds from the row's birth to the request leaving."""
        return _seconds(self.created_at, self.submitted_at)

    @property
    def latency_s(self) -> float | None:
        """Seconds from accepted to seen done: the model's own time."""
        return _seconds(self.accepted_at, self.ready_at)

    @property
    def download_s(self) -> float | None:
        """Seconds from seen done to the last clip stored."""
        return _seconds(self.ready_at, self.finished_at) if self.clips else None

    @property
    def clip(self) -> Clip | None:
        return self.clips[0] if self.clips else None

    @property
    def waits_for(self) -> str:
        """What holds it up, in words; empty when nothing does."""
        return _CAUSE.sub("", self.blocked_reason) or (self.message if self.status is Status.QUEUED else "")

    @property
    def outcome(self) -> str:
        """One sentence: what became of the run, of the money, and what to do."""
        return _outcome(self)


_CAUSE = re.compile("^(auth|disk): ")  # the log's word for who has to mend it


def is_of_emulator(account: str) -> bool:
    """Whether what that account makes and answers is made up, and nobody charges it."""
    return EMULATED in account


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None


_CHARGED = {
    Charge.NONE: "Nothing was charged.",
    Charge.MAYBE: "It may have been charged.",
    Charge.YES: "It was charged.",
}


def _outcome(run: Run) -> str:
    said = f" {run.message.rstrip('.')}." if run.message else ""
    money = "It was emulated: nothing was charged." if run.is_emulated else _CHARGED[run.charge]
    match run.status:
        case Status.SUCCEEDED:
            were = "was" if len(run.filtered) == 1 else "were"
            taken = f"; {len(run.filtered)} more {were} taken by the safety filter" if run.filtered else ""
            thing = "picture" if run.kind is Kind.IMAGE else "clip"
            plural = "" if len(run.clips) == 1 else "s"
            if run.is_imported:
                return f"Run {run.id} was imported; what it shows was made elsewhere."
            if not run.clips:
                return f"Run {run.id} succeeded; what it made is not in this folder."
            return f"Run {run.id} made {len(run.clips)} {thing}{plural}{taken}."
        case Status.FAILED:
            why = str(run.failure).replace("_", " ")
            return f"Run {run.id} failed ({why}).{said} {money}"
        case Status.FILTERED:
            reasons = "; ".join(run.filtered) or "no reason given"
            return (
                f"Run {run.id}: the safety filter took every clip ({reasons}). {money} "
                f"Change the prompt or the references and try again."
            )
        case Status.EXPIRED:
            return f"Run {run.id} expired: the provider no longer holds it.{said} {money}"
        case Status.UNCERTAIN:
            return (
                f"Run {run.id} is uncertain: the request left, and it can't be told whether the "
                f"provider took it.{said} {money} "
                f"Look at the provider's console, then close it or send it again knowingly."
            )
        case Status.CANCELLED:
            return f"Run {run.id} was cancelled. {money}"
        case _:
            waits = f" It waits: {run.waits_for.rstrip('.')}." if run.waits_for else ""
            overdue = (
                " It takes longer than its model should, so it is looked at every ten minutes only; "
                "`workbench resume` follows it closely again."
            )
            note = f" {run.progress_note.rstrip('.')}." if run.progress_note else ""
            return f"Run {run.id} is {run.status}.{waits or note}{overdue if run.overdue else ''}"
