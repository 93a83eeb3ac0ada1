"""A finished operation, in words: what came, what the safety filter took, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.domain.errors import FailureReason
from workbench.providers.base import Failed
from workbench.providers.http.refusals import without_secrets
from workbench.providers.vertex import support_codes

if TYPE_CHECKING:
    from google.genai import types

# google.rpc.Code → what it means for a run; every other is the provider's own trouble.
_REASONS = {
    3: FailureReason.INVALID_REQUEST,
    7: FailureReason.AUTH,
    8: FailureReason.QUOTA,
    9: FailureReason.INVALID_REQUEST,
    11: FailureReason.INVALID_REQUEST,
    16: FailureReason.AUTH,
}


def failed(error: Mapping[str, Any]) -> Failed:
    """``done`` with ``error``, a ``google.rpc.Status`` as a plain dict."""
    said = _tidy(str(error.get("message") or ""))
    code = error.get("code")
    if support_codes.is_safety(said):
        return Failed(FailureReason.SAFETY, support_codes.in_words(said))
    number = int(str(code)) if str(code).isdecimal() else 0
    text = said or f"Vertex AI gave no reason (code {code})"
    return Failed(_REASONS.get(number, FailureReason.PROVIDER), text)


def filtered(response: types.GenerateVideosResponse) -> tuple[str, ...]:
    """One sentence for each clip that the safety filter took, as far as it gives reasons."""
    reasons = [support_codes.in_words(_tidy(reason)) for reason in response.rai_media_filtered_reasons or ()]
    silent = (response.rai_media_filtered_count or 0) - len(reasons)
    if silent > 0:
        reasons.append(
            f"{silent} clip{'s' if silent > 1 else ''} taken by the safety filter without a reason"
        )
    return tuple(reasons)


def _tidy(text: object) -> str:
    return without_secrets(" ".join(str(text).split()))[:500]
