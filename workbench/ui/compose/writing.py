"""Prompt and negative prompt: the editors, a control for each slot, hints with their fixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.prompting.lint import Hint, lint
from workbench.prompting.options import Option
from workbench.prompting.template import Template, TemplateError
from workbench.ui.compose.composition import Composition, settings_for
from workbench.ui.compose.hints import hint_list, marks
from workbench.ui.compose.state import Session, keep, parent_of, show
from workbench.ui.editor import editor, written
from workbench.ui.links import link

PROMPT, NEGATIVE = "editor.prompt", "editor.negative"
PLACEHOLDER = "Who or what, what happens, where, in which light, in which style, and how the camera moves"
HELP = "Ctrl+Enter generates. A slot: {camera=slow dolly in|static}"


def as_written(bench: Workbench, held: Session) -> Composition:
    """What was typed by now goes before what the session remembers."""
    c = held.composition
    return replace(
        c,
        prompt=written(PROMPT, held.edition, c.prompt),
        negative_prompt=written(NEGATIVE, held.edition, c.negative_prompt),
        lists=bench.settings.written.lists,
        fold_negative_prompt=bool(st.session_state.get(_fold_key(held), c.fold_negative_prompt)),
    )


def writing(bench: Workbench, held: Session, c: Composition, model: Capabilities) -> Composition:
    """The composition with what the slots say."""
    template = _template(c)
    folds = c.fold_negative_prompt and not model.negative_prompt
    negative = "" if folds else c.negative_prompt  # then it is told and shown as a part of the prompt
    found = lint(c.prompt, negative, model, immutabledict(settings_for(model, c.settings)), c.inputs, c.lists)
    hints = [hint for hint in found if hint.rule != "no negative prompt"]  # told below that editor already
    press = partial(held.press, bench)
    editor(
        "Prompt",
        c.prompt,
        key=PROMPT,
        edition=held.edition,
        limit_chars=model.prompt_limit_chars,
        limit_tokens=model.prompt_limit_tokens,
        placeholder=PLACEHOLDER,
        help=HELP,
        rows=5,
        marks=marks(hints, "prompt", template),
        invalid=len(c.prompt) > model.prompt_limit_chars,
        on_sent=press,
    )
    if template and not template.is_plain:
        c = _slots(held, c, template)
    with st.container(gap="xsmall", key="wb-negative"):
        editor(
            "Negative prompt",
            c.negative_prompt,
            key=NEGATIVE,
            edition=held.edition,
            limit_chars=model.prompt_limit_chars,
            placeholder="What should not be seen, as a list: text, watermark",
            help=_negative_help(c, model),
            rows=2,
            marks=marks(hints, "negative_prompt"),
            invalid=len(c.negative_prompt) > model.prompt_limit_chars,
            on_sent=press,
        )
        if not model.negative_prompt and c.negative_prompt.strip():
            c = replace(c, fold_negative_prompt=_fold(held, c, model))
    if wanted := hint_list(hints):
        show(bench, _fixed(c, wanted))
        st.rerun()
    return c


def _negative_help(c: Composition, model: Capabilities) -> str:
    if model.negative_prompt:
        return ""
    if not c.negative_prompt.strip():
        return f"{model.label} has no negative prompt; yours can be put into the prompt."
    kept = "it goes into the prompt" if c.fold_negative_prompt else "this is kept and not sent"
    return f"{model.label} has none; {kept}."


def _fold_key(held: Session) -> str:
    return f"fold.{held.edition}"


def _fold(held: Session, c: Composition, model: Capabilities) -> bool:
    """The words that will be sent are shown above Generate."""
    return st.checkbox(
        "Put it into the prompt",
        c.fold_negative_prompt,
        key=_fold_key(held),
        help=f"{model.label} has no other place for it. The prompt then ends with “Avoid: …”, and the log "
        f"says so.",
    )


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
            for name, offered in template.options.items():
                value = _slot(name, offered, chosen.pop(name, None), f"slot.{name}.{held.edition}")
                if value is not None:
                    chosen[name] = value
    return replace(c, slots=immutabledict(chosen))


def _slot(name: str, offered: Sequence[Option], value: str | None, key: str) -> str | None:
    """The label of the chosen option, or free text that a run brought along."""
    if not offered:
        return st.text_input(f"{{{name}}}", value or "", key=key, width=260) or None
    says = {option.label: option.text for option in offered}
    value = next((option.label for option in offered if value == option.text and value not in says), value)
    labels = [None, *says, *([value] if value is not None and value not in says else [])]

    def shown(index: int) -> str:
        label = labels[index]
        if label is None:
            return "left to the seed"
        text = says.get(label, label)
        return f"{label} – {text or 'nothing'}" if label != text else label or "(nothing)"

    index = st.selectbox(f"{{{name}}}", range(len(labels)), labels.index(value), shown, key=key, width=260)
    return labels[index]


def _fixed(c: Composition, hint: Hint) -> Composition:
    if hint.field == "prompt":
        return replace(c, prompt=hint.apply(c.prompt))
    return replace(c, negative_prompt=hint.apply(c.negative_prompt))
