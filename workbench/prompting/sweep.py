"""``Sweep``: the grid that generates the requests of an experiment, counted before any is built.

Factors are the prompt, the model, and what else has levels: slots, settings, seeds, references. A sweep runs
all combinations, a balanced fraction of them (``prompting/design.py`` says which), a random sample, or the
rows of a table. Seeds go round outermost, so that the first runs to finish can be compared already.

Prompts and negative prompts are templates; what is left to chance in them is picked by the run's seed, the
same in every arm. Which runs a design takes does not depend on the order in which anything was written down.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, NamedTuple

from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.request import GenerationRequest, Scalar, Settings
from workbench.domain.run import Origin
from workbench.prompting.factors import Factor
from workbench.prompting.options import Option
from workbench.prompting.sweep_grid import (
    FOLD,
    MODEL,
    NEGATIVE,
    PROMPT,
    REFERENCES,
    SEED,
    Grid,
    fields_at,
    grid_of,
    options_at,
)
from workbench.prompting.sweep_grid import References as References
from workbench.prompting.sweep_grid import Wording as Wording
from workbench.prompting.template import Template, TemplateError

MOST_RUNS = 10_000
MOST_COMBINATIONS = 10**15  # more is no sweep but a slip of the pen


class Design(StrEnum):
    FULL = "full"
    FRACTION = "fraction"
    RANDOM = "random"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run to be. ``levels`` are level numbers in the order of ``Sweep.factors``, ``coordinates`` what
    those are called; ``slots`` is what slots and wildcards took. Where ``hole`` says why the template can't
    be filled so, ``request`` holds it unfilled and must not be sent: ``planning.plan`` keeps it apart.
    """

    index: int
    levels: tuple[int, ...]
    coordinates: Mapping[str, str]
    request: GenerationRequest
    template: str = ""
    slots: Mapping[str, str] = field(default_factory=immutabledict)
    hole: str = ""

    def origin(self, experiment_id: str | None = None) -> Origin:
        return Origin(experiment_id=experiment_id, template=self.template, slots=self.slots)


