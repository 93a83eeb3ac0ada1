"""A page with one player on it and nothing else, served as the app is served; for ``streamlit run``."""

import os
from pathlib import Path

import streamlit as st
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

app = st.App(
    Path(__file__).parent / "player_page.py",
    routes=[Mount("/reels", StaticFiles(directory=os.environ["REELS"]))],
)
