"""How a command ends: one sentence on standard error, and the status that scripts rely on."""

from __future__ import annotations

from enum import IntEnum

from workbench.domain.errors import (
    BadSetting,
    BudgetExceeded,
    FolderError,
    ProviderNotReady,
    RequestError,
    WorkbenchError,
)


class ExitStatus(IntEnum):
    """Promised in the documentation: change it there too."""

    DONE = 0  # every run succeeded
    RUN_FAILED = 1  # a run failed, was filtered, expired, is uncertain or still goes on
    WRONG_REQUEST = 2  # nothing was sent, nothing written
    OVER_BUDGET = 3  # nothing was sent
    NOT_SET_UP = 4  # the provider lacks a setting
    INTERRUPTED = 130
    PIPE_CLOSED = 141  # as every Unix tool whose reader went away


def status_of(error: WorkbenchError) -> ExitStatus:
    match error:
        case RequestError() | BadSetting() | FolderError():
            return ExitStatus.WRONG_REQUEST
        case BudgetExceeded():
            return ExitStatus.OVER_BUDGET
        case ProviderNotReady():
            return ExitStatus.NOT_SET_UP
        case _:
            return ExitStatus.RUN_FAILED
