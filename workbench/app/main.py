"""What every page shares: its frame, look and navigation. Streamlit runs this file for each visit."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench import __version__
from workbench.ui import look
from workbench.ui.links import FOLDER as PAGES

HERE = Path(__file__).parent

st.set_page_config(
    page_title="Video prompt workbench",
    page_icon=str(HERE / "assets" / "icon.png"),
    layout="wide",
    menu_items={
        "Get help": None,
        "Report a bug": None,
        "About": f"**Video prompt workbench** {__version__}  \nWhich prompt gives the better clip?",
    },
)
st.logo(str(HERE / "assets" / "wordmark.svg"), size="medium")
look.apply()

page = st.navigation(
    [
        st.Page(
            PAGES / "compose.py",
            title="Compose",
            icon=":material/edit_note:",
            url_path="compose",
            default=True,
        ),
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/video_library:", url_path="runs"),
        st.Page(PAGES / "run.py", title="Run", url_path="run", visibility="hidden"),
        st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare:", url_path="compare"),
        st.Page(PAGES / "settings.py", title="Settings", icon=":material/tune:", url_path="settings"),
    ],
    position="top",
)
page.run()
