"""The report of ratings by criteria."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from statistics import fmean
from typing import Final

from workbench.api.arms import Arm
from workbench.api.means import forest_svg, record, rows, scores
from workbench.api.originals import csv_text
from workbench.api.ranking import clip_name
from workbench.api.rated import ByCriterion, RatedArms, interval_text
from workbench.api.report_clips import Candidate, candidates
from workbench.api.report_contents import Contents, Section, called, count
from workbench.api.report_tables import NONE, Cells, costs, figure, paragraphs, table
from workbench.review.ratings import RELIABLE, TENTATIVE

METHOD: Final = (
    "People saw one clip at a time, each in an order of their own, without being told which prompt, model or "
    "setting made it, and gave it 1 (no) to 5 (yes) by each criterion, or said that it can’t be told. Clips "
    "that were shown to somebody a second time, and skipped ones, do not count.",
    "An arm is everything that its clips have in common but the seed. A clip’s mean is over the people who "
    "rated it, and an arm’s over its clips, each counting alike. Intervals hold 95 % and are over clips "
    "(Student’s t): they narrow with more clips, and not with more people rating the same ones. Of an arm "
    "with one clip nothing is known of the next: its interval is the whole scale.",
    "How far people agree is Krippendorff’s α for ordered scores, over the clips that two or more people "
    "rated; its interval comes from drawing those clips again (bootstrap). 1 is perfect, 0 is what chance "
    f"makes; from {RELIABLE:g} on ratings can be relied on, from {TENTATIVE:.2f} on they are tentative.",
)


def of_ratings(found: RatedArms, made_at: datetime, *, names: bool) -> Contents:
    """The best arms first by the first criterion that was rated. ``names`` as in ``of_votes``."""
    people = called(list(dict.fromkeys(item.person for _, item in found.told)), names=names)
    order = [found.arm(label) for label in _order(found)]
    means = _means(found, order)
    labels = [one.criterion.label for one in found.criteria]
    clips = len({clip for clip, _ in found.told})
    return Contents(
        reviews=found.reviews,
        arms=order,
        first=found.arms[0],
        clips=_clips(found, order),
        unit="rating",
        sentence=found.sentence,
        seen=(count(found.ratings, "rating"), count(clips, "clip"), count(len(people), "reviewer")),
        picture=Section("How good they are", "".join(_picture(found, one) for one in found.criteria)),
        before=[Section("Arms", table("Means with 95 % intervals over clips", *_standings(found, order)))],
        after=[
            Section("How far people agree", _agreement(found)),
            Section("Reviewers", _reviewers(found, people)),
            Section("Quality against cost and latency", costs(order, labels, means)),
            Section("Method", paragraphs(METHOD)),
        ],
        texts=lambda _: _texts(found, people, names=names),
        made_at=made_at,
    )


def _order(found: RatedArms) -> list[str]:
    rated = (one for one in found.criteria if one.arms[0].mean)
    first = next(rated, None)
    return [one.arm for one in first.arms] if first else [arm.label for arm in found.arms]


def _clips(found: RatedArms, order: Sequence[Arm]) -> dict[str, list[Candidate]]:
    """The most liked are those with the highest mean of all scores."""
    seen = Counter(clip_name(clip) for clip, _ in found.told)
    given: dict[str, list[int]] = {}
    for clip, item in found.told:
        given.setdefault(clip_name(clip), []).extend(score for score in item.scores.values() if score)
    liked = {name: fmean(each) for name, each in given.items() if each}
    return candidates(order, found.reviews, seen, liked)


def _picture(found: RatedArms, one: ByCriterion) -> str:
    asks = f" · {one.criterion.question}" if one.criterion.question else ""
    head = f"<p><strong>{escape(one.criterion.label)}</strong>{escape(asks)}</p>"
    return head + figure(f"{one.criterion.label}: means with intervals", forest_svg(found, one))


def _means(found: RatedArms, order: Sequence[Arm]) -> dict[str, list[str]]:
    """Of each arm, by each criterion."""
    told = [{each.arm: interval_text(each.mean) for each in one.arms} for one in found.criteria]
    return {arm.label: [of[arm.label] for of in told] for arm in order}


def _standings(found: RatedArms, order: Sequence[Arm]) -> tuple[Sequence[str], Cells]:
    head = ("Arm", *(one.criterion.label for one in found.criteria), "Clips", "Ratings")
    arm_of = {run.id: arm.label for arm in found.arms for run in arm.runs}
    ratings = Counter(arm_of[clip.run_id] for clip, _ in found.told)
    clips = Counter(arm_of[run_id] for run_id, _ in {(clip.run_id, clip.position) for clip, _ in found.told})
    body = [
        (label, *means, f"{clips[label]:,}", f"{ratings[label]:,}")
        for label, means in _means(found, order).items()
    ]
    return head, body


def _agreement(found: RatedArms) -> str:
    head = ("Criterion", "α", "Clips rated by two or more", "Ratings of them", "What it means")
    body = []
    for one in found.criteria:
        agreed, alpha = one.agreement, one.agreement.alpha
        shown = f"{alpha.value:.2f} [{alpha.low:.2f}, {alpha.high:.2f}]".replace("-", "−") if alpha else NONE
        body.append((one.criterion.label, shown, f"{agreed.items:,}", f"{agreed.ratings:,}", agreed.sentence))
    return table("Krippendorff’s α by criterion", head, body)


def _reviewers(found: RatedArms, people: Mapping[str, str]) -> str:
    if not people:
        return "<p>Nobody has rated yet.</p>"
    head = ("Reviewer", "Clips", *(f"{one.criterion.label}, mean" for one in found.criteria))
    body = []
    for person, name in people.items():
        own = [item.scores for _, item in found.told if item.person == person]
        means = [_mean([of.get(one.criterion.name) for of in own]) for one in found.criteria]
        body.append((name, f"{len(own):,}", *means))
    return table("Reviewers, and how high they rate", head, body)


def _mean(given: Sequence[int | None]) -> str:
    known = [score for score in given if score is not None]
    return f"{fmean(known):.1f}" if known else NONE


def _texts(found: RatedArms, people: Mapping[str, str], *, names: bool) -> Mapping[str, str]:
    """Without ``names`` nothing names a run or a review."""
    told = record(found)
    if not names:
        told.pop("reviews")
        told["arms"] = [{name: arm[name] for name in ("arm", "title")} for arm in told["arms"]]
    return {
        "means.csv": csv_text(rows(found)),
        "ratings.csv": csv_text(scores(found, people)),
        "ratings.json": json.dumps(told, ensure_ascii=False, indent=2),
    }
