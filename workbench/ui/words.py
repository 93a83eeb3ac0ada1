"""Word diffs as ``<ins>`` and ``<del>``: readable in both themes, and by a screen reader."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.prompting.diff import Piece, word_diff

_TAGS = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}


def diff_html(old: str, new: str) -> str:
    pieces = "".join(map(_piece_html, word_diff(old, new)))
    return f'<p class="wb-diff" dir="auto">{pieces}</p>'


def _piece_html(piece: Piece) -> str:
    """White space around changed words stays unmarked, unless it is all that changed."""
    words = piece.text.strip() or piece.text
    before, _, after = piece.text.partition(words)
    return before + _TAGS[piece.kind].format(escape(words)) + after


def show_diff(old: str, new: str) -> None:
    st.html(diff_html(old, new))
