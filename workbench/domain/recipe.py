"""``Recipe``: what made a clip, as JSON that travels with it. No keys, no people, no local paths."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.media import EXTENSIONS, Role
from workbench.domain.request import GenerationRequest, Scalar, Settings
from workbench.domain.run import Clip, Run
from workbench.domain.times import from_text, to_text

SCHEMA = "workbench/recipe/1"
MOST_BYTES = 1024**2  # of the whole JSON
_MOST_TEXT = 100_000  # characters of a prompt
_MOST_NAME = 200
_MOST_ENTRIES = 200
_MOST_NUMBER = 2**63 - 1  # what the log can hold
_MODEL = re.compile(r"[^\s/]+/\S+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class BadRecipe(RequestError):
    """A recipe that can't be used; nothing was written."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file that a request was made with: what it is, not its bytes."""

    role: Role
    sha256: str
    mime: str
    size_bytes: int
    position: int = 0


@dataclass(frozen=True, slots=True)
class Recipe:
    """``request_hash`` and ``clip_sha256`` name the request and the clip as the provider delivered it.

    ``latency_s`` is in seconds,
    ``estimate_micros`` and ``billed_micros`` are millionths of a US dollar; the two are left out unless
    asked for. ``parent_id`` and ``run_id`` are ids of the log that the clip was made in.
    """

    model: str
    prompt: str
    negative_prompt: str = ""
    settings: Settings = field(default_factory=immutabledict)
    seed: int | None = None
    take: int = 1
    inputs: tuple[Ingredient, ...] = ()
    adjustments: tuple[str, ...] = ()
    template: str = ""
    slots: Mapping[str, str] = field(default_factory=immutabledict)
    request_hash: str = ""
    clip_sha256: str = ""
    made_at: datetime | None = None
    latency_s: float | None = None
    estimate_micros: int | None = None
    billed_micros: int | None = None
    emulated: bool = False
    run_id: str = ""
    parent_id: str = ""
    workbench: str = ""

    @classmethod
    def of(cls, run: Run, clip: Clip, version: str, *, costs: bool = False) -> Recipe:
        request = run.request
        return cls(
            model=request.model,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            settings=request.settings,
            seed=request.seed,
            take=request.take,
            inputs=tuple(
                Ingredient(i.role, i.media.sha256, i.media.mime, i.media.size_bytes, i.position)
                for i in request.inputs
            ),
            adjustments=run.adjustments,
            template=run.origin.template,
            slots=run.origin.slots,
            request_hash=request.request_hash,
            clip_sha256=clip.media.sha256,
            made_at=run.ready_at,
            latency_s=run.latency_s,
            estimate_micros=run.estimate_micros if costs else None,
            billed_micros=run.billed_micros if costs else None,
            emulated=run.is_emulated,
            run_id=run.id,
            parent_id=run.origin.parent_id or "",
            workbench=version,
        )

    def request(self) -> GenerationRequest:
        """The request without its files."""
        return GenerationRequest(
            self.model,
            self.prompt,
            self.negative_prompt,
            settings=self.settings,
            seed=self.seed,
            take=self.take,
        )

    def record(self) -> dict[str, object]:
        """As JSON; what is not known is not in it."""
        told = {
            "schema": SCHEMA,
            "workbench": self.workbench,
            "model": self.model,
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "settings": dict(self.settings),
            "seed": self.seed,
            "take": self.take,
            "inputs": [
                {
                    "role": i.role.value,
                    "position": i.position,
                    "sha256": i.sha256,
                    "mime": i.mime,
                    "size_bytes": i.size_bytes,
                }
                for i in self.inputs
            ],
            "adjustments": list(self.adjustments),
            "template": self.template,
            "slots": dict(self.slots),
            "request_hash": self.request_hash,
            "clip_sha256": self.clip_sha256,
            "made_at": to_text(self.made_at) if self.made_at else None,
            "latency_s": self.latency_s,
            "estimate_micros": self.estimate_micros,
            "billed_micros": self.billed_micros,
            "emulated": self.emulated,
            "run_id": self.run_id,
            "parent_id": self.parent_id,
        }
        return {name: value for name, value in told.items() if value is not None}

    def to_json(self) -> bytes:
        return json.dumps(self.record(), ensure_ascii=False, indent=2).encode()


def read_recipe(content: bytes, name: str) -> Recipe:
    """A recipe that anybody may have written; fields it does not know are left out.

    Raises ``BadRecipe``.
    """
    if len(content) > MOST_BYTES:
        raise BadRecipe(f"The recipe of {name} has {len(content):,} bytes; allowed are {MOST_BYTES:,}.")
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadRecipe(
            f"The recipe of {name} is no JSON that can be read; save the clip once more."
        ) from error
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise BadRecipe(
            f"{name} holds no recipe that this workbench reads; it reads those with "
            f'"schema": "{SCHEMA}". A newer workbench may read others.'
        )
    return _recipe(_Fields(told, name))


