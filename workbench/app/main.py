"""What every page shares: its frame, look and navigation. Streamlit runs this file for each visit."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from workbench import __version__
from workbench.server.access import session_scope
from workbench.server.sign_in import invitation
from workbench.settings import load_access
from workbench.ui import look, popovers
from workbench.ui.links import FOLDER as PAGES
from workbench.ui.review.invitation import make_with, welcome

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
popovers.come_next()

pages = {
    "compose": st.Page(PAGES / "compose.py", title="Compose", icon=":material/edit_note:", default=True),
    "references": st.Page(
        PAGES / "references.py",
        title="References",
        icon=":material/photo_library:",
        url_path="references",
    ),
    "prompts": st.Page(
        PAGES / "prompts.py", title="Prompts", icon=":material/bookmarks:", url_path="prompts"
    ),
    "experiments": st.Page(
        PAGES / "experiments.py", title="Experiments", icon=":material/science:", url_path="experiments"
    ),
    "runs": st.Page(PAGES / "runs.py", title="Runs", icon=":material/video_library:", url_path="runs"),
    "run": st.Page(PAGES / "run.py", title="Run", url_path="run", visibility="hidden"),
    "compare": st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare:", url_path="compare"),
    "review": st.Page(PAGES / "review.py", title="Review", icon=":material/visibility:", url_path="review"),
    "ranking": st.Page(
        PAGES / "ranking.py", title="Ranking", icon=":material/leaderboard:", url_path="ranking"
    ),
    "settings": st.Page(PAGES / "settings.py", title="Settings", icon=":material/tune:", url_path="settings"),
}
# All pages share one websocket, so the gate can't tell them apart: what a session does not open ends here.
make_with(partial(invitation, load_access()))
scope = session_scope(load_access(), st.context.headers)
open_pages = [page for name, page in pages.items() if scope.opens_page(name)]
wanted = st.query_params.get("id", "")
welcome(guest=not scope.everything)
if scope.everything or (open_pages and scope.opens_review(wanted)):
    st.navigation(open_pages, position="top").run()
else:
    st.info("This session opens its review and nothing else. Use the link that you were given, or sign in.")
