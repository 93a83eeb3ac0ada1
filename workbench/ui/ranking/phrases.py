"""What slots and settings do, with intervals; and how free edits differ, word by word."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.api.ranking import RankedArms
from workbench.review.sentence import effect as interval_text
from workbench.ui import figures
from workbench.ui.words import pieces_html

_MOST_EDITS = 20


def phrases(found: RankedArms) -> None:
    told = found.phrases()
    if told.effects:
        table = [
            {
                "Slot or setting": one.slot,
                "Level": one.level,
                "Instead of": one.base,
                "Effect": interval_text(one.effect),
                "p": f"{one.p_adjusted:.3f}",
                "": "settled" if one.is_settled else "not settled",
            }
            for one in told.effects
        ]
        st.table(pd.DataFrame(table), hide_index=True, alt="Effects of slots and settings")
        st.caption("In logits. The 95 % intervals hold for all rows at once; p is adjusted by Holm.")
    for refusal in told.refusals:
        st.markdown(figures.plain(refusal))
    if told.edits:
        st.markdown(
            "Edits without slots are shown as changes: which of their words did it, no vote can tell. "
            "Put what you vary into slots to measure it."
        )
        for one in told.edits[:_MOST_EDITS]:
            st.caption(f"{one.arm} against {one.base}")
            st.html(pieces_html(one.prompt))
            if any(piece.kind != "same" for piece in one.negative_prompt):
                st.caption("Negative prompt")
                st.html(pieces_html(one.negative_prompt))
        if (more := len(told.edits) - _MOST_EDITS) > 0:
            st.caption(f"{more} more are in the JSON.")
    if not (told.effects or told.refusals or told.edits):
        st.markdown("Neither words nor settings differ between the arms.")
