"""What OpenAI's SDK raises → ``ProviderError``."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from workbench.domain.errors import (
    FailureReason,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
)
from workbench.providers.http import refusals

if TYPE_CHECKING:
    from openai import APIStatusError

_NEVER_LEFT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})
# OpenAI's code is surer than its words (openai 3.52.0, types/responses/response_error.py, and its guides).
SAFETY_CODES = frozenset(
    {
        "moderation_blocked",
        "content_policy_violation",
        "image_content_policy_violation",
        "misalignment_policy_violation",
        "bio_policy",
    }
)


def at_submit(who: str, error: APIStatusError, secrets: Collection[str] = ()) -> ProviderError:
    """A status that is no success, as ``http.refusals.at_submit``."""
    try:
        body = error.response.json()
    except ValueError:
        body = error.response.text[:20_000]
    found = refusals.at_submit(who, error.status_code, body, dict(error.response.headers), secrets)
    if isinstance(found, Rejected) and not isinstance(found, TooLarge) and _code(body) in SAFETY_CODES:
        return Rejected(str(found), FailureReason.SAFETY)
    return found


def no_answer(who: str, error: BaseException) -> ProviderError:
    """Nothing came back (``error`` is the SDK's or its HTTP client's)."""
    names: set[str] = set()
    cause: BaseException | None = error
    while cause is not None:
        names.update(base.__name__ for base in type(cause).__mro__)
        cause = cause.__cause__ or cause.__context__
    if names & _NEVER_LEFT:
        return NotAccepted(f"{who} can't be reached (no connection)")
    is_late = names & {"TimeoutException", "TimeoutError", "APITimeoutError"}
    why = "it took too long" if is_late else "it closed the connection"
    return OutcomeUnknown(f"{who} gave no answer ({why})")


def _code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code") or "") if isinstance(error, dict) else ""
