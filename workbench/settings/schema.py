"""The shape of ``workbench.toml``, checked by Pydantic: what is unknown or wrong is told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,40}$")]
# Capitals only: what a key itself looks like is no name, and must not be repeated as one.
Variable = Annotated[str, StringConstraints(pattern=r"^([A-Z_][A-Z0-9_]{0,60})?$")]
Address = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s@]+)?$")]
Positive = Annotated[int, Field(ge=1)]


def _by_resolution(value: Any) -> Any:
    """One amount stands for every resolution."""
    return value if isinstance(value, dict) else {"": value}


Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Rates = Annotated[dict[str, Amount], BeforeValidator(_by_resolution)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Endpoint(_Strict):
    wire: str
    base_url: Address = ""
    key_env: Variable = ""
    dialect: str = ""
    project: str = ""
    location: str = ""
    requests_a_minute: Positive | None = None
    operations_at_once: Positive | None = None
    timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    models: tuple[str, ...] = ()


class Model(_Strict):
    usd_per_second: Rates = {}
    usd_per_clip: Rates = {}
    usd_per_million_in: Amount | None = None  # tokens, of models that look and write
    usd_per_million_out: Amount | None = None
    source: str = ""
    read_on: date | None = None
    timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    requests_a_minute: Positive | None = None
    operations_at_once: Positive | None = None


Phrase = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=50)]


class UseCase(_Strict):
    """What ``prompting.use_cases`` reads; what is not written stays as a built-in of that name has it."""

    label: Annotated[Phrase, Field(min_length=1)] = ""
    when: Phrase = ""
    first: Phrase = ""
    composition: Phrase = ""
    camera: Phrase = ""
    lens: Phrase = ""
    light: Phrase = ""
    style: Phrase = ""
    mood: Phrase = ""
    ambience: Phrase = ""
    effects: Phrase = ""
    negative: Phrases = ()
    hints: Phrases = ()


Criterion = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Judge(_Strict):
    """A rubric, by which a model judges; what ``domain.judge`` reads."""

    label: Phrase = ""
    guide: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""
    criteria: Annotated[dict[Criterion, Sentence], Field(min_length=1, max_length=12)]


ListName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9_-]{0,39}[a-z0-9])?$")]
Entries = Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=1_000)]


Days = Annotated[int, Field(ge=1, le=36_500)]


class Retention(_Strict):
    """What may be let go of; what ``domain.retention`` reads."""

    unseen_clips_after_days: Days | None = None
    failed_and_deleted_after_days: Days | None = None
    cache_gb: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Review(_Strict):
    """By which criteria clips are rated; what ``domain.rating`` reads."""

    criteria: Annotated[dict[Criterion, Sentence], Field(min_length=1, max_length=12)]


class File(_Strict):
    endpoints: dict[Name, Endpoint] = {}
    models: dict[str, Model] = {}
    use_cases: dict[Name, UseCase] = {}
    lists: dict[ListName, Entries] = {}
    judges: dict[Name, Judge] = {}
    review: Review | None = None
    retention: Retention = Retention()
