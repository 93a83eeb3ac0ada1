"""Before the click: what would be sent, what is wrong with it, what it costs. At the click: it is logged."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.errors import WorkbenchError
from workbench.domain.price import FREE, Price
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Kind
from workbench.prompting.template import TemplateError
from workbench.ui import figures
from workbench.ui.compose.composition import GOING_ON, Composition
from workbench.ui.compose.ignored import ignored
from workbench.ui.compose.state import Session, keep, parent_of
from workbench.ui.facts import is_emulated
from workbench.ui.links import link


def generate(bench: Workbench, held: Session, composition: Composition, model: Capabilities) -> None:
    """Cost, button and everything that stands in the way, in words. Nothing invalid is ever sent."""
    request, wrong = _request(composition, model, held.drawn_seed)
    wrong += lacks(bench, model) + unpriced(bench, request, model)
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        st.button("Generate", type="primary", key="generate", on_click=held.press, args=(bench,))
        st.markdown(cost_line(bench, request, model, composition.takes), width="stretch")
        st.html('<a class="wb-down" href="#wb-clips">Clips ↓</a>', width="content")
    if request:
        _rate(bench, request, model)
        _today(bench, model)
    if pressed_at := held.take_press(bench.clock.now()):
        held.complain(_said(wrong))
        wish = replace(composition, parent_id=None)
        if request and not wrong and not held.is_double_click(wish, pressed_at):
            _send(bench, held, composition, request)
    if complaint := held.standing_complaint(composition):
        st.error(complaint)
    elif wrong and (composition.prompt.strip() or composition.inputs):
        st.warning(_said(wrong))
    elif request:
        _repeats(bench, request)


def before_sending(bench: Workbench, composition: Composition, model: Capabilities, drawn: int) -> None:
    """The words that will be sent, where they are not the ones that are written, where they come from, and
    what the model would ignore.
    """
    request, _ = _request(composition, model, drawn)
    if request and (words := request.folded().prompt) != composition.prompt:
        st.caption(f"**Will be sent:** {figures.plain(words)}")
    if composition.brief_id:
        st.caption("**Written from references:** what was seen in them is logged with the run.")
    if left_out := ignored(composition, request, model, bench.models()):
        st.caption("**Would be ignored:** " + figures.plain(" ".join(left_out)))


def _request(
    composition: Composition, model: Capabilities, drawn: int
) -> tuple[GenerationRequest | None, list[str]]:
    """What is asked for, and everything that is wrong with it as it would be sent."""
    try:
        request = model.complete(composition.request(model, drawn))
    except TemplateError as error:
        return None, [str(error)]
    return request, [str(fault) for fault in faults(request.folded(), model)]


def lacks(bench: Workbench, model: Capabilities) -> list[str]:
    """By name only: what each is stands below the model."""
    wanted = " and ".join(m.variable for m in bench.missing(model.model))
    return [f"{model.label} is not set up: set {wanted}, then start the workbench again."] if wanted else []


def unpriced(bench: Workbench, request: GenerationRequest | None, model: Capabilities) -> list[str]:
    """What to do where a budget is set and can't be kept, as no price is known."""
    if request is None or bench.settings.budget_usd is None or model.price(request) is not None:
        return []
    return [
        f"A budget is set, and no price is known for {model.label}: write its price into workbench.toml "
        f"(Settings show where), or take the budget away."
    ]


def _said(wrong: Sequence[str]) -> str:
    return "\n\n".join(figures.plain(sentence) for sentence in wrong)


def cost_line(bench: Workbench, request: GenerationRequest | None, model: Capabilities, takes: int) -> str:
    """How many files would come, and what they cost."""
    if request is None:
        return ""
    made, micros = _made(request, model, takes), model.price(request)
    if micros is None:
        return f"{made} · price unknown"
    if micros == 0:
        return f"{made} · Free" + (" – rendered on this machine" if model.local else "")
    cost = f"{made} · {figures.plain(figures.money(micros * takes))} estimated"
    return f"{cost}, nothing is charged: emulated" if is_emulated(bench, model.model) else cost


def _made(request: GenerationRequest, model: Capabilities, takes: int) -> str:
    """How many files would come."""
    several = model.price.count if isinstance(model.price, Price) else Price().count
    count = takes * int(request.settings.get(several, 1))
    thing = "picture" if model.kind is Kind.IMAGE else "clip"
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _rate(bench: Workbench, request: GenerationRequest, model: Capabilities) -> None:
    """What a second or a picture costs, who says so and when it was read; or where to write it."""
    if model.price(request) is None and bench.settings.budget_usd is None:
        st.caption("No price is known for this model; `workbench.toml` can hold one (Settings show how).")
    if not isinstance(model.price, Price) or model.price == FREE:
        return
    if told := model.price.told_for(request):
        st.caption(figures.plain(told), help=figures.plain(str(model.price)))


def _today(bench: Workbench, model: Capabilities) -> None:
    """What is left of the day's budget; a model that costs nothing is no matter of it."""
    cap = bench.settings.budget_usd
    if cap is not None and model.price != FREE:
        st.caption(figures.plain(f"Today {figures.of_budget(bench.spending(), cap)}."))


def _repeats(bench: Workbench, request: GenerationRequest) -> None:
    if earlier := bench.repeats(request.folded()):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-repeat"):
            st.markdown("You already have this clip.", width="content")
            link("run", f"Open run {earlier[0].id[-6:]}", {"id": earlier[0].id})


def _send(bench: Workbench, held: Session, composition: Composition, request: GenerationRequest) -> None:
    """Log every take, let what is written next follow from the first, and draw the page again."""
    parent = parent_of(bench, composition)
    origin = composition.origin(request.folded(), held.drawn_seed, parent)
    try:
        ids = bench.submit_many(request.takes(composition.takes), origin)
    except WorkbenchError as error:
        held.complain(figures.plain(str(error)))
        return
    held.wished_at = bench.clock.now()  # however long it took: nothing has shown yet that it was pressed
    held.chosen = ""
    held.drawn_seed = secrets.randbelow(2**31)
    # An extension or edit keeps following the run whose clip it goes on from.
    if origin.parenthood not in GOING_ON:
        keep(bench, replace(composition, parent_id=ids[0]))
    st.rerun()
