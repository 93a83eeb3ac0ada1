"""Looks at several files, merged into one brief: what agrees once, what differs side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from immutabledict import immutabledict

from workbench.domain.brief import Brief, Facet, Finding, Look
from workbench.domain.errors import RequestError
from workbench.prompting.palette import merged
from workbench.prompting.wording import Wording, wording

_LITERAL = frozenset({Facet.TEXT})  # words that can be read are the same words or others


def merge(looks: Sequence[Look]) -> Brief:
    """What ``looks`` found, in their order; the first file is “image 1”.

    Answers of different looks that say the same become the fuller one, with both sources. Of a facet that
    can have one answer only, those that differ stand side by side, what most files agree on first. In which
    order the looks come decides the order of what is in the brief, and nothing else.
    """
    references = tuple(dict.fromkeys(look.media_sha256 for look in looks))
    findings = {facet: _findings(facet, looks, references) for facet in Facet}
    return Brief(
        references,
        immutabledict({facet: found for facet, found in findings.items() if found}),
        merged([look.palette for look in _one_each(looks)]),
        _unseen(looks),
        tuple(dict.fromkeys(look.model for look in looks)),
    )


def resolve(brief: Brief, facet: Facet, chosen: int | str) -> Brief:
    """``brief`` with one answer to ``facet``: the one at that place, or those words.

    Raises ``RequestError`` where there is no such place.
    """
    texts = brief.texts(facet)
    if isinstance(chosen, str):
        return brief.with_texts(facet, [chosen.strip()])
    if not 0 <= chosen < len(texts):
        has = f"it has {len(texts)}, counted from 0" if texts else "it has none"
        raise RequestError(
            f"{facet.label} has no answer number {chosen}: {has}. Choose one of them or write it."
        )
    return brief.with_texts(facet, [texts[chosen]])


def conflicts_in_words(brief: Brief) -> tuple[str, ...]:
    """One sentence for each conflict: who says what."""
    told = []
    for facet in brief.conflicts:
        sides = "; ".join(f"“{one.text}” ({seen_in(brief, one)})" for one in brief.findings[facet])
        told.append(f"{facet.label}: {sides}.")
    return tuple(told)


def seen_in(brief: Brief, finding: Finding) -> str:
    """“images 1 and 3”; “written by hand” where it has no source."""
    numbers = [str(n) for n, sha256 in enumerate(brief.references, 1) if sha256 in finding.sources]
    if not numbers:
        return "written by hand"
    if len(numbers) == 1:
        return f"image {numbers[0]}"
    return f"images {', '.join(numbers[:-1])} and {numbers[-1]}"


@dataclass(slots=True)
class _Answer:
    """One text. ``looks`` gave it word for word; ``place`` is where it came first; ``sources`` are all files
    in which it was seen, in whatever words.
    """

    text: str
    says: Wording
    place: tuple[int, int]
    looks: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def absorb(self, other: _Answer) -> None:
        self.sources |= other.sources
        self.place = min(self.place, other.place)


def _findings(facet: Facet, looks: Sequence[Look], references: Sequence[str]) -> tuple[Finding, ...]:
    leading: list[_Answer] = []
    for answer in _fullest_first(facet, looks):
        leaders = [lead for lead in leading if _say_the_same(facet, lead, answer)]
        for lead in leaders:
            lead.absorb(answer)
        if not leaders:
            leading.append(answer)
    leading.sort(key=lambda lead: (0 if facet.is_many else -len(lead.sources), lead.place))
    return tuple(
        Finding(lead.text, tuple(sha256 for sha256 in references if sha256 in lead.sources))
        for lead in leading
    )


def _fullest_first(facet: Facet, looks: Sequence[Look]) -> list[_Answer]:
    """Every text once, in an order that the order of the looks does not change: so the same ones lead."""
    answers: dict[str, _Answer] = {}
    for n, look in enumerate(looks):
        for at, text in enumerate(look.findings.get(facet, ())):
            if text.strip():
                answer = answers.setdefault(text, _Answer(text, wording(text), (n, at)))
                answer.looks.add(n)
                answer.sources.add(look.media_sha256)
    return sorted(answers.values(), key=lambda one: (-len(one.says.words), -len(one.text), one.text))


def _say_the_same(facet: Facet, one: _Answer, other: _Answer) -> bool:
    if one.looks & other.looks:  # whoever looked told them apart
        return False
    if facet in _LITERAL:
        return one.text.split() == other.text.split()
    return one.says.is_near(other.says, same_head=facet.is_many)


def _one_each(looks: Iterable[Look]) -> list[Look]:
    """A file that several models looked at has one palette: it is measured."""
    return list({(look.media_sha256, look.palette): look for look in looks if look.palette}.values())


def _unseen(looks: Sequence[Look]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for look in looks:
        for text in look.unseen:
            if text.strip():
                key = " ".join(text.casefold().split()).rstrip(".")
                kept[key] = min(kept.get(key, text), text)
    return tuple(kept.values())
