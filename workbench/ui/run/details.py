"""Everything that the log knows of one run."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from urllib.parse import quote

import streamlit as st

from workbench.api import Workbench
from workbench.api.recipes import as_command, as_python
from workbench.domain.clip_name import file_name
from workbench.domain.run import Clip, Run, Status
from workbench.ui import figures
from workbench.ui.clip import media_url, shown_html
from workbench.ui.deletion import undo_banner
from workbench.ui.facts import facts_html, request_facts
from workbench.ui.rating_form import rating_form, ratings_table
from workbench.ui.report import report
from workbench.ui.run.actions import actions
from workbench.ui.run.brief import brief
from workbench.ui.run.costs import costs
from workbench.ui.run.dropped import dropped
from workbench.ui.run.lineage import lineage
from workbench.ui.run.measured import measured
from workbench.ui.run.notes import notes
from workbench.ui.run.standing import is_blocked, standing
from workbench.ui.run.timings import attempts, timings
from workbench.ui.run.uncertain import decide
from workbench.ui.stand_in import stand_in_html
from workbench.ui.status import badges

EVERY_S = 1.0


def run_details(bench: Workbench, run_id: str) -> None:
    """Looks again every second while the run is busy."""
    run = bench.run(run_id)
    live = _is_live(run)
    st.fragment(_details, run_every=EVERY_S if live else None)(bench, run_id, live)


def _is_live(run: Run) -> bool:
    """Something on the page may change by itself: the run, or how long its clip is still to be had."""
    return run.status.is_busy or (run.status is Status.UNCERTAIN and run.held_until is not None)


def _details(bench: Workbench, run_id: str, live: bool) -> None:
    run = bench.run(run_id)
    if _is_live(run) != live:
        st.rerun()
    undo_banner(bench)
    plainly = replace(run, overdue=False, blocked_reason="" if is_blocked(run) else run.blocked_reason)
    st.markdown(f"{badges(run)} {figures.plain(plainly.outcome)}")  # the rest is told below, with what to do
    standing(bench, run)
    if run.deleted_at:
        st.markdown(f"In the bin since {figures.moment(run.deleted_at)}.")
    actions(bench, run)
    if run.status is Status.UNCERTAIN:
        decide(bench, run)
    picture, request = st.columns([3, 2], gap="medium")
    with picture:
        clip = _clip(bench, run)
    with request:
        request_facts(bench, run)
        brief(bench, run)
    _more(bench, run, clip)


def _clip(bench: Workbench, run: Run) -> Clip | None:
    """The clip that is looked at; the others are one click away."""
    went = dropped(bench, run)
    if not run.clips:
        if not went:
            st.html(f'<div class="wb-frame">{stand_in_html(run, short=True)}</div>')
        return None
    bench.mark_seen(run)
    number = 1
    if len(run.clips) > 1:
        numbers = range(1, len(run.clips) + 1)
        number = st.segmented_control(
            "Clip", numbers, default=number, required=True, key=f"run.clip.{run.id}"
        )
    clip = run.clips[number - 1]
    what = "Clip" if clip.media.is_video else "Still"
    st.html(shown_html(clip, f"{what} {clip.index + 1}: {figures.first_line(run.request.prompt)}"))
    return clip


def _more(bench: Workbench, run: Run, clip: Clip | None) -> None:
    names = ["Timing and cost", "Lineage", "Ratings", "Notes", "Measured", "Files", "As code"]
    reported = "What was rendered" if "plan" in run.report else "What the provider says"
    reported = "Where it came from" if run.is_imported else reported
    names += [reported] if run.report else []
    tabs = dict(zip(names, st.tabs(names), strict=True))
    with tabs["Timing and cost"]:
        timings(run)
        costs(bench, run)
        attempts(bench, run)
    with tabs["Lineage"]:
        lineage(bench, run)
    with tabs["Ratings"]:
        _ratings(bench, run, clip)
    with tabs["Notes"]:
        notes(bench, run, clip)
    with tabs["Measured"]:
        measured(bench, run, clip)
    with tabs["Files"]:
        _files(bench, run)
    with tabs["As code"]:
        st.markdown("The same request again, in Python or on the command line.")
        st.code(as_python(run, bench.path), "python", wrap_lines=True)
        st.code(as_command(run, bench.path), "bash", wrap_lines=True)
    if run.report:
        with tabs[reported]:
            report(run.report)


def _ratings(bench: Workbench, run: Run, clip: Clip | None) -> None:
    if clip is None:
        st.markdown("There is no clip to rate.")
        return
    form, table = st.columns([2, 3], gap="medium")
    with form:
        rating_form(bench, run, clip)
    with table:
        if found := bench.ratings(run.id):
            ratings_table(found)
        else:
            st.markdown("Nobody has rated it yet.")


def _files(bench: Workbench, run: Run) -> None:
    if not run.clips:
        st.markdown("This run has no files.")
    for clip in run.clips:
        media = clip.media
        sound = "with sound" if media.has_audio else "silent"
        shape = f"{media.width} × {media.height}"
        if media.is_video:
            shape += f", {media.duration_s:.2f} s, {media.fps:g} fps, {media.codec}, {sound}"
        st.code(str(clip.path), None, wrap_lines=True)
        st.html(
            facts_html(
                [
                    ("Clip", str(clip.index + 1)),
                    ("Picture", shape),
                    ("Size", f"{figures.size(media.size_bytes)} ({media.size_bytes:,} bytes)"),
                    ("Type", media.mime),
                    ("SHA-256", media.sha256),
                ]
            )
        )
        st.html(_download_html(run, clip))
        st.html(_with_recipe_html(run, clip))
    if run.clips:
        st.caption(
            "The recipe is the request, the times and what the files were, without keys, names and paths. "
            "Where a clip has a C2PA manifest, it validates in the plain download only."
        )


def _download_html(run: Run, clip: Clip) -> str:
    name = file_name(run, clip)
    return _link_html(f"{media_url(clip.media)}?download={quote(name)}", f"Download {name}")


def _with_recipe_html(run: Run, clip: Clip) -> str:
    """Made by the server when it is asked for; a picture has no room for a recipe."""
    address = (
        f"/api/runs/{run.id}/recipe?clip={run.clips.index(clip) + 1}&download={quote(file_name(run, clip))}"
    )
    inside = _link_html(f"{address}&as=mp4", "With its recipe inside") + " · " if clip.media.is_video else ""
    return f"{inside}{_link_html(f'{address}&as=json', 'Recipe alone, as JSON')}"


def _link_html(address: str, label: str) -> str:
    return f'<a class="wb-link" href="{escape(address)}" download>{escape(label)}</a>'
