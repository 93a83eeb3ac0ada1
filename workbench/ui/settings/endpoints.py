"""The configured endpoints: what they serve, for how long and at what price, and what each lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, Lifecycle, Stage
from workbench.domain.errors import WorkbenchError
from workbench.domain.price import FREE, Price
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Kind
from workbench.providers.base import Probe
from workbench.ui import figures
from workbench.ui.facts import facts_html, is_emulated

_COLOURS = {Stage.PREVIEW: "blue", Stage.LIVE: "green", Stage.DEPRECATED: "orange", Stage.RETIRED: "gray"}
_ANSWERS = "settings.probed"
OPEN_UP_TO = 1  # an endpoint with more models folds them away


def endpoints(bench: Workbench) -> None:
    """Keys are asked for by the name of their variable and never shown."""
    _ask(bench)
    as_written = {model.model: model for model in bench.models()}
    ready_first = sorted(bench.endpoints(), key=lambda p: bool(p.missing()))
    for provider in ready_first:
        missing = provider.missing()
        with st.container(border=True, gap="small", key=f"wb-endpoint-{provider.endpoint}"):
            state = ":orange-badge[not set up]" if missing else _ready(provider.endpoint)
            emulated = not missing and is_emulated(bench, f"{provider.endpoint}/")
            made_up = " :violet-badge[emulator]" if emulated else ""
            st.markdown(f"**{figures.plain(provider.endpoint)}** {state}{made_up}")
            for m in missing:
                st.markdown(f"Set `{m.variable}`: {figures.plain(m.what)}.")
            _answer(provider.endpoint)
            _models([as_written.get(m.model, m) for m in provider.models()])


def _ask(bench: Workbench) -> None:
    """One question to each endpoint that is set up. It makes nothing, and costs nothing."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        asked = st.button("Ask them now", icon=":material/network_ping:", key="settings.probe")
        st.caption("Whether each answers and takes its key. Nothing is spent.", width="stretch")
    if asked:
        try:
            with st.spinner("Asking …"):
                st.session_state[_ANSWERS] = bench.probe()
        except WorkbenchError as error:
            st.error(figures.plain(str(error)))


def _answer_of(endpoint: str) -> Probe | None:
    answers: Mapping[str, Probe] = st.session_state.get(_ANSWERS, {})
    return answers.get(endpoint)


def _ready(endpoint: str) -> str:
    """Nothing is missing; but what was asked and did not answer is not called ready."""
    answer = _answer_of(endpoint)
    return ":green-badge[ready]" if answer is None or answer.ok else ":gray-badge[set up]"


def _answer(endpoint: str) -> None:
    answer = _answer_of(endpoint)
    if answer is None:
        return
    mark = ":green-badge[✓ it answers]" if answer.ok else ":red-badge[✕ look here]"
    told = " ".join(f"{said.rstrip('.')}." for said in (answer.detail, answer.hint) if said)
    st.markdown(f"{mark} {figures.plain(told)}")


def _models(models: Sequence[Capabilities]) -> None:
    if not models:
        st.caption("It serves no model that is known by name; ask it, or name its models in workbench.toml.")
    if len(models) <= OPEN_UP_TO:
        _each(models)
        return
    ended = sum(m.lifecycle.stage is Stage.RETIRED for m in models)
    with st.expander(f"{len(models)} models" + (f", {ended} of them retired" if ended else "")):
        _each(models)


def _each(models: Iterable[Capabilities]) -> None:
    for model in models:
        stage, kind = model.lifecycle.stage, "image" if model.kind is Kind.IMAGE else "video"
        ends = lifecycle(model.lifecycle)
        st.markdown(f"`{model.model}` :gray-badge[{kind}] :{_COLOURS[stage]}-badge[{stage}] {ends}")
        facts = facts_html([("Price", price(model)), ("Limits", limits(model))])
        st.html(f'<div class="wb-small">{escape(model.summary)}{facts}{_sources_html(model)}</div>')


def lifecycle(cycle: Lifecycle) -> str:
    """When it ends and what to use then."""
    ends = str(cycle.ends_on) if cycle.ends_on else ""
    then = f"then `{cycle.successor}`" if cycle.successor else ""
    return ", ".join(part for part in (ends, then) if part)


def price(model: Capabilities) -> str:
    """The rates with where and when they were read; empty where it is plain that nothing is paid."""
    if model.local:
        return ""
    if not isinstance(model.price, Price):
        return "no rate is known; set one in workbench.toml" if model.price(_nothing(model)) is None else ""
    return "free" if model.price == FREE else str(model.price)


def limits(model: Capabilities) -> str:
    """``10 requests a minute, 4 at once; followed closely for 15 min``."""
    if model.local:
        return ""
    told = [f"{model.a_minute} requests a minute"] if model.a_minute else []
    told += [f"{model.at_once} at once"] if model.at_once else []
    followed = f"followed closely for {figures.span(model.timeout_s)}"
    return "; ".join(part for part in (", ".join(told), followed) if part)


def _sources_html(model: Capabilities) -> str:
    """Where each fact was read; folded away, as it is long and seldom asked for."""
    if model.local or not model.sources:
        return ""
    facts = facts_html((fact, where) for fact, where in model.sources.items())
    return f"<details><summary>Where this was read</summary>{facts}</details>"


def _nothing(model: Capabilities) -> GenerationRequest:
    return model.complete(GenerationRequest(model.model, ""))
