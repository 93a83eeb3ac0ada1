"""Hints about what is heard: speech, and sound for models that make it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.prompting import lint_rules as rules
from workbench.prompting import vocabulary as say
from workbench.prompting.draft import NOTATION, WORD, Draft
from workbench.prompting.edits import added
from workbench.prompting.hint import Hint


def unquoted_speech(draft: Draft) -> Iterator[Hint]:
    if NOTATION.match(draft.plain):
        return
    taken = 0
    for found in rules.UNQUOTED.finditer(draft.seen):
        start = found.end()
        if start < taken:
            continue
        stop = rules.SAID_UNTIL.search(draft.seen, start)
        end = len(draft.seen[: stop.start() if stop else None].rstrip())
        taken = end
        says = "Words that are spoken or written come out best in quotation marks."
        quoted = f'"{draft.prompt[start:end]}"'
        yield Hint("prompt", start, end, "advice", says, quoted, "unquoted")


def long_speech(draft: Draft) -> Iterator[Hint]:
    spoken = [span for span in draft.quotes if _is_speech(draft.seen, *span)]
    if draft.seconds is None or not spoken or draft.is_still:
        return
    count = sum(len(draft.plain[start:end].split()) for start, end in spoken)
    need = count / rules.WORDS_A_SECOND
    if need > draft.seconds:
        says = f"{count} spoken words need about {need:.0f} s; the clip lasts {draft.seconds:g} s."
        yield Hint("prompt", spoken[0][0], spoken[-1][1], "conflict", says, rule="long speech")


def _is_speech(seen: str, start: int, end: int) -> bool:
    """A quotation with a word of speaking near it, and none of writing between the two."""
    before = [*re.split(r"[.!?\n]", seen[max(0, start - 80) : start])][-1]
    if rules.WRITTEN.search(before):
        return False
    after = re.split(r"[.!?\n]", seen[end : end + 40])[0]
    return bool(rules.SPEECH.search(before) or before.rstrip().endswith(":") or rules.SPEECH.search(after))


def many_voices(draft: Draft) -> Iterator[Hint]:
    """Several people who speak, and no word of it: models then let them babble."""
    if draft.is_still or any(_is_speech(draft.seen, *span) for span in draft.quotes):
        return
    found = say.SEVERAL_SPEAK.search(draft.seen)
    if found and draft.is_heard and not rules.UNQUOTED.search(draft.seen):
        says = (
            "Several people speak and nothing says what: put each one's words in quotation marks with who "
            "says them, or say that they talk inaudibly."
        )
        yield Hint("prompt", *found.span(), "advice", says, rule="voices")


def sound(draft: Draft) -> Iterator[Hint]:
    """A model with sound that is told none makes up its own; one without hears nothing of it."""
    if draft.is_still:
        return
    if draft.is_silent:
        named = say.SOUND_NAMED.search(draft.seen)
        if named:
            said = draft.plain[slice(*named.span())]
            says = f"Sound is turned off: “{said}” will not be heard."
            yield Hint("prompt", *named.span(), "ignored", says, rule="silent")
        return
    if not draft.is_heard or draft.model.local or draft.quotes or not draft.is_english:
        return  # the embedded engine finds its own sound; quoted words are heard
    if len(WORD.findall(draft.plain, 0, 200)) >= rules.FEWEST_WORDS and not say.SOUND.search(draft.seen):
        end = len(draft.plain.rstrip())
        says = (
            "Nothing says what is heard: name sound effects or the ambient sound, or the model makes it up."
        )
        fix = added(draft.plain[:end], "natural ambient sound")
        yield Hint("prompt", end, end, "missing", says, fix, "sound")
