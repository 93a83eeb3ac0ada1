"""Reviews as who leads them sees them: making one, inviting to it, how far everybody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from workbench.api import Workbench
from workbench.api.arms import arms_of
from workbench.domain.errors import UnknownRun, WorkbenchError
from workbench.domain.rating import Criterion
from workbench.domain.review import HOW, WHICH, Review, ReviewPlan
from workbench.domain.run import Run
from workbench.ui import figures
from workbench.ui.links import link
from workbench.ui.review.invitation import invitation

RUNS = "runs"  # of the address: ids of the runs that a new review is to be of
_REFUSED, _DELETED, _KEY = "review.refused", "review.deleted", "review.new."


def desk(bench: Workbench) -> None:
    if refused := st.session_state.pop(_REFUSED, ""):
        st.error(figures.plain(refused))
    if gone := st.session_state.get(_DELETED):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("1 review deleted; its votes count no more.")
            st.button("Undo", on_click=_undelete, args=(bench, gone))
    reviews = bench.reviews()
    _new(bench, has_some=bool(reviews))
    for review in reviews:
        _one(bench, review)


def _new(bench: Workbench, *, has_some: bool) -> None:
    experiments = {e.id: e.name for e in bench.store.experiments.all()}
    runs = _asked_for(bench)
    if not experiments and not runs:
        st.info(
            "A review shows two clips side by side, without a name, prompt or model, and asks which is "
            "better. It needs clips of two prompts, models or settings: select some in Runs, or make the "
            "sample experiment there."
        )
        link("runs", "Runs", icon=":material/video_library:")
        return
    with st.expander("New review", expanded=bool(runs) or not has_some), st.form("review.new", border=False):
        if runs:
            st.markdown(f"Of the {len(runs)} runs that were selected: {_arms(runs)}.")
        else:
            st.selectbox(
                "Experiment", list(experiments), format_func=experiments.__getitem__, key=_KEY + "experiment"
            )
        st.text_input("Name", key=_KEY + "name", max_chars=200, placeholder="Only you see it")
        st.multiselect(
            "Rate each clip by",
            [one.label for one in bench.criteria],
            key=_KEY + "criteria",
            accept_new_options=True,
            max_selections=12,
            placeholder="Nothing: two clips side by side, and which is better",
            help="With criteria, clips are shown one at a time and rated 1 to 5. Type one of your own.",
        )
        st.text_input(
            "Question",
            key=_KEY + "question",
            max_chars=200,
            placeholder=f"{WHICH} – or, with criteria: {HOW}",
        )
        _stops()
        st.form_submit_button("Make the review", type="primary", on_click=_make, args=(bench,))


def _stops() -> None:
    """When the review is over, and how much of it several people judge."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Stop after so many votes",
            1,
            None,
            None,
            1,
            key=_KEY + "votes",
            placeholder="Never",
            help="Of all reviewers together; repeats and skips don't count.",
        )
        st.date_input(
            "Stop after the day",
            None,
            key=_KEY + "until",
            format="YYYY-MM-DD",
            help="The last day on which it can be judged, by UTC.",
        )
        st.number_input(
            "Stop at intervals under",
            0.1,
            None,
            None,
            0.1,
            key=_KEY + "width",
            placeholder="Never",
            help="Over as soon as every 95 % interval is narrower: of differences in logits, of ratings in "
            "points.",
        )
        st.number_input(
            "Judged by several, %",
            0,
            100,
            round(100 * ReviewPlan().overlap),
            5,
            key=_KEY + "overlap",
            help="The share that somebody else has judged already: it tells how far people agree.",
        )


