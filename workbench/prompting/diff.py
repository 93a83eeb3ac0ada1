"""What changed between two prompts, word by word, and between two sets of settings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from workbench.domain.request import Scalar

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one kind. In a replacement the removed text comes first."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs; ``None`` on the side that does not have it."""

    name: str
    old: Scalar | None
    new: Scalar | None


def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """The pieces of both texts in reading order.

    Joining "same" and "removed" gives ``old``, joining "same" and "added" gives ``new``, exactly. Texts
    are cut at white space and punctuation only (and between ideographs), never inside a character that is
    made of several code points. Two very long texts of few different words are shown as one replacement.
    """
    a, b = _words(old), _words(new)
    return tuple(_merged(_pieces(a, b)))


def settings_diff(old: Mapping[str, Scalar], new: Mapping[str, Scalar]) -> tuple[Change, ...]:
    """What differs, in the order of ``old``, then what only ``new`` has. As for hashes, 8 is not 8.0."""
    return tuple(
        Change(name, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if _identity(old.get(name)) != _identity(new.get(name))
    )


def _identity(value: Scalar | None) -> tuple[type, str]:
    return type(value), str(value)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word or mark with the white space before it; the last one of a text is empty."""

    gap: str
    text: str

    def __str__(self) -> str:
        return self.gap + self.text


_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = r",.;:!?…()\[\]{}\"“”„«»|/、。，！？：；「」『』（）،؛؟"
_TOKENS = re.compile(rf"\s+|[{_MARKS}{_IDEOGRAPHS}]|[^\s{_MARKS}{_IDEOGRAPHS}]+")
_JOINER = "\u200d"
_MOST_PAIRS = 2_000_000  # of equal words; beyond it matching takes seconds and shows only confetti


def _words(text: str) -> list[_Word]:
    words, gap = [], ""
    for token in _whole_characters(_TOKENS.findall(text)):
        if token.isspace():
            gap = token
        else:
            words.append(_Word(gap, token))
            gap = ""
    return [*words, _Word(gap, "")]


def _whole_characters(tokens: Sequence[str]) -> Iterator[str]:
    """Tokens joined again where a cut would fall inside one visible character."""
    held = ""
    for token in tokens:
        if held and not (_continues(token) or held.endswith(_JOINER)):
            yield held
            held = ""
        held += token
    if held:
        yield held


def _continues(token: str) -> bool:
    return token[0] == _JOINER or unicodedata.category(token[0]).startswith("M")


def _pieces(a: list[_Word], b: list[_Word]) -> Iterator[Piece]:
    for equal, (a1, a2, b1, b2) in _blocks([w.text for w in a], [w.text for w in b]):
        if not equal:
            yield from _replaced(a[a1:a2], b[b1:b2])
            continue
        for before, after in zip(a[a1:a2], b[b1:b2], strict=True):
            if before.gap == after.gap:
                yield Piece("same", str(before))
            else:
                yield from (
                    Piece("removed", before.gap),
                    Piece("added", after.gap),
                    Piece("same", after.text),
                )


def _replaced(a: list[_Word], b: list[_Word]) -> Iterator[Piece]:
    before, after = "".join(map(str, a)), "".join(map(str, b))
    if a and b and a[0].gap == b[0].gap:
        shared = len(a[0].gap)
        yield Piece("same", before[:shared])
        before, after = before[shared:], after[shared:]
    yield from (Piece("removed", before), Piece("added", after))


Span = tuple[int, int, int, int]


def _blocks(a: list[str], b: list[str]) -> list[tuple[bool, Span]]:
    """Alternating equal and changed blocks; the shared beginning and end are found first."""
    head = _shared(zip(a, b, strict=False))
    tail = _shared(zip(reversed(a[head:]), reversed(b[head:]), strict=False))
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    matched: list[tuple[bool, Span]] = [(False, (0, len(middle_a), 0, len(middle_b)))]
    if _pairs(middle_a, middle_b) <= _MOST_PAIRS:
        opcodes = SequenceMatcher(None, middle_a, middle_b, autojunk=False).get_opcodes()
        matched = _readable([(tag == "equal", (a1, a2, b1, b2)) for tag, a1, a2, b1, b2 in opcodes], middle_a)
    inner = [(equal, (a1 + head, a2 + head, b1 + head, b2 + head)) for equal, (a1, a2, b1, b2) in matched]
    end = (len(a) - tail, len(a), len(b) - tail, len(b))
    return [(True, (0, head, 0, head)), *inner, (True, end)]


def _shared(pairs: Iterable[tuple[str, str]]) -> int:
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _pairs(a: list[str], b: list[str]) -> int:
    in_b = Counter(b)
    return sum(count * in_b[word] for word, count in Counter(a).items())


def _readable(blocks: list[tuple[bool, Span]], a: list[str]) -> list[tuple[bool, Span]]:
    """Blocks in which a comma or a tiny word alone between two replacements counts as replaced too."""

    def is_replacement(i: int) -> bool:
        equal, (a1, a2, b1, b2) = blocks[i]
        return not equal and a1 < a2 and b1 < b2

    kept: list[tuple[bool, Span]] = []
    for i, (equal, span) in enumerate(blocks):
        tiny = equal and sum(map(len, a[span[0] : span[1]])) <= 3
        between = 0 < i < len(blocks) - 1 and is_replacement(i - 1) and is_replacement(i + 1)
        kept.append((equal and not (tiny and between), span))
    merged = []
    for equal, group in groupby(kept, key=lambda block: block[0]):
        spans = [span for _, span in group]
        merged.append((equal, (spans[0][0], spans[-1][1], spans[0][2], spans[-1][3])))
    return merged


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece; between two same pieces all removed text, then all added."""
    for is_same, group in groupby((p for p in pieces if p.text), key=lambda piece: piece.kind == "same"):
        run = list(group)
        kinds: tuple[Kind, ...] = ("same",) if is_same else ("removed", "added")
        for kind in kinds:
            if text := "".join(p.text for p in run if p.kind == kind):
                yield Piece(kind, text)
