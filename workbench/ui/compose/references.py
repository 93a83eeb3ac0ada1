"""Input media by role: uploads, the shelf, samples, clips of earlier runs; what is given, as thumbnails."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

import streamlit as st

from workbench.api import Workbench
from workbench.api.samples import Sample, samples
from workbench.domain.capabilities import Capabilities, RoleLimit
from workbench.domain.errors import WorkbenchError
from workbench.domain.media import Input, Role
from workbench.domain.reference import Reference
from workbench.domain.run import Kind, Status
from workbench.ui import figures
from workbench.ui.clip import poster_html, thumbnail_html
from workbench.ui.compose.composition import (
    PICTURES,
    Composition,
    settings_for,
    with_clip_of,
    with_still_of,
)
from workbench.ui.compose.state import Session, show
from workbench.ui.compose.still import make_a_still, recent_stills
from workbench.ui.facts import input_html
from workbench.ui.links import link
from workbench.ui.remarks import remarks

RECENT_CLIPS, LOOKED_THROUGH = 4, 20
SHELVED, SHELF_LOOKED_THROUGH = 6, 60


def references(bench: Workbench, model: Capabilities, held: Session, composition: Composition) -> None:
    """What is given, and one button a role that the model takes. Uploads rerun the page once stored."""
    if not model.roles and not composition.inputs:
        return
    with st.container(horizontal=True, gap="xsmall", key="wb-roles"):
        for role, limit in model.roles.items():
            _add(bench, role, limit, held, composition)
        if model.kind is Kind.VIDEO and any(role in PICTURES for role in model.roles):
            make_a_still(bench, held, composition, model)
    if held.media_complaint:
        st.error(held.media_complaint)
    given = [i for i in composition.inputs if i.role in model.roles]
    if given:
        with st.grid(min_column_width=150, gap="small", key="wb-inputs"):
            for i in given:
                _thumbnail(bench, i, held, composition)
        called = [(_called(i), i.role, i.media) for i in given]
        remarks(bench, called, model, settings_for(model, composition.settings))
    if left_out := [i for i in composition.inputs if i.role not in model.roles]:
        named = ", ".join(dict.fromkeys(i.role.label.lower() for i in left_out))
        st.caption(f"{model.label} takes no {named}; what you gave is kept for other models and not sent.")


def _add(bench: Workbench, role: Role, limit: RoleLimit, held: Session, composition: Composition) -> None:
    count = sum(i.role is role for i in composition.inputs)
    is_full = limit.most > 1 and count >= limit.most
    told = f" {count}/{limit.most}" if limit.most > 1 and count else ""
    help = f"{limit.most} are given, which is all this model takes. Remove one first." if is_full else None
    with st.popover(f"{role.label}{told}", disabled=is_full, help=help, key=f"role.{role}.{held.uploads}"):
        uploads = st.file_uploader(
            f"Upload: {role.label.lower()}",
            accept_multiple_files=limit.most > 1,
            key=f"upload.{role}.{held.uploads}",
            help="MP4 (H.264)" if role.is_clip else "PNG, JPEG, WebP; converted where needed.",
        )
        files = uploads if isinstance(uploads, list) else [uploads] if uploads else []
        if files:
            _take_in(bench, role, limit, held, composition, [(f.getvalue(), f.name) for f in files])
        if role.is_clip:
            _earlier_clips(bench, role, limit, held, composition)
        elif role in PICTURES:
            _earlier_stills(bench, role, limit, held, composition)
        shelved = _shelved(bench, role)
        _from_shelf(bench, role, limit, held, composition, shelved)
        _samples(bench, role, limit, held, composition, {one.name for one in shelved})


def _take_in(
    bench: Workbench,
    role: Role,
    limit: RoleLimit,
    held: Session,
    composition: Composition,
    files: list[tuple[bytes | Path, str]],
) -> None:
    """Store each file, say why the others can't be used, and draw the page again."""
    complaints = []
    for content, name in files:
        if limit.most > 1 and sum(i.role is role for i in composition.inputs) >= limit.most:
            complaints.append(
                f"{name} was left out: {limit.most} files may be given as {role.label.lower()}."
            )
            continue
        try:
            composition = composition.with_input(role, bench.take_in(content, name, role), limit.most)
        except WorkbenchError as error:
            complaints.append(figures.plain(str(error)))
    held.uploads += 1
    held.media_complaint = "\n\n".join(complaints)
    show(bench, composition)
    st.rerun()


