"""Small edits of a prompt that leave it readable: what lies between commas, taking out, adding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.prompting.draft import NOTATION, WORD

_TERM = re.compile(r"[^,;.!?\n]+")


def terms(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what stands between commas, without the white space around it."""
    for found in _TERM.finditer(text):
        term = found[0]
        start = found.start() + len(term) - len(term.lstrip())
        if WORD.search(term):
            yield start, start + len(term.strip())


def without(text: str, start: int, end: int) -> tuple[int, int, str]:
    """The span to replace, and by what, so that ``text`` reads well without ``text[start:end]``."""
    before, after = text[:start].rstrip(" "), text[end:].lstrip(" ")
    if before.endswith((",", ";")) and (not after or after[0] in ",;.!?\n"):
        return len(before) - 1, end, ""
    if not before and after.startswith((",", ";")):
        return start, len(text) - len(after[1:].lstrip(" ")), ""
    if not after or after[0] in ",;.!?\n":
        return len(before), end, ""
    return start, len(text) - len(after), ""


def added(text: str, phrase: str) -> str | None:
    """What has to stand after ``text`` so that it says ``phrase`` too and reads well.

    ``None`` where ``text`` is JSON: nothing can stand after that.
    """
    if NOTATION.match(text):
        return None
    if text.endswith((".", "!", "?")):
        return f" {phrase[0].upper()}{phrase[1:]}."
    return f" {phrase}" if text.endswith((",", ";", ":")) else f", {phrase}"
