"""The writing half of the Compose page: words, settings, references, what it would cost, Generate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import streamlit as st
from immutabledict import immutabledict

from workbench.api import DEFAULT_MODEL, Workbench
from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.errors import Fault, RequestError, WorkbenchError
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Parenthood
from workbench.prompting.lint import Hint, lint
from workbench.prompting.template import Template, TemplateError
from workbench.ui import figures
from workbench.ui.composition import Composition, extending, remixed
from workbench.ui.editor import editor, written
from workbench.ui.hints import hint_list, marks
from workbench.ui.links import link
from workbench.ui.references import references
from workbench.ui.saved_prompts import saved_prompts
from workbench.ui.settings_form import model_choice, seed_and_takes, settings_form
from workbench.ui.state import Session, go_back, keep, parent_of, session, show, start_from

PROMPT, NEGATIVE = "editor.prompt", "editor.negative"
PLACEHOLDER = "Who or what, what happens, where, in which light, in which style, and how the camera moves"
DOUBLE_CLICK = timedelta(seconds=1)
LEFT_TO_SEED = "left to the seed"


@st.fragment
def composer(bench: Workbench) -> None:
    """Draws itself again as one types; the clips beside it stay as they are."""
    held = session(bench)
    toolbar, words, form = st.container(), st.container(gap="small"), st.container(gap="small")
    with form:
        composition, model = _form(bench, held, _as_written(held))
    hints = lint(
        composition.prompt,
        composition.negative_prompt,
        model,
        immutabledict(composition.request_settings(model)),
        composition.inputs,
    )
    with words:
        composition, is_sent = _words(held, composition, model, hints)
    with toolbar:
        _toolbar(bench, held, composition)
    with form:
        references(bench, model, held, composition)
        keep(bench, composition)
        _generate(bench, held, composition, model, is_sent)


def take_over_link(bench: Workbench) -> None:
    """``?from=RUN`` loads a run for a remix, ``?extend=RUN`` to go on from its clip."""
    for name, load in (("from", remixed), ("extend", extending)):
        if run_id := st.query_params.get(name):
            del st.query_params[name]
            try:
                start_from(bench, load(bench.run(run_id)))
            except RequestError as error:
                session(bench).complaint = str(error)


def _as_written(held: Session) -> Composition:
    """What was typed up to now goes before what the session remembers."""
    c = held.composition
    prompt = written(PROMPT, held.edition, c.prompt)
    return replace(c, prompt=prompt, negative_prompt=written(NEGATIVE, held.edition, c.negative_prompt))


def _form(bench: Workbench, held: Session, c: Composition) -> tuple[Composition, Capabilities]:
    models = bench.models()
    ready = frozenset(m.model for m in models if not bench.missing(m.model))
    name = c.model if any(m.model == c.model for m in models) else DEFAULT_MODEL
    name = model_choice(models, ready, name, held.edition)
    model = bench.model(name)
    st.caption(model.summary)
    settings = settings_form(model, c.settings, held.edition)
    seed, takes = seed_and_takes(model.seed, c.seed, c.takes, held.edition)
    kept = immutabledict({**c.settings, **settings})
    return replace(c, model=name, settings=kept, seed=seed, takes=takes), model


def _toolbar(bench: Workbench, held: Session, c: Composition) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-toolbar"):
        st.title("Compose", width="stretch")
        if held.can_go_back and st.button("Earlier draft", key="back", type="tertiary"):
            keep(bench, c)
            go_back(bench)
            st.rerun()
        saved_prompts(bench, c)
        if st.button("New", key="new", help="An empty form; this draft can be brought back."):
            keep(bench, c)
            start_from(bench, Composition(model=c.model, settings=c.settings))
            st.rerun()


def _words(
    held: Session, c: Composition, model: Capabilities, hints: Sequence[Hint]
) -> tuple[Composition, bool]:
    template = _template(c)
    is_sent = editor(
        "Prompt",
        c.prompt,
        key=PROMPT,
        edition=held.edition,
        limit_chars=model.prompt_limit_chars,
        placeholder=PLACEHOLDER,
        help="Ctrl+Enter generates. {camera=slow dolly in|static} makes a slot.",
        rows=5,
        marks=marks(hints, "prompt", template),
        invalid=len(c.prompt) > model.prompt_limit_chars,
    )
    if template:
        c = _slots(held, c, template)
    if model.negative_prompt:
        is_sent |= editor(
            "Negative prompt",
            c.negative_prompt,
            key=NEGATIVE,
            edition=held.edition,
            limit_chars=model.prompt_limit_chars,
            placeholder="What should not be seen, as a list: text, watermark",
            rows=2,
            marks=marks(hints, "negative_prompt"),
            invalid=len(c.negative_prompt) > model.prompt_limit_chars,
        )
    if c.prompt.strip() and (wanted := hint_list(hints)):
        _fix(held, c, wanted)
    return c, is_sent


def _fix(held: Session, c: Composition, hint: Hint) -> None:
    from workbench.ui.bench import bench

    text = hint.apply(getattr(c, hint.field))
    fixed = replace(c, prompt=text) if hint.field == "prompt" else replace(c, negative_prompt=text)
    show(bench(), fixed)
    st.rerun()
