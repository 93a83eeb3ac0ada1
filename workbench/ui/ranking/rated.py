"""What the ratings of one review say: a table for each criterion, the answer first."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.api.rated import ByCriterion, RatedArms, interval_text
from workbench.domain.errors import RequestError
from workbench.ui import figures
from workbench.ui.links import link


def rated(bench: Workbench) -> bool:
    """Whether the address asks for a review of ratings, which is then shown."""
    try:
        review = bench.store.reviews.get(st.query_params.get("review", ""))
    except RequestError:
        return False
    if not review.plan.criteria:
        return False
    link("ranking", "Votes of all reviews", icon=":material/arrow_back:")
    st.subheader(figures.plain(review.name), anchor=False)
    found = bench.rated(review=review.id)
    if found is None:
        st.info("No clip of this review is left: its runs are in the bin.")
        return True
    people = len(found.people)
    st.caption(f"{found.ratings} clips rated by {people} {'person' if people == 1 else 'people'}, blind.")
    for one in found.criteria:
        _criterion(found, one)
    st.caption("Means of clip means, 1 to 5, each with its 95 % interval over clips (Student’s t).")
    return True


def _criterion(found: RatedArms, one: ByCriterion) -> None:
    titles = {arm.label: arm.title for arm in found.arms}
    st.markdown(figures.plain(one.sentence))
    rows = [
        {
            "Arm": arm.arm,
            "Mean": interval_text(arm.mean),
            "Clips": str(arm.clips),
            "Ratings": str(arm.ratings),
            "What": figures.plain(titles[arm.arm]),
        }
        for arm in one.arms
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt=one.criterion.label)
    st.caption(figures.plain(one.agreement.sentence))