@dataclass(frozen=True)
class Sweep:
    """``slots`` has the levels of a slot, each the name of an option, a text, or ``name:=text``; no level
    stands for all options that the prompts offer, ``None`` for the seed's pick. ``settings`` are levels of
    several request fields at once; ``varied`` is a factor for each field, ``None`` the model's default.
    Beside settings these may be ``negative_prompt`` and ``fold_negative_prompt``. Models in ``seedless``
    get numbered takes for seeds. ``size`` and ``design_seed`` are for fractions and random samples, ``rows``
    (level numbers in the order of ``factors``) for listed ones, where a row may stand again as another take.

    Raises ``RequestError`` for what can't be planned.
    """

    prompts: tuple[Wording, ...]
    models: tuple[str, ...]
    slots: Mapping[str, tuple[str | None, ...]] = field(default_factory=immutabledict)
    settings: tuple[Settings, ...] = ()
    varied: Mapping[str, tuple[Scalar | None, ...]] = field(default_factory=immutabledict)
    seeds: tuple[int | None, ...] = ()
    references: tuple[References, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=immutabledict)
    seedless: frozenset[str] = frozenset()
    design: Design = Design.FULL
    size: int | None = None
    design_seed: int = 0
    rows: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        for name in ("slots", "varied", "lists"):
            object.__setattr__(self, name, immutabledict(getattr(self, name)))
        grid = self._grid  # raises for prompts and levels that can't be meant
        if self.combinations > MOST_COMBINATIONS and self.design is not Design.LISTED:
            raise RequestError(
                f"This sweep has {self.combinations:.1e} combinations. Allowed: up to "
                f"{MOST_COMBINATIONS:.0e}. Take levels out."
            )
        if self.design in (Design.FRACTION, Design.RANDOM):
            if self.size is None or not 1 <= self.size <= min(self.combinations, MOST_RUNS):
                raise RequestError(
                    f"A {self.design} design can't have {self.size or 'no'} runs. Allowed: from 1 to "
                    f"{min(self.combinations, MOST_RUNS):,}, of {self.combinations:,} combinations."
                )
            _ = self._chosen  # raises where the fraction is too small
        if self.design is Design.LISTED:
            counts = [len(f) for f in grid.factors]
            for number, row in enumerate(self.rows, 1):
                fits = len(row) == len(counts) and all(0 <= i < n for i, n in zip(row, counts, strict=True))
                if not fits:
                    raise RequestError(f"Row {number} of the sweep does not fit its factors: {row!r:.60}.")

    @property
    def factors(self) -> tuple[Factor[Any], ...]:
        """All that has levels, the outermost first; one with a single level, too."""
        return self._grid.factors

    @property
    def varying(self) -> tuple[Factor[Any], ...]:
        """The factors that have more than one level: what a grid can be laid out by."""
        return tuple(f for f in self.factors if len(f) > 1)

    @property
    def combinations(self) -> int:
        """How many there are of everything with everything."""
        return math.prod(len(f) for f in self.factors)

    @property
    def least_size(self) -> int:
        """The smallest fraction that keeps all main effects apart."""
        return 1 + sum(len(f) - 1 for f in self.factors if f.treated)

    def __len__(self) -> int:
        """How many runs the design takes, holes among them; nothing is built for that."""
        match self.design:
            case Design.FULL:
                return self.combinations
            case Design.LISTED:
                return len(self.rows)
            case _:
                return self.size or 0

    def __iter__(self) -> Iterator[Cell]:
        return (self._cell(i, at) for i, at in enumerate(self._chosen))

    def __getitem__(self, index: int) -> Cell:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        at = index % len(self)
        return self._cell(at, self._chosen[at])

    def template(self, text: str) -> Template:
        """One of its prompts or negative prompts, parsed."""
        return self._grid.templates[text]

    @cached_property
    def _grid(self) -> Grid:
        return grid_of(self)

    @cached_property
    def _strides(self) -> tuple[int, ...]:
        counts = [len(f) for f in self.factors]
        return tuple(math.prod(counts[j + 1 :]) for j in range(len(counts)))

    @cached_property
    def _chosen(self) -> Sequence[int]:
        """The combinations that are run, by number, in the order in which they are run."""
        if self.design is Design.FULL:
            return range(self.combinations)
        if self.design is Design.LISTED:
            return [sum(map(int.__mul__, row, self._strides)) for row in self.rows]
        return sorted(self._designed())

    def _designed(self) -> Iterator[int]:
        from workbench.prompting import design

        # In an order of their own, so that the one in which things were written changes nothing.
        order = sorted(range(len(self.factors)), key=lambda j: self.factors[j].name)
        factors = [self.factors[j] for j in order]
        counts, size = [len(f) for f in factors], self.size or 0
        if self.design is Design.RANDOM:
            rows = design.sampled(counts, size, self.design_seed)
        else:
            rows = design.fraction(counts, size, self.design_seed, [f.treated for f in factors])
        places = [
            [level * self._strides[j] for level in f.canonical] for j, f in zip(order, factors, strict=True)
        ]
        return (sum(place[level] for place, level in zip(places, row, strict=True)) for row in rows.tolist())

    @cached_property
    def _takes(self) -> Sequence[int]:
        """Which repeat of its kind each run is; nothing where all are the first, or seeds count them."""
        if self.design is Design.FULL or not (self.seedless or self.design is Design.LISTED):
            return ()
        names = [f.name for f in self.factors]
        seen: Counter[tuple[int, ...]] = Counter()
        takes: list[int] = []
        for row in map(self._levels, self._chosen):
            has_seed = self.models[row[names.index(MODEL)]] not in self.seedless
            kind = tuple(i for name, i in zip(names, row, strict=True) if has_seed or name != SEED)
            seen[kind] += 1
            takes.append(seen[kind])
        return takes

    def _levels(self, at: int) -> tuple[int, ...]:
        levels: list[int] = []
        for stride in self._strides:
            level, at = divmod(at, stride)
            levels.append(level)
        return tuple(levels)

    def _cell(self, index: int, at: int) -> Cell:
        levels = self._levels(at)
        level_of = self._grid.at(levels)
        seed: int | None = level_of.get(SEED)
        take = self._takes[index] if self._takes else 1
        if self.seeds and level_of[MODEL] in self.seedless:
            take = take if self._takes else self.seeds.index(seed) + 1
            seed = None
        wording: Wording = level_of[PROMPT]
        fields = fields_at(level_of)
        negative = str(fields.pop(NEGATIVE, wording.negative_prompt))
        words = self._fill(
            wording.prompt,
            negative,
            tuple(options_at(level_of).items()),
            self.design_seed + take if seed is None else seed,
        )
        request = GenerationRequest(
            model=level_of[MODEL],
            prompt=words.prompt,
            negative_prompt=words.negative_prompt,
            inputs=level_of[REFERENCES].inputs if REFERENCES in level_of else (),
            seed=seed,
            take=take,
            fold_negative_prompt=bool(fields.pop(FOLD, False)),
            settings=immutabledict(fields),
        )
        coordinates = self._grid.coordinates(levels, words.has_slots)
        return Cell(index, levels, coordinates, request, words.template, words.slots, words.hole)

    @cached_property
    def _fill(self) -> Callable[..., _Words]:
        """``_words``, remembered: most runs differ in model, settings or seed only."""
        return lru_cache(maxsize=4_096)(self._words)

    def _words(
        self, prompt: str, negative: str, options: tuple[tuple[str, Option], ...], luck: int
    ) -> _Words:
        template, unwanted = self._grid.templates[prompt], self._grid.templates[negative]
        values = {name: option.text for name, option in options}
        has_slots = template.options.keys() | unwanted.options.keys()
        try:
            filled, beside = template.filled(values, luck), unwanted.filled(values, luck)
        except TemplateError as error:
            return _Words(prompt, negative, prompt, has_slots, immutabledict(), str(error))
        slots = {**beside.took, **filled.took}
        slots |= {name: option.label for name, option in options if option.name and name in slots}
        source = "" if template.is_plain else prompt
        return _Words(filled.text, beside.text, source, has_slots, immutabledict(slots))


class _Words(NamedTuple):
    """What the two templates of a run become; ``hole`` says why they can't."""

    prompt: str
    negative_prompt: str
    template: str
    has_slots: Set[str]
    slots: Mapping[str, str]
    hole: str = ""


def consecutive(count: int, base: int = 1) -> tuple[int, ...]:
    """``count`` seeds from ``base`` on."""
    if count < 0 or not 0 <= base < 2**32:
        raise RequestError(
            f"{count} seeds from {base} can't be. Allowed: 0 or more, from a seed between 0 and {2**32 - 1}."
        )
    return tuple((base + i) % 2**32 for i in range(count))


def crossed(fields: Mapping[str, Sequence[Scalar]]) -> tuple[Settings, ...]:
    """Every combination of the fields' values as one level each, for ``Sweep.settings``."""
    return tuple(immutabledict(zip(fields, row, strict=True)) for row in product(*fields.values()))
