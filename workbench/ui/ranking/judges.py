"""Machine judges: how far each agrees with people first, then what it would say. Never pooled with people."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from workbench.api import Workbench
from workbench.api.judge_sending import Sent
from workbench.api.machine_judges import MachineJudged
from workbench.api.model_judges import Judging, ModelJudged
from workbench.api.ranking import RankedArms
from workbench.domain.errors import WorkbenchError
from workbench.media.metrics.about import METRICS
from workbench.review.judging import WithPeople
from workbench.review.sentence import effect as interval_text
from workbench.ui import errands, figures
from workbench.ui.links import link

_KEY = "ranking.judges"
_EVERY_S = 1.0
_FEW = 20  # pairs that a model is asked about unless more are wanted
_MOST_SAID = 20


@dataclass(frozen=True, slots=True)
class _Errand:
    """A model that is being asked ``questions``; one mark in ``done`` for each that is done with."""

    token: str
    model: str
    questions: int
    done: list[int] = field(default_factory=list)


def judges(bench: Workbench, found: RankedArms) -> None:
    """Nothing is computed until somebody wants to see it."""
    if not st.toggle(
        "Machine judges",
        key=_KEY,
        help="What metrics and models say of the pairs that people judged. They are never counted as votes.",
    ):
        return
    if len(found.reviews) != 1:
        st.info("A machine judges the pairs of one review. Choose one above.")
        return
    if not len(found.votes):
        st.info("Machines judge the pairs that people have judged, and there is none yet.")
        return
    metrics = {one.metric: one for one in bench.judges(found.reviews[0].id)}
    if metrics:
        chosen = st.pills(
            "Metrics",
            list(metrics),
            selection_mode="multi",
            format_func=lambda name: METRICS[name].label,
            key=f"{_KEY}.metrics",
        )
        for name in chosen:
            _metric(bench.judged_by_metric(found, metrics[name]))
    else:
        st.caption("Clips that are measured can be judged by a metric, too.")
    for judge in bench.model_judges(found):
        _model(bench.judged_by_model(found, judge))
    _add(bench, found)


# What each says


def _metric(judged: MachineJudged) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**{METRICS[judged.judge.metric].label}** – a metric")
        _agreement(judged.agreement)
        if judged.unmeasured:
            st.caption(f"Pairs left out, as a clip has no value: {judged.unmeasured}.")
        _effects(judged)


def _model(judged: ModelJudged) -> None:
    judge = judged.judge
    with st.container(border=True, gap="small"):
        made_up = " :violet-badge[emulated]" if judged.is_emulated else ""
        rubric = figures.plain(judge.rubric.label)
        st.markdown(f"**{figures.plain(judge.model)}** – a model, rubric {rubric}{made_up}")
        _agreement(judged.agreement)
        st.markdown(figures.plain(judged.orders.sentence))
        if judged.unjudged:
            st.caption(f"Pairs of people’s that it has not judged: {judged.unjudged}.")
        _effects(judged)
        _reasons(judged)


def _agreement(agreement: WithPeople) -> None:
    st.markdown(figures.plain(agreement.sentence))
    if agreement.kappa is not None:
        st.caption(f"Cohen’s κ with the majority of people: {agreement.kappa:.2f}.".replace("-", "−"))


def _effects(judged: MachineJudged | ModelJudged) -> None:
    if not len(judged.votes):
        return
    st.caption("What it would say by itself, people left out:")
    table = [
        {
            "Arm": one.arm,
            "Effect": interval_text(one.effect),
            "What differs": figures.plain(judged.people.arm(one.arm).title),
        }
        for one in judged.ranking.standings
    ]
    st.table(pd.DataFrame(table), hide_index=True, alt=f"By {judged.judge.name} alone")


def _reasons(judged: ModelJudged) -> None:
    """Of each pair both answers: what is said of the left clip is of the other one in the second."""
    if not judged.verdicts:
        return
    labels = {criterion.name: criterion.label for criterion in judged.judge.rubric.criteria}
    with st.expander("What it said"):
        votes = judged.votes
        arms = [votes.arms[arm] for arm in votes.arm_of]
        sides = zip(votes.left.tolist(), votes.right.tolist(), strict=True)
        for (one, other), both in list(zip(sides, judged.verdicts, strict=True))[:_MOST_SAID]:
            for (left, right), verdict in zip(((one, other), (other, one)), both, strict=True):
                said = str(verdict.choice).replace("_", " ")
                st.markdown(f"Left {arms[left]}, right {arms[right]}: **{said}**")
                told = (f"{labels[name]}: {reason}" for name, reason in verdict.reasons.items())
                st.caption(figures.plain(" · ".join(told)))
        if (more := len(judged.verdicts) - _MOST_SAID) > 0:
            st.caption(f"{more} more pairs are in `workbench judge --json`.")


# One more


def _add(bench: Workbench, found: RankedArms) -> None:
    errand = st.session_state.get(f"{_KEY}.errand")
    if isinstance(errand, _Errand):
        _under_way(errand)
        return
    for told in st.session_state.get(f"{_KEY}.failures", ()):
        st.warning(figures.plain(told))
    models = [model.model for model in bench.readers(ready_only=True)]
    if not models:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown("A model can judge, too, once one that looks is set up.", width="stretch")
            link("settings", "Settings")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        model = st.selectbox("Ask a model", models, key=f"{_KEY}.model")
        known = bench.rubrics()
        rubric = st.selectbox(
            "Rubric",
            list(known),
            format_func=lambda name: known[name].label,
            key=f"{_KEY}.rubric",
            help="What it looks at. Your own stand in workbench.toml as [judges.NAME].",
        )
        most = st.number_input(
            "Pairs at most",
            1,
            None,
            _FEW,
            key=f"{_KEY}.most",
            help="Those that most people judged come first.",
        )
    judging = bench.judging(found, bench.model_judge(model, rubric), most=int(most))
    if not judging.asked:
        st.caption("It has judged these pairs. Nothing is asked, or paid for, twice.")
        return
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        clicked = st.button("Ask it", key=f"{_KEY}.ask")
        st.markdown(figures.plain(judging.cost), width="stretch")
    if clicked:
        _begin(bench, judging)


def _begin(bench: Workbench, judging: Judging) -> None:
    done: list[int] = []
    token = errands.send(lambda: bench.judge(judging, done.append))
    errand = _Errand(token, judging.judge.model, judging.questions, done)
    st.session_state[f"{_KEY}.errand"] = errand
    with st.spinner("Asking …"):
        errands.is_done(token, errands.PATIENCE_S)
    st.rerun()


def _under_way(errand: _Errand) -> None:
    if errands.is_known(errand.token) and not errands.is_done(errand.token):
        st.fragment(_watch, run_every=_EVERY_S)(errand)
        return
    failures: tuple[str, ...]
    try:
        failures = errands.outcome(errand.token, Sent).failures
    except WorkbenchError as error:
        failures = (str(error),)
    except KeyError:
        failures = ("So much was asked meanwhile that what went wrong here is forgotten. Ask once more.",)
    st.session_state[f"{_KEY}.failures"] = failures
    del st.session_state[f"{_KEY}.errand"]
    st.rerun()


def _watch(errand: _Errand) -> None:
    if errands.is_done(errand.token):
        st.rerun()
    done = len(errand.done)
    told = f"{errand.model}: {done} of {errand.questions} questions. It goes on if you leave this page."
    st.progress(done / errand.questions, text=figures.plain(told))
