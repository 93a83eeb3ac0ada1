"""The report of votes on pairs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.api.originals import csv_text
from workbench.api.ranking import RankedArms, votes_on
from workbench.api.report_clips import Candidate, candidates
from workbench.api.report_contents import Contents, Section, called, count
from workbench.api.report_tables import NONE, Cells, costs, figure, paragraphs, table
from workbench.api.standings import forest_svg, preferences, record, rows
from workbench.review import raters_of
from workbench.review.sentence import effect as interval_text

if TYPE_CHECKING:
    from workbench.review import Rater, Share, Standing

MOST_IN_MATRIX: Final = 20
METHOD: Final = (
    "People saw two clips side by side, in random order and on random sides, without being told which "
    "prompt, model or setting made them, and said which is better, that both are good, or that both are bad. "
    "Pairs that were shown to somebody a second time say how steady people are; they and skipped pairs are "
    "no votes.",
    "The votes are read with a hierarchical Davidson Bradley–Terry model: an arm is everything that its "
    "clips have in common but the seed, and each clip has its own luck around its arm. So intervals narrow "
    "with more clips, and with more votes only down to what that luck leaves. Both good and both bad count "
    "as ties; what the left side gains is measured and taken out.",
    "Effects are logits against the mean of the arms: +0.7 wins about two of three. Intervals hold 95 % of "
    "the posterior. Two arms are settled when the interval of their difference leaves out 0; P is how sure "
    "it is that the first is better. Shares of reviewers have Wilson’s 95 % interval.",
)


def of_votes(found: RankedArms, made_at: datetime, *, names: bool) -> Contents:
    """``names`` tells reviewers by name, and in the zip runs by id."""
    ranking, order = found.ranking, [found.arm(one.arm) for one in found.ranking.standings]
    people = called(list(dict.fromkeys(pair.person for pair in found.judged)), names=names)
    effects = {one.arm: (interval_text(one.effect),) for one in ranking.standings}
    return Contents(
        reviews=found.reviews,
        arms=order,
        first=found.arms[0],
        clips=_clips(found),
        unit="vote",
        sentence=found.sentence,
        seen=(count(ranking.votes, "vote"), count(ranking.clips, "clip"), count(len(people), "reviewer")),
        picture=Section("How far apart they are", figure("Effects with intervals", forest_svg(found))),
        before=[Section("Arms", table("Arms, the best first", *_standings(found)))],
        after=[
            Section("Between two", _win_matrix(found)),
            Section("Reviewers", _reviewers(found, people)),
            Section("Quality against cost and latency", costs(order, ("Effect",), effects)),
            Section("Method", paragraphs([*METHOD, _spread(found)])),
        ],
        texts=lambda named: _texts(found, named, None if names else people),
        made_at=made_at,
    )


def _clips(found: RankedArms) -> dict[str, list[Candidate]]:
    votes = found.votes
    seen, won = Counter[str](), Counter[str]()
    for left, right, outcome in zip(votes.left, votes.right, votes.outcome, strict=True):
        seen.update((votes.clips[left], votes.clips[right]))
        if outcome in (0, 1):
            won[votes.clips[(left, right)[outcome]]] += 1
    return candidates([found.arm(one.arm) for one in found.ranking.standings], found.reviews, seen, won)


def _standings(found: RankedArms) -> tuple[Sequence[str], Cells]:
    head = ("Arm", "Rank", "Effect", "Votes", "Clips", "Wins", "Losses", "Both good", "Both bad")
    body = [
        (
            one.arm,
            _ranks(one),
            interval_text(one.effect),
            *(f"{number:,}" for number in (one.votes, one.clips, one.wins, one.losses)),
            *(f"{number:,}" for number in (one.both_good, one.both_bad)),
        )
        for one in found.ranking.standings
    ]
    return head, body


def _win_matrix(found: RankedArms) -> str:
    """How sure it is that the row is better than the column, and in how many votes they met."""
    labels = [one.arm for one in found.ranking.standings]
    if len(labels) < 2:
        return "<p>There is one arm only.</p>"
    shown = labels[:MOST_IN_MATRIX]
    known = {(one.ahead, one.behind): (one.chance, one.votes) for one in found.ranking.differences}
    known |= {(behind, ahead): (1 - chance, votes) for (ahead, behind), (chance, votes) in known.items()}

    def cell(row: str, column: str) -> str:
        if (row, column) not in known:
            return NONE
        chance, votes = known[row, column]
        return f"{chance:.0%} · {votes:,}"

    body = [(row, *(cell(row, column) for column in shown)) for row in shown]
    cut = f", of the best {MOST_IN_MATRIX} of {len(labels)}" if len(labels) > MOST_IN_MATRIX else ""
    caption = "How sure it is that the row is better than the column · in how many votes they met"
    return table(caption + cut, ("Arm", *shown), body)


def _reviewers(found: RankedArms, people: Mapping[str, str]) -> str:
    told = raters_of(votes_on(found.reviews, found.judged, found.arms, repeats=True))
    if not told:
        return "<p>Nobody has voted yet.</p>"
    head = ("Reviewer", "Votes", "Ties", "With the others", "Left side", "Same on repeats")
    return table("Reviewers, and how they vote", head, [_reviewer(one, people) for one in told])


def _reviewer(one: Rater, people: Mapping[str, str]) -> Sequence[str]:
    shares = map(_share, (one.panel, one.left, one.repeats))
    return people[one.rater], f"{one.votes:,}", f"{one.ties:,}", *shares


def _spread(found: RankedArms) -> str:
    sigma, side = found.ranking.sigma, found.ranking.side
    text = (
        f"Spread of the clips of one arm: {sigma.value:.1f} [{sigma.low:.1f}, {sigma.high:.1f}] logits. The "
        f"left side gains {side.value:+.1f} [{side.low:.1f}, {side.high:.1f}]."
    )
    return text.replace("-", "−")


def _texts(
    found: RankedArms, named: Mapping[Path, str], people: Mapping[str, str] | None
) -> Mapping[str, str]:
    """With ``people`` nothing names a run, a review or a folder."""
    return {
        "ranking.csv": csv_text(rows(found)),
        "ranking.json": json.dumps(_record(found, people), ensure_ascii=False, indent=2),
        "preferences.jsonl": "".join(_preference_lines(found, named, people)),
    }


def _record(found: RankedArms, people: Mapping[str, str] | None) -> dict[str, object]:
    told = record(found, people)
    if people is None:
        return told
    arms = [{name: value for name, value in arm.items() if name != "runs"} for arm in told.pop("arms")]  # type: ignore[attr-defined]
    told.pop("reviews")
    return {**told, "arms": arms}


def _preference_lines(
    found: RankedArms, named: Mapping[Path, str], people: Mapping[str, str] | None
) -> Iterator[str]:
    for one in preferences(found):
        told = {
            name: named.get(Path(str(value))) if name.endswith("_path") and value else value
            for name, value in one.items()
        }
        if people is not None:
            told = {name: value for name, value in told.items() if not name.endswith("_run")}
            told["reviewer"] = people[str(one["reviewer"])]
        yield json.dumps(told, ensure_ascii=False) + "\n"


def _ranks(one: Standing) -> str:
    best, worst = one.best_rank, one.worst_rank
    return f"{best}" if best == worst else f"{best}–{worst}"


def _share(share: Share) -> str:
    return f"{share.count} of {share.of} ({share.low:.0%}–{share.high:.0%})" if share.of else NONE
