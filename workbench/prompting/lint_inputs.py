"""Hints about what goes along: clips, pictures, and who may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.domain.media import Role
from workbench.prompting import lint_rules as rules
from workbench.prompting import vocabulary as say
from workbench.prompting.draft import WORD, Draft
from workbench.prompting.hint import Hint


@dataclass(frozen=True, slots=True)
class Instead:
    """What words have to say where a model does not take files of ``role``; ``patterns`` find them said."""

    role: Role
    message: str
    patterns: tuple[re.Pattern[str], ...]


INSTEAD = (
    Instead(
        Role.REFERENCE_CLIP,
        "say in words how things and the camera move in it.",
        (*(pattern for _, pattern in say.MOVES), say.PACE),
    ),
    Instead(Role.STYLE, "say its style in words.", rules.STYLE.patterns),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """People that a value of ``person_generation`` does not let through."""

    pattern: re.Pattern[str]
    refused_by: frozenset[str]
    advice: str


# Google's page on responsible AI: children need allow_all, which is granted to a project on request; a prompt
# that shows whom the setting excludes is blocked.
PEOPLE = (
    Shown(
        say.words(say.CHILDREN),
        frozenset({"allow_adult"}),
        "children need allow_all, which Google has to grant. Show adults, or choose allow_all.",
    ),
    Shown(
        say.PEOPLE,
        frozenset({"dont_allow"}),
        "it would be blocked. Choose allow_adult, or show no people.",
    ),
)


def extension(draft: Draft) -> Iterator[Hint]:
    """A clip that goes on: what continues has to be said, and a voice only goes on if it was just heard."""
    if Role.SOURCE_CLIP not in draft.roles or Role.SOURCE_CLIP not in draft.model.roles:
        return
    if draft.is_english and WORD.search(draft.plain) and not say.GOES_ON.search(draft.seen):
        says = "An extension goes on from the clip's last second: say what continues and what changes."
        yield Hint("prompt", 0, 0, "missing", says, rule="extension")
    for start, end in draft.quotes[:1]:
        if rules.SPEECH.search(draft.seen):
            says = "A voice is carried on only if it is heard in the last second of the clip."
            yield Hint("prompt", start, end, "advice", says, rule="extended voice")


def untold(draft: Draft) -> Iterator[Hint]:
    """A file that the model does not take, and no words that stand in for it."""
    if not WORD.search(draft.plain):
        return
    end = len(draft.plain.rstrip())
    for instead in INSTEAD:
        if instead.role not in draft.roles or instead.role in draft.model.roles:
            continue
        if not any(pattern.search(draft.seen) for pattern in instead.patterns):
            says = f"{draft.model.label} takes no {instead.role.label.lower()}: {instead.message}"
            yield Hint("prompt", end, end, "ignored", says, rule=f"no {instead.role}")


def style_image(draft: Draft) -> Iterator[Hint]:
    """The picture gives the style; words that name one pull the other way."""
    if Role.STYLE not in draft.roles or Role.STYLE not in draft.model.roles:
        return
    found = next((m for pattern in rules.STYLE.patterns if (m := pattern.search(draft.seen))), None)
    if found:
        said = draft.plain[slice(*found.span())]
        says = f"A style image is given too: if it is not “{said}”, the two pull apart."
        yield Hint("prompt", *found.span(), "advice", says, rule="style image")


def people(draft: Draft) -> Iterator[Hint]:
    """Who may be shown is a setting: a prompt that shows others is blocked."""
    setting = draft.model.setting("person_generation")
    if setting is None:
        return
    chosen = str(draft.settings[setting.name])
    for kind in PEOPLE:
        found = kind.pattern.search(draft.seen) if chosen in kind.refused_by else None
        if found and not rules.NEGATED_BEFORE.search(draft.seen[max(0, found.start() - 40) : found.start()]):
            said = draft.plain[slice(*found.span())]
            says = f"{setting.label} is set to {chosen}, but the prompt shows “{said}”: {kind.advice}"
            yield Hint("prompt", *found.span(), "conflict", says, rule="people")
            return
