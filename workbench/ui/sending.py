"""Before the click: what would be sent, what is wrong with it, what it costs. At the click: it is logged."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.errors import WorkbenchError
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Parenthood
from workbench.prompting.template import TemplateError
from workbench.ui import figures
from workbench.ui.composition import Composition
from workbench.ui.links import link
from workbench.ui.state import Session, keep, parent_of


def generate(
    bench: Workbench, held: Session, composition: Composition, model: Capabilities, is_sent: bool
) -> None:
    """Cost, button and everything that stands in the way, in words. Nothing invalid is ever sent."""
    request, wrong = _request(composition, model, held.drawn_seed)
    wrong += _missing(bench, model)
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        clicked = st.button("Generate", type="primary", key="generate")
        st.markdown(_cost(request, model, composition.takes), width="stretch")
        st.html('<a class="wb-down" href="#wb-clips">Clips ↓</a>', width="content")
    if clicked or is_sent:
        held.complain(_said(wrong))
        wish = replace(composition, parent_id=None)
        if request and not wrong and not held.is_double_click(wish, bench.clock.now()):
            _send(bench, held, composition, request)
    if complaint := held.standing_complaint(composition):
        st.error(complaint)
    elif wrong and (composition.prompt.strip() or composition.inputs):
        st.warning(_said(wrong))
    elif request:
        _repeats(bench, model.complete(request))


def sent_words(composition: Composition, model: Capabilities, drawn: int) -> None:
    """The prompt with its slots filled, where it differs from what is written."""
    request, _ = _request(composition, model, drawn)
    if request and request.prompt != composition.prompt:
        st.caption(f"**Will be sent:** {figures.plain(request.prompt)}")


def _request(
    composition: Composition, model: Capabilities, drawn: int
) -> tuple[GenerationRequest | None, list[str]]:
    """What would be sent, and everything that is wrong with it."""
    try:
        request = model.complete(composition.request(model, drawn))
    except TemplateError as error:
        return None, [str(error)]
    return request, [str(fault) for fault in faults(request, model)]


def _missing(bench: Workbench, model: Capabilities) -> list[str]:
    return [f"{model.label} is not set up: set {m.variable} ({m.what})." for m in bench.missing(model.model)]


def _said(wrong: Sequence[str]) -> str:
    return "\n\n".join(figures.plain(sentence) for sentence in wrong)


def _cost(request: GenerationRequest | None, model: Capabilities, takes: int) -> str:
    clips = "1 clip" if takes == 1 else f"{takes} clips"
    micros = model.price(request) if request else None
    if request is None:
        return ""
    if micros is None:
        return f"{clips} · no price is known for this model"
    if micros == 0:
        return f"{clips} · Free" + (" – rendered on this machine" if model.local else "")
    return f"{clips} · {figures.plain(figures.money(micros * takes))} estimated"


def _repeats(bench: Workbench, request: GenerationRequest) -> None:
    if earlier := bench.repeats(request):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-repeat"):
            st.markdown("You already have this clip.", width="content")
            link("run", f"Open run {earlier[0].id[-6:]}", {"id": earlier[0].id})


def _send(bench: Workbench, held: Session, composition: Composition, request: GenerationRequest) -> None:
    """Log every take, let what is written next follow from the first, and draw the page again."""
    parent = parent_of(bench, composition)
    origin = composition.origin(request, held.drawn_seed, parent)
    try:
        ids = bench.submit_many(request.takes(composition.takes), origin)
    except WorkbenchError as error:
        held.complain(figures.plain(str(error)))
        return
    held.chosen = ""
    held.drawn_seed = secrets.randbelow(2**31)
    # An extension keeps following the run whose clip it extends: the provider goes on from that one.
    if origin.parenthood is not Parenthood.EXTENSION:
        keep(bench, replace(composition, parent_id=ids[0]))
    st.rerun()
