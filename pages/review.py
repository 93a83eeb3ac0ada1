"""Review: two clips at a time, blind; which is better?"""

from __future__ import annotations

import streamlit as st

from workbench.ui.bench import bench
from workbench.ui.review.desk import desk
from workbench.ui.review.judging import judging

if review_id := st.query_params.get("id", ""):
    judging(bench(), review_id)
else:
    st.title("Review", anchor=False)
    desk(bench())
