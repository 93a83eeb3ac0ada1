"""``GenerationRequest``: the immutable intent, and the hashes by which requests are compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from immutabledict import immutabledict

from workbench.domain.media import Input, Role

FOLDED = "The negative prompt was folded into the prompt: "  # how a run's adjustments tell it
Scalar = str | int | float | bool
Settings = immutabledict[str, Scalar]
_AVOID = "\n\nAvoid: "


def digest(value: object) -> str:
    """SHA-256 (hex) of the canonical JSON of ``value``."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a person asks one model for.

    ``model`` is ``endpoint/model``. ``settings`` holds what the model's capabilities list, under the
    names given there (``duration_s``, ``aspect_ratio``, ``resolution`` …). ``take`` tells repeats of
    one request apart where the model has no seed. ``fold_negative_prompt`` asks that a model without a
    negative prompt gets it as a sentence of the prompt; once folded it is false and no part of the hash.
    """

    model: str
    prompt: str
    negative_prompt: str = ""
    inputs: tuple[Input, ...] = ()
    settings: Settings = field(default_factory=immutabledict)
    seed: int | None = None
    take: int = 1
    fold_negative_prompt: bool = False

    @property
    def endpoint(self) -> str:
        return self.model.partition("/")[0]

    @property
    def prompt_hash(self) -> str:
        """Identity of the pair (prompt, negative prompt)."""
        return digest([self.prompt, self.negative_prompt])

    @property
    def arm_hash(self) -> str:
        """Identity of what comparisons compare: everything but seed and take."""
        return digest(self._arm())

    @property
    def request_hash(self) -> str:
        """Identity of the whole request, all reference bytes included."""
        return digest({**self._arm(), "seed": self.seed, "take": self.take})

    def _arm(self) -> dict[str, object]:
        return {
            "model": self.model,
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "inputs": sorted([i.role, i.position, i.media.sha256] for i in self.inputs),
            "settings": dict(self.settings),
        }

    def folded(self) -> GenerationRequest:
        """The negative prompt as a last sentence of the prompt, where that was asked for."""
        unwanted = self.negative_prompt.strip()
        if not (self.fold_negative_prompt and unwanted):
            return replace(self, fold_negative_prompt=False)
        prompt = f"{self.prompt.rstrip()}{_AVOID}{unwanted}"
        return replace(self, prompt=prompt, negative_prompt="", fold_negative_prompt=False)

    def unfolded(self, adjustments: Iterable[str]) -> GenerationRequest:
        """What was asked for, where ``adjustments`` say that ``folded`` made this of it."""
        for said in adjustments:
            unwanted = said.removeprefix(FOLDED)
            if unwanted != said and self.prompt.endswith(tail := f"{_AVOID}{unwanted}"):
                prompt = self.prompt.removesuffix(tail)
                return replace(self, prompt=prompt, negative_prompt=unwanted, fold_negative_prompt=True)
        return self

    def inputs_as(self, role: Role) -> tuple[Input, ...]:
        return tuple(i for i in self.inputs if i.role is role)

    def with_settings(self, changes: Mapping[str, Scalar]) -> GenerationRequest:
        return replace(self, settings=immutabledict({**self.settings, **changes}))

    def takes(self, count: int) -> tuple[GenerationRequest, ...]:
        """``count`` requests of one arm: consecutive seeds, or numbered takes where there is no seed."""
        if self.seed is None:
            return tuple(replace(self, take=self.take + i) for i in range(count))
        if not 0 <= self.seed < 2**32:  # stays out of range, for validation to see
            return tuple(replace(self, seed=self.seed + i) for i in range(count))
        return tuple(replace(self, seed=(self.seed + i) % 2**32) for i in range(count))
