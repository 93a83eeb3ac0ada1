"""The shelf: what is kept to be looked at, as cards to pick from; the newest first."""

from __future__ import annotations

from datetime import datetime
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.api.samples import samples
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Media
from workbench.domain.reference import Reference
from workbench.ui import figures
from workbench.ui.clip import thumbnail_html
from workbench.ui.references.adding import adding
from workbench.ui.references.state import Session, pick, session, unpick

PAGE = 60
_SEARCH, _PAGE = "shelf.search", "shelf.page"


def shelf(bench: Workbench) -> None:
    """What comes in stands on top; then the cards, or what to do where there are none."""
    held = session(bench)
    adding(bench, held)
    _removed(bench, held)
    text = st.session_state.get(_SEARCH, "")
    page = st.session_state.get(_PAGE, 0)
    found = bench.shelf(text, limit=PAGE + 1, offset=page * PAGE)
    if not found and page:
        st.session_state[_PAGE] = page = 0
        found = bench.shelf(text, limit=PAGE + 1)
    if not found and not text:
        _empty(bench, held)
        return
    st.text_input(
        "Search names",
        key=_SEARCH,
        placeholder="Search names",
        label_visibility="collapsed",
        on_change=_to_page,
        args=(0,),
    )
    if held.shelf_complaint:
        st.warning(figures.plain(held.shelf_complaint))
    if not found:
        st.markdown(f"No name on the shelf holds “{figures.plain(text)}”.")
    now = bench.clock.now()
    with st.grid(min_column_width=150, gap="small", key="wb-shelf"):
        for reference in found[:PAGE]:
            with st.container(border=True, gap="xxsmall", key=f"wb-ref-{reference.media.sha256[:12]}"):
                _card(bench, held, reference, now)
    _pages(page, is_more=len(found) > PAGE)


def _card(bench: Workbench, held: Session, reference: Reference, now: datetime) -> None:
    media, name = reference.media, reference.name
    st.html(thumbnail_html(media, f"{'Clip' if media.is_video else 'Picture'}: {name}"))
    box = f"shelf.pick.{media.sha256}"
    st.session_state[box] = any(one.sha256 == media.sha256 for one in held.desk.picks)
    st.checkbox(figures.label(name), key=box, on_change=_toggle, args=(bench, media))
    length = f"{media.duration_s:.1f} s" if media.is_video else ""
    told = [f"{media.width} × {media.height}", length, reference.origin, figures.age(reference.added_at, now)]
    st.html(f'<div class="wb-small">{escape(" · ".join(part for part in told if part))}</div>')
    with st.popover("Edit", key=f"shelf.edit.{media.sha256}.{held.uploads}", type="tertiary"):
        key = f"shelf.name.{media.sha256}.{held.uploads}"
        st.text_input(
            "Name", name, max_chars=200, key=key, on_change=_rename, args=(bench, held, media.sha256, key)
        )
        st.button(
            "Take off the shelf",
            key=f"shelf.remove.{media.sha256}",
            icon=":material/delete:",
            on_click=_remove,
            args=(bench, held, reference),
            help="Runs that use it keep it.",
        )


def _toggle(bench: Workbench, media: Media) -> None:
    picked = any(one.sha256 == media.sha256 for one in session(bench).desk.picks)
    unpick(bench, media.sha256) if picked else pick(bench, media)


def _rename(bench: Workbench, held: Session, sha256: str, key: str) -> None:
    held.shelf_complaint = ""
    try:
        bench.rename_reference(sha256, st.session_state[key])
    except WorkbenchError as error:
        held.shelf_complaint = str(error)


def _remove(bench: Workbench, held: Session, reference: Reference) -> None:
    try:
        bench.remove_reference(reference.media.sha256)
    except WorkbenchError as error:
        held.shelf_complaint = str(error)
        return
    unpick(bench, reference.media.sha256)
    held.removed = (reference,)


def _removed(bench: Workbench, held: Session) -> None:
    """What has just been taken off, with Undo; stands until it is dismissed or another is taken off."""
    if not held.removed:
        return
    names = ", ".join(figures.plain(one.name) for one in held.removed)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="wb-undo"):
        st.markdown(f"{names} is off the shelf.", width="stretch")
        st.button("Undo", key="shelf.undo", type="primary", on_click=_put_back, args=(bench, held))
        st.button("Dismiss", key="shelf.dismiss", type="tertiary", on_click=_dismiss, args=(held,))


def _put_back(bench: Workbench, held: Session) -> None:
    for reference in held.removed:
        bench.put_back_reference(reference.media)
    held.removed = ()


def _dismiss(held: Session) -> None:
    held.removed = ()


def _pages(page: int, *, is_more: bool) -> None:
    if not page and not is_more:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button("Newer", key="shelf.newer", disabled=not page, on_click=_to_page, args=(page - 1,))
        st.markdown(f"Page {page + 1}", width="content")
        st.button("Older", key="shelf.older", disabled=not is_more, on_click=_to_page, args=(page + 1,))


def _to_page(page: int) -> None:
    st.session_state[_PAGE] = page


def _empty(bench: Workbench, held: Session) -> None:
    st.html(
        '<div class="wb-empty"><strong>Nothing is on the shelf yet</strong>'
        "<p>Drop pictures and MP4 clips above. They are kept here by name, to be looked at and used in "
        "runs.</p></div>"
    )
    if samples():
        st.caption("Or begin with pictures and a clip that come along")
        st.button(
            "Put the samples on the shelf", key="shelf.samples", on_click=_put_samples, args=(bench, held)
        )


def _put_samples(bench: Workbench, held: Session) -> None:
    held.shelf_complaint = ""
    try:
        for sample in reversed(samples()):
            bench.shelve(sample.path, sample.label, clip=sample.is_clip)
    except WorkbenchError as error:
        held.shelf_complaint = str(error)
