"""The writing half of the Compose page: words, model and settings, references, Generate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st
from immutabledict import immutabledict
from streamlit.delta_generator import DeltaGenerator

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import RequestError
from workbench.ui import figures
from workbench.ui.compose.composition import Composition, chosen_settings, editing, extending, remixed
from workbench.ui.compose.model_choice import model_choice, model_line
from workbench.ui.compose.references import references
from workbench.ui.compose.rewriting import rewritten
from workbench.ui.compose.saved_prompts import saved_prompts
from workbench.ui.compose.sending import before_sending, generate
from workbench.ui.compose.settings_form import further_settings, seed_and_takes, settings_form
from workbench.ui.compose.state import Session, go_back, keep, session, start_from
from workbench.ui.compose.still import take_over_still
from workbench.ui.compose.writing import as_written, parent_line, writing

STYLESHEET = Path(__file__).with_name("compose.css")


def halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Where one writes and where clips play: side by side, or one above the other on a narrow page."""
    st.html(STYLESHEET)
    with st.container(key="wb-compose"):
        writing_half, clip_half = st.columns([6, 7], gap="medium")
        clip_half.html('<span id="wb-clips"></span>')  # where the link beside Generate leads
    return writing_half, clip_half


@st.fragment
def composer(bench: Workbench) -> None:
    """Draws itself again as one types; the clips beside it stay as they are."""
    held = session(bench)
    toolbar, words, form = st.container(), st.container(gap="small"), st.container(gap="small")
    send = st.container(gap="small", key="wb-send")
    with form:  # first, though it stands below: what the model takes decides how the words are shown
        composition, model = _form(bench, held, as_written(bench, held))
    with words:
        parent_line(bench, composition)
        composition = writing(bench, held, composition, model)
        rewritten(bench, held, composition, model)
    with toolbar:
        _toolbar(bench, held, composition)
    with form:
        references(bench, model, held, composition)
        before_sending(bench, composition, model, held.drawn_seed)
    keep(bench, composition)
    with send:
        generate(bench, held, composition, model)


def take_over_link(bench: Workbench) -> None:
    """``?from=RUN`` loads a run for a remix, ``?extend=RUN`` to go on from its clip, ``?edit=RUN`` to
    change that clip. ``?still=RUN&as=ROLE`` gives the run's picture to what is being written.
    """
    take_over_still(bench)
    for name, load in (("from", remixed), ("extend", extending), ("edit", editing)):
        if run_id := st.query_params.get(name):
            del st.query_params[name]  # or a reload would load it over what was typed since
            try:
                start_from(bench, load(bench.run(run_id)))
            except RequestError as error:
                session(bench).complain(figures.plain(str(error)))


def _toolbar(bench: Workbench, held: Session, composition: Composition) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-toolbar"):
        st.title("Compose", anchor=False, width="stretch")
        if held.can_go_back and st.button(
            "Earlier draft", key="back", type="tertiary", help="Exchange this draft for the one before it."
        ):
            keep(bench, composition)
            go_back(bench)
            st.rerun()
        saved_prompts(bench, composition)
        if st.button("New", key="new", help="An empty form. This draft can be brought back."):
            keep(bench, composition)
            start_from(bench, Composition(model=composition.model, settings=composition.settings))
            st.rerun()


def _form(bench: Workbench, held: Session, composition: Composition) -> tuple[Composition, Capabilities]:
    name = model_choice(bench, composition.model, held.edition)
    model = bench.model(name)
    model_line(bench, model)
    with st.container(horizontal=True, gap="small", key="wb-settings"):
        settings = settings_form(model, composition.settings, held.edition)
        seed, takes = seed_and_takes(model.seed, composition.seed, composition.takes, held.edition)
    settings |= further_settings(model, composition.settings, held.edition)
    kept = immutabledict(chosen_settings(model, composition.settings, settings))
    return replace(composition, model=name, settings=kept, seed=seed, takes=takes), model
