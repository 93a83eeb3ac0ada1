"""One clip and its criteria. Nothing on the page, in an address or a file tells which it is."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.note import DEFECTS
from workbench.domain.rating import SCORES
from workbench.domain.rating_item import RatingItem
from workbench.domain.review import Review
from workbench.player import PlayerClip
from workbench.ui import figures
from workbench.ui.player import player, shown
from workbench.ui.review.voting import UNDO_KEY, media_address

PLAYER: Final = "review.rated"
CANT_TELL_KEY, SKIP_KEY = "0", "x"
SKIPS: Final = ("It does not play", "I know this clip", "I can't rate it")
KEYS: Final = (
    "**1**–**5** rate (1 no … 5 yes) · **0** can't tell · **↑ ↓** criterion · **Enter** keep · "
    f"**{SKIP_KEY}** skip · **{UNDO_KEY}** undo · **Space** play · **, .** step"
)
_TAKEN = "".join(map(str, SCORES)) + CANT_TELL_KEY + SKIP_KEY + UNDO_KEY
_TOLD, _NOTES = "review.rated.told", "review.rated.notes"


@st.fragment
def rating(bench: Workbench, review: Review, person: str) -> None:
    """Drawn again by itself after each key."""
    if told := st.session_state.pop(_TOLD, ""):
        st.error(figures.plain(told))
    asked = bench.asked_ratings(review.id, person)
    if not asked.items:
        st.success(figures.plain(asked.why), icon=":material/done_all:")
        _undo(bench, review, person)
        return
    item = asked.items[0]
    media = bench.clip_of(item).media
    played = PlayerClip(
        media_address(item.key),
        "Clip",
        media.fps,
        media.duration_s,
        media.width,
        media.height,
        has_audio=media.has_audio,
    )
    seen, said = st.columns([2, 1], gap="medium")
    with seen:
        player(
            [played],
            key=PLAYER,
            edition=item.id,
            label="The clip",
            page_keys=True,
            taken=_TAKEN,
            autoplay=True,
            blind=True,
        )
    with said:
        _criteria(review, item)
        _buttons(bench, review, item, person)
        _note(bench, item)
    for later in asked.items[1:]:
        source = escape(media_address(later.key))
        st.html(
            f'<div class="wb-meanwhile" hidden><video preload="auto" muted tabindex="-1" aria-hidden="true" '
            f'src="{source}"></video></div>'
        )


def _criteria(review: Review, item: RatingItem) -> None:
    given, at = _given(item), _at(review, item)
    lines = []
    for place, criterion in enumerate(review.plan.criteria):
        score = given.get(criterion.name)
        said = str(score) if score else "can't tell" if criterion.name in given else figures.NONE
        label = figures.plain(f"{criterion.label}: {said}")
        question = f" · {figures.plain(criterion.question)}" if criterion.question else ""
        lines.append(f"▸ **{label}**{question}" if place == at else label)
    st.markdown("  \n".join(lines))


def _buttons(bench: Workbench, review: Review, item: RatingItem, person: str) -> None:
    with st.container(horizontal=True, gap="small", key="wb-scores"):
        for score in SCORES:
            _score(review, item, str(score), score)
        _score(review, item, "Can't tell", None)
        for says, key, by in (("Up", "Up", -1), ("Down", "Down", 1)):
            st.button(
                says,
                key=f"review.rated.{says}.{item.id}",
                shortcut=key,
                type="tertiary",
                on_click=_move,
                args=(review, item, by),
            )
    with st.container(horizontal=True, gap="small", key="wb-rated"):
        st.button(
            "Keep, and next",
            key=f"review.rated.keep.{item.id}",
            shortcut="Enter",
            type="primary",
            disabled=len(_given(item)) < len(review.plan.criteria),
            on_click=_keep,
            args=(bench, item),
        )
        st.button(
            "Skip",
            key=f"review.rated.skip.{item.id}",
            shortcut=SKIP_KEY,
            type="tertiary",
            on_click=_skip,
            args=(bench, item, SKIPS[0]),
        )
        with st.popover("Skip, because …", type="tertiary"):
            for number, why in enumerate(SKIPS):
                st.button(
                    why,
                    key=f"review.rated.skip.{item.id}.{number}",
                    on_click=_skip,
                    args=(bench, item, why),
                )
        _undo(bench, review, person)


def _score(review: Review, item: RatingItem, says: str, score: int | None) -> None:
    st.button(
        says,
        key=f"review.rated.{says}.{item.id}",
        shortcut=CANT_TELL_KEY if score is None else str(score),
        on_click=_give,
        args=(review, item, score),
    )


def _undo(bench: Workbench, review: Review, person: str) -> None:
    st.button(
        "Undo",
        key="review.rated.undo",
        icon=":material/undo:",
        shortcut=UNDO_KEY,
        type="tertiary",
        on_click=_take_back,
        args=(bench, review, person),
    )


def _note(bench: Workbench, item: RatingItem) -> None:
    """What was seen, and when in the clip; it stays with the clip and tells nobody which one it was."""
    count = st.session_state.get(_NOTES, 0)
    place = f"review.rated.note.{item.id}.{count}"
    with st.expander("Note a defect"), st.form(place, border=False, enter_to_submit=True):
        st.pills("What", DEFECTS, selection_mode="multi", key=f"{place}.what")
        st.text_input("Note", key=f"{place}.text", max_chars=300, placeholder="The hand morphs")
        st.form_submit_button("Add note", on_click=_keep_note, args=(bench, item, place))
        st.caption("It is kept with the time at which the player stands. Pause where you see it.")
    if count:
        st.caption("Your note is kept.")


def _given(item: RatingItem) -> dict[str, int | None]:
    """What was said of the clip that is shown, and is not kept yet."""
    given: dict[str, int | None] = st.session_state.setdefault(f"review.rated.given.{item.id}", {})
    return given


def _at(review: Review, item: RatingItem) -> int:
    at: int = st.session_state.get(f"review.rated.at.{item.id}", 0)
    return min(at, len(review.plan.criteria) - 1)


def _move(review: Review, item: RatingItem, by: int) -> None:
    place = max(0, min(_at(review, item) + by, len(review.plan.criteria) - 1))
    st.session_state[f"review.rated.at.{item.id}"] = place


def _give(review: Review, item: RatingItem, score: int | None) -> None:
    _given(item)[review.plan.criteria[_at(review, item)].name] = score
    _move(review, item, 1)


def _keep(bench: Workbench, item: RatingItem) -> None:
    if _is_asked(bench, item):
        _say(lambda: bench.rate_item(item, _given(item)))


def _skip(bench: Workbench, item: RatingItem, reason: str) -> None:
    if _is_asked(bench, item):
        _say(lambda: bench.skip_item(item, reason))


def _is_asked(bench: Workbench, item: RatingItem) -> bool:
    """A key that was pressed twice, or in a tab that is behind, is not meant for the clip that it says."""
    st.session_state.pop(_NOTES, None)
    waiting = bench.store.rating_items.open(item.review_id, item.person)
    return bool(waiting) and waiting[0].id == item.id


def _say(word: Callable[[], object]) -> None:
    try:
        word()
    except WorkbenchError as error:
        st.session_state[_TOLD] = str(error)


def _take_back(bench: Workbench, review: Review, person: str) -> None:
    st.session_state.pop(_NOTES, None)
    if bench.take_back_rating(review.id, person) is None:
        st.session_state[_TOLD] = "There is no rating of yours to take back."


def _keep_note(bench: Workbench, item: RatingItem, place: str) -> None:
    state = shown(PLAYER, item.id, 1)
    what = ", ".join(st.session_state.get(f"{place}.what") or ())
    text = ": ".join(part for part in (what, (st.session_state.get(f"{place}.text") or "").strip()) if part)
    try:
        bench.note_on_item(item, text, at_s=state.time_s - state.offsets_s[0])
    except WorkbenchError as error:
        st.session_state[_TOLD] = str(error)
        return
    st.session_state[_NOTES] = st.session_state.get(_NOTES, 0) + 1
