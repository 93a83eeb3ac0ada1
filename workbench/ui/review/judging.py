"""One review as a reviewer sees it: who they are, what is asked, the pairs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import RequestError
from workbench.domain.media import Input
from workbench.domain.review import Review
from workbench.ui import figures
from workbench.ui.links import link
from workbench.ui.people import name_field, remember, typed
from workbench.ui.review.invitation import is_guest
from workbench.ui.review.rating import KEYS, rating
from workbench.ui.review.voting import SKIP_KEY, UNDO_KEY, VOTES, voting

WHO = "who"  # of the address: a reload asks nobody for their name again


def judging(bench: Workbench, review_id: str) -> None:
    try:
        review = bench.store.reviews.get(review_id)
    except RequestError:
        st.title("Review", anchor=False)
        st.info("There is no such review, or it was deleted.")
        return
    if not is_guest():
        link("review", "All reviews", icon=":material/arrow_back:")
    st.title(figures.plain(review.plan.question), anchor=False)
    person = " ".join(st.query_params.get(WHO, "").split())[:80]
    if not person:
        _who(bench, is_rated=bool(review.plan.criteria))
        return
    _brief(bench, review)
    if review.plan.criteria:
        with st.container(key="wb-keys"):
            st.caption(KEYS)
        rating(bench, review, person)
        _progress(bench, review, person)
        return
    keys = " · ".join(f"**{key}** {says.lower()}" for _, key, says in VOTES)
    st.caption(
        f"{keys} · **{SKIP_KEY}** skip · **{UNDO_KEY}** undo · **Space** play · **?** the player's keys"
    )
    voting(bench, review, person)
    _progress(bench, review, person)


def _who(bench: Workbench, *, is_rated: bool) -> None:
    with st.form("review.who", border=False, width=420):
        st.markdown(
            "Ratings are kept by name. One clip at a time is shown; you rate it by each criterion."
            if is_rated
            else "Votes are kept by name. Two clips will be shown; you say which is better."
        )
        who = name_field(bench, "review")
        st.form_submit_button("Begin", type="primary", on_click=_begin, args=(who,))


def _begin(who: str) -> None:
    if person := typed(who):
        remember(person)
        st.query_params[WHO] = person


def _brief(bench: Workbench, review: Review) -> None:
    """What was asked for, as far as it is the same for all: anything else would tell the arms apart."""
    requests = [run.request for run in bench.store.runs.get_many([c.run_id for c in review.clips])]
    prompts, inputs = {each.prompt for each in requests}, {each.inputs for each in requests}
    if len(prompts) == 1:
        st.markdown(f"What was asked for: {figures.plain(prompts.pop())}")
    if len(inputs) == 1:
        _pictures(bench, inputs.pop())


def _pictures(bench: Workbench, inputs: Sequence[Input]) -> None:
    shown = [each for each in inputs if not each.media.is_video]
    if shown:
        with st.container(horizontal=True):
            for each in shown:
                st.image(bench.path(each.media).read_bytes(), caption=each.role.label, width=160)


def _progress(bench: Workbench, review: Review, person: str) -> None:
    mine = next((one for one in bench.review_progress(review.id) if one.person == person), None)
    if mine and mine.votes:
        st.caption(f"{figures.plain(person)}: {mine.votes} judged when this page was opened.")
