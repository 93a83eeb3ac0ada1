"""Who voted what: how far reviewers agree, with each other and with themselves."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.api.ranking import RankedArms
from workbench.api.standings import who_voted_what
from workbench.review.raters import Share
from workbench.ui import figures

_MOST_ARMS = 8  # side by side


def people(found: RankedArms) -> None:
    told = found.agreement()
    if not told.raters:
        st.markdown("Nobody has voted yet.")
        return
    st.markdown(figures.plain(told.accord.sentence))
    table = [
        {
            "Reviewer": one.rater,
            "Votes": one.votes,
            "With the others": _share(one.panel),
            "Left side": _share(one.left),
            "Same on repeats": _share(one.repeats),
        }
        for one in told.raters
    ]
    st.table(pd.DataFrame(table), hide_index=True, alt="Reviewers")
    _who_voted_what(found)
    if told.together:
        both = [
            {"One": one.one, "Other": one.other, "Same answer": _share(one.same)} for one in told.together
        ]
        st.table(pd.DataFrame(both), hide_index=True, alt="Each two reviewers")
    st.caption(
        "Shares of the votes that can be counted so, with Wilson's 95 % interval. α is Krippendorff's, of "
        "pairs that several people judged, with a bootstrap over pairs: 1 is perfect, 0 what chance makes."
    )


def _who_voted_what(found: RankedArms) -> None:
    arms = [one.arm for one in found.ranking.standings[:_MOST_ARMS]]
    rows: dict[str, dict[str, str]] = {}
    for one in who_voted_what(found):
        if one["arm"] in arms:
            told = f"{one['votes_for']} of {one['decided']}" if one["decided"] else figures.NONE
            rows.setdefault(str(one["reviewer"]), {})[f"For {one['arm']}"] = told
    table = [{"Reviewer": person, **cells} for person, cells in rows.items()]
    st.table(pd.DataFrame(table), hide_index=True, alt="Who voted for what")
    if (more := len(found.ranking.standings) - len(arms)) > 0:
        st.caption(f"The best {len(arms)} arms; {more} more are in the JSON.")


def _share(share: Share) -> str:
    if not share.of:
        return figures.NONE
    return f"{share.count} of {share.of} ({share.low:.0%}–{share.high:.0%})"
