"""Two clips side by side, named in the link: ``?a=RUN&b=RUN``, or ``RUN.2`` for a run's second clip."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import UnknownRun
from workbench.domain.media import Media
from workbench.domain.query import RunFilter
from workbench.domain.run import Clip, Run, Status
from workbench.ui import differences, figures
from workbench.ui.clip import shape, video_html
from workbench.ui.facts import summary_html
from workbench.ui.links import link
from workbench.ui.rating_form import rating_form

SIDES = ("a", "b")
OFFERED = 60  # recent runs in the pickers


@dataclass(frozen=True, slots=True)
class Shown:
    """One side of a comparison."""

    run: Run
    clip: Clip

    @property
    def address(self) -> str:
        """As the link names it."""
        return self.run.id + (f".{self.clip.index + 1}" if self.clip.index else "")


def find(bench: Workbench, address: str) -> Shown | str:
    """The clip that a link names, or the sentence that says why there is none."""
    run_id, _, number = address.partition(".")
    try:
        run = bench.run(run_id)
    except UnknownRun:
        return f"The log holds no run {figures.plain(run_id)}."
    wanted = int(number) - 1 if number.isdecimal() and len(number) < 4 else 0
    clip = next((clip for clip in run.clips if clip.index == wanted), None)
    if clip is None:
        which = f"no clip {wanted + 1}" if run.clips else "no clip"
        return f"Run {run.id} is {run.status} and has {which}."
    return Shown(run, clip)


def pickers(bench: Workbench) -> tuple[Shown | None, Shown | None]:
    """Both sides as the link says, changeable; says why one that the link names can't be shown."""
    recent = bench.store.runs.page(RunFilter(status=(Status.SUCCEEDED,)), OFFERED).runs
    offered = {shown.address: shown for run in recent for shown in _clips(run)}
    columns = st.columns([6, 6, 1], vertical_alignment="bottom")
    found = [_picker(bench, side, offered, column) for side, column in zip(SIDES, columns, strict=False)]
    with columns[2]:
        st.button(
            "Swap",
            icon=":material/swap_horiz:",
            on_click=_swap,
            disabled=not any(found),
            help="Exchange left and right.",
        )
    return found[0], found[1]


def _picker(
    bench: Workbench, side: str, offered: dict[str, Shown], place: st.delta_generator.DeltaGenerator
) -> Shown | None:
    address = st.query_params.get(side, "")
    found = find(bench, address) if address else None
    shown = found if isinstance(found, Shown) else None
    known = offered if shown is None else {shown.address: shown, **offered}
    key = f"compare.{side}"
    st.session_state[key] = shown.address if shown else None
    with place:
        st.selectbox(
            "Left" if side == SIDES[0] else "Right",
            list(known),
            format_func=lambda address: _named(known[address]),
            key=key,
            placeholder="Choose a run",
            on_change=_picked,
            args=(side,),
        )
        if isinstance(found, str):
            st.warning(found)
    return shown


def _picked(side: str) -> None:
    if chosen := st.session_state[f"compare.{side}"]:
        st.query_params[side] = chosen
    else:
        st.query_params.pop(side, None)


def _swap() -> None:
    a, b = (st.query_params.get(side, "") for side in SIDES)
    st.query_params.from_dict({side: address for side, address in zip(SIDES, (b, a), strict=True) if address})


def _clips(run: Run) -> list[Shown]:
    return [Shown(run, clip) for clip in run.clips if clip.media.is_video]


def _named(shown: Shown) -> str:
    run = shown.run
    seed = "" if run.request.seed is None else f" · seed {run.request.seed}"
    number = f" · clip {shown.clip.index + 1}" if len(run.clips) > 1 else ""
    return f"{figures.first_line(run.request.prompt, 60)}{seed}{number} · {run.id[-6:]}"


def comparison(bench: Workbench, a: Shown, b: Shown) -> None:
    """The clips, what differs, and a rating under each."""
    if a.address == b.address:
        st.info("Both sides show the same clip.")
    taller = max((a.clip.media, b.clip.media), key=lambda media: media.height / media.width)
    for column, shown, name in zip(st.columns(2, gap="medium"), (a, b), ("Left", "Right"), strict=True):
        with column:
            _side(bench, shown, name, taller)
    st.header("What differs", anchor=False)
    words, settings = st.columns(2, gap="medium")
    with words:
        differences.show_words(a.run, b.run)
    with settings:
        differences.show_settings(differences.differences(bench, a.run, b.run), ("Left", "Right"))
    differences.show_inputs(a.run, b.run, ("Left", "Right"))
    st.header("Rate", anchor=False)
    for column, shown in zip(
        st.columns(2, gap="medium"), (a, b)[: 1 + (a.address != b.address)], strict=False
    ):
        with column:
            rating_form(bench, shown.run, shown.clip)


def _side(bench: Workbench, shown: Shown, name: str, taller: Media) -> None:
    run = shown.run
    st.html(_framed(shown, f"{name}: {figures.first_line(run.request.prompt)}", taller))
    st.html(summary_html(run, bench.clock.now(), alone=True))
    link("run", "Details", {"id": run.id}, icon=":material/open_in_full:")


def _framed(shown: Shown, label: str, taller: Media) -> str:
    """Both clips in places of one size, whatever their shapes."""
    return f'<div class="wb-pair" style="{shape(taller)}">{video_html(shown.clip, label)}</div>'