def _shelved(bench: Workbench, role: Role) -> list[Reference]:
    """What of the References page can serve as ``role``, the newest first."""
    kept = bench.shelf(limit=SHELF_LOOKED_THROUGH)
    return [one for one in kept if one.media.is_video == role.is_clip]


def _from_shelf(
    bench: Workbench,
    role: Role,
    limit: RoleLimit,
    held: Session,
    composition: Composition,
    shelved: Sequence[Reference],
) -> None:
    if not shelved:
        return
    st.caption("Or from the shelf")
    with st.grid(min_column_width=110, gap="small"):
        for one in shelved[:SHELVED]:
            with st.container(gap="xxsmall"):
                st.html(thumbnail_html(one.media, one.name))
                if st.button(
                    figures.label(one.name), key=f"shelf.{role}.{one.media.sha256}", width="stretch"
                ):
                    held.uploads += 1
                    held.media_complaint = ""
                    show(bench, composition.with_input(role, one.media, limit.most))
                    st.rerun()
    if len(shelved) > SHELVED:
        link("references", "The whole shelf", icon=":material/photo_library:")


def _samples(
    bench: Workbench,
    role: Role,
    limit: RoleLimit,
    held: Session,
    composition: Composition,
    shelved: Set[str],
) -> None:
    """Those that are not on the shelf already."""
    fitting = [s for s in samples() if s.is_clip == role.is_clip and s.label not in shelved]
    if not fitting:
        return
    st.caption("Or a sample")
    with st.grid(min_column_width=110, gap="small"):
        for sample in fitting:
            with st.container(gap="xxsmall"):
                _sample_picture(sample)
                if st.button(sample.label, key=f"sample.{role}.{sample.path.name}", width="stretch"):
                    _take_in(bench, role, limit, held, composition, [(sample.path, sample.path.name)])


def _sample_picture(sample: Sample) -> None:
    if not sample.is_clip:
        st.image(str(sample.path), width="stretch")


def _earlier_clips(
    bench: Workbench, role: Role, limit: RoleLimit, held: Session, composition: Composition
) -> None:
    recent = bench.runs(status=Status.SUCCEEDED).page(LOOKED_THROUGH).runs
    runs = [r for r in recent if r.clip and r.kind is Kind.VIDEO][:RECENT_CLIPS]
    if not runs:
        return
    st.caption("Or the clip of a run")
    for run in runs:
        label = figures.first_line(run.request.prompt, 44)
        if st.button(label, key=f"{role}.pick.{run.id}", width="stretch"):
            held.uploads += 1
            show(bench, with_clip_of(composition, run, role, limit.most))
            st.rerun()


def _earlier_stills(
    bench: Workbench, role: Role, limit: RoleLimit, held: Session, composition: Composition
) -> None:
    stills = recent_stills(bench)
    if not stills:
        return
    st.caption("Or a still of a run")
    with st.grid(min_column_width=110, gap="small"):
        for run in stills:
            with st.container(gap="xxsmall"):
                assert run.clip
                st.html(poster_html(run.clip, figures.first_line(run.request.prompt)))
                if st.button(f"Still {run.id[-6:]}", key=f"{role}.still.{run.id}", width="stretch"):
                    held.uploads += 1
                    show(bench, with_still_of(composition, run, role, limit.most))
                    st.rerun()


def _thumbnail(bench: Workbench, given: Input, held: Session, composition: Composition) -> None:
    with st.container(gap="xxsmall"):
        st.html(input_html(given))
        called = _called(given)
        label = f"Remove {called[0].lower()}{called[1:]}"
        if st.button(label, key=f"remove.{given.role}.{given.media.sha256[:12]}", type="tertiary"):
            held.media_complaint = ""
            show(bench, composition.without_input(given))
            st.rerun()


def _called(given: Input) -> str:
    return f"{given.role.label} {given.position + 1}" if given.position else given.role.label
