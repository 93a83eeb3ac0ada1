"""Where in a prompt an axis stands, and the prompt with another phrase there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.domain.errors import RequestError
from workbench.prompting.axes import Axis
from workbench.prompting.draft import NOTATION, Draft
from workbench.prompting.edits import added, terms, without
from workbench.prompting.template import Literal

_CLAUSE = re.compile(r"\b(?:camera|shot follows)\b", re.IGNORECASE)
_STOPS = (".", "!", "?")
_COMPLETE = re.compile(r"(?:an?|as|at|in|under|just|slow at|fast at) ")  # take no word before


@dataclass(frozen=True, slots=True)
class Place:
    """``text[start:end]`` says something of the axis; nothing where both are the end. ``text`` is the prompt
    without what else it said of it. ``said`` is what stood there.
    """

    text: str
    start: int
    end: int
    said: str = ""

    def with_phrase(self, phrase: str) -> str:
        if not self.said:
            body = self.text.rstrip()
            return body + ((added(body, phrase) or "") if body else phrase)
        phrase = _suited(phrase, self.said, self.text[self.end :])
        return self.text[: self.start] + phrase + self.text[self.end :]


def place_of(axis: Axis, draft: Draft) -> Place:
    """Raises ``RequestError`` where the axis is a slot of the prompt, or nothing can be added to it."""
    prompt = draft.prompt
    _refuse_slot(axis, draft)
    spans = [found.span() for found in axis.present.finditer(draft.seen)]
    spans = [_whole_clause(prompt, *span) if axis.name == "camera" else span for span in spans]
    if not spans and NOTATION.match(prompt):
        raise RequestError(
            f"This prompt is JSON and says nothing of “{axis.label}”: the rules can't add to it. Write it in "
            f"words, or let a model write the variants."
        )
    if not spans:
        return Place(prompt, len(prompt), len(prompt))
    (start, end), *others = spans
    alone = set(terms(prompt))
    for other in reversed(others):  # from behind, so that the places before stay
        if other in alone:
            cut_start, cut_end, fix = without(prompt, *other)
            if prompt[:cut_start].endswith(_STOPS) and prompt[cut_end:].startswith(_STOPS):
                cut_end += 1  # a whole sentence goes with its full stop
            if cut_start >= end:
                prompt = prompt[:cut_start] + fix + prompt[cut_end:]
    return Place(prompt, start, end, prompt[start:end])


def _refuse_slot(axis: Axis, draft: Draft) -> None:
    names = {name.replace("_", " ").replace("-", " ").lower() for name in draft.template.slots}
    inside = [
        (at, at + len(part.source)) for at, part in draft.template.placed() if not isinstance(part, Literal)
    ]
    found = [match.span() for match in axis.present.finditer(draft.seen)]
    is_covered = any(start < last and first < end for first, last in inside for start, end in found)
    if axis.name in names or is_covered:
        raise RequestError(
            f"“{axis.label}” is a slot of this prompt already: vary it by its choices, or fill it first."
        )


def _whole_clause(text: str, start: int, end: int) -> tuple[int, int]:
    """“the camera slowly pushes in towards him” is one; a move named in passing stands for itself."""
    for first, last in terms(text):
        if first <= start and end <= last and _CLAUSE.search(text[first:last]):
            return first, last
    return start, end


def _suited(phrase: str, said: str, after: str) -> str:
    """``phrase`` in the grammar of what it replaces."""
    low = said.lower()
    if re.match(r"an? ", low) and not _COMPLETE.match(phrase):
        phrase = f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
    elif re.match(r"(?:by|in) ", low) and not _COMPLETE.match(phrase):
        phrase = f"in {phrase}"
    if re.match(r" of\b", after) and not re.search(r"\b(?:shot|view)\b", phrase):
        phrase = f"{phrase} shot"
    return phrase[0].upper() + phrase[1:] if said[:1].isupper() else phrase
