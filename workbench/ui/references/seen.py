"""What was seen, to be edited: facets, conflicts and who says what, colours, and what could not be seen."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import streamlit as st
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.domain.brief import Brief, Facet
from workbench.prompting.brief import resolve, seen_in
from workbench.ui import figures
from workbench.ui.palette import palette, unseen
from workbench.ui.references.state import Session, keep, show_seen

OWN = "My own words"
ALWAYS = frozenset({Facet.SUBJECT, Facet.ACTION, Facet.SETTING})  # without them there is no prompt
_ONE_LINE, _LINE = 68, 24  # pixels: what Streamlit allows least, and a line more


def seen(bench: Workbench, held: Session) -> None:
    """Nothing before the first look."""
    desk = held.desk
    if desk.brief is None or desk.seen is None:
        return
    st.header("What was seen", anchor=False)
    _stale(bench, held)
    brief = desk.brief
    if desk.seen.conflicts:
        st.caption("Where they differ, choose one; until then the first goes into the prompt.")
    for facet in desk.seen.conflicts:
        brief = _conflict(held, desk.seen, brief, facet)
    free = [facet for facet in Facet if facet not in desk.seen.conflicts and _may_be_told(held, facet)]
    told = [facet for facet in free if facet in desk.seen.findings or facet in ALWAYS]
    brief = _facets(held, brief, told)
    if untold := [facet for facet in free if facet not in told]:
        with st.expander(f"Not seen: {', '.join(facet.label.lower() for facet in untold)}"):
            brief = _facets(held, brief, untold)
    palette(brief.palette)
    unseen(brief)
    keep(bench, replace(held.desk, brief=brief))


def _stale(bench: Workbench, held: Session) -> None:
    """What was seen belongs to other references than those picked now; or an earlier one can come back."""
    desk = held.desk
    if not desk.is_of_picks and desk.picks:
        st.caption(
            "This was seen in references that were picked before. Look once more for what is picked now."
        )
    if desk.before is not None:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption("What you had written before this look is put aside.", width="stretch")
            if st.button("Bring it back", key="desk.before", type="tertiary"):
                show_seen(bench, replace(desk, seen=desk.before, brief=desk.before, before=desk.brief))
                st.rerun()


def _may_be_told(held: Session, facet: Facet) -> bool:
    """Motion only where there is a clip that tells it."""
    assert held.desk.seen
    return not facet.is_motion or facet in held.desk.seen.findings or held.desk.clip is not None


def _facets(held: Session, brief: Brief, facets: list[Facet]) -> Brief:
    with st.grid(min_column_width=250, gap="small"):
        for facet in facets:
            with st.container(gap="xxsmall"):
                brief = _facet(held, brief, facet)
    return brief


def _facet(held: Session, brief: Brief, facet: Facet) -> Brief:
    texts = brief.texts(facet)
    written = st.text_area(
        f"{facet.label}, one per line" if facet.is_many else facet.label,
        "\n".join(texts),
        key=f"facet.{facet}.{held.seen_edition}",
        help=facet.asks,
        height=_ONE_LINE + _LINE * max(len(texts) - 1, 0 if len(" ".join(texts)) < 40 else 1),
        max_chars=2_000,
    )
    if sources := _sources(brief, facet):
        st.html(f'<div class="wb-small">{escape(sources)}</div>')
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    return brief.with_texts(facet, lines if facet.is_many else [" ".join(lines)])


def _sources(brief: Brief, facet: Facet) -> str:
    """Which image each answer came from; nothing where there is only one to come from."""
    found = brief.findings.get(facet, ())
    if not found or len(brief.references) < 2:
        return ""
    told = [seen_in(brief, one) for one in found]
    if len(set(told)) == 1:
        return told[0].capitalize()
    return " · ".join(f"line {n}: {where}" for n, where in enumerate(told, 1))


def _conflict(held: Session, first: Brief, brief: Brief, facet: Facet) -> Brief:
    """Answers that differ, each with where it was seen; one is to be chosen, or written."""
    found = first.findings[facet]
    options = [one.text for one in found]
    now = brief.texts(facet)
    index: int | None = None
    if len(now) == 1:
        index = options.index(now[0]) if now[0] in options else len(options)
    sides = [f"{seen_in(first, one)} {_says(seen_in(first, one))} “{one.text}”" for one in found]
    key = f"conflict.{facet}.{held.seen_edition}"
    with st.container(border=True, gap="xsmall"):
        open_now = st.session_state.get(key, index) is None
        mark = ":orange-badge[differs]" if open_now else ":green-badge[chosen]"
        st.markdown(f"{mark} **{facet.label}**")
        chosen = st.radio(
            f"{facet.label}: which one holds?",
            range(len(options) + 1),
            index,
            lambda n: figures.label(sides[n]) if n < len(options) else OWN,
            key=key,
            help=facet.asks,
            label_visibility="collapsed",
        )
        kept = replace(brief, findings=immutabledict({**brief.findings, facet: found}))
        if chosen is None:
            return kept
        if chosen < len(options):
            return resolve(kept, facet, chosen)
        own = now[0] if index == len(options) else ""
        text = st.text_input(
            f"{facet.label} in my own words", own, key=f"{key}.own", max_chars=500, help=facet.asks
        )
        return brief.with_texts(facet, [text.strip()])


def _says(where: str) -> str:
    return "say" if where.startswith("images") else "says"
