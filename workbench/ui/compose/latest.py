"""The newest clips, beside the clip that they follow from, with what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import UnknownRun, WorkbenchError
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import BUSY, Kind, Parenthood, Run, Status
from workbench.ui import figures
from workbench.ui.clip import poster_html, shown_html
from workbench.ui.compare.address import Shown, clips_of, compared_runs
from workbench.ui.compare.watching import played
from workbench.ui.compose.composition import another_take, editing, extending, remixed
from workbench.ui.compose.state import Session, session, start_from
from workbench.ui.compose.still import use, uses
from workbench.ui.differences import differences
from workbench.ui.facts import known_model
from workbench.ui.links import link
from workbench.ui.player import player
from workbench.ui.report import report as show_report
from workbench.ui.status import badges
from workbench.ui.words import diff_html

LOOKED_THROUGH = 50
SETTLED = frozenset(Status) - BUSY
TAKES_SHOWN = 12

_FOLLOWS = {
    Parenthood.TAKE: "another take of",
    Parenthood.VARIANT: "a variant of",
    Parenthood.EXTENSION: "an extension of",
    Parenthood.EDIT: "an edit of",
    Parenthood.STILL: "made from the still of",
}


def latest(bench: Workbench) -> None:
    """Nothing while no run has settled."""
    held = session(bench)
    batch = latest_batch(_recent(bench))
    settled = [run for run in batch if not run.status.is_busy]
    if not settled:
        return
    run = _looked_at(settled, held)
    parent = _parent(bench, run)
    model = known_model(bench, run.request.model)
    _clips(run, parent)
    _takes(settled, run, held)
    _actions(bench, run, parent, model)
    if parent:
        _differences(bench, run, parent)
    _rendered(run)


def _recent(bench: Workbench) -> Sequence[Run]:
    """While very many are under way, what settled last stays in sight."""
    newest = bench.runs().page(LOOKED_THROUGH).runs
    if not newest or any(not run.status.is_busy for run in newest):
        return newest
    return bench.runs(status=sorted(SETTLED)).page(LOOKED_THROUGH).runs


def latest_batch(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The takes sent together last of which one has settled, oldest first; those of experiments stand
    back behind any other.

    ``runs`` newest first. Runs that were sent together were born in the same moment.
    """
    settled = [run for run in runs if not run.status.is_busy]
    if not settled:
        return ()
    newest = next((run for run in settled if run.origin.experiment_id is None), settled[0])
    return tuple(
        run
        for run in reversed(runs)
        if run.created_at == newest.created_at and run.origin.experiment_id == newest.origin.experiment_id
    )


def _looked_at(settled: Sequence[Run], held: Session) -> Run:
    chosen = next((run for run in settled if run.id == held.chosen), None)
    return chosen or next((run for run in settled if run.clip), settled[0])


def _parent(bench: Workbench, run: Run) -> Run | None:
    if run.origin.parent_id is None:
        return None
    try:
        return bench.run(run.origin.parent_id)
    except UnknownRun:  # deleted for good
        return None


def _clips(run: Run, parent: Run | None) -> None:
    if run.clip is None:
        with st.container(border=True):
            st.markdown(f"{badges(run)} {figures.plain(run.outcome)}")
        return
    if parent is None or parent.clip is None:
        st.html(shown_html(run.clip, f"Newest {_thing(run).lower()}", autoplay=True))
        st.caption(_caption(run))
        return
    pair = (*clips_of(parent)[:1], *clips_of(run)[:1])
    together = len(pair) == len((parent, run))
    if together:
        _watching(pair)
    before, now = st.columns(2, gap="small")
    with before:
        if not together:
            st.html(shown_html(parent.clip, f"{_thing(parent)} that it follows from", autoplay=True))
        st.caption(f"**Before** · {_caption(parent)}")
    with now:
        if not together:
            st.html(shown_html(run.clip, f"Newest {_thing(run).lower()}", autoplay=True))
        st.caption(f"**Now** · {_caption(run)}")


@st.fragment
def _watching(pair: Sequence[Shown]) -> None:
    """Both on one timeline; a look at a frame draws nothing else anew."""
    player(
        [played(clip, name) for clip, name in zip(pair, ("Before", "Now"), strict=True)],
        key="compose.player",
        edition=" ".join(clip.address for clip in pair),
        label="The newest clip beside the one that it follows from",
        autoplay=True,
    )


def _thing(run: Run) -> str:
    return "Still" if run.kind is Kind.IMAGE else "Clip"


def _caption(run: Run) -> str:
    seed = "" if run.request.seed is None else f"seed {run.request.seed}"
    took = "" if run.latency_s is None else f"took {figures.seconds(run.latency_s)}"
    emulated = "emulated" if run.is_emulated else ""
    return figures.plain(" · ".join(part for part in (seed, took, emulated, figures.cost(run)) if part))


