"""What looks at references and writes prompts: by which model, what each takes, costs and lacks."""

from __future__ import annotations

from html import escape
from itertools import groupby

import streamlit as st

from workbench.api import Workbench
from workbench.api.scripting import LOOK_BY, WRITE_BY
from workbench.providers.readers import ReaderModel
from workbench.ui import figures
from workbench.ui.facts import facts_html
from workbench.ui.reader_choice import reader_name
from workbench.ui.settings.endpoints import OPEN_UP_TO, lifecycle


def readers(bench: Workbench) -> None:
    """Which are used unless another is chosen, and how to choose; then every endpoint that reads."""
    look_by, write_by = (figures.plain(reader_name(name)) for name in (bench.look_by(), bench.write_by()))
    st.markdown(
        f"Looks: **{look_by}**. Writes: **{write_by}**. `{LOOK_BY}` and `{WRITE_BY}` name others; without "
        "any key pictures are measured, and rules write."
    )
    for endpoint, models in groupby(bench.readers(), lambda model: model.model.partition("/")[0]):
        _endpoint(bench, endpoint, list(models))


def _endpoint(bench: Workbench, endpoint: str, models: list[ReaderModel]) -> None:
    lacks = bench.missing_to_read(models[0].model)
    with st.container(border=True, gap="small", key=f"wb-reader-{endpoint}"):
        state = ":orange-badge[not set up]" if lacks else ":green-badge[ready]"
        emulated = not lacks and bench.write_price(0, models[0].model).is_emulated
        made_up = " :violet-badge[emulator]" if emulated else ""
        st.markdown(f"**{figures.plain(endpoint)}** {state}{made_up}")
        for missing in lacks:
            st.markdown(f"Set `{missing.variable}`: {figures.plain(missing.what)}.")
        if len(models) <= OPEN_UP_TO:
            _models(models)
            return
        with st.expander(f"{len(models)} models"):
            _models(models)


def _models(models: list[ReaderModel]) -> None:
    for model in models:
        st.markdown(f"`{model.model}` {lifecycle(model.lifecycle)}")
        takes = "pictures and clips" if model.sees_clips else "pictures, and frames of a clip"
        facts = facts_html([("Takes", takes), ("Price", price(model))])
        st.html(f'<div class="wb-small">{escape(model.label)}{facts}</div>')


def price(model: ReaderModel) -> str:
    """Both rates with where they were read, or where to write them."""
    if model.usd_per_million_in is None or model.usd_per_million_out is None:
        return "no rate is known; set one in workbench.toml"
    source = f" ({model.source})" if model.source else ""
    return (
        f"${model.usd_per_million_in} a million tokens in, ${model.usd_per_million_out} a million out{source}"
    )
