"""Prompt and negative prompt: the editors, a control for each slot, hints with their fixes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.prompting.lint import Hint, lint
from workbench.prompting.template import Template, TemplateError
from workbench.ui.composition import Composition, settings_for
from workbench.ui.editor import editor, written
from workbench.ui.hints import hint_list, marks
from workbench.ui.links import link
from workbench.ui.state import Session, keep, parent_of, show

PROMPT, NEGATIVE = "editor.prompt", "editor.negative"
PLACEHOLDER = "Who or what, what happens, where, in which light, in which style, and how the camera moves"
HELP = "Ctrl+Enter generates. A slot: {camera=slow dolly in|static}"


def as_written(held: Session) -> Composition:
    """What was typed by now goes before what the session remembers."""
    c = held.composition
    return replace(
        c,
        prompt=written(PROMPT, held.edition, c.prompt),
        negative_prompt=written(NEGATIVE, held.edition, c.negative_prompt),
    )


def writing(bench: Workbench, held: Session, c: Composition, model: Capabilities) -> tuple[Composition, bool]:
    """The composition with what the slots say, and whether it was sent off by key."""
    template = _template(c)
    hints = lint(c.prompt, c.negative_prompt, model, immutabledict(settings_for(model, c.settings)), c.inputs)
    is_sent = editor(
        "Prompt",
        c.prompt,
        key=PROMPT,
        edition=held.edition,
        limit_chars=model.prompt_limit_chars,
        placeholder=PLACEHOLDER,
        help=HELP,
        rows=5,
        marks=marks(hints, "prompt", template),
        invalid=len(c.prompt) > model.prompt_limit_chars,
    )
    if template and not template.is_plain:
        c = _slots(held, c, template)
    if model.negative_prompt or c.negative_prompt:
        is_sent |= editor(
            "Negative prompt",
            c.negative_prompt,
            key=NEGATIVE,
            edition=held.edition,
            limit_chars=model.prompt_limit_chars,
            placeholder="What should not be seen, as a list: text, watermark",
            help="" if model.negative_prompt else f"{model.label} has none; this is kept and not sent.",
            rows=2,
            marks=marks(hints, "negative_prompt"),
            invalid=len(c.negative_prompt) > model.prompt_limit_chars,
        )
    if wanted := hint_list(hints):
        show(bench, _fixed(c, wanted))
        st.rerun()
    return c, is_sent


def parent_line(bench: Workbench, c: Composition) -> None:
    """Which run the next one follows from, and a way out of that."""
    parent = parent_of(bench, c)
    if parent is None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-parent"):
        link("run", f"Follows run {parent.id[-6:]}", {"id": parent.id})
        if st.button(
            "Start fresh",
            key="detach",
            type="tertiary",
            help="Keep the words. The next clip stands for itself, with nothing to compare it to.",
        ):
            keep(bench, replace(c, parent_id=None))
            st.rerun()


def _template(c: Composition) -> Template | None:
    try:
        return c.template()
    except TemplateError:  # told beside Generate
        return None


def _slots(held: Session, c: Composition, template: Template) -> Composition:
    """A control for each slot; a slot that is left to the seed, or is empty, is not in ``slots``."""
    chosen = dict(c.slots)
    if template.slots:
        with st.container(horizontal=True, gap="small", key="wb-slots"):
            for name, choices in template.slots.items():
                value = _slot(name, choices, chosen.pop(name, None), f"slot.{name}.{held.edition}")
                if value is not None:
                    chosen[name] = value
    return replace(c, slots=immutabledict(chosen))


def _slot(name: str, choices: tuple[str, ...], value: str | None, key: str) -> str | None:
    if not choices:
        return st.text_input(f"{{{name}}}", value or "", key=key, width=260) or None
    options = [None, *choices, *([value] if value is not None and value not in choices else [])]

    def shown(index: int) -> str:
        return "left to the seed" if index == 0 else options[index] or "(nothing)"

    index = st.selectbox(f"{{{name}}}", range(len(options)), options.index(value), shown, key=key, width=260)
    return options[index]


def _fixed(c: Composition, hint: Hint) -> Composition:
    if hint.field == "prompt":
        return replace(c, prompt=hint.apply(c.prompt))
    return replace(c, negative_prompt=hint.apply(c.negative_prompt))
