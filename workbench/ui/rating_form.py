"""Ratings of one clip: giving one while its prompt is seen, and reading those that were given."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.rating import CRITERIA, SCORES, Criterion, Rating, label_of
from workbench.domain.run import Clip, Run
from workbench.ui import figures
from workbench.ui.people import UNSAID, name_field, remember, typed


def rating_form(bench: Workbench, run: Run, clip: Clip) -> None:
    """1 to 5 by criterion, a comment and a name; criteria that are left open are not rated."""
    place = f"rating.{run.id}.{clip.index}"
    with st.form(place, enter_to_submit=False):
        st.markdown("**Rate this clip** · not blind, so it stays out of rankings by default")
        scores = {}
        grid = st.grid(min_column_width=190, gap="xsmall")
        for criterion in _criteria(bench, clip):
            with grid:
                scores[criterion.name] = _score(place, criterion)
        comment = st.text_area(
            "Comment", key=f"{place}.comment", height=68, max_chars=2_000, placeholder="What made you decide?"
        )
        who = name_field(bench, place)
        if st.form_submit_button("Save rating"):
            _save(bench, run, clip, scores, comment, typed(who))


def ratings_table(ratings: Sequence[Rating]) -> None:
    """A line for each person and clip, newest last; the newest score of each counts."""
    lines: dict[tuple[str, int, bool], dict[str, str]] = {}
    for rating in ratings:
        line = lines.setdefault((rating.person, rating.position, rating.blind), {})
        line[rating.criterion] = str(rating.score)
        line["comment"] = rating.comment or line.get("comment", "")
    names = dict.fromkeys([*(c.name for c in CRITERIA), *(rating.criterion for rating in ratings)])
    rows = [
        {
            "Who": figures.plain(person) or "somebody",
            "Clip": str(position + 1),
            **{figures.plain(label_of(name)): line.get(name, figures.NONE) for name in names},
            "Blind": "yes" if blind else "no",
            "Comment": figures.plain(line["comment"]),
        }
        for (person, position, blind), line in lines.items()
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt="Ratings")


def _criteria(bench: Workbench, clip: Clip) -> list[Criterion]:
    return [c for c in bench.criteria if c.name != "audio" or clip.media.has_audio]


def _score(place: str, criterion: Criterion) -> int | None:
    return st.segmented_control(
        criterion.label, SCORES, key=f"{place}.{criterion.name}", help=f"{criterion.question} 1 no … 5 yes."
    )


def _save(
    bench: Workbench, run: Run, clip: Clip, scores: dict[str, int | None], comment: str, person: str
) -> None:
    given = {name: score for name, score in scores.items() if score is not None}
    if not given:
        st.error("Nothing is rated yet: choose 1 to 5 for at least one criterion.")
        return
    if not person:
        st.error(UNSAID)
        return
    try:
        bench.rate(run.id, given, comment=comment.strip(), person=person, position=clip.index)
    except WorkbenchError as error:
        st.error(figures.plain(str(error)))
        return
    remember(person)
    st.success(f"Saved: {len(given)} of {len(scores)} criteria.")
