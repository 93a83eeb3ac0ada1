"""Look at what is picked: who looks, what it costs, and the look itself, which outlasts a reload."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.api.looking import FRAMES
from workbench.domain.brief import BY_MEASURE, Brief
from workbench.domain.errors import UnknownModel, WorkbenchError
from workbench.ui import errands, figures
from workbench.ui.reader_choice import lack, price_told, reader_choice
from workbench.ui.references.state import Session, keep, show_seen

EVERY_S = 1.0


def look(bench: Workbench, held: Session) -> None:
    """Nothing while nothing is picked, unless a look is under way."""
    if held.look_complaint:
        st.error(held.look_complaint)
    if held.desk.looking:
        _under_way(bench, held)
        return
    desk = held.desk
    if not desk.picks:
        return
    by = reader_choice(
        bench, "Who looks", desk.look_by or _usual(bench, held), BY_MEASURE, key="desk.look_by"
    )
    keep(bench, replace(desk, look_by=by))
    if told := _sent(bench, held, by):
        st.caption(figures.plain(told))
    again = desk.is_of_picks and desk.seen is not None and by in desk.seen.models
    lacks = lack(bench, by)
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        clicked = st.button(
            "Look again" if again else "Look",
            key=f"desk.look.{held.errands}",
            type="secondary" if again else "primary",
            disabled=lacks,
        )
        st.markdown(_cost(bench, held, by), width="stretch")
    if clicked:
        _begin(bench, held, by, anew=again)


def _usual(bench: Workbench, held: Session) -> str:
    return bench.look_by(clip=held.desk.clip is not None)


def _sent(bench: Workbench, held: Session, by: str) -> str:
    """What leaves this machine with the look, and to whom; nothing where nothing does."""
    model = next((one for one in bench.readers() if one.model == by), None)
    if model is None:
        return ""
    several = len(held.desk.pictures) > 1
    sent = [f"the picture{'s' if several else ''}"] if held.desk.pictures else []
    if held.desk.clip is not None:
        sent.append("the clip itself" if model.sees_clips else f"{FRAMES} pictures of the clip at most")
    endpoint = by.partition("/")[0]
    return f"Sent to {endpoint}: {' and '.join(sent)}. What was answered once is not asked again."


def _cost(bench: Workbench, held: Session, by: str) -> str:
    try:
        told = price_told(bench.look_price(held.desk.picks, by))
    except UnknownModel:
        return ""
    return figures.plain(told)


def _begin(bench: Workbench, held: Session, by: str, *, anew: bool) -> None:
    media = held.desk.picks
    token = errands.send(lambda: bench.looking.brief(media, by, anew=anew))
    held.look_complaint = ""
    keep(bench, replace(held.desk, looking=token))
    with st.spinner("Looking …"):
        errands.is_done(token, errands.PATIENCE_S)
    st.rerun()


def _under_way(bench: Workbench, held: Session) -> None:
    token = held.desk.looking
    if errands.is_known(token) and not errands.is_done(token):
        st.fragment(_watch, run_every=EVERY_S)(token)
        return
    held.errands += 1
    try:
        if not errands.is_known(token):
            raise WorkbenchError(
                "The workbench was stopped while it looked. Look again: what was answered is not asked again."
            )
        show_seen(bench, held.desk.looked(errands.outcome(token, Brief)))
    except WorkbenchError as error:
        keep(bench, replace(held.desk, looking=""))
        held.look_complaint = figures.plain(str(error))
    st.rerun()


def _watch(token: str) -> None:
    if errands.is_done(token):
        st.rerun()
    st.progress(0.0, text="Looking at what is picked … it goes on if you leave this page.")
