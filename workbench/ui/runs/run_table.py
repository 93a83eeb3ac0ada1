"""Runs as a table: one SQL page of it, its rows selectable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from workbench.domain.metric import Measured
from workbench.domain.request import digest
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.clip import media_url, still_of
from workbench.ui.measured import SHOWN, meaning
from workbench.ui.runs.picks import pick_of_page, picked
from workbench.ui.status import LOOKS

PAGE = 100


def run_table(
    runs: tuple[Run, ...], metrics: Sequence[str], measured: Mapping[str, Measured], *, order: str
) -> None:
    """``metrics`` are shown as columns, of each run's clip as ``measured`` has it by run id.

    Selecting rows picks runs. New runs make a new table, so that no row number means another run.
    """
    ids = [run.id for run in runs]
    columns = {**_FIRST, **{name: _metric_column(name) for name in metrics}, **_FURTHER}
    rows = [_row(run) | _values(measured.get(run.id), metrics) for run in runs]
    chosen = st.dataframe(
        pd.DataFrame(rows, columns=list(columns)),
        key=f"runs.table.{digest([*ids, *metrics])[:12]}",
        column_config=columns,
        hide_index=True,
        row_height=56,
        height="content" if len(runs) <= 12 else 720,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [i for i, run in enumerate(ids) if run in picked()]}},
        placeholder=figures.NONE,
        alt=f"Runs in the order of {SHOWN[order].label}" if order else "Runs, newest first",
    )
    pick_of_page(ids, [ids[row] for row in chosen["selection"]["rows"] if row < len(ids)])


_FIRST: Mapping[str, Any] = {
    "poster": st.column_config.ImageColumn("Poster", width=90),
    "prompt": st.column_config.TextColumn("Prompt", width=280),
}
_FURTHER: Mapping[str, Any] = {
    "model": st.column_config.TextColumn("Model", width=210),
    "seed": st.column_config.NumberColumn("Seed", format="%d", width=110),
    "status": st.column_config.TextColumn("Status", width=170),
    "latency": st.column_config.NumberColumn("Latency", format="%.1f s", width="small"),
    "cost": st.column_config.TextColumn("Cost", width=100),
    "rating": st.column_config.NumberColumn("Rating", format="%.1f", width="small"),
    "created": st.column_config.DatetimeColumn("Created (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
}


def _row(run: Run) -> dict[str, object]:
    poster, look = still_of(run.clip) if run.clip else None, LOOKS[run.status]
    return {
        "poster": media_url(poster) if poster else None,
        "prompt": run.request.prompt,
        "model": run.request.model,
        "seed": run.request.seed,
        "status": f"{look.icon} {look.label}{_made_by(run)}",
        "latency": run.latency_s,
        "cost": figures.NONE if run.is_emulated else figures.cost(run),
        "rating": run.rating,
        "created": run.created_at,
    }


def _made_by(run: Run) -> str:
    if run.is_imported:
        return ", imported"
    return ", emulated" if run.is_emulated else ""


def _metric_column(name: str) -> Any:
    about = SHOWN[name]
    label = f"{about.label} ({about.unit})" if about.unit else about.label
    return st.column_config.NumberColumn(label, help=meaning(about), format="%.4g", width=150)


def _values(measured: Measured | None, metrics: Sequence[str]) -> dict[str, float | None]:
    return {name: measured.value(name) if measured else None for name in metrics}
