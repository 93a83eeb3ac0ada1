"""``SavedPrompt``: a name in the prompt library, and its versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

LONGEST_NAME, LONGEST_TAG, LONGEST_NOTES = 120, 40, 2_000
MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class PromptVersion:
    id: str
    name: str
    number: int
    text: str
    negative_text: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SavedPrompt:
    """``newest`` is the version that the name stands for now; ``runs`` were made of any of its versions."""

    name: str
    tags: tuple[str, ...]
    notes: str
    newest: PromptVersion
    runs: int

    @property
    def versions(self) -> int:
        return self.newest.number


def faults_of_name(name: str) -> list[str]:
    if 1 <= len(name) <= LONGEST_NAME:
        return []
    return [f"A saved prompt needs a name of 1 to {LONGEST_NAME} characters."]


def faults_of_text(text: str, negative_text: str) -> list[str]:
    if text.strip() or negative_text.strip():
        return []
    return ["There is nothing to save; write a prompt or a negative prompt."]


def faults_of_words(tags: Iterable[str], notes: str) -> list[str]:
    """What is wrong with what somebody wrote of a prompt."""
    found = []
    given = list(tags)
    if len(given) > MOST_TAGS:
        found.append(f"{len(given)} tags are too many; allowed are {MOST_TAGS}.")
    if long := next((tag for tag in given if len(tag) > LONGEST_TAG), ""):
        found.append(
            f"The tag “{long[:LONGEST_TAG]}…” is too long; a tag takes up to {LONGEST_TAG} characters."
        )
    if len(notes) > LONGEST_NOTES:
        found.append(f"Notes of {len(notes):,} characters are too long; allowed are {LONGEST_NOTES:,}.")
    return found


def as_tags(words: str | Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order given; commas part tags, so that none can have one."""
    parts = words if isinstance(words, str) else ",".join(words)
    tags = (" ".join(part.split()) for part in parts.split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))
