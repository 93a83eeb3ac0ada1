"""Where a run's time went: a bar, the same as a table, and every call that was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.domain.run import Run
from workbench.domain.times import from_text
from workbench.ui import figures

ANSWER_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Step:
    """A step that has begun. ``seconds`` is ``None`` while it lasts."""

    label: str
    began: datetime
    seconds: float | None


def steps(run: Run) -> list[Step]:
    """From the row's birth to the last clip stored; steps that were never reached are left out."""
    marks = [
        ("Queued", run.created_at),
        ("Being accepted", run.submitted_at),
        ("Generating", run.accepted_at),
        ("Download and check", run.ready_at),
    ]
    reached = [(label, time) for label, time in marks if time is not None]
    ends = [*(time for _, time in reached[1:]), run.finished_at]
    return [
        Step(label, began, (end - began).total_seconds() if end else None)
        for (label, began), end in zip(reached, ends, strict=True)
    ]


def timings(run: Run) -> None:
    found = steps(run)
    if bar := bar_html(found):
        st.html(bar)
    open_end = "still going" if run.status.is_busy else "no answer came"
    rows = [
        (s.label, figures.moment(s.began), open_end if s.seconds is None else figures.seconds(s.seconds))
        for s in found
    ]
    if run.finished_at:
        total = (run.finished_at - run.created_at).total_seconds()
        rows.append(("Finished", figures.moment(run.finished_at), f"{figures.seconds(total)} in all"))
    table = pd.DataFrame(rows, columns=["Step", "Began", "Took"])
    st.table(table, border="horizontal", hide_index=True, alt="Steps of the run")


def bar_html(found: list[Step]) -> str:
    """Segments as long as the steps; those that still last are not drawn, and a single one says nothing."""
    timed = [(s.label, s.seconds) for s in found if s.seconds]
    if len(timed) < 2:
        return ""
    told = ", ".join(f"{label.lower()} {figures.seconds(length)}" for label, length in timed)
    parts = "".join(
        f'<span class="wb-step-{_ORDER.index(label)}" style="flex:{length * 1000:.0f} 1 0" '
        f'title="{escape(label)}: {figures.seconds(length)}"></span>'
        for label, length in timed
    )
    legend = "".join(
        f'<span><i class="wb-step-{_ORDER.index(label)}"></i>{escape(label)} {figures.seconds(length)}</span>'
        for label, length in timed
    )
    return (
        f'<div class="wb-steps" role="img" aria-label="Time: {escape(told, quote=True)}">{parts}</div>'
        f'<div class="wb-legend wb-small" aria-hidden="true">{legend}</div>'
    )


_ORDER = ("Queued", "Being accepted", "Generating", "Download and check")


def attempts(bench: Workbench, run: Run) -> None:
    """Each request that left, and each poll or download that went wrong."""
    found = bench.store.ledger.attempts(run.id)
    if not found:
        st.markdown("Nothing has been sent yet." if run.status.is_busy else "Nothing was sent.")
        return
    rows = [
        (
            str(attempt["step"]),
            figures.moment(began := from_text(str(attempt["started_at"]))),
            _length(began, attempt["ended_at"]),
            str(attempt["outcome"] or "no answer yet"),
            _shortened(str(attempt["answer"] or "")),
        )
        for attempt in found
    ]
    table = pd.DataFrame(rows, columns=["Call", "Began", "Took", "Outcome", "Answer"])
    st.table(table, border="horizontal", hide_index=True, alt="Calls to the provider")


def _length(began: datetime, ended: object) -> str:
    return figures.seconds((from_text(str(ended)) - began).total_seconds()) if ended else figures.NONE


def _shortened(answer: str) -> str:
    """Long answers are cut, the log holds the whole; what looks like Markdown is shown as it came."""
    return figures.plain(answer if len(answer) <= ANSWER_SHOWN else answer[:ANSWER_SHOWN] + " …")
