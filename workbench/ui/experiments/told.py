"""An experiment in a line: how far it is, what it costs, what its votes say so far."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.api import Workbench
from workbench.api.experimenting import ExperimentProgress
from workbench.domain.run import BUSY, Status
from workbench.store.experiments import Experiment
from workbench.ui import figures

_STEPS = (Status.DOWNLOADING, Status.GENERATING, Status.SUBMITTING, Status.QUEUED)
_BEST = "experiments.best"  # of the session: a ranking takes a moment


def standing_line(progress: ExperimentProgress) -> str:
    """``24 runs: 12 done, 1 failed, 4 under way (4 generating), 7 not sent · ≈ $4.80``."""
    counts = dict(progress.counts)
    done = counts.pop(Status.SUCCEEDED, 0)
    busy = [f"{counts[s]:,} {s}" for s in _STEPS if counts.get(s)]
    rest = [f"{n:,} {status}" for status, n in sorted(counts.items()) if n and status not in BUSY]
    said = [
        f"{done:,} done" if done else "",
        *rest,
        f"{progress.busy:,} under way ({', '.join(busy)})" if busy else "",
        f"{progress.missing - progress.counts.get(Status.CANCELLED, 0):,} not sent"
        if progress.missing > progress.counts.get(Status.CANCELLED, 0)
        else "",
    ]
    runs = f"{progress.whole:,} run{'' if progress.whole == 1 else 's'}"
    told = ", ".join(part for part in said if part)
    return " · ".join(part for part in (f"{runs}: {told}" if told else runs, money_line(progress)) if part)


def money_line(progress: ExperimentProgress) -> str:
    """What its runs cost or may still cost, as far as it is known."""
    charged = progress.spent_micros - progress.emulated_micros
    told = f"≈ {figures.money(charged)}" if charged else ""
    if progress.emulated_micros:
        made_up = f"{figures.money(progress.emulated_micros)} emulated, which nobody charges"
        told = f"{told} and {made_up}" if told else made_up
    unknown = f"{progress.unpriced:,} without a known price" if progress.unpriced else ""
    return ", ".join(part for part in (told, unknown) if part)


def best_so_far(bench: Workbench, experiments: Sequence[Experiment]) -> dict[str, str]:
    """Experiment → what the votes on its clips say, of those that have votes."""
    reviews = bench.reviews()
    votes = sum(one.votes for review in reviews for one in bench.review_progress(review.id))
    if not votes:
        return {}
    ids = list(dict.fromkeys(clip.run_id for review in reviews for clip in review.clips))
    judged = {run.origin.experiment_id for run in bench.store.runs.get_many(ids)}
    kept: dict[tuple[str, int], str] = st.session_state.setdefault(_BEST, {})
    told = {}
    for experiment in experiments:
        key = (experiment.id, votes)
        if experiment.id in judged and key not in kept:
            found = bench.rank(experiment=experiment.id)
            kept[key] = found.sentence if found and found.ranking.votes else ""
        if kept.get(key):
            told[experiment.id] = kept[key]
    return told
