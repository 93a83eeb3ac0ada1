"""The page: ``?clips=NAME~NAME`` of the folder's clips, ``&player=LINK`` as they stand.

``&take=`` gets past any cache.
"""

import json
import os
from pathlib import Path

import streamlit as st

from workbench.player import Note, PlayerClip, from_link
from workbench.ui.player import player

st.set_page_config(page_title="Player", layout="wide")
reels = json.loads((Path(os.environ["REELS"]) / "reels.json").read_text())
names = st.query_params["clips"].split("~")
clips = []
for name in names:
    reel = reels[name]
    top, _, bottom = reel["fps"].partition("/")
    fps = int(top) / int(bottom or 1)
    clips.append(
        PlayerClip(
            f"/reels/{name}.mp4?take={st.query_params.get('take', 1)}",
            f"Reel {name}",
            fps,
            reel["frames"] / fps,
            reel["width"],
            reel["height"],
            has_audio=bool(reel["hertz"]),
        )
    )
edition = st.text_input("Edition", "1")
st.session_state.runs = st.session_state.get("runs", 0) + 1
state = player(
    clips,
    key="player",
    edition=edition,
    state=from_link(st.query_params.get("player", ""), len(clips)),
    notes=[Note(1.0, "Here it jumps"), Note(0.5, "Of the second", clip=len(clips) - 1)],
    autoplay=st.query_params.get("autoplay") == "1",
    page_keys=True,
)
st.text(f"told {state.link or 'nothing'}; run {st.session_state.runs}; layout {state.layout}")
