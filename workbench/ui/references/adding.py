"""What comes onto the shelf: uploads, an address, clips, stills and single pictures of runs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Media
from workbench.domain.reference import Reference
from workbench.domain.run import Kind, Run, Status
from workbench.ui import figures
from workbench.ui.clip import image_html, media_url, shape
from workbench.ui.references.state import Session

RECENT, CLIPS = 20, 60
_Source = Run | Reference


def adding(bench: Workbench, held: Session) -> None:
    """Three ways in. Each that works draws the page again, the new ones on top of the shelf."""
    uploads = st.file_uploader(
        "Drop pictures and clips",
        accept_multiple_files=True,
        key=f"shelf.upload.{held.uploads}",
        help="PNG, JPEG, WebP and MP4 (H.264), several at once; pictures are converted where needed.",
    )
    if uploads:
        _take_in(bench, held, [(_uploaded(bench, f.getvalue(), f.name), f.name) for f in uploads])
    with st.container(horizontal=True, gap="small"):
        with st.popover("From a URL", key=f"shelf.url.{held.uploads}"):
            _from_url(bench, held)
        with st.popover("From a run or clip", key=f"shelf.run.{held.uploads}"):
            _from_run(bench, held)
    if held.upload_complaint:
        st.error(held.upload_complaint)


def _uploaded(bench: Workbench, content: bytes, name: str) -> Callable[[], Reference]:
    return lambda: bench.shelve(content, name, clip=None)


def _take_in(bench: Workbench, held: Session, wanted: list[tuple[Callable[[], Reference], str]]) -> None:
    """Keep each, say why the others can't be kept, and draw the page again."""
    complaints = []
    for take, name in wanted:
        try:
            take()
        except WorkbenchError as error:
            told = str(error)
            complaints.append(figures.plain(told if name in told else f"{name}: {told}"))
    held.uploads += 1
    held.upload_complaint = "\n\n".join(complaints)
    st.rerun()


def _from_url(bench: Workbench, held: Session) -> None:
    with st.form("shelf.url.form", border=False):
        address = st.text_input("Address of a picture or MP4", placeholder="https://…", max_chars=2_000)
        if not st.form_submit_button("Fetch it"):
            return
    if not address.strip().startswith(("http://", "https://")):
        st.error("An address begins with https:// or http://. Copy it from the browser.")
        return
    try:
        with st.spinner("Fetching it …"):
            bench.shelve(address.strip(), clip=None)
    except WorkbenchError as error:
        st.error(figures.plain(str(error)))
        return
    held.uploads += 1
    held.upload_complaint = ""
    st.rerun()


def _from_run(bench: Workbench, held: Session) -> None:
    sources = _sources(bench)
    if not sources:
        st.markdown("There is no clip yet: no run has made one, and none is on the shelf.")
        return
    names = list(sources)
    name = st.selectbox("Run or clip", names, key="shelf.source")
    source = sources[name if name in sources else names[0]]
    media = _media(source)
    if not media.is_video:
        st.html(image_html(media, name))
        if st.button("Keep this still", key="shelf.keep.still", type="primary"):
            _take_in(bench, held, [(lambda: bench.shelve(source, _named(source)), name)])
        return
    last = max(round(media.duration_s, 2), 0.04)
    at_s = st.slider(
        "Moment in seconds",
        0.0,
        last,
        0.0,
        step=round(1 / media.fps, 3) if media.fps else 0.04,
        format="%.2f",
        key=f"shelf.at.{media.sha256}",
        help="Arrow keys go picture by picture.",
    )
    st.html(_frame_html(media, at_s, name))
    with st.container(horizontal=True, gap="small"):
        if st.button("Keep this picture", key="shelf.keep.frame", type="primary"):
            _take_in(bench, held, [(lambda: bench.shelve_frame(source, at_s), name)])
        if isinstance(source, Run) and st.button("Keep the whole clip", key="shelf.keep.clip"):
            _take_in(bench, held, [(lambda: bench.shelve(source, _named(source), clip=True), name)])


def _frame_html(media: Media, at_s: float, label: str) -> str:
    """The browser shows that picture: it asks for just what it needs of the clip."""
    return (
        f'<video class="wb-clip" muted playsinline preload="auto" tabindex="-1" style="{shape(media)}" '
        f'src="{media_url(media)}#t={at_s:.3f}" aria-label="{escape(label, quote=True)} at {at_s:.2f} s">'
        f"</video>"
    )


def _sources(bench: Workbench) -> dict[str, _Source]:
    """Recent runs that have something, then clips of the shelf, by what they are called."""
    runs = [run for run in bench.runs(status=Status.SUCCEEDED).page(RECENT).runs if run.clip]
    clips = [one for one in bench.shelf(limit=CLIPS) if one.media.is_video]
    named: list[tuple[str, _Source]] = [(f"{_thing(run)} · {_titled(run)}", run) for run in runs]
    named += [(f"Shelf · {one.name} · {one.media.sha256[:4]}", one) for one in clips]
    return dict(named)


def _titled(run: Run) -> str:
    return f"{figures.first_line(run.request.prompt, 44)} · {run.id[-6:]}"


def _thing(run: Run) -> str:
    return "Still" if run.kind is Kind.IMAGE else "Run"


def _named(source: _Source) -> str:
    return figures.first_line(source.request.prompt, 60) if isinstance(source, Run) else source.name


def _media(source: _Source) -> Media:
    if isinstance(source, Reference):
        return source.media
    assert source.clip  # only those are offered
    return source.clip.media
