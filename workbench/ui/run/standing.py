"""What a person should know of a run right now: what it waits for, how long its clip is still to be had."""

from __future__ import annotations

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.domain.run import Run, Status
from workbench.ui import figures
from workbench.ui.facts import known_model
from workbench.ui.links import link

SOON_S = 6 * 3_600.0


def standing(bench: Workbench, run: Run) -> None:
    """Nothing for a run that simply goes its way."""
    if run.status.is_busy and not _has_account(bench, run):
        _lost(bench, run)
    elif is_blocked(run):
        _blocked(bench, run)
    if run.status in (Status.GENERATING, Status.DOWNLOADING) and run.overdue:
        _overdue(bench, run)
    if run.held_until and not run.clips and not run.status.is_final:
        _held(bench, run)
    if run.filtered:
        _filtered(run)


def is_blocked(run: Run) -> bool:
    """Somebody has to mend something; a queued run just waits for its turn."""
    return bool(run.blocked_reason) and run.status.is_busy and run.status is not Status.QUEUED


def _blocked(bench: Workbench, run: Run) -> None:
    model = known_model(bench, run.request.model)
    missing = bench.missing(model.model) if model else ()
    wanted = "".join(f" Set `{m.variable}`: {figures.plain(m.what)}." for m in missing)
    goes_on = "It goes on by itself once that is mended"
    if run.blocked_reason.startswith("auth: "):
        goes_on = (
            "Keys are read at the start: start the workbench with the right one, and it goes on by itself"
        )
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="wb-blocked"):
        st.markdown(
            f":orange-badge[waits] {figures.plain(run.waits_for.rstrip('.'))}.{wanted} "
            f"{goes_on}; nothing is sent twice.",
            width="stretch",
        )
        link("settings", "Settings", icon=":material/tune:")


def _has_account(bench: Workbench, run: Run) -> bool:
    return any(p.account == run.account and not p.missing() for p in bench.endpoints())


def _lost(bench: Workbench, run: Run) -> None:
    """Nobody here can go on with it: the key or the address is another one now."""
    with st.container(border=True, key="wb-lost"):
        st.markdown(
            f":orange-badge[nobody drives it] It was sent from the account {figures.plain(run.account)}, "
            f"which is not set up here. Set its key and address as they were, and it goes on by itself."
        )
        sure = st.checkbox("I can't: the account is gone for good", key="run.lost.sure")
        st.button(
            "Give it up",
            key="run.lost",
            disabled=not sure,
            on_click=_give_up,
            args=(bench, run.id),
            help="It counts as failed. What is known of its operation stays in the log.",
        )


def _give_up(bench: Workbench, run_id: str) -> None:
    try:
        bench.close_lost(run_id)
    except WorkbenchError as error:
        st.toast(figures.plain(str(error)))


def _overdue(bench: Workbench, run: Run) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="wb-overdue"):
        st.markdown(
            ":orange-badge[longer than usual] It is looked at now and then, and can still be collected.",
            width="stretch",
        )
        st.button("Look again now", key="run.look", on_click=_look, args=(bench, run.id))


def _look(bench: Workbench, run_id: str) -> None:
    try:
        bench.resume([run_id])
    except WorkbenchError as error:
        st.toast(figures.plain(str(error)))


def _held(bench: Workbench, run: Run) -> None:
    """Counts down: the page looks again each second while the run is busy."""
    assert run.held_until
    now = bench.clock.now()
    colour = "red" if (run.held_until - now).total_seconds() < SOON_S else "blue"
    st.markdown(
        f":{colour}-badge[{figures.left(run.held_until, now)} left] The clip is only at the provider's until "
        f"{figures.moment(run.held_until)}. It is fetched as soon as that works; leave the workbench running."
    )


def _filtered(run: Run) -> None:
    """The reasons as the provider gave them, one line each."""
    if run.status is Status.FILTERED and len(run.filtered) == 1:
        return  # the sentence above holds it
    head = "**Taken by the safety filter**"
    st.markdown("\n".join([head, "", *(f"- {figures.plain(reason)}" for reason in run.filtered)]))
