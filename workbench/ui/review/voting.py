"""Two clips and one question. Nothing on the page, in an address or a file tells which is which."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from workbench.api import Workbench
from workbench.api.reviewing import Asked
from workbench.domain.errors import WorkbenchError
from workbench.domain.note import DEFECTS
from workbench.domain.review import Choice, Pair, Review
from workbench.domain.run import Clip
from workbench.player import PlayerClip
from workbench.ui import figures
from workbench.ui.player import player, shown

PLAYER: Final = "review.player"
# Choice → the key that says it, and what it says.
VOTES: Final = (
    (Choice.LEFT, "1", "Left is better"),
    (Choice.RIGHT, "2", "Right is better"),
    (Choice.BOTH_GOOD, "3", "Both good"),
    (Choice.BOTH_BAD, "4", "Both bad"),
)
SKIP_KEY, UNDO_KEY = "5", "u"
SKIPS: Final = ("I can't tell", "It does not play", "They are not to be compared")
_TAKEN = "".join(key for _, key, _ in VOTES) + SKIP_KEY + UNDO_KEY
_TOLD, _NOTES = "review.told", "review.notes"


def media_address(key: str) -> str:
    return f"/api/review-media/{key}"


@st.fragment
def voting(bench: Workbench, review: Review, person: str) -> None:
    """Drawn again by itself after each vote."""
    if told := st.session_state.pop(_TOLD, ""):
        st.error(figures.plain(told))
    asked = bench.asked(review.id, person, ahead=1)
    if not asked.pairs:
        _over(bench, review, person, asked)
        return
    pair = asked.pairs[0]
    clips = bench.clips_of(pair)
    player(
        [_played(pair.left_key, "Left", clips[0]), _played(pair.right_key, "Right", clips[1])],
        key=PLAYER,
        edition=pair.id,
        label="Two clips",
        page_keys=True,
        taken=_TAKEN,
        autoplay=True,
        blind=True,
    )
    _buttons(bench, review, pair, person)
    _note(bench, pair, person)
    # Which pair comes next is reckoned once this one is there to be looked at.
    for later in bench.asked(review.id, person).pairs[1:2]:
        _load_meanwhile(later)


def _over(bench: Workbench, review: Review, person: str, asked: Asked) -> None:
    st.success(figures.plain(asked.why or "There is nothing to judge just now."), icon=":material/done_all:")
    _undo(bench, review, person)


def _buttons(bench: Workbench, review: Review, pair: Pair, person: str) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="wb-votes"
    ):
        for choice, key, says in VOTES:
            st.button(
                says,
                key=f"review.vote.{choice}.{pair.id}",
                shortcut=key,
                type="primary" if choice in (Choice.LEFT, Choice.RIGHT) else "secondary",
                on_click=_vote,
                args=(bench, pair, person, choice),
            )
        st.button(
            "Skip",
            key=f"review.skip.{pair.id}",
            shortcut=SKIP_KEY,
            type="tertiary",
            on_click=_vote,
            args=(bench, pair, person, Choice.SKIP, SKIPS[0]),
        )
        with st.popover("Skip, because …", type="tertiary"):
            for number, why in enumerate(SKIPS):
                st.button(
                    why,
                    key=f"review.skip.{pair.id}.{number}",
                    on_click=_vote,
                    args=(bench, pair, person, Choice.SKIP, why),
                )
        _undo(bench, review, person)


def _undo(bench: Workbench, review: Review, person: str) -> None:
    st.button(
        "Undo",
        key="review.undo",
        icon=":material/undo:",
        shortcut=UNDO_KEY,
        type="tertiary",
        on_click=_take_back,
        args=(bench, review, person),
    )


def _note(bench: Workbench, pair: Pair, person: str) -> None:
    """What was seen, and when in the clip; it stays with the clip and tells nobody which one it was."""
    count = st.session_state.get(_NOTES, 0)
    place = f"review.note.{pair.id}.{count}"
    with st.expander("Note a defect"), st.form(place, border=False, enter_to_submit=True):
        state = shown(PLAYER, pair.id, 2)
        st.segmented_control(
            "In",
            (0, 1),
            default=min(state.chosen, 1),
            required=True,
            format_func=("Left", "Right").__getitem__,
            key=f"{place}.side",
        )
        st.pills("What", DEFECTS, selection_mode="multi", key=f"{place}.what")
        st.text_input("Note", key=f"{place}.text", max_chars=300, placeholder="The hand morphs")
        st.form_submit_button("Add note", on_click=_keep_note, args=(bench, pair, person, place))
        st.caption("It is kept with the time at which the player stands. Pause where you see it.")
    if count:
        st.caption("Your note is kept.")


def _load_meanwhile(pair: Pair) -> None:
    """The next two come while these are judged."""
    tags = "".join(
        f'<video preload="auto" muted tabindex="-1" aria-hidden="true" src="{escape(media_address(key))}">'
        "</video>"
        for key in (pair.left_key, pair.right_key)
    )
    st.html(f'<div class="wb-meanwhile" hidden>{tags}</div>')


def _played(key: str, label: str, clip: Clip) -> PlayerClip:
    media = clip.media
    return PlayerClip(
        media_address(key),
        label,
        media.fps,
        media.duration_s,
        media.width,
        media.height,
        has_audio=media.has_audio,
    )


def _vote(bench: Workbench, pair: Pair, person: str, choice: Choice, reason: str = "") -> None:
    """A key that was pressed twice, or in a tab that is behind, is not meant for the pair that it says."""
    st.session_state.pop(_NOTES, None)
    waiting = bench.store.reviews.open_pairs(pair.review_id, person)
    if not waiting or waiting[0].id != pair.id:
        return
    try:
        bench.vote(pair.id, person, choice, reason)
    except WorkbenchError as error:
        st.session_state[_TOLD] = str(error)


def _take_back(bench: Workbench, review: Review, person: str) -> None:
    st.session_state.pop(_NOTES, None)
    if bench.take_back(review.id, person) is None:
        st.session_state[_TOLD] = "There is no vote of yours to take back."


def _keep_note(bench: Workbench, pair: Pair, person: str, place: str) -> None:
    state = shown(PLAYER, pair.id, 2)
    side = st.session_state.get(f"{place}.side") or 0
    what = ", ".join(st.session_state.get(f"{place}.what") or ())
    text = ": ".join(part for part in (what, (st.session_state.get(f"{place}.text") or "").strip()) if part)
    try:
        bench.note_on(pair, side, text, at_s=state.time_s - state.offsets_s[side], person=person)
    except WorkbenchError as error:
        st.session_state[_TOLD] = str(error)
        return
    st.session_state[_NOTES] = st.session_state.get(_NOTES, 0) + 1
