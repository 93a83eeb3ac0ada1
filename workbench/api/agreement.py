"""How far the reviewers of a ranking agree: with each other, with the others, and with themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.review import Accord, Rater, Together, Votes


@dataclass(frozen=True, slots=True)
class ArmAgreement:
    """``accord``: Krippendorff's α of all; ``together``: each two people; ``raters``: each person."""

    accord: Accord
    together: tuple[Together, ...]
    raters: tuple[Rater, ...]


def arm_agreement(votes: Votes, with_repeats: Votes) -> ArmAgreement:
    """Repeats count for how steady a person is, for nothing else."""
    from workbench.review import accord, raters_of, together

    return ArmAgreement(accord(votes), together(votes), raters_of(with_repeats))


def agreement_record(found: ArmAgreement, people: Mapping[str, str] | None = None) -> dict[str, object]:
    """As JSON. ``people`` says what reviewers are called; all by their names without."""
    accord, called = found.accord, people or {one.rater: one.rater for one in found.raters}
    return {
        "sentence": accord.sentence,
        "alpha": asdict(accord.alpha) if accord.alpha else None,
        "pairs": accord.pairs,
        "votes": accord.votes,
        "together": [
            {"one": called[one.one], "other": called[one.other], **asdict(one.same)} for one in found.together
        ],
        "reviewers": [
            {
                "reviewer": called[one.rater],
                "votes": one.votes,
                "ties": one.ties,
                "with_the_others": asdict(one.panel),
                "left_side": asdict(one.left),
                "same_on_repeats": asdict(one.repeats),
            }
            for one in found.raters
        ],
    }
