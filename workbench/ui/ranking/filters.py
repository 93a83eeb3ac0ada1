"""Which votes or ratings the Ranking page is about: a row of choices, kept in the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from workbench.api import Workbench
from workbench.api.arms import GROUPINGS
from workbench.domain.review import Review

_BY: Final = {"arm": "Everything but the seed", "prompt": "Prompt", "model": "Model"}
_LABELS: Final = {
    "review": "Review",
    "experiment": "Experiment",
    "brief": "Brief",
    "criterion": "Criterion",
    "by": "Compare",
    "person": "Reviewer",
}
_KEY = "ranking."
_LONGEST = 60


def filter_row(bench: Workbench) -> None:
    """Nothing where there is no review. Where all are of ratings, the newest is shown unless one is named."""
    reviews = {one.id: one for one in bench.reviews()}
    if not reviews:
        return
    votes = any(not one.plan.criteria for one in reviews.values())
    review = reviews.get(st.query_params.get("review", ""))
    if review is None and not votes:
        review = next(iter(reviews.values()))
    choices = _choices(bench, reviews, review, votes=votes)
    shown = {name: _now(name, known, review) for name, known in choices.items()}
    _address(shown)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, known in choices.items():
            st.session_state[_KEY + name] = shown[name]
            if len(known) > 1:
                st.selectbox(
                    _LABELS[name],
                    list(known),
                    key=_KEY + name,
                    format_func=known.__getitem__,
                    on_change=_changed,
                    args=(tuple(choices),),
                )


def asked(*, of_ratings: bool = False) -> dict[str, str]:
    """What the address asks for, as ``Workbench.rank`` takes it, or ``Workbench.rated``."""
    names = [name for name in _LABELS if of_ratings or name != "criterion"]
    told = {name: st.session_state.get(_KEY + name, "") for name in names}
    return told | {"by": told["by"] or GROUPINGS[0]}


def _choices(
    bench: Workbench, reviews: Mapping[str, Review], review: Review | None, *, votes: bool
) -> dict[str, dict[str, str]]:
    """Of each filter what may be chosen, and how it is called; one choice is none and is not shown."""
    criteria = review.plan.criteria if review else ()
    briefs = {one: brief.title[:_LONGEST] for one, brief in bench.store.briefs.reviewed().items()}
    people = bench.store.reviews.people(review.id if review else "")
    return {
        "review": ({"": "All votes"} if votes else {}) | {one.id: one.name for one in reviews.values()},
        "experiment": {"": "Any"} | {one.id: one.name for one in bench.store.experiments.all()},
        "brief": {"": "Any"} | briefs,
        "criterion": {"": "All"} | {one.name: one.label for one in criteria},
        "by": _BY,
        "person": {"": "All"} | {one: one for one in people},
    }


def _now(name: str, known: Mapping[str, str], review: Review | None) -> str:
    told = review.id if name == "review" and review else st.query_params.get(name, "")
    return told if told in known else next(iter(known))


def _changed(names: tuple[str, ...]) -> None:
    _address({name: str(st.session_state.get(_KEY + name, "")) for name in names})


def _address(shown: Mapping[str, str]) -> None:
    """Only what is not usual is in it."""
    told = {name: value for name, value in shown.items() if value and (name, value) != ("by", GROUPINGS[0])}
    if told != st.query_params.to_dict():
        st.query_params.from_dict(told)
