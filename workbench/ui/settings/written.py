"""``workbench.toml``: where it lies, what was read from it, and what it can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import streamlit as st

from workbench.api import Workbench
from workbench.domain.price import Price
from workbench.settings import EndpointSettings, ModelSettings, Settings
from workbench.settings.toml import EXAMPLE, NOTHING_WRITTEN, Written
from workbench.ui import figures
from workbench.ui.facts import facts_html

FILE = "workbench.toml"


def written(bench: Workbench) -> None:
    settings = bench.settings
    path = settings.data / FILE
    st.code(str(path), None, wrap_lines=True)
    found = settings.written
    if found != NOTHING_WRITTEN:
        st.html(facts_html([_endpoint(e, settings) for e in found.endpoints]))
        st.html(facts_html([(name, _model(m)) for name, m in found.models.items()], stacked=True))
        st.html(facts_html(_further(found)))
    elif path.is_file():
        st.markdown("The file is there and says nothing yet; it is read at the start.")
    else:
        st.markdown("There is none, and none is needed. It can name servers, prices, criteria and more.")
    with st.expander("What it can say"):
        st.code(EXAMPLE.read_text(encoding="utf-8"), "toml", wrap_lines=True)


def _endpoint(endpoint: EndpointSettings, settings: Settings) -> tuple[str, str]:
    key = ""
    if endpoint.key_env:
        key = f"key in {endpoint.key_env} ({'set' if settings.secret(endpoint.key_env) else 'not set'})"
    told = [endpoint.wire, endpoint.base_url, endpoint.dialect, key]
    told += [f"{endpoint.a_minute} requests a minute"] if endpoint.a_minute else []
    told += [f"{endpoint.at_once} at once"] if endpoint.at_once else []
    return f"Endpoint {endpoint.name}", " · ".join(part for part in told if part)


def _further(found: Written) -> list[tuple[str, str]]:
    told: dict[str, Iterable[str]] = {
        "Use cases": found.use_cases,
        "Lists": found.lists,
        "Rated by": found.criteria,
        "Rubrics of judges": found.judges,
        "Retention": [name for name, value in asdict(found.retention).items() if value is not None],
    }
    return [(label, ", ".join(names)) for label, names in told.items() if names]


def _model(model: ModelSettings) -> str:
    told = [str(model.price)] if isinstance(model.price, Price) else []
    told += [f"{model.a_minute} requests a minute"] if model.a_minute else []
    told += [f"{model.at_once} at once"] if model.at_once else []
    told += [f"followed closely for {figures.span(model.timeout_s)}"] if model.timeout_s else []
    return " · ".join(told)
