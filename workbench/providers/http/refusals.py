"""An HTTP answer that is no success → the error that says what became of the money.

At submit (the table of states in CONTRIBUTING): 4xx other than 408 and 429 is a refusal for good, 429
may be sent again later, and 408, 5xx or anything unreadable may have been accepted. Later on a refusal
never loses the operation: the key may be mended, the server may come back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

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
from workbench.providers.http.masking import masked

WAIT_AFTER_429_S = 30.0  # where the server names none
LONGEST_WAIT_S = 3_600.0
_ENOUGH = 20_000  # characters of an answer, to find the few that are told
CHECK_ITS_KEY = ". Check its key"
_SAFETY = re.compile(
    r"safety|responsible ai|prohibited|content[_ ]?(policy|filter)|moderation|support codes?:"
    r"|sensitive (content|word)"
    r"|(prompt|content|input|output|image|video)\w* (was |were |is |has been )?(blocked|filtered)"
    r"|(blocked|filtered) (by|due to|because)[^.]{0,40}(polic|filter|guideline)|raimediafiltered",
    re.I,
)
# Google's plain 429 speaks of "plan and billing details", too: words alone don't make it final.
_QUOTA_FOR_GOOD = re.compile(
    r"insufficient[_ ](user[_ ])?(quota|balance|credit|fund)|prepay|payment required|out of credit"
    r"|(credit|balance|fund)s?\b[^.]{0,40}\b(low|empty|exhausted|depleted|insufficient|not enough)"
    r"|not enough (credit|balance|fund)",
    re.I,
)
_SECRET = re.compile(
    r"(bearer\s+|(?:key|token|authorization|signature|sig|credential|password|secret)(?:\s+provided)?"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]{6,}",
    re.I,
)
_SAYING = ("message", "detail", "error", "msg", "error_message", "reason", "code")
_KEY_SHAPES = re.compile(
    r"\b(sk-|AIza|AQ\.|ya29\.|eyJ|emulated-)[A-Za-z0-9._*-]{6,}"  # OpenAI's, Google's three, a JWT, ours
)


def at_submit(
    who: str,
    status: int,
    body: object,
    headers: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
) -> ProviderError:
    """``who`` is the endpoint, ``body`` the parsed JSON or the text of the answer.

    ``secrets`` are keys that the answer may repeat in any form; they never get into the message.
    """
    said = in_words(body, secrets=secrets)
    text = f"{who} answered {status}" + (f": {said}" if said else "")
    hint = retry_after(body, headers)
    is_used_up = bool(_QUOTA_FOR_GOOD.search(_all_of(body)))
    match status:
        case 408:
            return OutcomeUnknown(text)
        case 413:
            return TooLarge(text)
        case 429 if is_used_up and hint is None:
            return Rejected(text, FailureReason.QUOTA)
        case 429:
            return NotAccepted(text, WAIT_AFTER_429_S if hint is None else hint)
        case 402:
            return Rejected(text, FailureReason.QUOTA)
        case 401:
            return Rejected(f"{text}{CHECK_ITS_KEY}", FailureReason.AUTH)
        case 400 if _is_bad_key(body):
            return Rejected(f"{text}{CHECK_ITS_KEY}", FailureReason.AUTH)
        case 403 if is_used_up:
            return Rejected(text, FailureReason.QUOTA)
        case 403 if not is_safety(body):
            return Rejected(f"{text}{CHECK_ITS_KEY} and what that key may do", FailureReason.AUTH)
        case 404 if not is_safety(body):
            return Rejected(f"{text}. Check the model's name and the base URL", FailureReason.INVALID_REQUEST)
        case 409:
            return Rejected(f"{text}. It was not taken; send it again", FailureReason.INVALID_REQUEST)
        case _ if 400 <= status < 500:
            reason = FailureReason.SAFETY if is_safety(body) else FailureReason.INVALID_REQUEST
            return Rejected(text, reason)
        case _ if 300 <= status < 400:
            to = f"{who} answered {status}: it redirects, and a paid request follows no redirect"
            return Rejected(f"{to}. Set its base URL to where it really is", FailureReason.INVALID_REQUEST)
    return OutcomeUnknown(text)


def afterwards(
    who: str,
    status: int,
    body: object,
    headers: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
) -> ProviderError:
    """For polls, cancels, lists and downloads."""
    said = in_words(body, secrets=secrets)
    text = f"{who} answered {status}" + (f": {said}" if said else "")
    if status in (401, 403) or (status == 400 and _is_bad_key(body)):
        return AuthLapsed(f"{text}{CHECK_ITS_KEY}")
    if status in (404, 410):
        return OperationGone(text)
    if 300 <= status < 400:
        return Unavailable(f"{text}: it redirects. Set its base URL to where it really is")
    hint = retry_after(body, headers)
    return Unavailable(text, hint or (WAIT_AFTER_429_S if status == 429 else None))


def in_words(body: object, limit: int = 300, secrets: Collection[str] = ()) -> str:
    """What the error says, without markup and without anything that looks like a key."""
    said = " ".join(_message(body)[:_ENOUGH].split())
    return without_secrets(said, secrets)[:limit].rstrip(" .")


def without_secrets(text: str, secrets: Collection[str] = ()) -> str:
    """``secrets`` themselves, in any form, and whatever looks like one."""
    return _KEY_SHAPES.sub("…", _SECRET.sub(lambda found: f"{found[1]}…", masked(text, secrets)))


def is_safety(body: object) -> bool:
    """Whether an error, its codes included, speaks of a safety filter."""
    return bool(_SAFETY.search(_all_of(body)))


def _is_bad_key(body: object) -> bool:
    """Google answers a wrong API key with 400."""
    return any(str(detail.get("reason", "")).startswith("API_KEY_") for detail in _details(body))


def _all_of(body: object) -> str:
    error = _error(body)
    return json.dumps(error, default=str) if isinstance(error, dict | list) else _message(error)


def retry_after(body: object, headers: Mapping[str, str] | None) -> float | None:
    """Seconds that the server asks to wait: ``Retry-After`` or ``google.rpc.RetryInfo``."""
    waits = [_header(headers or {}), *_retry_info(body)]
    known = [wait for wait in waits if wait is not None and wait >= 0]
    return min(max(known), LONGEST_WAIT_S) if known else None


def _header(headers: Mapping[str, str]) -> float | None:
    text = _value(headers, "retry-after")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    moment = _date(text)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def told_at(headers: Mapping[str, str]) -> datetime | None:
    """When the server answered, by its own clock."""
    return _date(_value(headers, "date"))


def _value(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "").strip()


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _retry_info(body: object) -> Iterator[float]:
    for detail in _details(body):
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and re.fullmatch(r"\d+(\.\d+)?s", delay):
            yield float(delay[:-1])


def _details(body: object) -> Iterator[dict[str, Any]]:
    error = _error(body)
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict):
            yield detail


def _error(body: object) -> object:
    """Google wraps it in ``error``, a front end sometimes once more in a list."""
    if isinstance(body, list) and body:
        return _error(body[0])
    return body.get("error", body) if isinstance(body, dict) else body


def _message(body: object) -> str:
    error = _error(body)
    if isinstance(error, bytes):
        error = error.decode("utf-8", "replace")
    if isinstance(error, dict):
        said = next((error[key] for key in _SAYING if error.get(key)), None)
        if isinstance(said, dict | list):
            return _message(said)
        where = ".".join(map(str, error["loc"])) + ": " if isinstance(error.get("loc"), list) else ""
        return where + str(said or json.dumps(error, default=str))
    text = str("" if error is None else error)
    if "<" in text and ">" in text:
        text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", text)
    return text
