"""Of a brief, what nobody edits: its colours, and what could not be seen."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.domain.brief import Brief, Colour
from workbench.ui import figures


def palette(colours: tuple[Colour, ...]) -> None:
    """Chips with name and share; nothing where none were measured."""
    if colours:
        st.caption("Palette, measured")
        chips = "".join(map(_chip, colours))
        st.html(f'<ul class="wb-palette" aria-label="Palette">{chips}</ul>')


def unseen(brief: Brief) -> None:
    if brief.unseen:
        st.caption("**Could not be seen:** " + figures.plain(" ".join(brief.unseen)))


def _chip(colour: Colour) -> str:
    name = escape(colour.name or colour.hex)
    return (
        f'<li><i style="background:{escape(colour.hex, quote=True)}"></i>'
        f"<span>{name} {colour.share:.0%}</span></li>"
    )
