"""Improve, vary, translate: what would be written, as a word diff against what stands there, to be taken or
refused. Nothing changes by itself. Compose has it, and References for what was written there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from workbench.api import Workbench
from workbench.api.reading import bytes_of
from workbench.api.scripting import MOST_VARIANTS
from workbench.api.workflows import as_json, of_json
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import UnknownModel, WorkbenchError
from workbench.domain.request import Scalar
from workbench.domain.writing import BY_RULE, Written
from workbench.prompting.axes import AXES
from workbench.ui import errands, figures
from workbench.ui.reader_choice import lack, missing, price_told, reader_choice, reader_name
from workbench.ui.words import show_diff

EVERY_S = 1.0
IMPROVE, VARY, TRANSLATE = "Improve", "Vary", "Translate to English"
_DONE = {IMPROVE: "Improved", VARY: "Variant", TRANSLATE: "Translated"}


@dataclass(frozen=True, slots=True)
class Place:
    """Words on a page: which ``page``, what its widgets show now (``edition``), the model that they are for
    with its ``settings``, who writes there unless another is chosen, and what takes new words in.
    """

    page: str
    edition: str
    prompt: str
    negative_prompt: str
    model: Capabilities
    settings: Mapping[str, Scalar]
    by: str
    take: Callable[[Written], None]

    def taken(self, written: Written) -> Written:
        """A model without negative prompt gets none written; what a person wrote stays for other models."""
        if self.model.negative_prompt:
            return written
        return replace(written, negative_prompt=self.negative_prompt)


@dataclass(frozen=True, slots=True)
class Offers:
    """``errand`` is under way, or has failed as ``complaint`` says; ``written`` waits to be taken."""

    what: str = ""
    errand: str = ""
    written: tuple[Written, ...] = ()
    complaint: str = ""

    def to_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "errand": self.errand,
            "written": [as_json(one) for one in self.written],
            "complaint": self.complaint,
        }

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Offers:
        return cls(
            content.get("what", ""),
            content.get("errand", ""),
            tuple(of_json(one) for one in content.get("written", ())),
            content.get("complaint", ""),
        )


@dataclass(frozen=True, slots=True)
class _Wish:
    what: str
    by: str
    axis: str = ""
    count: int = 1
    use_case: str | None = None


def rewriting(bench: Workbench, place: Place) -> None:
    """The way to ask, and below it what came of it. Nothing while there is nothing to rewrite."""
    offers = _offers(bench, place.page)
    if offers.errand:
        _under_way(bench, place, offers)
        return
    if place.prompt.strip():
        key = f"rewrite.{place.edition}.{_ended(place)}"  # a new one is closed: there is something to see
        with st.popover("Improve, vary, translate", type="tertiary", key=key):
            _ask(bench, place)
    if offers.complaint:
        st.error(figures.plain(offers.complaint))
    if offers.written:
        _offered(bench, place, offers)


def _ask(bench: Workbench, place: Place) -> None:
    what = st.segmented_control(
        "What to do",
        (IMPROVE, VARY, TRANSLATE),
        default=IMPROVE,
        required=True,
        key="rewrite.what",
    )
    axis, count, case = "", 1, None
    if what == IMPROVE:
        cases = bench.use_cases()
        case = st.selectbox(
            "Use case",
            list(cases),
            None,
            lambda name: cases[name].label if name in cases else name,
            key="rewrite.case",
            placeholder="none",
            help="It fills what the prompt leaves open: light, lens, style …",
        )
    if what == VARY:
        axes = {one.name: one.label for one in AXES if one.phrases_for(place.model.kind)}
        with st.container(horizontal=True, gap="small"):
            axis = st.selectbox(
                "Along", list(axes), format_func=lambda name: axes.get(name, name), key="rewrite.axis"
            )
            count = st.number_input("Variants", 1, MOST_VARIANTS, 3, key="rewrite.count", width=126)
    by = reader_choice(bench, "Who writes", place.by, BY_RULE, key="rewrite.by")
    lacks = lack(bench, by)
    if what == TRANSLATE and by == BY_RULE:
        st.markdown(_needs_a_model(bench))
        lacks = True
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        clicked = st.button(str(what), key=f"rewrite.ask.{_ended(place)}", type="primary", disabled=lacks)
        st.markdown(_cost(bench, place, by), width="stretch")
    if clicked:
        _begin(bench, place, _Wish(str(what), by, axis, int(count), case))


def _needs_a_model(bench: Workbench) -> str:
    """Rules translate nothing: which model to choose, or what to set."""
    names = [model.model for model in bench.readers(ready_only=True)]
    if names:
        return "Rules can't translate. Choose a model that writes."
    wanted = dict.fromkeys(missing(bench, model.model) for model in bench.readers())
    told = ", or ".join(want for want in wanted if want)
    return f"Rules can't translate: that needs a model. {told[:1].upper()}{told[1:]}, then start again."


def _cost(bench: Workbench, place: Place, by: str) -> str:
    text_bytes = 4_000 + bytes_of(place.prompt, place.negative_prompt)
    try:
        return figures.plain(price_told(bench.write_price(text_bytes, by)))
    except UnknownModel:
        return ""


def _begin(bench: Workbench, place: Place, wish: _Wish) -> None:
    words, name, settings = (place.prompt, place.negative_prompt), place.model.model, place.settings

    def work() -> tuple[Written, ...]:
        by, axis, count, case = wish.by, wish.axis, wish.count, wish.use_case
        if wish.what == VARY:
            return tuple(bench.vary(*words, axis=axis, count=count, model=name, by=by, settings=settings))
        if wish.what == TRANSLATE:
            return (bench.translate(*words, model=name, by=by),)
        return (bench.improve(*words, model=name, by=by, use_case=case, settings=settings),)

    token = errands.send(work)
    _keep(bench, place.page, Offers(wish.what, token))
    with st.spinner("Writing …"):
        errands.is_done(token, errands.PATIENCE_S)
    st.rerun()


def _under_way(bench: Workbench, place: Place, offers: Offers) -> None:
    token = offers.errand
    if errands.is_known(token) and not errands.is_done(token):
        st.fragment(_watch, run_every=EVERY_S)(token)
        return
    st.session_state[_ended_key(place.page)] = _ended(place) + 1
    try:
        if not errands.is_known(token):
            raise WorkbenchError("The workbench was stopped while it wrote. Ask once more.")
        _keep(bench, place.page, Offers(offers.what, written=errands.outcome(token, tuple)))
    except WorkbenchError as error:
        _keep(bench, place.page, Offers(complaint=str(error)))
    st.rerun()


def _ended(place: Place) -> int:
    """How many were asked for and came; buttons are named by it, so that the second of two clicks falls on
    none.
    """
    return int(st.session_state.get(_ended_key(place.page), 0))


def _ended_key(page: str) -> str:
    return f"{page}.offers.ended"


def _watch(token: str) -> None:
    if errands.is_done(token):
        st.rerun()
    st.progress(0.0, text="Writing … it goes on if you leave this page.")


def _offered(bench: Workbench, place: Place, offers: Offers) -> None:
    several = len(offers.written) > 1
    for number, written in enumerate(offers.written):
        with st.container(border=True, gap="xsmall", key=f"wb-offer-{number}"):
            nth = f" {number + 1} of {len(offers.written)}" if several else ""
            by = figures.plain(reader_name(written.by))
            st.markdown(f"**{_DONE.get(offers.what, offers.what)}{nth}** – {by}")
            _difference(place, place.taken(written))
            if written.notes:
                st.caption(figures.plain(" ".join(written.notes)))
            with st.container(horizontal=True, gap="small"):
                if st.button(
                    "Put into the editor",
                    key=f"offer.take.{number}",
                    help="To go on with it, or change it. What stands there now can be brought back.",
                ):
                    place.take(place.taken(written))
                    _drop(bench, place, offers, number)  # the others are still to be decided
                    st.rerun()
                if st.button("Refuse", key=f"offer.refuse.{number}", type="tertiary"):
                    _drop(bench, place, offers, number)
                    st.rerun()
    if several and st.button("Refuse all", key="offer.refuse.all", type="tertiary"):
        _keep(bench, place.page, Offers())
        st.rerun()


def _difference(place: Place, taken: Written) -> None:
    if (taken.prompt, taken.negative_prompt) == (place.prompt, place.negative_prompt):
        st.caption("It is what stands there already.")
        return
    if taken.prompt != place.prompt:
        show_diff(place.prompt, taken.prompt)
    if taken.negative_prompt != place.negative_prompt:
        st.caption("Negative prompt")
        show_diff(place.negative_prompt, taken.negative_prompt)


def _drop(bench: Workbench, place: Place, offers: Offers, number: int) -> None:
    rest = tuple(one for n, one in enumerate(offers.written) if n != number)
    _keep(bench, place.page, replace(offers, written=rest))


def forget(bench: Workbench, page: str) -> None:
    """Other words begin on that page: what was offered for those before has nothing to do with them."""
    if _offers(bench, page) != Offers():
        _keep(bench, page, Offers())


def _offers(bench: Workbench, page: str) -> Offers:
    """Of this session; a new one goes on from the draft."""
    key = _offers_key(page)
    if key not in st.session_state:
        st.session_state[key] = Offers.of_json(bench.store.drafts.load(_draft(page)))
    offers: Offers = st.session_state[key]
    return offers


def _keep(bench: Workbench, page: str, offers: Offers) -> None:
    st.session_state[_offers_key(page)] = offers
    try:
        bench.store.drafts.save(_draft(page), offers.to_json(), bench.clock.now())
    except WorkbenchError as error:  # a full disk: the session holds it
        told = replace(offers, complaint=f"This is not saved. {error}")
        st.session_state[_offers_key(page)] = told


def _offers_key(page: str) -> str:
    return f"{page}.offers"


def _draft(page: str) -> str:
    """Under which the drafts table keeps what is offered there."""
    return f"{page}.rewriting"
