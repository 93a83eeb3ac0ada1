"""Write a prompt from what was seen: use case, model, instructions, who writes; and the words to edit."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.api.reading import bytes_of
from workbench.domain.brief import Brief
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import UnknownModel, WorkbenchError
from workbench.domain.writing import BY_RULE, Written
from workbench.prompting.use_cases import GENERAL
from workbench.ui import errands, figures
from workbench.ui.compose.composition import chosen_settings, settings_for
from workbench.ui.compose.model_choice import model_choice, model_line
from workbench.ui.compose.settings_form import settings_form
from workbench.ui.editor import editor, written
from workbench.ui.reader_choice import lack, price_told, reader_choice, reader_name
from workbench.ui.references.desk import Desk, Words
from workbench.ui.references.state import DRAFT, Session, keep, show_words, target_name
from workbench.ui.rewriting import Place, forget, rewriting
from workbench.ui.words import show_diff

EVERY_S = 1.0
EXTRA, PROMPT, NEGATIVE = "references.extra", "references.prompt", "references.negative"
EXTRA_CHARS = 2_000
_TARGET = "references"  # the edition of the model's widgets: nothing but them changes it


def as_typed(held: Session) -> Desk:
    """What was typed by now goes before what the session remembers."""
    desk = held.desk
    words = replace(
        desk.words,
        prompt=written(PROMPT, held.words_edition, desk.words.prompt),
        negative_prompt=written(NEGATIVE, held.words_edition, desk.words.negative_prompt),
    )
    return replace(desk, extra=written(EXTRA, held.seen_edition, desk.extra), words=words)


def target(bench: Workbench, held: Session) -> Capabilities:
    """Which model it is written for, with its settings."""
    desk = held.desk
    name = model_choice(bench, target_name(bench, desk), _TARGET)
    model = bench.model(name)
    model_line(bench, model)
    with st.container(horizontal=True, gap="small"):
        shown = settings_form(model, desk.settings, _TARGET)
    settings = immutabledict(chosen_settings(model, desk.settings, shown))
    was = desk.model, desk.settings
    keep(bench, replace(held.desk, model=name, settings=settings))
    if was[0] and was != (name, settings):
        st.rerun()  # what speaks against the pictures stands above, outside of this fragment
    return model


def write(bench: Workbench, held: Session, model: Capabilities) -> None:
    """Use case, instructions, who writes, and the click."""
    desk = held.desk
    assert desk.brief
    cases = bench.use_cases()
    names = list(cases)
    left, right = st.columns(2, gap="small")
    with left:
        case = st.selectbox(
            "Use case",
            names,
            names.index(desk.use_case if desk.use_case in cases else GENERAL),
            lambda name: cases[name].label,
            key="desk.use_case",
        )
    with right:
        by = reader_choice(
            bench, "Who writes", desk.write_by or bench.write_by(), BY_RULE, key="desk.write_by"
        )
    if cases[case].when:
        st.caption(figures.plain(f"{cases[case].label}: {cases[case].when}"))
    editor(
        "Extra instructions",
        desk.extra,
        key=EXTRA,
        edition=held.seen_edition,
        limit_chars=EXTRA_CHARS,
        placeholder="What should happen, in your own words; it goes before what was seen",
        rows=2,
    )
    if held.complaint:
        st.error(held.complaint)
    keep(bench, replace(held.desk, use_case=case, write_by=by))
    if held.desk.writing:
        _under_way(bench, held)
        return
    lacks = lack(bench, by)
    again = bool(desk.words.prompt.strip())
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        clicked = st.button(
            "Write again" if again else "Write",
            key=f"desk.write.{held.errands}",
            type="secondary" if again else "primary",
            disabled=lacks,
        )
        st.markdown(_cost(bench, desk.brief, by), width="stretch")
    if clicked:
        _begin(bench, held, model, by, anew=again and by == desk.words.by)


def words(bench: Workbench, held: Session, model: Capabilities) -> bool:
    """The words as they stand, to be edited, and what has changed since they were written before; whether
    they were sent off by key.
    """
    desk = held.desk
    if not (desk.words.prompt or desk.words.by):
        return False
    st.header("Prompt", anchor=False)
    longest, is_sent = model.prompt_limit_chars, False
    for label, text, key, rows in (
        ("Prompt", desk.words.prompt, PROMPT, 6),
        ("Negative prompt", desk.words.negative_prompt, NEGATIVE, 2),
    ):
        is_sent |= editor(
            label,
            text,
            key=key,
            edition=held.words_edition,
            limit_chars=longest,
            limit_tokens=model.prompt_limit_tokens,
            rows=rows,
            help="" if key == PROMPT or model.negative_prompt else f"{model.label} has none.",
            invalid=len(text) > longest,
        )
    notes = "".join(f"\n- {figures.plain(note)}" for note in desk.words.notes)
    st.caption(f"Written by: {figures.plain(reader_name(desk.words.by))}{notes}")
    rewriting(bench, _place(bench, held, model))
    _changes(bench, held)
    return is_sent


def _place(bench: Workbench, held: Session, model: Capabilities) -> Place:
    desk = held.desk
    return Place(
        DRAFT,
        held.words_edition,
        desk.words.prompt,
        desk.words.negative_prompt,
        model,
        settings_for(model, desk.settings),
        desk.write_by or bench.write_by(),
        lambda written: show_words(bench, held.desk.written(Words.of(written))),
    )


def _changes(bench: Workbench, held: Session) -> None:
    now, before = held.desk.words, held.desk.earlier
    if not before.prompt.strip() or now == before:
        return
    with st.container(border=True, gap="xsmall", key="wb-changes"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown("**What has changed** since it was written before", width="stretch")
            if st.button("Take the earlier one", key="desk.earlier", type="tertiary"):
                show_words(bench, replace(held.desk, words=before, earlier=now))
                st.rerun()
        show_diff(before.prompt, now.prompt)
        if before.negative_prompt != now.negative_prompt:
            st.caption("Negative prompt")
            show_diff(before.negative_prompt, now.negative_prompt)


def _cost(bench: Workbench, brief: Brief, by: str) -> str:
    text_bytes = 4_000 + bytes_of(*(text for facet in brief.findings for text in brief.texts(facet)))
    try:
        return figures.plain(price_told(bench.write_price(text_bytes, by)))
    except UnknownModel:
        return ""


def _begin(bench: Workbench, held: Session, model: Capabilities, by: str, *, anew: bool) -> None:
    desk = held.desk
    assert desk.brief
    brief, settings = desk.brief, immutabledict(settings_for(model, desk.settings))
    token = errands.send(
        lambda: bench.write(
            brief,
            model=model.model,
            use_case=desk.use_case,
            extra=desk.extra,
            by=by,
            settings=settings,
            anew=anew,
        )
    )
    held.complaint = ""
    keep(bench, replace(desk, writing=token))
    with st.spinner("Writing …"):
        errands.is_done(token, errands.PATIENCE_S)
    st.rerun()


def _under_way(bench: Workbench, held: Session) -> None:
    token = held.desk.writing
    if errands.is_known(token) and not errands.is_done(token):
        st.fragment(_watch, run_every=EVERY_S)(token)
        return
    held.errands += 1
    try:
        if not errands.is_known(token):
            raise WorkbenchError("The workbench was stopped while it wrote. Write once more.")
        show_words(bench, held.desk.written(Words.of(errands.outcome(token, Written))))
        forget(bench, DRAFT)
    except WorkbenchError as error:
        keep(bench, replace(held.desk, writing=""))
        held.complaint = figures.plain(str(error))
    st.rerun()


def _watch(token: str) -> None:
    if errands.is_done(token):
        st.rerun()
    st.progress(0.0, text="Writing … it goes on if you leave this page.")
