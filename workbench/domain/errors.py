"""Everything that can go wrong, as one tree.

    WorkbenchError
    ├── RequestError            the request is wrong; nothing was sent, nothing written
    │   ├── InvalidRequest      every fault at once: field, what is wrong, what is allowed
    │   ├── BadMedia            a reference that can't be used, and what to do about it
    │   ├── UnknownModel        no endpoint serves that name
    │   ├── UnknownRun          no run with that id
    │   └── UnknownWorkflow     no workflow with that id
    ├── BudgetExceeded          the cap forbids it; nothing was sent
    ├── BadSetting              an environment variable that can't be used
    ├── ProviderNotReady        a key or address is missing; names the variable
    ├── RunFailed               the run ended without a clip; carries the run
    ├── WorkflowFailed          a step before the run failed; carries the workflow
    ├── FolderError             the data folder can't be used; nothing was changed
    │   ├── FolderReadOnly
    │   ├── FolderFull
    │   ├── FolderInUse         another machine is working in it, or a process keeps it locked
    │   ├── LogTooNew           written by a newer workbench
    │   └── LogUnreadable       not our database, or damaged
    ├── IllegalTransition       the store refuses a change of state that domain.run does not list
    ├── LeaseLost               another process has taken the run over; stop writing
    └── ProviderError           what a provider raises; its class says what became of the money
        ├── NotAccepted         certainly not accepted: may be sent again after ``retry_after_s``
        ├── Rejected            certainly not accepted, and sending it again would not help
        │   └── TooLarge        413: smaller pictures may pass
        ├── OutcomeUnknown      may have been accepted and charged: never sent again by itself
        │   └── NotKept         it was, and what came has no room on this machine; ``again`` tries once more
        ├── AuthLapsed          the key stopped working while the operation goes on remotely
        ├── Unavailable         a poll or a download did not go through: ask again later
        └── OperationGone       the provider no longer knows the operation

Each message is one sentence that says what is wrong, what is allowed, and what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.domain.run import Run
    from workbench.domain.workflow import Workflow


class WorkbenchError(Exception):
    """Root of the tree. ``str(error)`` is fit to be shown to a person."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request."""

    field: str
    wrong: str
    allowed: str = ""

    def __str__(self) -> str:
        return f"{self.wrong} {self.allowed}".strip()


class RequestError(WorkbenchError):
    """The request can't be sent as it stands; nothing was sent and nothing was written."""


class InvalidRequest(RequestError):
    """Every fault of a request at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{fault.field}: {fault}" for fault in self.faults))


class BadMedia(RequestError):
    """A file that can't serve as a reference."""


class UnknownModel(RequestError):
    """No configured endpoint serves the model."""


class UnknownRun(RequestError):
    """The log holds no such run."""


class UnknownWorkflow(RequestError):
    """The log holds no such workflow."""


class BudgetExceeded(WorkbenchError):
    """The estimated cost does not fit under the cap; nothing was sent."""


class BadSetting(WorkbenchError):
    """An environment variable that can't be used; the message says which and what is allowed."""


class ProviderNotReady(WorkbenchError):
    """The provider is known but not set up; the message names the missing variable."""


class RunFailed(WorkbenchError):
    """A run ended without a clip. ``error.run`` is the run as the log holds it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        super().__init__(run.outcome)


class WorkflowFailed(WorkbenchError):
    """A step before the run failed. ``error.workflow`` is how far it came."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        super().__init__(f"{workflow.message.rstrip('.')}. It can go on from the step {workflow.step}.")


class FolderError(WorkbenchError):
    """The data folder can't be used as it is; nothing in it was changed."""


class FolderReadOnly(FolderError):
    pass


class FolderFull(FolderError):
    pass


class FolderInUse(FolderError):
    pass


class LogTooNew(FolderError):
    pass


class LogUnreadable(FolderError):
    pass


class IllegalTransition(WorkbenchError):
    """A run can't go from the one state to the other (``domain.run.TRANSITIONS``)."""


class LeaseLost(WorkbenchError):
    """The run's lease has a newer epoch: another runner owns it now."""


class FailureReason(StrEnum):
    """Why a run failed, as the filters and the exit texts name it."""

    INVALID_REQUEST = "invalid_request"
    AUTH = "auth"
    QUOTA = "quota"
    SAFETY = "safety"
    PROVIDER = "provider"  # the provider's own failure after it had accepted
    UNUSABLE_CLIP = "unusable_clip"  # it delivered something that no player opens
    CLOSED = "closed"  # an uncertain run that a person closed by hand


class ProviderError(WorkbenchError):
    """Root of what providers raise."""


class NotAccepted(ProviderError):
    """Refused before anything was accepted (connection refused, 429).

    ``retry_after_s`` is what the server asked for, and holds for all requests to that model; ``None`` leaves
    it to the runner, which waits longer from try to try.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Rejected(ProviderError):
    """Refused for good (4xx other than 408 and 429)."""

    def __init__(self, message: str, reason: FailureReason) -> None:
        self.reason = reason
        super().__init__(message)


class TooLarge(Rejected):
    """413: certainly not accepted; the runner sends it again with smaller pictures."""

    def __init__(self, message: str) -> None:
        super().__init__(message, FailureReason.INVALID_REQUEST)


class OutcomeUnknown(ProviderError):
    """408, 5xx, a timeout or a dropped connection at submit."""


class NotKept(OutcomeUnknown):
    """The answer held the result itself, and it can't be written down as things are.

    ``again`` tries once more, and returns the operation or raises this.
    """

    def __init__(self, message: str, again: Callable[[], Awaitable[Mapping[str, object]]]) -> None:
        self.again = again
        super().__init__(message)


class AuthLapsed(ProviderError):
    """401, 403 or an expired token while polling, cancelling or downloading."""


class Unavailable(ProviderError):
    """A poll or download that did not go through for now. ``retry_after_s`` is the server's own wish."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class OperationGone(ProviderError):
    """The provider has forgotten the operation, or its retention ended."""
