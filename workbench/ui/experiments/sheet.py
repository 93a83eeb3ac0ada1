"""The form of a new experiment: question, prompts, models, what varies, seeds, design."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.api.arms import label as letter
from workbench.domain.request import Scalar
from workbench.prompting.sweep import MOST_RUNS, Design, Wording
from workbench.prompting.sweeps import starters
from workbench.ui import figures
from workbench.ui.compose.model_choice import label as model_label
from workbench.ui.experiments.outline import (
    FORM,
    MOST_PROMPTS,
    TABLE,
    Outline,
    of_starter,
    slots_of,
)
from workbench.ui.experiments.state import keep, session, show
from workbench.ui.experiments.varying import offered_by, values_of
from workbench.ui.facts import known_model

_SOURCES = {FORM: "Form", TABLE: "Table, CSV or JSON"}
_DESIGNS = {
    Design.FULL.value: "Every combination",
    Design.FRACTION.value: "A balanced part of them",
    Design.RANDOM.value: "A random part of them",
}
_NEGATIVE = "negative_prompt"
_EXAMPLE = (
    "prompt,model,seed,duration_s\nA lion at dawn,animatic/preview,1,3\nA lion at dusk,animatic/preview,1,3"
)


def sheet(bench: Workbench) -> Outline:
    """The form, filled in with the draft; what stands in it now."""
    held = session(bench)
    _starting(bench, held.outline)
    outline, edition = held.outline, held.edition
    question = st.text_input(
        "Question",
        outline.question,
        key=f"experiments.question.{edition}",
        max_chars=300,
        placeholder="Does rain or clear air give the better clip?",
    )
    source = st.segmented_control(
        "Given as",
        list(_SOURCES),
        default=outline.source if outline.source in _SOURCES else FORM,
        required=True,
        format_func=_SOURCES.__getitem__,
        key=f"experiments.source.{edition}",
    )
    outline = replace(outline, question=question, source=source or FORM)
    outline = _table(outline, edition) if outline.source == TABLE else _prompts(bench, outline, edition)
    outline = _models(bench, outline, edition)
    if outline.source == FORM:
        outline = _slots(bench, outline, edition)
        outline = _settings(bench, outline, edition)
        outline = _size(outline, edition)
    keep(bench, outline)
    return outline


def _starting(bench: Workbench, outline: Outline) -> None:
    """Good experiments to start from; the one that the form was filled in with says how it is read."""
    with st.container(horizontal=True, gap="small", key="wb-starters"):
        for starter in starters().values():
            st.button(
                starter.label,
                key=f"experiments.starter.{starter.name}",
                help=starter.when,
                on_click=_start_from,
                args=(bench, starter.name),
            )
        st.button(
            "Empty",
            key="experiments.empty",
            type="tertiary",
            on_click=_empty,
            args=(bench,),
            help="Clear the form.",
        )
    if outline.starter in starters():
        st.caption(f"**How to read it:** {figures.plain(starters()[outline.starter].reading)}")


def _start_from(bench: Workbench, name: str) -> None:
    """On the models that are chosen, or the first that is set up."""
    chosen = session(bench).outline.models or (_first_model(bench),)
    show(bench, of_starter(starters()[name], chosen))


def _empty(bench: Workbench) -> None:
    show(bench, Outline(models=session(bench).outline.models))


def _first_model(bench: Workbench) -> str:
    models = bench.models()
    return next((m.model for m in models if not bench.missing(m.model)), models[0].model)


def _prompts(bench: Workbench, outline: Outline, edition: str) -> Outline:
    found = []
    for number, wording in enumerate(outline.prompts):
        name = letter(number)
        with st.container(gap="xsmall", key=f"wb-prompt-{number}"):
            prompt = st.text_area(
                f"Prompt {name}" + (f" – {figures.label(wording.name)}" if wording.name else ""),
                wording.prompt,
                height=96,
                key=f"experiments.prompt.{number}.{edition}",
                placeholder="What should be seen. {light} is a place that varies.",
            )
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                negative = st.text_input(
                    f"Negative prompt {name}",
                    wording.negative_prompt,
                    key=f"experiments.negative.{number}.{edition}",
                    placeholder="Optional: what should not be seen",
                )
                st.button(
                    f"Remove {name}",
                    key=f"experiments.remove.{number}.{edition}",
                    icon=":material/close:",
                    type="tertiary",
                    disabled=len(outline.prompts) == 1,
                    on_click=_remove,
                    args=(bench, number),
                )
        found.append(Wording(prompt, negative, wording.name))
    st.button(
        "Add a prompt",
        key=f"experiments.add.{edition}",
        icon=":material/add:",
        disabled=len(found) >= MOST_PROMPTS,
        on_click=_add,
        args=(bench,),
    )
    return replace(outline, prompts=tuple(found))


def _add(bench: Workbench) -> None:
    """A copy of the last prompt, to change one thing in."""
    outline = _typed(bench)
    last = outline.prompts[-1]
    show(bench, replace(outline, prompts=(*outline.prompts, Wording(last.prompt, last.negative_prompt))))


def _remove(bench: Workbench, number: int) -> None:
    outline = _typed(bench)
    left = tuple(wording for i, wording in enumerate(outline.prompts) if i != number)
    show(bench, replace(outline, prompts=left))


def _typed(bench: Workbench) -> Outline:
    """The outline with the prompts as their fields have them: a click comes before they are read."""
    held, state = session(bench), st.session_state
    typed = tuple(
        Wording(
            state.get(f"experiments.prompt.{n}.{held.edition}", wording.prompt),
            state.get(f"experiments.negative.{n}.{held.edition}", wording.negative_prompt),
            wording.name,
        )
        for n, wording in enumerate(held.outline.prompts)
    )
    return replace(held.outline, prompts=typed)


def _table(outline: Outline, edition: str) -> Outline:
    """Pasted, or from a file; what a file holds is shown and can be changed."""
    upload = st.file_uploader(
        "CSV or JSON file", ["csv", "tsv", "txt", "json"], key=f"experiments.file.{edition}"
    )
    taken = f"experiments.taken.{edition}"
    key = f"experiments.table.{edition}"
    if upload is not None and st.session_state.get(taken) != upload.file_id:
        st.session_state[taken] = upload.file_id
        st.session_state[key] = upload.getvalue().decode("utf-8-sig", "replace")
    st.session_state.setdefault(key, outline.table)
    table = st.text_area(
        "Table or JSON",
        height=180,
        key=key,
        placeholder=_EXAMPLE,
        help="The first line names the columns: prompt, negative_prompt, model, seed, any setting, any slot "
        "such as {camera}. One row is one run. The model chosen below serves rows that name none.",
    )
    return replace(outline, table=table)


def _models(bench: Workbench, outline: Outline, edition: str) -> Outline:
    models = {m.model: m for m in bench.models()}
    for name in outline.models:
        if name not in models and (unlisted := known_model(bench, name)):
            models[name] = unlisted
    ready = {name for name in models if not bench.missing(name)}
    chosen = st.multiselect(
        "Models",
        sorted(models, key=lambda name: name not in ready),
        [name for name in outline.models if name in models],
        format_func=lambda name: model_label(models[name], is_ready=name in ready),
        key=f"experiments.models.{edition}",
        placeholder="Choose one or more",
    )
    return replace(outline, models=tuple(chosen))


def _slots(bench: Workbench, outline: Outline, edition: str) -> Outline:
    """A field for each slot that the prompts have; what is written for another is kept."""
    found = slots_of(outline.prompts, outline.varied.get(_NEGATIVE, ()), bench.settings.written.lists)
    if not found:
        return outline
    slots = dict(outline.slots)
    for name, own in found.items():
        slots[name] = st.text_area(
            f"Options of {{{name}}}",
            slots.get(name, ""),
            height=96,
            key=f"experiments.slot.{name}.{edition}",
            placeholder="All that stand in the prompt" if own else "One a line, such as dolly:=slow dolly in",
            help="One a line, each is run. A name before := is what results are told by.",
        )
    return replace(outline, slots=immutabledict(slots))


def _settings(bench: Workbench, outline: Outline, edition: str) -> Outline:
    """Settings with one value or several; the rest stays at each model's default."""
    known = offered_by([m for name in outline.models if (m := known_model(bench, name))])
    names = [*known, _NEGATIVE]
    chosen = st.multiselect(
        "Settings",
        list(dict.fromkeys([*names, *outline.varied])),
        list(outline.varied),
        format_func=lambda name: known[name].label if name in known else figures.setting_label(name, None),
        key=f"experiments.settings.{edition}",
        placeholder="All at each model's default",
        help="With one value it is fixed, with several it varies.",
    )
    varied: dict[str, tuple[Scalar, ...]] = {}
    for name in chosen:
        kept = outline.varied.get(name, ())
        varied[name] = values_of(name, known.get(name), kept, f"experiments.values.{name}.{edition}")
    return replace(outline, varied=immutabledict(varied))


