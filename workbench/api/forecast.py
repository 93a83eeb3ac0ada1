"""``Planned``: a sweep before it is sent – its runs and holes, what it costs, and how long it takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from immutabledict import immutabledict

from workbench.api.models import Models
from workbench.domain.capabilities import Capabilities, SeedRange, faults
from workbench.domain.errors import UnknownModel
from workbench.domain.media import Media
from workbench.domain.request import GenerationRequest
from workbench.domain.run import is_of_emulator
from workbench.providers.base import Provider
from workbench.store.ledger import Ledger

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench
    from workbench.prompting.planning import Plan
    from workbench.prompting.sweep import Cell, Sweep

HISTORY = 50  # a model's newest runs, by which the next are timed
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Planned:
    """``costs`` are of the cells of ``plan`` in their order, in millionths of a US dollar, ``None`` where no
    price is known; ``unpriced`` are those models. ``runs`` counts by model.

    ``time_s`` is ``None`` where nothing is to be run or no model of it ever ran here; those that never did
    are ``untimed``. ``emulated`` are the models whose runs cost nothing, whatever their price.
    """

    sweep: Sweep
    plan: Plan
    costs: tuple[int | None, ...]
    runs: Mapping[str, int]
    time_s: float | None = None
    unpriced: tuple[str, ...] = ()
    untimed: tuple[str, ...] = ()
    emulated: tuple[str, ...] = ()

    @property
    def cost_micros(self) -> int:
        """The sum of what is priced."""
        return sum(cost or 0 for cost in self.costs)


def planned(bench: Workbench, models: Models, sweep: Sweep) -> Planned:
    """Everything that can be said before anything is sent; nothing is written. Raises ``RequestError``."""
    from workbench.prompting.planning import plan  # with NumPy

    checked = _Check(models, bench.path)
    found = plan(sweep, checked)
    costs = tuple(checked.price(cell.request) for cell in found.cells)
    runs = Counter(cell.request.model for cell in found.cells)
    unpriced = dict.fromkeys(
        cell.request.model for cell, cost in zip(found.cells, costs, strict=True) if cost is None
    )
    serves = {name: models.named(name) for name in runs}
    time_s, untimed = _time(bench.store.ledger, runs, serves)
    return Planned(
        sweep,
        found,
        costs,
        immutabledict(runs),
        time_s,
        tuple(unpriced),
        untimed,
        tuple(name for name, (_, provider) in serves.items() if is_of_emulator(provider.account)),
    )


def whys(models: Models, path: Callable[[Media], Path], cells: Sequence[Cell]) -> list[str]:
    """Why each of the first cells of a sweep would not be sent; empty where it would."""
    check, asked = _Check(models, path), dict[GenerationRequest, int]()
    found = []
    for cell in cells:
        why = cell.hole or check(cell.request) or ""
        if not why and (first := asked.setdefault(cell.request, cell.index)) != cell.index:
            why = f"It asks for the same as run {first + 1}."
        found.append(why)
    return found


def seedless(models: Models, sweep: Sweep) -> Sweep:
    """``sweep`` told which of its models have no seed; they get numbered takes."""
    without = {name for name in sweep.models if _has_no_seed(models, name)}
    return sweep if without <= sweep.seedless else replace(sweep, seedless=sweep.seedless | without)


def _has_no_seed(models: Models, name: str) -> bool:
    try:
        return models.named(name)[0].seed is None
    except UnknownModel:
        return False


class _Judged(NamedTuple):
    """What holds for all requests that differ in seed and take only."""

    number: int
    why: str
    price: int | None


class _Check:
    """Why a request can't be sent, as sending it would say.

    Most requests of a sweep differ in their seed only, and one within a model's range is as good as another:
    each kind is looked at once.
    """

    def __init__(self, models: Models, path: Callable[[Media], Path]) -> None:
        self._served = models
        self._path = path
        self._models: dict[str, tuple[Capabilities | None, str]] = {}
        self._judged: dict[tuple[object, ...], _Judged] = {}
        self._alike: dict[GenerationRequest, int] = {}
        self._asked: dict[tuple[int, int | None, int], _Judged] = {}
        self._lost: dict[Media, bool] = {}

    def __call__(self, request: GenerationRequest) -> str | None:
        judged = self._judge(request)
        if judged.why:
            return judged.why
        asked = (judged.number, request.seed, request.take)
        if self._asked.setdefault(asked, judged) is not judged:
            return "It asks for the same as an earlier run, once the model's defaults are filled in."
        return None

    def price(self, request: GenerationRequest) -> int | None:
        return self._judge(request).price

    def _judge(self, request: GenerationRequest) -> _Judged:
        if request.model not in self._models:
            self._models[request.model] = self._model(request.model)
        model, why = self._models[request.model]
        odd = request.seed if model and _is_odd(request.seed, model.seed) else None
        kind = (
            request.model,
            request.prompt,
            request.negative_prompt,
            request.inputs,
            request.settings,
            request.fold_negative_prompt,
            odd,
        )
        if kind not in self._judged:
            self._judged[kind] = self._looked_at(request, model, why)
        return self._judged[kind]

    def _looked_at(self, request: GenerationRequest, model: Capabilities | None, why: str) -> _Judged:
        if model is None:
            return _Judged(-1, why, None)
        complete = model.complete(request)
        found = faults(complete, model)
        if not found and complete.fold_negative_prompt and not model.negative_prompt:
            complete = complete.folded()
            found = faults(complete, model)
        said = " ".join(dict.fromkeys(str(fault) for fault in found)) or why or self._files(request)
        alike = replace(complete, seed=None, take=1, fold_negative_prompt=False)
        number = self._alike.setdefault(alike, len(self._alike))
        return _Judged(number, said, model.price(complete))

    def _model(self, name: str) -> tuple[Capabilities | None, str]:
        try:
            model, provider = self._served.named(name)
        except UnknownModel as error:
            return None, str(error)
        wanted = "; ".join(f"set {m.variable} ({m.what})" for m in provider.missing())
        return model, f"{provider.endpoint} is not set up: {wanted}." if wanted else ""

    def _files(self, request: GenerationRequest) -> str:
        for given in request.inputs:
            media = given.media
            if media not in self._lost:
                self._lost[media] = not self._path(media).is_file()
            if self._lost[media]:
                return (
                    f"The file given as {given.role.label.lower()} is not in this data folder. Give the "
                    f"original once more."
                )
        return ""


def _is_odd(seed: int | None, allowed: SeedRange | None) -> bool:
    if seed is None:
        return False
    return allowed is None or type(seed) is not int or not allowed.least <= seed <= allowed.most


def _time(
    ledger: Ledger, runs: Mapping[str, int], serves: Mapping[str, tuple[Capabilities, Provider]]
) -> tuple[float | None, tuple[str, ...]]:
    """Seconds until all is done, and the models of which nothing is known: endpoints work side by side."""
    medians: dict[str, float] = {}
    for name in runs:
        is_emulated = is_of_emulator(serves[name][1].account)
        if known := ledger.latencies_s(name, HISTORY, emulated=is_emulated):
            medians[name] = median(known)
    by_endpoint: dict[str, list[str]] = {}
    for name in medians:
        by_endpoint.setdefault(name.partition("/")[0], []).append(name)
    spans = [_endpoint_s(names, runs, medians, serves) for names in by_endpoint.values()]
    return max(spans, default=None), tuple(name for name in runs if name not in medians)


def _endpoint_s(
    names: Sequence[str],
    runs: Mapping[str, int],
    medians: Mapping[str, float],
    serves: Mapping[str, tuple[Capabilities, Provider]],
) -> float:
    """By the tightest of its limits: those of each model, and those that its models share."""
    spans = []
    for name in names:
        model, _ = serves[name]
        spans.append(_rounds(runs[name], model.at_once) * medians[name])
        spans.append(_minutes_s(runs[name], model.a_minute) + medians[name])
    provider = serves[names[0]][1]
    total = sum(runs[name] for name in names)
    mean = sum(runs[name] * medians[name] for name in names) / total
    spans.append(_rounds(total, provider.at_once) * mean)
    spans.append(_minutes_s(total, provider.a_minute) + mean)
    return max(spans)


def _rounds(runs: int, at_once: int | None) -> int:
    return math.ceil(runs / at_once) if at_once else 1


def _minutes_s(runs: int, a_minute: int | None) -> float:
    """Until the last of them may be sent."""
    return (runs - 1) // a_minute * MINUTE_S if a_minute else 0.0
