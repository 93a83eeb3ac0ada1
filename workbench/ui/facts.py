"""Names and values as a list, and what is asked for as such a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import UnknownModel
from workbench.domain.media import Input
from workbench.domain.run import Kind, Run, is_of_emulator
from workbench.ui import figures
from workbench.ui.clip import image_html, media_url

SHORT_HASH = 12
LONG_CHARS = 600  # a longer value scrolls in its place


def facts_html(facts: Iterable[tuple[str, str]], *, stacked: bool = False) -> str:
    """Facts without a value are left out. ``stacked`` puts each below its name, where names are long."""
    rows = (
        f'<dt>{escape(name)}</dt><dd dir="auto"{_reach(value)}>{escape(value)}</dd>'
        for name, value in facts
        if value
    )
    shape = "wb-facts wb-stacked" if stacked else "wb-facts"
    return f'<dl class="{shape}">{"".join(rows)}</dl>'


def _reach(value: str) -> str:
    """What scrolls must be within reach of the keyboard."""
    return ' tabindex="0"' if len(value) > LONG_CHARS else ""


def summary_html(run: Run, now: datetime, *, alone: bool = False) -> str:
    """Two quiet lines: what was asked of which model, and what it took. ``alone`` where no badge beside
    it says that an emulator made the run.
    """
    request = run.request
    seed = f"seed {request.seed}" if request.seed is not None else f"take {request.take}"
    duration = request.settings.get("duration_s")
    made = "still" if run.kind is Kind.IMAGE else f"{duration} s clip" if duration is not None else ""
    asked = [request.model, seed, made]
    latency = f"took {figures.seconds(run.latency_s)}" if run.latency_s is not None else ""
    rated = f"★ {run.rating:.1f}" if run.rating is not None else ""
    emulated = "emulated" if alone and run.is_emulated else ""
    took = [latency, emulated, figures.cost(run), rated, figures.age(run.created_at, now)]
    lines = (escape(" · ".join(_whole(part) for part in line if part)) for line in (asked, took))
    return f'<div class="wb-small">{"<br>".join(lines)}</div>'


def _whole(words: str) -> str:
    """With blanks at which no line breaks."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def known_model(bench: Workbench, name: str) -> Capabilities | None:
    """``None`` for a model that the log remembers and no endpoint serves any more."""
    try:
        return bench.model(name)
    except UnknownModel:
        return None


def is_emulated(bench: Workbench, name: str) -> bool:
    """Whether runs of that model are made by an emulator, with its test credentials."""
    endpoint = name.partition("/")[0]
    return any(p.endpoint == endpoint and is_of_emulator(p.account) for p in bench.endpoints())


def request_facts(bench: Workbench, run: Run) -> None:
    """The exact request: both prompts, every setting, seed, inputs, and the hashes it is known by."""
    request, model = run.request, known_model(bench, run.request.model)
    prompts = [("Prompt", request.prompt), ("Negative prompt", request.negative_prompt)]
    settings = [
        (figures.setting_label(name, model), figures.setting_value(name, value, model))
        for name, value in request.settings.items()
    ]
    identity = [
        ("Seed", "the model has none" if request.seed is None else str(request.seed)),
        ("Take", str(request.take) if request.take > 1 or request.seed is None else ""),
        ("Adjusted", "; ".join(run.adjustments)),
        ("Request", request.request_hash[:SHORT_HASH]),
        ("Arm", request.arm_hash[:SHORT_HASH]),
    ]
    st.html(facts_html([*prompts, ("Model", request.model), *settings, *identity]))
    inputs_shown(request.inputs)


def inputs_shown(inputs: Iterable[Input]) -> None:
    """Pictures (and the clip that is extended) by role."""
    given = list(inputs)
    if not given:
        return
    grid = st.grid(min_column_width=130, gap="xsmall")
    for i in given:
        with grid:
            st.html(input_html(i))


def input_html(given: Input) -> str:
    media, label = given.media, given.role.label
    if media.is_video:
        picture = (
            f'<video class="wb-clip" controls muted playsinline preload="metadata" '
            f'src="{media_url(media)}" aria-label="{escape(label, quote=True)}"></video>'
        )
    else:
        picture = image_html(media, label)
    told = escape(f"{label} · {media.width} × {media.height}")
    note = f"<br>{escape(media.note)}" if media.note else ""
    caption = f'<figcaption class="wb-small">{told}{note}</figcaption>'
    return f'<figure style="margin:0">{picture}{caption}</figure>'
