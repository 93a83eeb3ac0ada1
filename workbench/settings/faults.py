"""What is wrong in ``workbench.toml``, told to a person. No value is repeated: it may be a key."""

from __future__ import annotations

from pydantic import BaseModel

from workbench.settings.schema import Endpoint, File, Judge, Model, Retention, Review, UseCase

_KEY_WORDS = frozenset({"key", "api_key", "apikey", "token", "secret", "password"})
_BY_FIELD = {  # where the type of the fault says too little
    "base_url": "it takes an address such as http://10.0.0.5:8091/v1, without user and password",
    "key_env": "it takes the name of the variable that holds the key, in capitals, such as GPU_KEY; "
    "the key itself never stands here",
    "wire": "it has to be there and to be a text, such as openai-videos",
    "models": 'it takes a list of names, such as ["Wan-AI/Wan2.2-T2V-A14B"]',
    "requests_a_minute": "it takes a whole number from 1",
    "operations_at_once": "it takes a whole number from 1",
    "timeout_s": "it takes a number of seconds above 0",
    "usd_per_second": 'it takes an amount such as "0.40", or { "720p" = "0.40", "4k" = "0.60" }',
    "usd_per_clip": 'it takes an amount such as "0.40", or { "720p" = "0.40", "4k" = "0.60" }',
    **dict.fromkeys(
        ("usd_per_million_in", "usd_per_million_out"),
        'it takes an amount such as "0.40", for a million tokens',
    ),
    "criteria": 'it takes one to twelve questions by name, such as { shape = "Does it keep its shape?" }',
    "guide": "it takes a text in quotation marks, up to 4,000 characters",
    **dict.fromkeys(
        ("unseen_clips_after_days", "failed_and_deleted_after_days"),
        "it takes a whole number of days from 1 to 36,500",
    ),
    "cache_gb": "it takes a number of gigabytes from 0, such as 5 or 0.5",
    "read_on": "it takes a date such as 2026-11-01, without quotation marks",
    **dict.fromkeys(
        ("negative", "hints"), 'it takes a list of up to 50 phrases, such as ["extra hands", "watermark"]'
    ),
}
_PHRASE = "it takes a phrase in quotation marks, up to 500 characters"
_SECTIONS = {
    "endpoints": "[endpoints.gpu]",
    "use_cases": "[use_cases.watch_film]",
    "judges": "[judges.product]",
    "retention": "[retention]",
    "review": "[review]",
}
_WITHOUT_NAMES = frozenset({"retention", "review"})  # sections whose words stand right below them
_LIST = 'it takes a list of up to 1,000 phrases, such as weather = ["fog", "light rain"]'
_NAMES = "a name takes small letters, digits, dots, dashes and underscores, up to 41"


def in_words(loc: tuple[int | str, ...], kind: str, otherwise: str) -> str:
    """``loc`` is the place, ``kind`` Pydantic's word for the fault, ``otherwise`` its sentence."""
    place = ".".join(str(part) for part in loc if part not in ("", "[key]"))
    section = str(loc[0])
    at = 1 if section in _WITHOUT_NAMES else 2
    field = str(loc[at]) if len(loc) > at else ""
    if "[key]" in loc and len(loc) == 3:
        return f"{place}: {_NAMES}"
    if section == "lists":
        return f"{place}: {_LIST}"
    if kind == "extra_forbidden":
        return f"{place}: {_unknown(section, field)}"
    if not field:
        example = _SECTIONS.get(section, '[models."gpu/Wan"]')
        return f"{place}: it takes a section such as {example}"
    if section in ("use_cases", "judges"):
        return f"{place}: {_BY_FIELD.get(field, _PHRASE)}"
    return f"{place}: {_BY_FIELD.get(field, otherwise)}"


def _unknown(section: str, field: str) -> str:
    if field.lower() in _KEY_WORDS:
        return "a key never stands here; write key_env with the name of the variable that holds it"
    shapes: dict[str, type[BaseModel]] = {
        "endpoints": Endpoint,
        "models": Model,
        "use_cases": UseCase,
        "judges": Judge,
        "retention": Retention,
        "review": Review,
    }
    shape = shapes.get(section, File) if field else File
    return f"there is no such word here. Allowed: {', '.join(shape.model_fields)}"
