"""Everything that a ranking says, the answer first."""

from __future__ import annotations

import json
from functools import partial

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.api.originals import csv_text
from workbench.api.ranking import RankedArms
from workbench.api.standings import forest, preferences, record, rows
from workbench.domain.errors import RequestError
from workbench.review.sentence import effect as interval_text
from workbench.review.sentence import of_difference
from workbench.ui import figures
from workbench.ui.links import link
from workbench.ui.ranking.export import json_button, report_button
from workbench.ui.ranking.filters import asked
from workbench.ui.ranking.forest import forest_html
from workbench.ui.ranking.judges import judges
from workbench.ui.ranking.people import people
from workbench.ui.ranking.phrases import phrases
from workbench.ui.ranking.price import price

METHOD = (
    "A hierarchical Davidson Bradley–Terry model: each clip has its own luck, so intervals narrow with clips "
    "rather than with votes. Both good and both bad count as ties and are told apart below. The left side's "
    "pull is measured and taken out. Intervals hold 95 %."
)


def standing(bench: Workbench) -> None:
    reviews = bench.reviews()
    if not reviews:
        st.info(
            "Nothing was judged yet. A review shows two clips side by side, blind; this page then says which "
            "prompt, model or setting is better, and how sure that is."
        )
        link("review", "Make a review", icon=":material/visibility:")
        return
    found = _found(bench)
    if found is None:
        st.info(
            "No clip is left to rank: the runs of these reviews are in the bin, or nothing fits the filter."
        )
        return
    with st.container(key="wb-answer"):
        st.markdown(figures.plain(found.sentence))
    st.html(forest_html(found))
    st.caption("Effect against the mean of all, in logits: +0.7 wins two of three. Bars are 95 % intervals.")
    _next(found)
    tabs = st.tabs(["Arms", "Between two", "Phrases", "Cost and time", "Reviewers", "Method"])
    for tab, shown in zip(tabs[:-1], (_arms, _between, phrases, price, people), strict=True):
        with tab:
            shown(found)
    with tabs[-1]:
        st.markdown(METHOD)
        sigma = found.ranking.sigma
        st.markdown(
            figures.plain(
                f"Spread of clips of one arm: {sigma.value:.1f} [{sigma.low:.1f}, {sigma.high:.1f}] logits. "
                f"The left side gains {interval_text(found.ranking.side)}."
            )
        )
    judges(bench, found)
    _export(bench, found)


def _next(found: RankedArms) -> None:
    st.header("What to do next", anchor=False)
    st.markdown("\n".join(f"- {figures.plain(step)}" for step in found.next_steps()))


def _found(bench: Workbench) -> RankedArms | None:
    try:
        return bench.rank(**asked())
    except RequestError as error:
        st.error(figures.plain(str(error)))
        return None


def _arms(found: RankedArms) -> None:
    st.dataframe(
        pd.DataFrame(rows(found)),
        hide_index=True,
        alt="Arms, the best first",
        column_config={
            "arm": "Arm",
            "what": st.column_config.TextColumn("What differs", width="large"),
            "rank": st.column_config.TextColumn("Rank", help="The places that the intervals leave open."),
            "effect": st.column_config.NumberColumn("Effect", format="%+.2f"),
            "low": st.column_config.NumberColumn("From", format="%.2f"),
            "high": st.column_config.NumberColumn("To", format="%.2f"),
            "votes": "Votes",
            "clips": "Clips",
            "wins": "Wins",
            "losses": "Losses",
            "both_good": "Both good",
            "both_bad": "Both bad",
            "cost_usd": st.column_config.NumberColumn("Cost a clip", format="$%.2f"),
            "latency_s": st.column_config.NumberColumn("Latency", format="%.1f s"),
        },
    )


def _between(found: RankedArms) -> None:
    """The win matrix: how sure it is that the row is better than the column."""
    labels = [one.arm for one in found.ranking.standings]
    if len(labels) < 2:
        st.markdown("There is one arm only.")
        return
    cells = [[_chance(found, row, column) for column in labels] for row in labels]
    st.markdown("How sure it is that the row is better than the column, and in how many votes they met.")
    st.table(pd.DataFrame(cells, index=labels, columns=labels), alt="Row better than column")
    for one in found.ranking.differences[:20]:
        st.markdown(figures.plain(of_difference(found.ranking, one)))


def _chance(found: RankedArms, row: str, column: str) -> str:
    one = found.ranking.difference(row, column)
    if row == column or one is None:
        return figures.NONE
    chance = one.chance if one.ahead == row else 1 - one.chance
    return f"{chance:.0%} · {one.votes}"


def _export(bench: Workbench, found: RankedArms) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        report_button(bench, found)
        st.download_button("CSV", csv_text(rows(found)), "ranking.csv", "text/csv", on_click="ignore")
        plot = forest(found)
        st.download_button("SVG", plot.svg(), "ranking.svg", "image/svg+xml", on_click="ignore")
        st.download_button("PNG", plot.png, "ranking.png", "image/png", on_click="ignore")
        json_button(partial(record, found), "ranking.json")
        st.download_button(
            "Preference pairs",
            "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in preferences(found)),
            "preferences.jsonl",
            "application/jsonl",
            on_click="ignore",
            help="Votes for one side, as JSON lines with the chosen and the rejected clip: for training.",
        )
