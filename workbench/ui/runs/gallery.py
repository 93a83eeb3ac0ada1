"""Runs as cards: a poster each, and the one clip that somebody has asked to play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

import streamlit as st

from workbench.domain.metric import Measured
from workbench.domain.run import Clip, Run
from workbench.ui import figures
from workbench.ui.clip import media_url, still_of
from workbench.ui.facts import summary_html
from workbench.ui.links import link
from workbench.ui.measured import labelled
from workbench.ui.runs.picks import pick_box
from workbench.ui.stand_in import stand_in_html
from workbench.ui.status import badges

PAGE = 24
_PLAYING = "runs.playing"


def gallery(
    runs: tuple[Run, ...], now: datetime, metrics: Sequence[str], measured: Mapping[str, Measured]
) -> None:
    """``metrics`` are told on each card, of the run's clip as ``measured`` has it by run id."""
    grid = st.grid(min_column_width=260)
    for run in runs:
        with grid, st.container(border=True, gap="xsmall", height="stretch", key=f"wb-card-{run.id}"):
            _card(run, now)
            if metrics:
                st.html(_measures_html(measured.get(run.id), metrics))


def _card(run: Run, now: datetime) -> None:
    playing = run.clip is not None and st.session_state.get(_PLAYING) == run.id
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(badges(run, short=True), width="content")
        pick_box(run)
    with st.container(key=f"wb-poster-{run.id}"):
        st.html(_frame(run, playing=playing))
        if run.clip and run.clip.media.is_video and not playing:
            st.button(
                "Play",
                key=f"runs.play.{run.id}",
                icon=":material/play_arrow:",
                type="tertiary",
                on_click=_play,
                args=(run.id,),
            )
    link("run", figures.plain(figures.first_line(run.request.prompt, 160)), {"id": run.id})
    st.html(summary_html(run, now))


def _play(run_id: str) -> None:
    st.session_state[_PLAYING] = run_id


def _frame(run: Run, *, playing: bool) -> str:
    if run.clip:
        inside = _video(run.clip, run) if playing else _poster(run.clip, run)
    else:
        inside = stand_in_html(run)
    return f'<div class="wb-frame">{inside}</div>'


def _poster(clip: Clip, run: Run) -> str:
    picture = still_of(clip)
    if picture is None:
        return "<span>No poster</span>"
    what = "First picture of" if clip.media.is_video else "Still"
    about = escape(f"{what}: {figures.first_line(run.request.prompt)}", quote=True)
    return f'<img loading="lazy" src="{media_url(picture)}" alt="{about}">{_sheet(clip, run)}'


def _sheet(clip: Clip, run: Run) -> str:
    """The clip at one look, for whoever points at its poster or comes to it by keyboard; drawn only then."""
    if not clip.media.is_video or run.deleted_at:
        return ""
    address = f"/v1/videos/{run.id}/content?variant=spritesheet"
    return f'<img class="wb-sheet" loading="lazy" src="{address}" alt="">'


def _video(clip: Clip, run: Run) -> str:
    about = escape(f"Clip: {figures.first_line(run.request.prompt)}", quote=True)
    poster = f' poster="{media_url(clip.poster)}"' if clip.poster else ""
    return (
        f'<video controls loop playsinline autoplay muted preload="auto"{poster} '
        f'src="{media_url(clip.media)}" aria-label="{about}"></video>'
    )


def _measures_html(measured: Measured | None, metrics: Sequence[str]) -> str:
    values = {name: measured.value(name) for name in metrics} if measured else {}
    told = [escape(labelled(name, value)) for name, value in values.items() if value is not None]
    return f'<div class="wb-small">{"<br>".join(told) or "Not measured"}</div>'
