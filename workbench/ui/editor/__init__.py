"""A text editor that tells what is typed while it is typed; ``st.text_area`` tells it on leaving only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

from workbench.prompting.tokens import TOKENS

_HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "workbench.editor", html=_read("editor.html"), css=_read("editor.css"), js=_read("editor.js")
)

Kind = Literal["missing", "conflict", "ignored", "advice", "slot"]


@dataclass(frozen=True, slots=True)
class Mark:
    """``text[start:end]`` is underlined, or tinted where it is a slot."""

    start: int
    end: int
    kind: Kind


def written(key: str, edition: str, text: str) -> str:
    """What stands in the editor ``key`` by now; ``text`` where nothing was typed in this ``edition``.

    Known before the editor is drawn, so that whatever depends on the words can be drawn with it.
    """
    state = st.session_state.get(key)
    for event in ("sent", "typed"):
        if (told := state.get(event) if state else None) and told["edition"] == edition:
            return _whole(str(told["text"]))
    return text


def _whole(text: str) -> str:
    """Half of a character pair, as a paste can leave it, as the replacement character: no file takes it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def editor(
    label: str,
    text: str,
    *,
    key: str,
    edition: str,
    limit_chars: int,
    limit_tokens: int | None = None,
    placeholder: str = "",
    help: str = "",
    rows: int = 3,
    marks: Sequence[Mark] = (),
    invalid: bool = False,
    on_sent: Callable[[], None] | None = None,
) -> bool:
    """Draw it; whether it was sent off with Ctrl+Enter. ``on_sent`` hears of that before anything is drawn.

    ``text`` goes in at the first drawing and at each new ``edition``, never in between: what a person
    typed since is newer. ``marks`` belong to ``text``.
    """
    data = {
        "label": label,
        "text": text,
        "edition": edition,
        "limit": limit_chars,
        "tokens": {"limit": limit_tokens, "table": TOKENS} if limit_tokens else None,
        "placeholder": placeholder,
        "help": help,
        "rows": rows,
        "marks": [[_utf16(text, m.start), _utf16(text, m.end), m.kind] for m in marks],
        "invalid": invalid,
    }

    def heard() -> None:
        if on_sent and _is_of(edition, st.session_state[key].get("sent")):
            on_sent()

    result = _component(key=key, data=data, on_typed_change=_nothing, on_sent_change=heard)
    return _is_of(edition, result.get("sent"))


def _is_of(edition: str, sent: Mapping[str, object] | None) -> bool:
    return bool(sent and sent["edition"] == edition)


def _nothing() -> None:
    """Streamlit keeps the values that have a callback."""


def _utf16(text: str, at: int) -> int:
    """Python counts characters, a browser counts UTF-16 units."""
    return len(text[:at].encode("utf-16-le", errors="surrogatepass")) // 2
