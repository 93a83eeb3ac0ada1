"""What Google's SDK raises for an interaction, and the refusals that are Google's own → ``ProviderError``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

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
from workbench.providers.http import refusals

if TYPE_CHECKING:
    from google.genai import errors

# Google answers a wrong key with 400, not with 401.
_BAD_KEY = re.compile(r"api[ _]key (not valid|expired|not found|invalid)|API_KEY_INVALID", re.I)
_NO_SUCH = re.compile(r"invalid interaction (name|id)|interaction\b.*\bnot found", re.I)
_NEVER_LEFT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})
_UNFIT = frozenset({"InvalidURL", "LocalProtocolError"})


def of_sdk(who: str, error: errors.APIError, secrets: Collection[str] = ()) -> ProviderError:
    """A status that is no success, as the SDK raises it outside of interactions."""
    headers = dict(getattr(error.response, "headers", None) or {})
    body = error.details
    if isinstance(body, dict) and set(body) == {"message", "status"}:  # its own, around what was no JSON
        body = str(body["message"])[:20_000]
    return at_submit(who, error.code, body, headers, secrets)


def at_submit(
    who: str, status: int, body: Any, headers: Mapping[str, str], secrets: Collection[str] = ()
) -> ProviderError:
    """A status that is no success, as ``http.refusals.at_submit``."""
    if status == 400 and _BAD_KEY.search(_whole(body)):
        return Rejected(
            f"{who} answered 400: {refusals.in_words(body, secrets=secrets)}. Check its key",
            FailureReason.AUTH,
        )
    return refusals.at_submit(who, status, body, headers, secrets)


def afterwards(
    who: str, status: int, body: Any, headers: Mapping[str, str], secrets: Collection[str] = ()
) -> ProviderError:
    """The same for a poll or a cancel. An unknown interaction is a 400 here, a wrong key, too."""
    text = f"{who} answered {status}: {refusals.in_words(body, secrets=secrets)}"
    if status == 400 and _BAD_KEY.search(_whole(body)):
        return AuthLapsed(f"{text}. Check its key")
    if status == 400 and _NO_SUCH.search(refusals.in_words(body)):
        return OperationGone(text)
    return refusals.afterwards(who, status, body, headers, secrets)


def no_answer(who: str, error: BaseException) -> ProviderError:
    """Of a submit: nothing came back (``error`` is the SDK's or its HTTP client's)."""
    names = _names(error)
    if isinstance(error, ValueError):
        why = f"{who} can't be asked: the SDK refuses the request ({type(error).__name__}); nothing was sent"
        return Rejected(why, FailureReason.INVALID_REQUEST)
    if names & _UNFIT:  # its text may quote the key
        return Rejected(f"{who} can't be asked: its key or base URL is malformed", FailureReason.AUTH)
    if names & _NEVER_LEFT:
        return NotAccepted(f"{who} can't be reached ({_why(names)})")
    return OutcomeUnknown(f"{who} gave no answer ({_why(names)})")


def unreachable(who: str, error: BaseException) -> Unavailable:
    """Of anything that may be asked again."""
    return Unavailable(f"{who} can't be reached ({_why(_names(error))})")


def _why(names: frozenset[str]) -> str:
    if names & {"TimeoutException", "APITimeoutError", "TimeoutError"}:
        return "it took too long"
    if names & {"RemoteProtocolError", "ReadError", "CloseError"}:
        return "it closed the connection"
    if names & _NEVER_LEFT:
        return "no connection"
    return sorted(names - {"object", "Exception", "BaseException"})[0]


def _names(error: BaseException) -> frozenset[str]:
    """The classes of the error and of what caused it: httpx and httpx2 name them alike."""
    found: set[str] = set()
    cause: BaseException | None = error
    while cause is not None:
        found.update(base.__name__ for base in type(cause).__mro__)
        cause = cause.__cause__
    return frozenset(found)


def _whole(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)
