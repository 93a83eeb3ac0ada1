"""Runs as cards: a poster each, and the one clip that somebody has asked to play."""

from __future__ import annotations

from datetime import datetime
from html import escape

import streamlit as st

from workbench.domain.run import Clip, Run, Status
from workbench.ui import figures
from workbench.ui.clip import media_url
from workbench.ui.links import link
from workbench.ui.picks import pick_box
from workbench.ui.status import badge

PAGE = 24
_PLAYING = "runs.playing"


def gallery(runs: tuple[Run, ...], now: datetime) -> None:
    grid = st.grid(min_column_width=260)
    for run in runs:
        with grid, st.container(border=True, gap="xsmall", key=f"wb-card-{run.id}"):
            _card(run, now)


def _card(run: Run, now: datetime) -> None:
    playing = run.clip is not None and st.session_state.get(_PLAYING) == run.id
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(badge(run.status), width="content")
        pick_box(run)
    st.html(_frame(run, playing=playing))
    link("run", figures.plain(figures.first_line(run.request.prompt, 90)), {"id": run.id})
    st.html(_facts(run, now))
    if run.clip and not playing:
        st.button(
            "Play",
            key=f"runs.play.{run.id}",
            icon=":material/play_arrow:",
            type="tertiary",
            on_click=_play,
            args=(run.id,),
        )


def _play(run_id: str) -> None:
    st.session_state[_PLAYING] = run_id


def _frame(run: Run, *, playing: bool) -> str:
    if run.clip:
        inside = _video(run.clip, run) if playing else _poster(run.clip, run)
    elif run.status.is_busy:
        inside = _progress(run)
    else:
        inside = f"<span>{escape(_why(run))}</span>"
    return f'<div class="wb-frame">{inside}</div>'


def _poster(clip: Clip, run: Run) -> str:
    if clip.poster is None:
        return "<span>No poster</span>"
    about = escape(f"First picture of: {figures.first_line(run.request.prompt)}", quote=True)
    return f'<img loading="lazy" src="{media_url(clip.poster)}" alt="{about}">'


def _video(clip: Clip, run: Run) -> str:
    about = escape(f"Clip: {figures.first_line(run.request.prompt)}", quote=True)
    poster = f' poster="{media_url(clip.poster)}"' if clip.poster else ""
    return (
        f'<video controls loop playsinline autoplay muted preload="auto"{poster} '
        f'src="{media_url(clip.media)}" aria-label="{about}"></video>'
    )


def _progress(run: Run) -> str:
    told = run.blocked_reason or run.progress_note or str(run.status)
    value = f' value="{run.progress:.3f}"' if run.progress is not None else ""
    share = f" {run.progress:.0%}" if run.progress is not None else ""
    return f'<label>{escape(told)}{share}<progress max="1"{value}></progress></label>'


_WHY = {
    Status.FAILED: "Failed",
    Status.FILTERED: "The safety filter took every clip.",
    Status.EXPIRED: "The provider no longer holds it.",
    Status.UNCERTAIN: "The request left, but no answer came back. Open it to decide.",
    Status.CANCELLED: "Cancelled before there was a clip.",
}


def _why(run: Run) -> str:
    """Why there is no picture, short enough for its place."""
    if run.status is Status.FAILED and run.message:
        return figures.first_line(run.message, 140)
    return _WHY.get(run.status, "No clip")


def _facts(run: Run, now: datetime) -> str:
    request = run.request
    seed = f"seed {request.seed}" if request.seed is not None else f"take {request.take}"
    rated = f"★ {run.rating:.1f}" if run.rating is not None else ""
    duration = request.settings.get("duration_s")
    first = [request.model, seed, f"{duration} s clip" if duration is not None else ""]
    latency = f"took {figures.seconds(run.latency_s)}" if run.latency_s is not None else ""
    second = [latency, figures.cost(run), rated, figures.age(run.created_at, now)]
    lines = (escape(" · ".join(part for part in line if part)) for line in (first, second))
    return f'<div class="wb-small">{"<br>".join(lines)}</div>'
