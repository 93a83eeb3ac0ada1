"""What one browser session has on its desk; every change of it is saved as a draft."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import streamlit as st

from workbench.api import Workbench
from workbench.api.from_references import model_for_references
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Media
from workbench.domain.reference import Reference
from workbench.ui.facts import known_model
from workbench.ui.references.desk import Desk, from_draft, to_draft
from workbench.ui.rewriting import forget

DRAFT = "references"
DOUBLE_CLICK = timedelta(seconds=1)
_KEY = "references.session"


@dataclass(slots=True)
class Session:
    """``seen_edition`` and ``words_edition`` name what the widgets of either part show: a new one makes them
    show the desk anew. ``uploads`` empties and closes what takes files in. ``errands`` counts those that have
    ended: buttons are named by it, so that the second of two clicks falls on none. ``removed`` are the
    references taken off the shelf last, to be put back.
    """

    desk: Desk
    seen_edition: str = field(default_factory=lambda: secrets.token_hex(4))
    words_edition: str = field(default_factory=lambda: secrets.token_hex(4))
    uploads: int = 0
    errands: int = 0
    upload_complaint: str = ""
    shelf_complaint: str = ""
    look_complaint: str = ""
    complaint: str = ""
    removed: tuple[Reference, ...] = ()
    wish: object = None
    wished_at: datetime | None = None

    def is_double_click(self, wish: object, now: datetime) -> bool:
        """The same wish twice within a second is one, and is paid for once."""
        is_same = wish == self.wish and self.wished_at is not None and now - self.wished_at < DOUBLE_CLICK
        self.wish, self.wished_at = wish, now
        return is_same


def session(bench: Workbench) -> Session:
    """This browser tab's session; a new one goes on from the saved draft."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session(from_draft(bench.store.drafts.load(DRAFT), bench.store.media.get))
    held: Session = st.session_state[_KEY]
    return held


def keep(bench: Workbench, desk: Desk) -> None:
    """Make ``desk`` the current one and save it, when it differs; the widgets show it already."""
    held = session(bench)
    if held.desk == desk:
        return
    held.desk = desk
    try:
        bench.store.drafts.save(DRAFT, to_draft(desk), bench.clock.now())
    except WorkbenchError as error:  # a full disk: the session holds it, and one can go on
        held.complaint = f"The draft is not saved. {error}"


def show_seen(bench: Workbench, desk: Desk) -> None:
    """``keep``, and have the facets show what was seen anew."""
    keep(bench, desk)
    session(bench).seen_edition = secrets.token_hex(4)


def show_words(bench: Workbench, desk: Desk) -> None:
    """``keep``, and have the editors show the words anew."""
    keep(bench, desk)
    session(bench).words_edition = secrets.token_hex(4)


def pick(bench: Workbench, media: Media) -> None:
    """Pick it, or say why it can't be."""
    held = session(bench)
    held.shelf_complaint = held.desk.why_full(media)
    if not held.shelf_complaint:
        keep(bench, held.desk.with_pick(media))


def unpick(bench: Workbench, sha256: str) -> None:
    held = session(bench)
    held.shelf_complaint = ""
    keep(bench, held.desk.without_pick(sha256))


def start_over(bench: Workbench) -> None:
    """Nothing picked, seen or written; how one works stays."""
    desk = session(bench).desk
    same = Desk(look_by=desk.look_by, model=desk.model, settings=desk.settings, write_by=desk.write_by)
    show_seen(bench, replace(same, use_case=desk.use_case))
    show_words(bench, session(bench).desk)
    forget(bench, DRAFT)


def target_name(bench: Workbench, desk: Desk) -> str:
    """The model that it is written for: the one that was chosen, else what references go to by themselves."""
    name = desk.model or model_for_references(bench)
    return name if known_model(bench, name) else bench.models()[0].model
