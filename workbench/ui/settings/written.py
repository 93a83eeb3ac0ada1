"""``workbench.toml``: where it lies, what was read from it, and what it can say."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.price import Price
from workbench.settings import EndpointSettings, ModelSettings, Settings
from workbench.ui import figures
from workbench.ui.facts import facts_html

FILE = "workbench.toml"
EXAMPLE = """\
[endpoints.gpu]                    # its models are then called gpu/…
wire = "openai-videos"
base_url = "http://10.0.0.5:8091/v1"
key_env = "GPU_KEY"                # the variable that holds the key; the key itself never stands here
dialect = "vllm-omni"
requests_a_minute = 20
operations_at_once = 4
models = ["Wan-AI/Wan2.2-T2V-A14B"]

[models."gpu/Wan-AI/Wan2.2-T2V-A14B"]
usd_per_second = "0.02"            # or by resolution: { "720p" = "0.02", "1080p" = "0.04" }
source = "our electricity bill"
read_on = 2026-11-01
timeout_s = 1800
"""


def written(bench: Workbench) -> None:
    settings = bench.settings
    path = settings.data / FILE
    st.code(str(path), None, wrap_lines=True)
    found = settings.written
    if found.endpoints or found.models:
        st.html(facts_html([_endpoint(e, settings) for e in found.endpoints]))
        st.html(facts_html([(name, _model(m)) for name, m in found.models.items()], stacked=True))
    elif path.is_file():
        st.markdown("The file is there and says nothing yet; it is read at the start.")
    else:
        st.markdown("There is none, and none is needed. It can name further servers, and prices.")
    with st.expander("What it can say"):
        st.code(EXAMPLE, "toml", wrap_lines=True)


def _endpoint(endpoint: EndpointSettings, settings: Settings) -> tuple[str, str]:
    key = ""
    if endpoint.key_env:
        key = f"key in {endpoint.key_env} ({'set' if settings.secret(endpoint.key_env) else 'not set'})"
    told = [endpoint.wire, endpoint.base_url, endpoint.dialect, key]
    told += [f"{endpoint.a_minute} requests a minute"] if endpoint.a_minute else []
    told += [f"{endpoint.at_once} at once"] if endpoint.at_once else []
    return f"Endpoint {endpoint.name}", " · ".join(part for part in told if part)


def _model(model: ModelSettings) -> str:
    told = [str(model.price)] if isinstance(model.price, Price) else []
    told += [f"{model.a_minute} requests a minute"] if model.a_minute else []
    told += [f"{model.at_once} at once"] if model.at_once else []
    told += [f"followed closely for {figures.span(model.timeout_s)}"] if model.timeout_s else []
    return " · ".join(told)
