"""Errors of the domain → what HTTP answers, in one table."""

from __future__ import annotations

from immutabledict import immutabledict
from pydantic import ValidationError
from starlette.responses import Response

from workbench.domain.errors import (
    AuthLapsed,
    BadMedia,
    BadSetting,
    BudgetExceeded,
    FolderError,
    FolderFull,
    IllegalTransition,
    InvalidRequest,
    ProviderError,
    ProviderNotReady,
    RequestError,
    Unavailable,
    UnknownModel,
    UnknownRun,
    UnknownWorkflow,
    WorkbenchError,
)
from workbench.server import answers
from workbench.store.keys import KeyReused

# The first that fits, so what is narrower stands before what is wider.
STATUSES: tuple[tuple[type[WorkbenchError], int, str], ...] = (
    (InvalidRequest, 400, "invalid_request"),
    (BadMedia, 400, "bad_media"),
    (UnknownModel, 400, "unknown_model"),
    (UnknownRun, 404, "unknown_run"),
    (UnknownWorkflow, 404, "unknown_workflow"),
    (KeyReused, 422, "idempotency_key_reused"),
    (RequestError, 400, "invalid_request"),
    (BudgetExceeded, 402, "budget_exceeded"),
    (ProviderNotReady, 424, "provider_not_ready"),
    (IllegalTransition, 409, "wrong_state"),
    (FolderFull, 507, "folder_full"),
    (FolderError, 503, "folder_unusable"),
    (BadSetting, 503, "bad_setting"),
    (Unavailable, 502, "provider_unavailable"),
    (AuthLapsed, 502, "provider_refuses_key"),
    (ProviderError, 502, "provider_error"),
)
# Clients send 409, 429 and 5xx again by themselves. None of these has made anything, but trying again does
# not help either, and a client that knows this header need not.
NO_USE_TRYING = immutabledict({"x-should-retry": "false"})


class Refused(RequestError):
    """A refusal that a route words itself."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, hint: str | None = None
    ) -> None:
        self.status, self.code, self.param, self.hint = status, code, param, hint
        super().__init__(message)


def refusal(error: WorkbenchError) -> Response:
    if isinstance(error, Refused):
        return answers.error(
            error.status, error.code, str(error), param=error.param, hint=error.hint, headers=NO_USE_TRYING
        )
    status, code = next(
        ((status, code) for kind, status, code in STATUSES if isinstance(error, kind)), (500, "internal")
    )
    message, param, hint = str(error), None, None
    if isinstance(error, InvalidRequest):
        # Rules across fields may say the same twice.
        message = " ".join(dict.fromkeys(fault.wrong for fault in error.faults))
        hint = " ".join(dict.fromkeys(fault.allowed for fault in error.faults if fault.allowed)) or None
        param = str(error.faults[0].field)
    elif isinstance(error, UnknownModel):
        param = "model"
    headers = {} if status == 503 else NO_USE_TRYING
    return answers.error(status, code, message, param=param, hint=hint, headers=headers)


def unfit(error: ValidationError, where: str) -> Response:
    """A body or query that is not of the documented shape: every fault in one sentence each."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{_place(fault['loc']) or where}: {fault['msg'].rstrip('.')}." for fault in faults[:5]]
    more = f" And {len(faults) - 5} more." if len(faults) > 5 else ""
    return answers.error(
        400,
        "invalid_request",
        " ".join(told) + more,
        param=_place(faults[0]["loc"]) or None,
        hint="The shapes stand at /api/docs.",
        headers=NO_USE_TRYING,
    )


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)[:100]
