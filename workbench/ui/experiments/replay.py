"""A successor replay: its suite and its holes before it is sent, and old against new when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.api.replay_changes import Changed, Verdict
from workbench.api.replay_report import ReplayReport
from workbench.api.replaying import ReplayPlan
from workbench.domain.capabilities import Capabilities, Stage
from workbench.domain.errors import RequestError, WorkbenchError
from workbench.domain.replay import ReplayPair
from workbench.domain.run import Kind, Run, Status
from workbench.store.experiments import Experiment
from workbench.ui import figures
from workbench.ui.compare.address import compared_runs
from workbench.ui.compose.model_choice import label
from workbench.ui.experiments.before import begin, tell_planned
from workbench.ui.facts import known_model
from workbench.ui.links import go, link
from workbench.ui.measured import MINUS, NO_SCORE, number

MEASURING_EVERY_S = 5.0
MOST_REASONS = 8
ALL, SUCCESSOR = "", ""
_KEY = "replay."
_PLAN, _ASKED, _REFUSED, _REVIEW = (_KEY + name for name in ("plan", "asked", "refused", "review"))
_SETTLED = (Verdict.BETTER, Verdict.WORSE, Verdict.HIGHER, Verdict.LOWER)
_EYE = ":material/visibility:"
_METHOD = (
    "Request by request, the old clip against the new one. Medians; the 95 % interval is of the median "
    "difference, p is the sign test's, by Holm over all rows. Seeds of one prompt count one by one: whether "
    "it holds for other prompts is not said. Latency also depends on how busy a service was."
)


def new_replay(bench: Workbench) -> None:
    """An expander with the way from a suite to a replay; nothing where no run could be replayed."""
    if any(status is Status.SUCCEEDED for _, status in bench.counts()):
        with st.expander("Replay on a successor", key="wb-new-replay"):
            st.fragment(_form)(bench)


def old_against_new(bench: Workbench, experiment: Experiment, *, live: bool) -> None:
    """What a replay came to; nothing for any other experiment."""
    replay = bench.replay_of(experiment.id)
    if replay is None:
        return
    with st.container(border=True, key="wb-replay"):
        st.markdown(figures.plain(f"{replay.old} → {replay.new}"))
        if live:
            st.caption("What got better and what worse is told when its runs are done.")
            return
        measuring = bench.unmeasured() > 0
        every = MEASURING_EVERY_S if measuring else None
        st.fragment(_report, run_every=every)(bench, experiment, measuring=measuring)


# Before it is sent


def _form(bench: Workbench) -> None:
    st.markdown("Asks another model what one was asked, word for word, and says what got better and worse.")
    models = {model.model: model for model in bench.models()}
    made = {name: n for (name, status), n in bench.counts().items() if status is Status.SUCCEEDED}
    going_first = sorted(made, key=lambda name: (name in models and not _ends(models[name]), name))
    suites = {ALL: "All of its runs"} | {one.id: one.name for one in bench.experiments()}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="wb-replay-form"):
        old = st.selectbox(
            "Old model", going_first, key=_KEY + "old", format_func=lambda name: f"{name} ({made[name]:,})"
        )
        suite = st.selectbox("Suite", list(suites), key=_KEY + "suite", format_func=suites.__getitem__)
        new = st.selectbox(
            "New model",
            [SUCCESSOR, *_alike(bench, models, old)],
            key=_KEY + "new",
            format_func=partial(_called, bench, models),
        )
    fold = st.checkbox("Where it has no negative prompt, fold that into the prompt", key=_KEY + "fold")
    asked = (old, suite, new, fold)
    st.button("See what it would send", key=_KEY + "see", on_click=_plan, args=(bench, *asked))
    if st.session_state.get(_ASKED) != asked:
        return
    if refused := st.session_state.get(_REFUSED, ""):
        st.warning(figures.plain(refused))
    if plan := st.session_state.get(_PLAN):
        _planned(bench, plan)


def _ends(model: Capabilities) -> bool:
    return model.lifecycle.stage in (Stage.DEPRECATED, Stage.RETIRED)


def _alike(bench: Workbench, models: Mapping[str, Capabilities], old: str) -> list[str]:
    """Those that make the same kind of thing, the ones that are set up first."""
    known = known_model(bench, old) if old else None
    kind = known.kind if known else Kind.VIDEO
    names = [name for name, model in models.items() if model.kind is kind and name != old]
    return sorted(names, key=lambda name: bool(bench.missing(name)))


def _called(bench: Workbench, models: Mapping[str, Capabilities], name: str) -> str:
    return label(models[name], is_ready=not bench.missing(name)) if name else "Its successor"


def _plan(bench: Workbench, old: str, suite: str, new: str, fold: bool) -> None:
    plan, refused = None, ""
    try:
        plan = bench.plan_replay(experiment=suite, model=old, on=new, fold_negative_prompt=fold)
    except RequestError as error:
        refused = str(error)
    st.session_state.update({_PLAN: plan, _REFUSED: refused, _ASKED: (old, suite, new, fold)})


def _planned(bench: Workbench, plan: ReplayPlan) -> None:
    if plan.note:
        st.caption(figures.plain(plan.note))
    tell_planned(plan.planned)
    told = [f"{count:,} not asked again: {why}" for why, count in plan.left_out.items()]
    told += [
        f"{n:,} not asked again, as the old run is {status}." for status, n in plan.replay.passed_over.items()
    ]
    told += [
        f"{count:,} go without {figures.setting_label(name, None)}: {plan.replay.new} has no such setting."
        for name, count in plan.dropped.items()
    ]
    for line in told[:MOST_REASONS]:
        st.caption(figures.plain(line))
    due = len(bench.replay_due(plan))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="wb-replay-begin"):
        cap = st.number_input(
            "Most it may cost, in US dollars", 0.0, None, None, key=_KEY + "cap", placeholder="None"
        )
        word = f"Send {due:,} run{'' if due == 1 else 's'}" if due else "Open it"
        is_empty = not plan.planned.plan.cells
        word = "Nothing to send" if is_empty else word
        if st.button(word, type="primary", key=_KEY + "start", disabled=is_empty):
            _start(bench, plan, cap)


def _start(bench: Workbench, plan: ReplayPlan, cap: float | None) -> None:
    try:
        made = bench.start_replay(plan, cap_usd=cap, run=False)
    except WorkbenchError as error:
        st.error(figures.plain(str(error)))
        return
    begin(bench, made.id)
    for key in (_PLAN, _ASKED):
        st.session_state.pop(key, None)
    go("experiments", {"id": made.id})


# When it is done


def _report(bench: Workbench, experiment: Experiment, *, measuring: bool) -> None:
    if measuring and not bench.unmeasured():
        st.rerun()
    if review_id := st.session_state.pop(_REVIEW, ""):
        go("review", {"id": review_id})
    found = bench.replay_report(experiment.id)
    st.markdown(figures.plain(found.sentence))
    if found.unmeasured:
        st.caption("The app measures clips by itself.")
    settled = [one for verdict in _SETTLED for one in found.of(verdict)]
    if settled:
        st.table(_table(settled), border="horizontal", hide_index=True, alt="What changed, old against new")
        _extremes(settled)
    if others := [one for one in found.changes if one not in settled]:
        with st.expander(f"{len(others):,} that can't be told apart, or are the same", key="wb-replay-open"):
            st.table(_table(others), border="horizontal", hide_index=True, alt="What can't be told apart")
    if found.changes:
        st.caption(f"{_METHOD} {NO_SCORE.partition('. ')[0]}.")
    _judged(bench, experiment, found)


def _table(changes: Iterable[Changed]) -> pd.DataFrame:
    return pd.DataFrame([_row(one) for one in changes])


def _row(one: Changed) -> dict[str, str]:
    shift = one.shift
    unit = f" {one.unit}".rstrip()
    between = "" if shift.low is None else f" [{_signed(shift.low)}, {_signed(shift.high)}]"
    most, way = (shift.up, "higher") if one.better is None else (one.better, "better")
    return {
        "": one.verdict,
        "Quantity": one.label,
        "Old": f"{number(shift.old)}{unit}",
        "New": f"{number(shift.new)}{unit}",
        "Change": f"{_signed(shift.change)}{between}",
        "Pairs": f"{most:,} of {shift.pairs:,} {way}",
        "p": _p(shift.p_adjusted),
    }


def _signed(value: float | None) -> str:
    text = number(value)
    return text if text in ("0", figures.NONE) or text.startswith(MINUS) else f"+{text}"


def _p(value: float | None) -> str:
    if value is None:
        return figures.NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _extremes(settled: Iterable[Changed]) -> None:
    """Where to look first: the pairs that changed most."""
    with st.container(horizontal=True, gap="small", key="wb-replay-extremes"):
        for one in settled:
            for word, pair in (("Best", one.best), ("Worst", one.worst)):
                if pair and pair.is_watchable:
                    link("compare", f"{word} in {one.label}", compared_runs(_runs(pair)))


def _runs(pair: ReplayPair) -> list[Run]:
    return [run for run in (pair.old, pair.new) if run]


def _judged(bench: Workbench, experiment: Experiment, found: ReplayReport) -> None:
    if found.ranked and found.ranked.votes:
        models = "; ".join(f"{arm.label} is {arm.request.model}" for arm in found.ranked.arms)
        st.markdown(figures.plain(f"By people's votes: {found.ranked.sentence} ({models}.)"))
    if refused := st.session_state.pop(_REFUSED, ""):
        st.error(figures.plain(refused))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-replay-judged"):
        if found.review:
            link(
                "review", "Blind review of these pairs", {"id": found.review.id}, icon=":material/visibility:"
            )
            link(
                "ranking",
                "Ranking of the two models",
                {"review": found.review.id, "by": "model"},
                icon=":material/leaderboard:",
            )
        elif any(pair.is_watchable for pair in found.pairs):
            st.button(
                "Review old against new, blind",
                icon=_EYE,
                key=_KEY + "review_it",
                on_click=_review,
                args=(bench, experiment),
            )


def _review(bench: Workbench, experiment: Experiment) -> None:
    """A callback can't leave its page: the next drawing does."""
    try:
        st.session_state[_REVIEW] = bench.replay_review(experiment.id).id
    except RequestError as error:
        st.session_state[_REFUSED] = str(error)
