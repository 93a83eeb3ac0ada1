"""``workbench.toml`` in the data folder: named endpoints; models, prices and use cases that the built-in
tables lack; lists that prompts share; rubrics by which models judge clips; what ``workbench tidy`` lets go.

``example.toml`` beside this file says all that it can say.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from immutabledict import immutabledict

from workbench.domain.errors import BadSetting
from workbench.domain.price import Price, micros
from workbench.domain.retention import NO_RULES, Rules
from workbench.settings.endpoints import EndpointSettings


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What a person says of one model; ``None`` leaves it as the provider has it."""

    price: Price | None = None
    usd_per_million_in: Decimal | None = None
    usd_per_million_out: Decimal | None = None
    source: str = ""
    timeout_s: float | None = None
    a_minute: int | None = None
    at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """``use_cases`` are tables of what was written and nothing else, for ``prompting.use_cases``; ``lists``
    are those that templates of prompts draw from; ``judges`` are tables of rubrics, for ``domain.judge``;
    ``criteria``, name → question, are what clips are rated by, for ``domain.rating``.
    """

    endpoints: tuple[EndpointSettings, ...] = ()
    models: Mapping[str, ModelSettings] = field(default_factory=immutabledict)
    use_cases: Mapping[str, Mapping[str, Any]] = field(default_factory=immutabledict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=immutabledict)
    judges: Mapping[str, Mapping[str, Any]] = field(default_factory=immutabledict)
    retention: Rules = NO_RULES
    criteria: Mapping[str, str] = field(default_factory=immutabledict)


NOTHING_WRITTEN = Written()
EXAMPLE = Path(__file__).with_name("example.toml")


def read(path: Path) -> Written:
    """What stands in the file; nothing where there is none. Raises ``BadSetting`` with every fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editor writes a mark before the first letter
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING_WRITTEN
    except UnicodeDecodeError as error:
        raise BadSetting(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    except OSError as error:
        raise BadSetting(f"{path} can't be read ({error.strerror}). Make it a readable file.") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is no TOML: {error}. Mend that place.") from error
    return _checked(path, content)


def _checked(path: Path, content: dict[str, Any]) -> Written:
    # Pydantic takes a quarter of a second to import: only for who has written something.
    from pydantic import ValidationError

    from workbench.settings.faults import in_words
    from workbench.settings.schema import File

    try:
        file = File.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(in_words(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors())
        raise BadSetting(f"{path} can't be used: {faults}. Mend these places.") from error
    endpoints = tuple(
        EndpointSettings(
            name=name,
            wire=e.wire,
            base_url=e.base_url,
            key_env=e.key_env,
            dialect=e.dialect,
            project=e.project,
            location=e.location,
            a_minute=e.requests_a_minute,
            at_once=e.operations_at_once,
            timeout_s=e.timeout_s,
            models=e.models,
        )
        for name, e in file.endpoints.items()
    )
    models = {
        name: ModelSettings(
            price=_price(m.usd_per_second, m.usd_per_clip, m.source, m.read_on),
            usd_per_million_in=m.usd_per_million_in,
            usd_per_million_out=m.usd_per_million_out,
            source=m.source,
            timeout_s=m.timeout_s,
            a_minute=m.requests_a_minute,
            at_once=m.operations_at_once,
        )
        for name, m in file.models.items()
    }
    use_cases = {name: immutabledict(u.model_dump(exclude_unset=True)) for name, u in file.use_cases.items()}
    judges = {name: immutabledict(judge.model_dump()) for name, judge in file.judges.items()}
    return Written(
        *(endpoints, immutabledict(models), immutabledict(use_cases), immutabledict(file.lists)),
        retention=Rules(**file.retention.model_dump()),
        judges=immutabledict(judges),
        criteria=immutabledict(file.review.criteria if file.review else {}),
    )


def _price(
    per_second: Mapping[str, Decimal], per_clip: Mapping[str, Decimal], source: str, read_on: date | None
) -> Price | None:
    if not per_second and not per_clip:
        return None
    return Price(
        per_second=immutabledict({name: micros(usd) for name, usd in per_second.items()}),
        per_clip=immutabledict({name: micros(usd) for name, usd in per_clip.items()}),
        source=source or "workbench.toml",
        read_on=read_on,
    )
