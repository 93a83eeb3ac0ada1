"""What one browser session is composing, typed; every change of it is saved as a draft."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import UnknownRun, WorkbenchError
from workbench.domain.run import Run
from workbench.ui.compose.composition import Composition, from_draft, to_draft
from workbench.ui.rewriting import forget

DRAFT, EARLIER_DRAFT = "compose", "compose.earlier"
_KEY = "compose.session"
DOUBLE_CLICK = timedelta(seconds=1)
PRESS_COUNTS = timedelta(seconds=10)  # one that nothing was drawn after by then was left behind with the page


@dataclass(slots=True)
class Session:
    """``edition`` names the state that the widgets show: a new one makes them show the composition anew.

    ``drawn_seed`` is the seed that the next Generate uses where words are left to chance. ``uploads``
    empties and closes an uploader once its file is taken in. ``chosen`` is the take that is looked at.
    ``pressed_at`` is when Generate was pressed, until that was seen to.
    """

    composition: Composition
    edition: str = field(default_factory=lambda: secrets.token_hex(4))
    drawn_seed: int = field(default_factory=lambda: secrets.randbelow(2**31))
    uploads: int = 0
    chosen: str = ""
    complaint: str = ""
    complained_of: Composition | None = None
    media_complaint: str = ""
    wish: object = None
    wished_at: datetime | None = None
    pressed_at: datetime | None = None
    can_go_back: bool = False

    def press(self, bench: Workbench) -> None:
        """Generate, as a callback: Streamlit forgets the press itself where the drawing that brings it is
        broken off before the button – by the fragment that sees a run settle and draws the page anew."""
        self.pressed_at = bench.clock.now()

    def take_press(self, now: datetime) -> datetime | None:
        """When Generate was pressed, given out once."""
        pressed_at, self.pressed_at = self.pressed_at, None
        return pressed_at if pressed_at and now - pressed_at < PRESS_COUNTS else None

    def is_double_click(self, wish: object, now: datetime) -> bool:
        """The same wish twice within a second is one, and is paid for once."""
        is_same = wish == self.wish and self.wished_at is not None and now - self.wished_at < DOUBLE_CLICK
        self.wish, self.wished_at = wish, now
        return is_same

    def complain(self, sentence: str) -> None:
        """Say so beside Generate until something is changed."""
        self.complaint, self.complained_of = sentence, None

    def standing_complaint(self, composition: Composition) -> str:
        """What was complained of, while ``composition`` is still the same."""
        self.complained_of = self.complained_of or composition
        if composition != self.complained_of:
            self.complaint = ""
        return self.complaint


def session(bench: Workbench) -> Session:
    """This browser tab's session; a new one goes on from the saved draft."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session(_load(bench, DRAFT), can_go_back=_is_kept(bench))
    held: Session = st.session_state[_KEY]
    return held


def keep(bench: Workbench, composition: Composition) -> None:
    """Make ``composition`` the current one and save it, when it differs; the widgets show it already."""
    held = session(bench)
    if held.composition != composition:
        held.composition = composition
        _save(bench, DRAFT, composition)


def show(bench: Workbench, composition: Composition) -> None:
    """Make ``composition`` the current one and have every widget show it."""
    keep(bench, composition)
    session(bench).edition = secrets.token_hex(4)


def start_from(bench: Workbench, composition: Composition) -> None:
    """``show``, with the words that stood there before put aside for ``go_back``."""
    held = session(bench)
    before = held.composition
    if before.prompt.strip() and before.prompt != composition.prompt:
        _save(bench, EARLIER_DRAFT, before)
        held.can_go_back = True
    held.media_complaint = ""
    forget(bench, DRAFT)
    show(bench, composition)


def go_back(bench: Workbench) -> None:
    """Exchange the draft for the one that was put aside."""
    start_from(bench, _load(bench, EARLIER_DRAFT))


def parent_of(bench: Workbench, composition: Composition) -> Run | None:
    if composition.parent_id is None:
        return None
    try:
        return bench.run(composition.parent_id)
    except UnknownRun:  # deleted for good since the draft was saved
        return None


def _save(bench: Workbench, key: str, composition: Composition) -> None:
    """A full disk is told and stops nobody from writing on: the session holds the words."""
    try:
        bench.store.drafts.save(key, to_draft(composition), bench.clock.now())
    except WorkbenchError as error:
        session(bench).complain(f"The draft is not saved. {error}")


def _load(bench: Workbench, key: str) -> Composition:
    return from_draft(bench.store.drafts.load(key), bench.store.media.get)


def _is_kept(bench: Workbench) -> bool:
    return bool(bench.store.drafts.load(EARLIER_DRAFT))
