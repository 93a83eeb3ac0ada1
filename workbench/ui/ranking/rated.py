"""What the ratings of one review say: a plot for each criterion, the answer first."""

from __future__ import annotations

from functools import partial

import streamlit as st

from workbench.api import Workbench
from workbench.api.means import record, rows
from workbench.api.originals import csv_text
from workbench.api.rated import ByCriterion, RatedArms
from workbench.domain.errors import RequestError
from workbench.ui import figures
from workbench.ui.links import link
from workbench.ui.ranking.export import json_button, report_button
from workbench.ui.ranking.filters import asked
from workbench.ui.ranking.forest import means_html


def rated(bench: Workbench) -> bool:
    """Whether the address asks for a review of ratings, which is then shown."""
    try:
        review = bench.store.reviews.get(st.query_params.get("review", ""))
    except RequestError:
        return False
    if not review.plan.criteria:
        return False
    link("ranking", "Votes of all reviews", icon=":material/arrow_back:")
    st.header(figures.plain(review.name), anchor=False)
    found = bench.rated(**asked(of_ratings=True))
    if found is None:
        st.info("No clip of this review is left: its runs are in the bin, or nothing fits the filter.")
        return True
    people = len(found.people)
    by = f"{people} {'person' if people == 1 else 'people'}"
    st.caption(f"Clips were rated {found.ratings:,} times by {by}, blind.")
    for one in found.criteria:
        _criterion(found, one)
    st.caption(
        "Means of clip means, 1 to 5, each with its 95 % interval over clips (Student’s t); the line is at 3."
    )
    _export(bench, found)
    return True


def _criterion(found: RatedArms, one: ByCriterion) -> None:
    st.markdown(figures.plain(one.sentence))
    st.html(means_html(found, one))
    st.caption(figures.plain(one.agreement.sentence))


def _export(bench: Workbench, found: RatedArms) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        report_button(bench, found)
        st.download_button("CSV", csv_text(rows(found)), "means.csv", "text/csv", on_click="ignore")
        json_button(partial(record, found), "ratings.json")
