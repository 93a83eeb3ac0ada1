"""What a ranking says, in one honest sentence: who is ahead, how sure that is, and what would help."""

from __future__ import annotations

from workbench.review.gain import gain_of, seeds_needed
from workbench.review.ranking import Difference, Interval, Ranking

_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_ROUND = (20, 40, 60, 100, 200, 400, 1_000, 2_000, 4_000, 10_000)
_MUCH = 0.97  # a factor of the width that is worth the work
_LEVEL = 0.505  # a chance below which neither is ahead
_NAMED = 5
_FEW_VOTES = 4  # on a new clip


def headline(ranking: Ranking) -> str:
    """Of the whole ranking. Groups that no vote links are told, and only the largest is spoken of."""
    if not ranking.votes:
        return "No votes yet: nothing can be said."
    group = ranking.groups[0]
    if len(group) == 1:
        return "Every vote compares two clips of one arm: nothing can be said of arms."
    first, second = group[:2]
    own = [one for one in ranking.differences if first in (one.ahead, one.behind)]
    near = next(one for one in own if second in (one.ahead, one.behind))
    open_ = [one for one in own if not (one.is_settled and one.ahead == first)]
    told = of_difference(ranking, near)
    if len(group) > 2 and open_:
        rivals = [one.behind if one.ahead == first else one.ahead for one in open_]
        told = f"Not separable yet: {_listed([first, *rivals])} may each be the best. {told}"
    elif len(group) > 2:
        told = f"{first} is ahead of all {len(group) - 1} others. The nearest: {told}"
    apart = [group for group in ranking.groups[1:] if any(ranking.standing(name).votes for name in group)]
    unseen = [name for group in ranking.groups[1:] if group not in apart for name in group]
    if apart:
        others = "; ".join(_listed(group) for group in apart)
        told += (
            f" No vote links {_listed(list(ranking.groups[0]))} with {others}: each is ranked by itself; "
            "compare a clip of the one with a clip of the other."
        )
    if unseen:
        told += f" No vote yet on {_listed(unseen)}."
    return told


def between(ranking: Ranking, one: str, other: str) -> str:
    """Of two arms of the ranking, also where no vote links them."""
    found = ranking.difference(one, other)
    if found is None:
        return (
            f"{one} and {other} were never compared, directly or by way of others: nothing can be said; "
            "show a clip of each side by side."
        )
    return of_difference(ranking, found)


def of_difference(ranking: Ranking, found: Difference) -> str:
    """“B ahead of A: +0.7 [−0.7, 2.1], P = 0.84, 24 votes on 6 clips: not settled; …”."""
    seen = f"{found.votes} vote{'' if found.votes == 1 else 's'} on {found.clips} clips"
    if not found.votes:
        seen = f"no vote on one against the other, {found.clips} clips compared by way of others"
    who = f"{found.ahead} ahead of {found.behind}"
    if found.chance < _LEVEL:
        who = f"{found.ahead} level with {found.behind}"
    told = f"{who}: {effect(found.gap)}, {_chance(found.chance)}, {seen}: "
    if found.is_settled:
        return told + "settled."
    return told + f"not settled; {advice(ranking, found)}."


def advice(ranking: Ranking, found: Difference) -> str:
    """What would narrow the difference more: a clip more of each, or more votes."""
    more = next((count for count in _ROUND if count >= 1.5 * found.votes), _ROUND[-1])
    won = gain_of(ranking.fit, found.ahead, found.behind, more)
    seed = _next_seed(ranking, found)
    if min(won.by_seed, won.by_votes) > _MUCH:
        return f"neither {seed} nor {more:,} more votes would narrow it much"
    if won.prefers_seed:
        return f"{seed} would help more than {more:,} more votes"
    return f"{more:,} more votes would help more than {seed}"


def steps(ranking: Ranking) -> tuple[str, ...]:
    """What to do next to know which arm is the best, the first thing first."""
    if not ranking.votes:
        return ("Let somebody judge: there is no vote yet.",)
    group, *apart = ranking.groups
    told = [
        f"Show a clip of {_listed(one)} beside one of {_listed(group)}: no vote links them."
        for one in apart[:_NAMED]
    ]
    own = [one for one in ranking.differences if group[0] in (one.ahead, one.behind)]
    open_ = [one for one in own if not (one.is_settled and one.ahead == group[0])]
    behind = [one.behind for one in own if one not in open_]
    if open_:
        near = open_[0]
        told.append(
            f"To tell {near.ahead} from {near.behind}: {advice(ranking, near)}. {_settling(ranking, near)}"
        )
        if behind:
            told.append(f"Make no more of {_listed(behind)}: no longer a rival for the first place.")
    elif own:
        told.append(f"{group[0]} is the best of {len(group)}: use it. More votes won't change that.")
    return tuple(told)


def _settling(ranking: Ranking, near: Difference) -> str:
    each = max(_FEW_VOTES, round(2 * ranking.votes / max(ranking.clips, 1)))
    seeds = seeds_needed(ranking.fit, near.ahead, near.behind, each)
    if seeds is None:
        return "If they stay as near as they look, 64 new seeds of each would not settle it: take either."
    if not seeds:
        return "A few more votes should settle it."
    new = f"{seeds} new seed{'s' if seeds > 1 else ''}"
    return f"If they stay as far apart, {new} of each, with {each} votes on each, should settle it."


def effect(interval: Interval) -> str:
    """“+0.7 [−0.7, 2.1]”, in logits."""
    return f"{_signed(interval.value)} [{_plain(interval.low)}, {_plain(interval.high)}]"


def _next_seed(ranking: Ranking, found: Difference) -> str:
    votes = ranking.fit.votes
    clips = {int((votes.arm_of == votes.arms.index(arm)).sum()) for arm in (found.ahead, found.behind)}
    if len(clips) > 1 or max(clips) >= len(_ORDINALS):
        return "one more seed for each"
    word = _ORDINALS[max(clips)]
    return f"{'an' if word[0] == 'e' else 'a'} {word} seed for each"


def _chance(chance: float) -> str:
    return "P > 0.99" if chance > 0.99 else f"P = {chance:.2f}"


def _signed(value: float) -> str:
    shown = _plain(value)
    return shown if shown.startswith("−") or shown == "0.0" else f"+{shown}"


def _plain(value: float) -> str:
    """One decimal, which suffices for logits; more where it would show 0 for what is not."""
    shown = (f"{value:.{decimals}f}" for decimals in (1, 2, 3))
    return next((one for one in shown if float(one)), "0.0").replace("-", "−")


def _listed(names: list[str] | tuple[str, ...]) -> str:
    told = list(names[:_NAMED])
    if len(names) > _NAMED:
        told.append(f"{len(names) - _NAMED} more")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
