"""Word diffs as ``<ins>`` and ``<del>``: readable in both themes, and by a screen reader."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.prompting.diff import word_diff

_TAGS = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}


def diff_html(old: str, new: str) -> str:
    pieces = (_TAGS[piece.kind].format(escape(piece.text)) for piece in word_diff(old, new))
    return f'<p class="wb-diff" dir="auto">{"".join(pieces)}</p>'


def show_diff(old: str, new: str) -> None:
    st.html(diff_html(old, new))