def _size(outline: Outline, edition: str) -> Outline:
    """Seeds, and how many of the combinations are run."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="wb-size"):
        number: dict[str, Any] = {"step": 1, "width": 140}
        seeds = st.number_input(
            "Seeds",
            0,
            1_000,
            min(max(outline.seeds, 0), 1_000),
            key=f"experiments.seeds.{edition}",
            help="How often each combination is run, the same seeds in each. 0: once, with a drawn seed.",
            **number,
        )
        base = st.number_input(
            "First seed", 0, 2**32 - 1, outline.seed_base, key=f"experiments.base.{edition}", **number
        )
        design = st.selectbox(
            "Runs",
            list(_DESIGNS),
            list(_DESIGNS).index(outline.design) if outline.design in _DESIGNS else 0,
            format_func=_DESIGNS.__getitem__,
            key=f"experiments.design.{edition}",
            width=240,
            help="A balanced part keeps the effect of each thing apart from the others.",
        )
        size = outline.size
        if design != Design.FULL:
            size = st.number_input(
                "How many",
                1,
                MOST_RUNS,
                min(max(size, 1), MOST_RUNS),
                key=f"experiments.size.{edition}",
                **number,
            )
    return replace(outline, seeds=int(seeds), seed_base=int(base), design=design, size=int(size))
