"""The data folder: where it is, how much lies in it, and the bin."""

from __future__ import annotations

import shutil

import streamlit as st

from workbench.api import Workbench
from workbench.api.keeping import UNUSED_DAYS
from workbench.domain.errors import WorkbenchError
from workbench.domain.query import RunFilter
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.facts import facts_html
from workbench.ui.links import link

COUNTED = 1_000  # runs of the bin that are looked at; more are told as "more than"


def storage(bench: Workbench) -> None:
    folder, counts = bench.settings.data, bench.counts()
    clips = sum(count for (_, status), count in counts.items() if status == "succeeded")
    total = sum(counts.values())
    st.code(str(folder), None, wrap_lines=True)
    st.html(
        facts_html(
            [
                ("Runs", f"{total:,}, {clips:,} of them with clips" if total else "none yet"),
                ("Run log", figures.size(database_bytes(bench))),
                ("Media", figures.size(bench.store.media.total_bytes())),
                ("Free on the disk", figures.size(shutil.disk_usage(folder).free)),
            ]
        )
    )


def database_bytes(bench: Workbench) -> int:
    """The database with its write-ahead log."""
    path = bench.store.db.path
    files = (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())


def bin_and_sweep(bench: Workbench) -> None:
    runs = bench.store.runs.page(RunFilter(deleted=True), COUNTED).runs
    if told := st.session_state.pop(_TOLD, ""):
        st.success(figures.plain(told))
    st.markdown(
        f"{_contents(runs)} Runs stay there for 30 days; after that a removal of unused files forgets them."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Empty the bin …", icon=":material/delete_forever:", disabled=not runs):
            _confirm(bench, runs)
        st.button(
            "Remove unused files",
            icon=":material/cleaning_services:",
            on_click=_sweep,
            args=(bench,),
            help="Files that no run refers to any more, and runs that lay in the bin for 30 days.",
        )
        if runs:
            link("runs", "See what is in it", {"bin": "1"})


_TOLD = "storage.told"


def _contents(runs: tuple[Run, ...]) -> str:
    if not runs:
        return "The bin is empty."
    if len(runs) == COUNTED:
        return f"The bin holds {COUNTED:,} runs or more."
    plural = "" if len(runs) == 1 else "s"
    return f"The bin holds {len(runs):,} run{plural} with {figures.size(clip_bytes(runs))} of clips."


def clip_bytes(runs: tuple[Run, ...]) -> int:
    """Clips with their posters and last frames; a file that several runs share is counted once."""
    media = {
        m.sha256: m.size_bytes
        for run in runs
        for clip in run.clips
        for m in (clip.media, clip.poster, clip.last_frame)
        if m is not None
    }
    return sum(media.values())


@st.dialog("Empty the bin?")
def _confirm(bench: Workbench, runs: tuple[Run, ...]) -> None:
    more = " or more" if len(runs) == COUNTED else ""
    plural = "" if len(runs) == 1 else "s"
    st.markdown(
        f"{len(runs):,}{more} run{plural} will be forgotten for good, ratings included. That frees up to "
        f"{figures.size(clip_bytes(runs))}: files that other runs share stay, and files younger than "
        f"{UNUSED_DAYS} days go with a later removal, in case a draft needs them. This can't be undone."
    )
    with st.container(horizontal=True):
        if st.button("Empty the bin", type="primary", on_click=_sweep, args=(bench, True)):
            st.rerun()
        if st.button("Keep them"):
            st.rerun()


def _sweep(bench: Workbench, empty_bin: bool = False) -> None:
    try:
        swept = bench.sweep(empty_bin=empty_bin)
    except WorkbenchError as error:
        st.session_state[_TOLD] = str(error)
        return
    files = "file was" if swept.count == 1 else "files were"
    removed = f"{swept.count:,} {files} removed, {figures.size(swept.size_bytes)}."
    later = f" Files younger than {UNUSED_DAYS} days go with a later removal."
    st.session_state[_TOLD] = f"The bin is empty. {removed}{later}" if empty_bin else removed
