"""``masked``: a text without an endpoint's keys, in whatever form its server repeats them."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from workbench.providers.base import Failed, Finished, Poll, Running

LEAST = 10  # characters of a key in a row that tell it; a shorter key is told as a whole only
_GAP = "…"


def masked(text: str, secrets: Collection[str]) -> str:
    """Also a key that is cut short or in parts, quoted for an address, in base64, in the other case."""
    for secret in filter(None, secrets):
        is_short = len(secret) < LEAST
        text = text.replace(secret, _GAP) if is_short else _without(text, _pieces(secret))
    return text


def masked_answer(answer: Poll, secrets: Collection[str]) -> Poll:
    """What is told of an operation, and kept: a server may put into it whatever it was given."""
    match answer:
        case Running():
            return replace(answer, note=masked(answer.note, secrets))
        case Failed():
            return replace(answer, message=masked(answer.message, secrets))
        case Finished():
            filtered = tuple(masked(reason, secrets) for reason in answer.filtered)
            return replace(answer, filtered=filtered, report=_masked_json(answer.report, secrets))


def _masked_json(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        return {name: _masked_json(each, secrets) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_json(each, secrets) for each in value]
    return value


def _without(text: str, pieces: frozenset[str]) -> str:
    low = "".join(one if len(one.lower()) != 1 else one.lower() for one in text)
    kept, gap_until = list[str](), 0
    for at, one in enumerate(text):
        if low[at : at + LEAST] in pieces:
            if at >= gap_until:
                kept.append(_GAP)
            gap_until = at + LEAST
        if at >= gap_until:
            kept.append(one)
    return "".join(kept)


@lru_cache(maxsize=32)
def _pieces(secret: str) -> frozenset[str]:
    forms = (form.lower() for form in _forms(secret))
    return frozenset(form[at : at + LEAST] for form in forms for at in range(len(form) - LEAST + 1))


def _forms(secret: str) -> Iterator[str]:
    content = secret.encode()
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], html.escape(secret), content.hex())
    for before in range(3):  # bytes that base64 has put in front, such as the name of “name:key”
        ends = (before * 8 + 5) // 6, (before + len(content)) * 8 // 6
        packed = base64.b64encode(bytes(before) + content).decode()[slice(*ends)]
        yield from (packed, packed.replace("+", "-").replace("/", "_"))