def _takes(settled: Sequence[Run], run: Run, held: Session) -> None:
    """One poster a take; nothing where there is only one."""
    if len(settled) < 2:
        return
    with st.grid(min_column_width=96, gap="small", key="wb-takes"):
        for number, take in enumerate(settled[:TAKES_SHOWN], 1):
            with st.container(gap="xxsmall"):
                if take.clip:
                    st.html(poster_html(take.clip, f"First picture of take {number}"))
                word = f"Take {number}" if take.clip else f"Take {number}: {take.status}"
                shade: Literal["primary", "secondary"] = "primary" if take is run else "secondary"
                if st.button(word, key=f"take.{take.id}", type=shade, width="stretch"):
                    held.chosen = take.id
                    st.rerun()
    if len(settled) > TAKES_SHOWN:
        link("runs", f"All {len(settled)} in Runs", icon=":material/video_library:")


def _actions(bench: Workbench, run: Run, parent: Run | None, model: Capabilities | None) -> None:
    extensible = model is not None and Role.SOURCE_CLIP in model.roles
    why_not = None
    if not extensible:
        why_not = f"{model.label if model else run.request.model} can't go on from a clip."
    elif run.clip is None:
        why_not = "There is no clip to go on from."
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="wb-actions"):
        seedless = model is not None and model.seed is None
        if st.button(
            "Another take" if seedless else "Another seed",
            key="again",
            disabled=model is None,
            help=f"The same request at once{'' if seedless else ', with another seed'}.",
        ):
            assert model is not None
            _send_again(bench, run, model)
        if st.button("Remix", key="remix", help="Load it into the form; what you change shows beside it."):
            start_from(bench, remixed(run))
            st.rerun()
        if run.kind is Kind.IMAGE:
            _use_still(bench, run)
        elif st.button(
            "Extend",
            key="extend",
            disabled=why_not is not None,
            help=why_not or "Load it into the form, going on from its clip.",
        ):
            start_from(bench, extending(run))
            st.rerun()
        can_edit = run.clip and model and Role.EDITED_CLIP in model.roles
        if can_edit and st.button("Edit", key="edit", help="Say in words what should change in this clip."):
            start_from(bench, editing(run))
            st.rerun()
        link("run", "Open in Runs", {"id": run.id}, icon=":material/open_in_full:")
        if parent and parent.clip and run.clip and run.kind is parent.kind is Kind.VIDEO:
            link("compare", "Compare", compared_runs([parent, run]), icon=":material/compare:")


def _use_still(bench: Workbench, run: Run) -> None:
    """One button for each thing that the still can be to what is being written."""
    if run.clip is None:
        return
    roles = uses(bench, session(bench).composition)
    if not roles:
        st.button("Use as first frame", key="still.use", disabled=True, help="Choose a model that takes one.")
    for role, most in roles:
        if st.button(f"Use as {role.label.lower()}", key=f"still.use.{role}"):
            use(bench, run, role, most)
            st.rerun()


def _send_again(bench: Workbench, run: Run, model: Capabilities) -> None:
    held = session(bench)
    if held.is_double_click(("again", run.id), bench.clock.now()):
        return
    request, origin = another_take(run, model)
    try:
        bench.submit(request, origin)
    except WorkbenchError as error:
        held.complain(figures.plain(str(error)))
    held.chosen = ""
    st.rerun()


def _differences(bench: Workbench, run: Run, parent: Run) -> None:
    how = _FOLLOWS[run.origin.parenthood] if run.origin.parenthood else "made after"
    new, old = run.request, parent.request
    words = []
    if new.prompt != old.prompt:
        words.append(("Prompt", diff_html(old.prompt, new.prompt)))
    if new.negative_prompt != old.negative_prompt:
        words.append(("Negative prompt", diff_html(old.negative_prompt, new.negative_prompt)))
    changes = [f"{d.name} {d.old} → {d.new}" for d in differences(bench, parent, run)]
    extends = run.origin.parenthood is Parenthood.EXTENSION  # a clip more is what that means
    if not extends and _inputs(old) != _inputs(new):
        changes.append("References changed")
    with st.container(border=True, gap="xsmall", key="wb-changes"):
        st.markdown(f"**What changed** – {how} run `{parent.id[-6:]}`")
        for label, html in words:
            st.caption(label)
            st.html(html)
        st.caption(
            figures.plain(" · ".join(changes)) if changes or words else "Nothing: it is the same request."
        )


def _inputs(request: GenerationRequest) -> set[tuple[Role, str]]:
    return {(i.role, i.media.sha256) for i in request.inputs}


def _rendered(run: Run) -> None:
    """What the engine says of its own work: which words it followed, which it did not."""
    report = run.report
    drawn, left, removed = (_listed(report.get(name)) for name in ("matched", "unmatched", "removed"))
    if not (drawn or left or removed):
        return
    left = [word for word in left if word not in removed]
    told = [f"Drew {_quoted(drawn)}." if drawn else "", f"Did not draw {_quoted(left)}." if left else ""]
    told.append(f"Took away {_quoted(removed)}." if removed else "")
    st.caption(figures.plain(" ".join(part for part in told if part)))
    with st.expander("What the engine drew"):
        show_report(report)


def _listed(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list | tuple) else []


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
