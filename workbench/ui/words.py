"""Word diffs as ``<ins>`` and ``<del>``: readable in both themes, and by a screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

import streamlit as st

from workbench.prompting.diff import Piece, word_diff

_TAGS = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}
_BESIDE = 12  # words that stay in sight beside what changed
_FOLDED = 16  # fewer words than that are not worth a fold
_WORDS = re.compile(r"\S+\s*")
_PHRASES = 3
_PHRASE_CHARS, _OTHER_CHARS = 40, 70
_ALIKE = 0.2  # texts that share less are told as another text, not as changes


def diff_html(old: str, new: str, *, folded: bool = False) -> str:
    """``folded`` hides long stretches that are the same, each behind a word that opens it."""
    pieces = word_diff(old, new)
    if not folded:
        return pieces_html(pieces)
    last = len(pieces) - 1
    inside = "".join(
        _folded(piece.text, first=n == 0, last=n == last) if piece.kind == "same" else _piece_html(piece)
        for n, piece in enumerate(pieces)
    )
    return f'<div class="wb-diff" dir="auto">{inside}</div>'


def pieces_html(pieces: Iterable[Piece]) -> str:
    return f'<p class="wb-diff" dir="auto">{"".join(map(_piece_html, pieces))}</p>'


def phrases(old: str, new: str) -> str:
    """What changed in a few words: ``slow → fast``, ``+ mist over the hills``, ``− text``. Of a text that
    has little in common with the old one, its beginning.
    """
    pieces = [piece for piece in word_diff(old, new) if piece.text.strip()]
    kept = sum(len(piece.text) for piece in pieces if piece.kind == "same")
    if old and new and 2 * kept < _ALIKE * (len(old) + len(new)):
        return _short(new, _OTHER_CHARS)
    told = list(_phrases(pieces))
    more = "" if len(told) <= _PHRASES else ", …"
    return ", ".join(told[:_PHRASES]) + more


def show_diff(old: str, new: str) -> None:
    st.html(diff_html(old, new))


def _piece_html(piece: Piece) -> str:
    """White space around changed words stays unmarked, unless it is all that changed."""
    words = piece.text.strip() or piece.text
    before, _, after = piece.text.partition(words)
    return before + _TAGS[piece.kind].format(escape(words)) + after


def _folded(text: str, *, first: bool, last: bool) -> str:
    """The middle of a long stretch behind a fold; of the first and the last, what is far from any change."""
    words = _WORDS.findall(text)
    head, tail = 0 if first else _BESIDE, 0 if last else _BESIDE
    hidden = len(words) - head - tail
    if hidden < _FOLDED:
        return escape(text)
    indent = text[: len(text) - len(text.lstrip())]
    before, middle = "".join(words[:head]), "".join(words[head : len(words) - tail])
    after = "".join(words[len(words) - tail :])
    count = f"{hidden} words, the same" if head or tail else f"{hidden} words, all the same"
    fold = f"<details><summary>{count}</summary>{escape(middle)}</details>"
    return escape(indent + before) + fold + escape(after)


def _phrases(pieces: list[Piece]) -> Iterator[str]:
    removed = ""
    for piece in [*pieces, Piece("same", "")]:
        text = _short(piece.text)
        if piece.kind == "removed":
            removed = text
        elif piece.kind == "added":
            yield f"{removed} → {text}" if removed else f"+ {text}"
            removed = ""
        else:
            if removed:
                yield f"− {removed}"
            removed = ""


def _short(text: str, most: int = _PHRASE_CHARS) -> str:
    words = " ".join(text.split()).strip(",;. ") or text.strip()
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0].rstrip(" ,;.") + " …"
