"""Make a still first: a picture by an image model, as a run of its own, to start a clip from."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, Stage, faults
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.run import Kind, Run, Status
from workbench.ui import figures
from workbench.ui.compose.composition import PICTURES, Composition, settings_for, with_still_of
from workbench.ui.compose.model_choice import label
from workbench.ui.compose.sending import unpriced
from workbench.ui.compose.state import Session, session, show
from workbench.ui.facts import is_emulated, known_model
from workbench.ui.links import link

RECENT = 4
_SHARED = ("aspect_ratio",)  # settings that a still takes over from the clip it is made for


def make_a_still(bench: Workbench, held: Session, composition: Composition, clip: Capabilities) -> None:
    """A popover with a prompt of its own; the still comes beside the form, like every run. ``clip`` is
    the model of the clip that it is for.
    """
    models = [m for m in bench.models() if m.kind is Kind.IMAGE and m.lifecycle.stage is not Stage.RETIRED]
    if not models:
        return
    with st.popover("Make a still first", type="tertiary", key=f"still.{held.uploads}"):
        ready = [m for m in models if not bench.missing(m.model)]
        if not ready:
            _what_is_missing(bench, models)
            return
        names = {m.model: m for m in ready}
        name = st.selectbox(
            "Image model",
            list(names),
            format_func=lambda n: label(names[n], is_ready=True),
            key="still.model",
        )
        prompt = st.text_area(
            "Prompt of the still",
            key=_prompt_key(held, composition.prompt),
            height=110,
            help="What the first picture shows. Leave camera moves to the clip's own prompt.",
        )
        _offer(
            bench, held, names[name], _request(names[name], prompt, settings_for(clip, composition.settings))
        )


def _prompt_key(held: Session, prompt: str) -> str:
    """Of the editor for the still's words, which follow ``prompt`` until somebody changes them."""
    key = f"still.prompt.{held.edition}"
    offered = f"{key}.offered"
    if st.session_state.get(key) == st.session_state.get(offered):
        st.session_state[key] = st.session_state[offered] = prompt
    return key


def _what_is_missing(bench: Workbench, models: list[Capabilities]) -> None:
    st.markdown("No image model is set up yet.")
    wanted = dict.fromkeys((m.variable, m.what) for model in models for m in bench.missing(model.model))
    for variable, what in wanted:
        st.markdown(f"Set `{variable}`: {figures.plain(what)}.")
    link("settings", "Settings")


def _request(model: Capabilities, prompt: str, of_the_clip: Mapping[str, Scalar]) -> GenerationRequest:
    shared = {
        name: of_the_clip[name]
        for name in _SHARED
        if name in of_the_clip
        and (setting := model.setting(name))
        and setting.fault(of_the_clip[name]) is None
    }
    return model.complete(GenerationRequest(model.model, prompt.strip()).with_settings(shared))


def _offer(bench: Workbench, held: Session, model: Capabilities, request: GenerationRequest) -> None:
    wrong = [str(fault) for fault in faults(request, model)] + unpriced(bench, request, model)
    micros = model.price(request)
    cost = "price unknown" if micros is None else "Free" if micros == 0 else figures.money(micros)
    told = f"1 picture · {cost}" + (
        ", nothing is charged: emulated" if is_emulated(bench, model.model) else ""
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        clicked = st.button("Make the still", key="still.make", type="primary", disabled=bool(wrong))
        st.markdown(figures.plain(told), width="stretch")
    if wrong and request.prompt:
        st.warning(figures.plain(" ".join(wrong)))
    if not clicked or held.is_double_click(("still", request), bench.clock.now()):
        return
    try:
        bench.submit(request)
    except WorkbenchError as error:
        st.error(figures.plain(str(error)))
        return
    held.uploads += 1  # closes the popover
    held.chosen = ""
    st.rerun()


def recent_stills(bench: Workbench) -> list[Run]:
    """The newest runs that made a picture; looked for by model, so that clips cost nothing to pass over."""
    models = [m.model for m in bench.models() if m.kind is Kind.IMAGE]
    found = [
        run
        for model in models
        if any(name == model for name, _ in bench.counts())
        for run in bench.runs(model=model, status=Status.SUCCEEDED).page(RECENT).runs
        if run.clip
    ]
    return sorted(found, key=lambda run: run.rowid, reverse=True)[:RECENT]


def uses(bench: Workbench, composition: Composition) -> list[tuple[Role, int]]:
    """As what the composition's model could take a still, and how many."""
    model = known_model(bench, composition.model)
    return [(role, limit.most) for role, limit in model.roles.items() if role in PICTURES] if model else []


def use(bench: Workbench, run: Run, role: Role, most: int) -> None:
    """Put the run's picture into what is being written. Raises ``RequestError``."""
    show(bench, with_still_of(session(bench).composition, run, role, most))


def take_over_still(bench: Workbench) -> None:
    """``?still=RUN`` gives that run's picture to what is being written, as first frame where it may be."""
    run_id = st.query_params.get("still")
    if not run_id:
        return
    del st.query_params["still"]
    held = session(bench)
    roles = uses(bench, held.composition)
    if not roles:
        roles = [(Role.FIRST_FRAME, 1)]
    try:
        use(bench, bench.run(run_id), *roles[0])
    except WorkbenchError as error:
        held.complain(figures.plain(str(error)))
