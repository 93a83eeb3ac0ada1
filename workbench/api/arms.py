"""Arms: what runs are grouped by to be compared – everything but the seed, the prompt alone, or the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from string import ascii_uppercase
from typing import Final

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Run

LONGEST_TITLE: Final = 80
_KEYS: Final[Mapping[str, Callable[[GenerationRequest], str]]] = immutabledict(
    {
        "arm": lambda request: request.arm_hash,
        "prompt": lambda request: f"{request.prompt}\0{request.negative_prompt}",
        "model": lambda request: request.model,
    }
)
GROUPINGS: Final = tuple(_KEYS)


@dataclass(frozen=True, slots=True)
class Arm:
    """Runs that are taken for the same but for the luck of the seed. ``title`` tells it from the others.

    ``cost_micros`` and ``latency_s`` are medians of what is known.
    """

    label: str
    title: str
    runs: tuple[Run, ...]

    @property
    def request(self) -> GenerationRequest:
        return self.runs[0].request

    @property
    def cost_micros(self) -> float | None:
        known = [r.estimate_micros if r.billed_micros is None else r.billed_micros for r in self.runs]
        costs = [cost for cost in known if cost is not None]
        return median(costs) if costs else None

    @property
    def latency_s(self) -> float | None:
        known = [run.latency_s for run in self.runs if run.latency_s is not None]
        return median(known) if known else None


def arms_of(runs: Sequence[Run], by: str = "arm") -> tuple[Arm, ...]:
    """In the order of their first runs, labelled A, B, C … Raises ``RequestError`` for an unknown ``by``."""
    if by not in _KEYS:
        raise RequestError(f"Runs can't be grouped by {by!r}. Allowed: {', '.join(GROUPINGS)}.")
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.id):
        groups.setdefault(_KEYS[by](run.request), []).append(run)
    requests = [found[0].request for found in groups.values()]
    return tuple(
        Arm(label(number), _title(found[0].request, requests), tuple(found))
        for number, found in enumerate(groups.values())
    )


def label(number: int) -> str:
    """``A`` … ``Z``, ``AA``, ``AB`` …"""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, len(ascii_uppercase))
        text = ascii_uppercase[rest] + text
    return text


def _title(request: GenerationRequest, all_of_them: Sequence[GenerationRequest]) -> str:
    """What differs between the arms, of this one; the prompt where nothing does."""
    parts = []
    if len({each.prompt for each in all_of_them}) > 1 or len(all_of_them) == 1:
        parts.append(_differing(request.prompt, [each.prompt for each in all_of_them]))
    if len({each.negative_prompt for each in all_of_them}) > 1:
        parts.append(
            f"without {request.negative_prompt}" if request.negative_prompt else "no negative prompt"
        )
    if len({each.model for each in all_of_them}) > 1:
        parts.append(request.model)
    names = dict.fromkeys(name for each in all_of_them for name in each.settings)
    parts += [
        f"{name} {request.settings.get(name, 'unset')}"
        for name in names
        if len({each.settings.get(name) for each in all_of_them}) > 1
    ]
    if len({each.inputs for each in all_of_them}) > 1 and len(parts) == 0:
        parts.append(f"{len(request.inputs)} references")
    text = " · ".join(part for part in parts if part) or " ".join(request.prompt.split())
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1].rstrip()}…"


def _differing(prompt: str, prompts: Sequence[str]) -> str:
    """The prompt from the first word that is not the same in all, less what all end with."""
    words, others = prompt.split(), [other.split() for other in prompts]
    if len(others) < 2:
        return " ".join(words)
    least = min(map(len, others))
    head = next((i for i in range(least) if len({other[i] for other in others}) > 1), least)
    tail = next(
        (i for i in range(least - head) if len({other[-1 - i] for other in others}) > 1), least - head
    )
    middle = words[head : len(words) - tail]
    if not middle:
        return "(nothing there)"
    return f"{'… ' if head else ''}{' '.join(middle).rstrip(',;:.')}{' …' if tail else ''}"
