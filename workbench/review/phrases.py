"""What a phrase does: levels of slots as covariates of the arms' strengths, β = Xγ + b, b ~ N(0, τ²).

Prompts built from slots (camera, light, style …) form a factorial design: γ holds each level against the
most used one of its slot, b what arms have beyond the sum of their levels. τ is integrated over a grid under
a half-normal prior, as σ is; γ has a flat one. The votes come in as the normal posterior of β with the prior
of the ranking taken out again: precision P = V⁻¹ − I/arm_sd², shift h = V⁻¹ E[β].

Effects are many, so p-values are adjusted by Holm (1979) and intervals hold all effects at once
(Bonferroni). Where levels change only together, nothing can tell them apart, and no figure is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.review.fit import Fit
from workbench.review.mixture import below, quantile
from workbench.review.ranking import LEVEL, Interval, connected
from workbench.review.votes import Bools, Floats, Ints

TAU_SD = 0.5  # logits, of the prior of τ: levels are expected to add up within about so much
_TAUS = np.linspace(0.0, 4.0, 25)  # in units of it
_NOTHING = 1e-8


@dataclass(frozen=True, slots=True)
class PhraseEffect:
    """``level`` of ``slot`` instead of ``base``, in logits. The interval holds with those of all other
    effects at once; ``p`` is two-sided, ``p_adjusted`` Holm's. ``arms`` have the level."""

    slot: str
    level: str
    base: str
    effect: Interval
    p: float
    p_adjusted: float
    arms: int

    @property
    def is_settled(self) -> bool:
        return self.p_adjusted < 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Phrases:
    """``refusals``: in sentences, what can't be told and why."""

    effects: tuple[PhraseEffect, ...]
    refusals: tuple[str, ...]


def phrases_of(fit: Fit, slots: Mapping[str, Mapping[str, str]], *, aside: Collection[str] = ()) -> Phrases:
    """``slots``: for each slot the level of each arm, by name. Arms that lack a level, or that no vote links
    with the largest group, are left out; refusals say so. What the slots named in ``aside`` do is taken out
    of the effects of the others, and told of none of them."""
    arms, refusals = _arms(fit, slots)
    design = _Design.of([(slot, [levels[name] for name in arms]) for slot, levels in slots.items()])
    refusals += [
        f"Every arm with votes has the same level of “{slot}”, {level}: its effect can't be told."
        for slot, level in design.constant
        if slot not in aside
    ]
    if len(arms) < 2:
        return Phrases(
            (), (*refusals, "Fewer than two arms with levels were compared: no phrase has an effect yet.")
        )
    refusals += design.confounded
    told = design.estimable & np.array([slot not in aside for slot, *_ in design.columns], bool)
    if not told.any():
        return Phrases((), tuple(refusals))
    at = np.array([fit.votes.arms.index(name) for name in arms])
    means, sds, weights = _levels(fit, at, design.x, told)
    share = (1 - LEVEL) / 2 / len(means)
    low, high = (quantile(end, means, sds, weights) for end in (share, 1 - share))
    under = below(np.zeros(len(means)), means, sds, weights)
    p = np.minimum(2 * np.minimum(under, 1 - under), 1.0)
    columns = [column for column, kept in zip(design.columns, told, strict=True) if kept]
    effects = [
        PhraseEffect(*column[:3], Interval(*figures), float(one), float(adjusted), column[3])
        for column, figures, one, adjusted in zip(
            columns,
            zip((means @ weights).tolist(), low.tolist(), high.tolist(), strict=True),
            *(p, holm(p)),
            strict=True,
        )
    ]
    return Phrases(tuple(effects), tuple(refusals))


def holm(p: Floats) -> Floats:
    """Adjusted p-values: the k-th smallest times (m − k + 1), never below a smaller one's, at most 1."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _arms(fit: Fit, slots: Mapping[str, Mapping[str, str]]) -> tuple[list[str], list[str]]:
    group, names = connected(fit.votes), fit.votes.arms
    voted = np.zeros(len(names), bool)
    voted[fit.votes.arm_of[np.r_[fit.votes.left, fit.votes.right]]] = True
    arms, unlinked, free = [], [], []
    for n, name in enumerate(names):
        if not voted[n]:
            continue
        if any(name not in levels for levels in slots.values()):
            free.append(name)
        elif group[n]:
            unlinked.append(name)
        else:
            arms.append(name)
    refusals = []
    if free:
        refusals.append(f"Left out, as they have no level of every slot: {', '.join(free)}.")
    if unlinked:
        refusals.append(f"Left out, as no vote links them with the others: {', '.join(unlinked)}.")
    return arms, refusals


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Columns of ``x`` (arms × levels but the base) are centred; each column is (slot, level, base, arms)."""

    x: Floats
    columns: tuple[tuple[str, str, str, int], ...]
    estimable: Bools
    constant: tuple[tuple[str, str], ...]
    confounded: tuple[str, ...]

    @classmethod
    def of(cls, slots: list[tuple[str, list[str]]]) -> _Design:
        columns, x, constant = [], [], []
        for slot, levels in slots:
            counts = Counter(levels)  # keeps the order in which levels first come
            if len(counts) < 2:
                constant += [(slot, level) for level in counts]
                continue
            base = max(counts, key=lambda level: counts[level])
            for level in (level for level in counts if level != base):
                columns.append((slot, level, base, counts[level]))
                x.append(np.array([one == level for one in levels], float))
        table = np.column_stack(x) if x else np.zeros((0, 0))
        if table.size:
            table = table - table.mean(0)
        estimable, together = _told_apart(table)
        return cls(table, tuple(columns), estimable, tuple(constant), _confounded(columns, together))