def _recipe(told: _Fields) -> Recipe:
    model = told.text("model", _MOST_NAME)
    if not _MODEL.fullmatch(model):
        raise told.fault("model", "a name such as endpoint/model")
    return Recipe(
        model=model,
        prompt=told.text("prompt", _MOST_TEXT),
        negative_prompt=told.text("negative_prompt", _MOST_TEXT),
        settings=told.scalars("settings"),
        seed=told.count("seed"),
        take=max(told.count("take") or 1, 1),
        inputs=tuple(_ingredient(one) for one in told.entries("inputs")),
        adjustments=told.texts("adjustments"),
        template=told.text("template", _MOST_TEXT),
        slots=told.words("slots"),
        request_hash=told.sha256("request_hash"),
        clip_sha256=told.sha256("clip_sha256"),
        made_at=told.moment("made_at"),
        latency_s=told.seconds("latency_s"),
        estimate_micros=told.count("estimate_micros"),
        billed_micros=told.count("billed_micros"),
        emulated=told.get("emulated") is True,
        run_id=told.text("run_id", _MOST_NAME),
        parent_id=told.text("parent_id", _MOST_NAME),
        workbench=told.text("workbench", _MOST_NAME),
    )


def _ingredient(told: _Fields) -> Ingredient:
    role, mime, sha256 = told.get("role"), told.get("mime"), told.sha256("sha256")
    if role not in [known.value for known in Role]:
        raise told.fault("role", ", ".join(Role))
    if mime not in list(EXTENSIONS):
        raise told.fault("mime", ", ".join(EXTENSIONS))
    if not sha256:
        raise told.fault("sha256", "a SHA-256 in lower-case hex")
    return Ingredient(
        Role(str(role)), sha256, str(mime), told.count("size_bytes") or 0, told.count("position") or 0
    )


class _Fields:
    """An object of the JSON; each look at a field says what may stand there."""

    def __init__(self, told: Mapping[str, Any], name: str) -> None:
        self._told = told
        self._name = name

    def fault(self, field_name: str, allowed: str) -> BadRecipe:
        return BadRecipe(f"The recipe of {self._name} is wrong at “{field_name}”; allowed: {allowed}.")

    def get(self, name: str) -> object:
        return self._told.get(name)

    def text(self, name: str, most: int) -> str:
        return self._text(name, self._told.get(name, ""), most)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._text(name, one, _MOST_TEXT) for one in self._list(name))

    def words(self, name: str) -> immutabledict[str, str]:
        found = self._object(name)
        return immutabledict(
            {
                self._text(name, key, _MOST_NAME): self._text(name, value, _MOST_TEXT)
                for key, value in found.items()
            }
        )

    def scalars(self, name: str) -> Settings:
        found = self._object(name)
        return immutabledict(
            {self._text(name, key, _MOST_NAME): self._scalar(name, value) for key, value in found.items()}
        )

    def entries(self, name: str) -> list[_Fields]:
        found = self._list(name)
        if not all(isinstance(one, dict) for one in found):
            raise self.fault(name, "a list of objects")
        return [_Fields(one, self._name) for one in found]

    def count(self, name: str) -> int | None:
        value = self._told.get(name)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= _MOST_NUMBER:
            raise self.fault(name, "a whole number from 0")
        return value

    def seconds(self, name: str) -> float | None:
        value = self._told.get(name)
        if value is None:
            return None
        if type(value) not in (int, float) or not 0 <= value <= 1e9:
            raise self.fault(name, "seconds from 0")
        return float(value)

    def sha256(self, name: str) -> str:
        value = self.text(name, _MOST_NAME)
        if value and not _SHA256.fullmatch(value):
            raise self.fault(name, "a SHA-256 in lower-case hex")
        return value

    def moment(self, name: str) -> datetime | None:
        value = self.text(name, _MOST_NAME)
        if not value:
            return None
        try:
            moment = from_text(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise self.fault(name, "a moment in UTC such as 2026-11-26T10:00:00.000Z")
        return moment

    def _list(self, name: str) -> list[Any]:
        found = self._told.get(name, [])
        if not isinstance(found, list) or len(found) > _MOST_ENTRIES:
            raise self.fault(name, f"a list of up to {_MOST_ENTRIES}")
        return found

    def _object(self, name: str) -> dict[str, Any]:
        found = self._told.get(name, {})
        if not isinstance(found, dict) or len(found) > _MOST_ENTRIES:
            raise self.fault(name, f"an object of up to {_MOST_ENTRIES} fields")
        return found

    def _scalar(self, name: str, value: object) -> Scalar:
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and abs(value) <= _MOST_NUMBER:
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, str):
            return self._text(name, value, _MOST_NAME)
        raise self.fault(name, "words, numbers, true and false")

    def _text(self, name: str, value: object, most: int) -> str:
        if not isinstance(value, str) or len(value) > most or "\0" in value or not _is_writable(value):
            raise self.fault(name, f"text of up to {most:,} characters")
        return value


def _is_writable(text: str) -> bool:
    """Half a surrogate pair is no text that can be stored."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
