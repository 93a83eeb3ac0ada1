"""Quality against what it costs in money and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from workbench.api.ranking import RankedArms
from workbench.api.standings import undominated

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_PRICES = {
    "cost_micros": ("Cost a clip, US dollars", "cheaper", 1e-6),
    "latency_s": ("Latency, seconds", "faster", 1.0),
}
_COLOURS = ("#2a8f9a", "#8a8a85")  # readable on both themes


def price(found: RankedArms) -> None:
    for name, (title, lower, scale) in _PRICES.items():
        best = undominated(found, name)
        marks = (f"nothing is both better and {lower}", f"another is better and {lower}")
        points = _points(found, name, scale, {arm.label: marks[arm.label not in best] for arm in found.arms})
        if points.empty:
            st.markdown(f"{title.partition(',')[0]}: not known of any arm with votes.")
            continue
        if points["price"].nunique() == 1:
            st.markdown(f"{title.partition(',')[0]}: the same for all arms with votes.")
            continue
        st.altair_chart(_chart(points, title, marks))
        st.caption(f"Nothing is both better and {lower} than {', '.join(best)}, by the middle of the bars.")


def _points(found: RankedArms, name: str, scale: float, marks: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    known = [
        (one, value)
        for one in found.ranking.standings
        if one.votes and (value := getattr(found.arm(one.arm), name)) is not None
    ]
    return pd.DataFrame(
        {
            "arm": one.arm,
            "what": found.arm(one.arm).title,
            "price": value * scale,
            "effect": one.effect.value,
            "low": one.effect.low,
            "high": one.effect.high,
            "mark": marks[one.arm],
        }
        for one, value in known
    )


def _chart(points: pd.DataFrame, title: str, marks: Sequence[str]) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    base = alt.Chart(points).encode(
        x=alt.X("price:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6, format="~g")),
        color=alt.Color(
            "mark:N",
            title=None,
            legend=alt.Legend(orient="top", labelLimit=400),
            scale=alt.Scale(domain=list(marks), range=list(_COLOURS)),
        ),
    )
    bars = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title="Effect, logits"), y2="high:Q")
    dots = base.mark_point(filled=True, size=90).encode(
        y="effect:Q", shape=alt.Shape("mark:N", title=None, sort=list(marks)), tooltip=["arm", "what"]
    )
    names = base.mark_text(dx=12, align="left").encode(y="effect:Q", text="arm:N")
    return alt.layer(bars, dots, names).properties(height=260)