def _one(bench: Workbench, review: Review) -> None:
    progress = bench.review_progress(review.id)
    runs = [run for run in bench.store.runs.get_many([c.run_id for c in review.clips]) if not run.deleted_at]
    with st.container(border=True, key=f"wb-review-{review.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{figures.plain(review.name)}**", width="stretch")
            if review.closed_at:
                st.badge("closed", color="gray")
            link("review", "Judge", {"id": review.id}, icon=":material/visibility:")
            link("ranking", "Ranking", {"review": review.id}, icon=":material/leaderboard:")
        counted = sum(one.votes for one in progress)
        wanted = f" of {review.plan.votes_wanted}" if review.plan.votes_wanted else ""
        st.markdown(
            figures.plain(
                f"{_arms(runs)} · {counted}{wanted} {'ratings' if review.plan.criteria else 'votes'}"
            )
            + _until(review.plan)
            + (f" · {_people(progress)}" if progress else "")
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.popover("Invite", icon=":material/link:"):
                st.markdown(
                    "Whoever opens this link sees this review and nothing else: no prompt, no name, no cost."
                )
                st.code(invitation(review.id), None, wrap_lines=True)
            is_closed = review.closed_at is not None
            st.button(
                "Open again" if is_closed else "Close",
                key=f"review.close.{review.id}",
                type="tertiary",
                on_click=bench.close_review,
                args=(review.id,),
                kwargs={"reopen": is_closed},
            )
            st.button(
                "Delete",
                key=f"review.delete.{review.id}",
                type="tertiary",
                on_click=_delete,
                args=(bench, review.id),
            )


def _until(plan: ReviewPlan) -> str:
    day = f" · until {plan.until - timedelta(seconds=1):%Y-%m-%d}" if plan.until else ""
    return day + (f" · until intervals are under {plan.width:g}" if plan.width else "")


def _people(progress: Sequence[object]) -> str:
    return ", ".join(figures.plain(f"{one.person} {one.votes}") for one in progress)  # type: ignore[attr-defined]


def _arms(runs: Sequence[Run]) -> str:
    arms = arms_of([run for run in runs if run.clip])
    clips = sum(len(arm.runs) for arm in arms)
    return f"{clips} clip{'' if clips == 1 else 's'} of {len(arms)} arm{'' if len(arms) == 1 else 's'}"


def _asked_for(bench: Workbench) -> list[Run]:
    ids = [text for text in st.query_params.get(RUNS, "").split("~") if text][:200]
    found = []
    for run_id in ids:
        try:
            found.append(bench.run(run_id))
        except UnknownRun:
            continue
    return list(found)


def _make(bench: Workbench) -> None:
    state, runs = st.session_state, _asked_for(bench)
    criteria = _criteria(state.get(_KEY + "criteria") or (), bench.criteria)
    plan = ReviewPlan(
        question=(state.get(_KEY + "question") or "").strip(),
        criteria=criteria,
        votes_wanted=state.get(_KEY + "votes"),
        until=_midnight_after(state.get(_KEY + "until")),
        width=state.get(_KEY + "width"),
        overlap=state.get(_KEY + "overlap", 100 * ReviewPlan().overlap) / 100,
    )
    experiment = "" if runs else state.get(_KEY + "experiment") or ""
    name = (state.get(_KEY + "name") or "").strip()
    if not name and experiment:
        name = next((e.name for e in bench.store.experiments.all() if e.id == experiment), "")
    try:
        bench.review(name, runs or None, experiment=experiment, plan=plan)
    except WorkbenchError as error:
        state[_REFUSED] = str(error)
        return
    st.query_params.pop(RUNS, None)
    for field in ("name", "question", "votes", "until", "width", "overlap", "criteria"):
        state.pop(_KEY + field, None)


def _midnight_after(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) + timedelta(days=1) if day else None


def _criteria(labels: Sequence[str], offered: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Those that are offered by label; any other is made up for this review."""
    known = {one.label: one for one in offered}
    own = {label: " ".join(label.split())[:80] for label in labels if label not in known and label.strip()}
    return tuple(
        known.get(label) or Criterion(own[label].casefold().replace(" ", "_"), own[label], "")
        for label in dict.fromkeys(labels)
        if label in known or label in own
    )


def _delete(bench: Workbench, review_id: str) -> None:
    bench.delete_review(review_id)
    st.session_state[_DELETED] = review_id


def _undelete(bench: Workbench, review_id: str) -> None:
    bench.delete_review(review_id, undo=True)
    st.session_state.pop(_DELETED, None)
