"""Flow's own error words → what they mean and what to do."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from workbench.domain.errors import NotAccepted, ProviderError, Rejected, Unavailable
from workbench.providers.http.refusals import CHECK_ITS_KEY, in_words

E = TypeVar("E", bound=ProviderError)
_CODE = re.compile(r"PUBLIC_ERROR_[A-Z_]+")
_SAFETY = re.compile(r"FILTER|UNSAFE|SAFETY|PROMINENT|MINOR|SEXUAL|VIOLEN|policy|blocked", re.I)
_MEANING = (
    (
        "UNUSUAL_ACTIVITY",
        "Google takes the requests of this gateway for automated use; make the clip with "
        "reference images on Vertex, or with Gemini Omni",
    ),
    ("TOO_MUCH_TRAFFIC", "Google limits this account; it is tried again later"),
    ("MODEL_ACCESS_DENIED", "the plan of this Flow account does not include the model; choose another"),
)


def explained(error: E, body: Any) -> E:
    """The same error, with the meaning of Flow's own code behind it where the answer holds one."""
    found = _CODE.search(json.dumps(body))
    if found is None:
        return error
    code = found[0]
    meaning = next((text for part, text in _MEANING if part in code), "")
    # Where Flow says what is wrong, it is not the key.
    said = str(error).partition(CHECK_ITS_KEY)[0] if meaning else str(error)
    text = said if code in said else f"{said} ({code})"
    text = f"{text}: {meaning}" if meaning else text
    match error:
        case NotAccepted() | Unavailable():
            return type(error)(text, error.retry_after_s)
        case Rejected() if type(error) is Rejected:
            return type(error)(text, error.reason)
    return type(error)(text)


def is_safety(text: str) -> bool:
    """Whether the words say that the safety filter took the clip."""
    return bool(_SAFETY.search(text))


def names_a_medium(body: Any) -> bool:
    """Whether a refusal may be about a media id that the gateway no longer knows."""
    return bool(re.search(r"media|image", in_words(body), re.I))


def said(holder: dict[str, Any]) -> str:
    """The words of ``error`` in an operation."""
    error = holder.get("error")
    return in_words({"error": error}) if error else ""