def _told_apart(x: Floats) -> tuple[Bools, Floats]:
    """Which columns are no sum of others; and the projector on the combinations that vanish."""
    count = x.shape[1]
    if not count:
        return np.zeros(0, bool), np.zeros((0, 0))
    _, sizes, rows = np.linalg.svd(x)
    rank = int((sizes > _NOTHING * max(sizes.max(), 1.0)).sum())
    vanishing = rows[rank:]
    together = vanishing.T @ vanishing
    return np.diag(together) < _NOTHING, together


def _confounded(columns: list[tuple[str, str, str, int]], together: Floats) -> tuple[str, ...]:
    """A sentence for each set of slots that change only together."""
    slots = list(dict.fromkeys(slot for slot, *_ in columns))
    at = np.array([slots.index(slot) for slot, *_ in columns], np.int64)
    touching = np.zeros((len(slots), len(slots)), bool)
    first, second = np.nonzero(np.abs(together) > _NOTHING)
    touching[at[first], at[second]] = True
    told, left = [], [n for n in range(len(slots)) if touching[n, n]]
    while left:
        found, edge = set(), {left[0]}
        while edge:
            found |= edge
            edge = {int(n) for one in edge for n in np.flatnonzero(touching[one])} - found
        names = [f"“{slots[n]}”" for n in sorted(found)]
        told.append(
            f"The levels of {', '.join(names[:-1])} and {names[-1]} change only together: what each does "
            "can't be told; add an arm that changes one of them alone."
        )
        left = [n for n in left if n not in found]
    return tuple(told)


def _levels(fit: Fit, at: Ints, x: Floats, wanted: Bools) -> tuple[Floats, Floats, Floats]:
    """Mean and spread of each effect that is wanted at each τ, and the weights of the τ."""
    p, h = _votes_alone(fit, at)
    means, sds, density = [], [], []
    for tau in TAU_SD * _TAUS:
        shrunk = np.linalg.inv(np.eye(len(at)) + tau**2 * p)
        told = x.T @ shrunk @ p @ x
        told = 0.5 * (told + told.T)
        sizes, axes = np.linalg.eigh(told)
        kept = sizes > _NOTHING * max(float(sizes.max()), 1e-6)
        inverse = (axes[:, kept] / sizes[kept]) @ axes[:, kept].T
        shift = x.T @ shrunk @ h
        means.append((inverse @ shift)[wanted])
        sds.append(np.sqrt(np.maximum(np.diag(inverse)[wanted], 0.0)))
        density.append(
            0.5 * float(np.linalg.slogdet(shrunk)[1] - np.log(sizes[kept]).sum() + shift @ inverse @ shift)
            + 0.5 * tau**2 * float(h @ shrunk @ h)
            - 0.5 * (tau / TAU_SD) ** 2
        )
    weights = np.exp(np.array(density) - max(density))
    weights[[0, -1]] *= 0.5  # the trapezoid rule
    return np.stack(means, -1), np.stack(sds, -1), weights / weights.sum()


def _votes_alone(fit: Fit, at: Ints) -> tuple[Floats, Floats]:
    """Precision and shift of β by the votes, without the ranking's prior."""
    betas = np.stack([mode.beta[at] for mode in fit.modes])
    mean = fit.weights @ betas
    off = betas - mean
    cov = np.einsum("k,kab->ab", fit.weights, np.stack([mode.cov[np.ix_(at, at)] for mode in fit.modes]))
    precision = np.linalg.inv(cov + np.einsum("k,ka,kb->ab", fit.weights, off, off))
    sizes, axes = np.linalg.eigh(precision - np.eye(len(at)) * fit.assumptions.arm_sd**-2)
    sizes = np.maximum(sizes, 0.0)
    return (axes * sizes) @ axes.T, precision @ mean
