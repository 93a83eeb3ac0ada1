"""What becomes of the words: sent to Compose with everything filled in, or generated from here."""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

from workbench.api import Workbench
from workbench.api.casting import Cast, cast
from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.prompting.template import TemplateError
from workbench.ui import figures
from workbench.ui.compose import state as compose
from workbench.ui.compose.composition import Composition
from workbench.ui.compose.sending import cost_line, lacks, unpriced
from workbench.ui.links import go
from workbench.ui.references.desk import Desk
from workbench.ui.references.state import Session, keep


def part_of_references(desk: Desk, model: Capabilities) -> Cast:
    """Which part they play with that model, told in a line."""
    casting = cast(model, desk.pictures, desk.clip)
    sent = ", ".join(_counted(casting, role) for role in dict.fromkeys(i.role for i in casting.inputs))
    told = [f"Goes along: {sent}." if sent else "", *casting.notes]
    if any(told):
        st.caption(figures.plain(" ".join(part for part in told if part)))
    return casting


def onward(bench: Workbench, held: Session, model: Capabilities, casting: Cast, is_sent: bool) -> None:
    """Both ways on, and everything that stands in the way of the second."""
    desk = held.desk
    composition = replace(composed(desk, model, casting), lists=bench.settings.written.lists)
    try:
        request: GenerationRequest | None = model.complete(composition.request(model, 0))
        wrong = [str(fault) for fault in faults(request.folded(), model)] if request else []
    except TemplateError as error:
        request, wrong = None, [str(error)]
    wrong += lacks(bench, model) + unpriced(bench, request, model)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-onward"):
        if st.button(
            "Send to Compose",
            key="desk.compose",
            type="primary",
            help="With model, settings and references filled in. What stands there now can be brought back.",
        ):
            to_compose(bench, desk, composition)
        clicked = st.button("Generate now", key="desk.generate", disabled=bool(wrong))
        st.markdown(cost_line(bench, request, model, 1), width="stretch")
    if wrong:
        st.warning("\n\n".join(figures.plain(sentence) for sentence in wrong))
    elif (clicked or is_sent) and request is not None:
        _generate(bench, held, composition, model)


def composed(desk: Desk, model: Capabilities, casting: Cast) -> Composition:
    """What is on the desk as Compose works on it; the brief comes with the click."""
    negative = desk.words.negative_prompt
    return Composition(
        prompt=desk.words.prompt,
        negative_prompt=negative,
        model=model.model,
        settings=desk.settings,
        inputs=casting.inputs,
        fold_negative_prompt=bool(negative.strip()) and not model.negative_prompt,
    )


def to_compose(bench: Workbench, desk: Desk, composition: Composition) -> None:
    compose.session(bench)  # its draft is put aside, also where Compose was not open yet
    compose.start_from(bench, replace(composition, brief_id=_kept(bench, desk)))
    go("compose")


def _kept(bench: Workbench, desk: Desk) -> str | None:
    return bench.store.briefs.keep(desk.brief, bench.clock.now()) if desk.brief else None


def _generate(bench: Workbench, held: Session, composition: Composition, model: Capabilities) -> None:
    if held.is_double_click(("generate", composition), bench.clock.now()):
        return
    drawn = secrets.randbelow(2**31)
    try:
        request = model.complete(composition.request(model, drawn))
        origin = replace(composition.origin(request.folded(), drawn, None), brief_id=_kept(bench, held.desk))
        run_id = bench.submit(request, origin)
    except WorkbenchError as error:
        held.complaint = figures.plain(str(error))
        st.rerun()
    held.complaint = ""
    keep(bench, replace(held.desk, run_id=run_id))
    st.rerun()


def _counted(casting: Cast, role: Role) -> str:
    count = sum(i.role is role for i in casting.inputs)
    return f"{count} {role.label.lower()}{'s' if count > 1 else ''}"
