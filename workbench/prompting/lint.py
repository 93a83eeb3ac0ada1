"""What a prompt leaves open, contradicts or says in the wrong place, as one types.

Advice only: nothing here stops a run (``domain.capabilities.faults`` does). The rules follow the prompt
guides of the model makers: subject, action and style; a negative prompt that lists things; settings set as
settings. They read English; for other languages one gentle sentence stands in for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.media import Input
from workbench.domain.request import Scalar
from workbench.prompting import lint_inputs, lint_sound, vocabulary
from workbench.prompting import lint_rules as rules
from workbench.prompting.draft import NOTATION, WORD, Draft
from workbench.prompting.edits import added, terms, without
from workbench.prompting.hint import Field, Hint, Level
from workbench.prompting.tokens import tokens

__all__ = ["Field", "Hint", "Level", "lint"]


def lint(
    prompt: str,
    negative_prompt: str,
    model: Capabilities,
    settings: Mapping[str, Scalar] = immutabledict(),
    inputs: Sequence[Input] = (),
    lists: Mapping[str, Sequence[str]] = immutabledict(),
) -> tuple[Hint, ...]:
    """Every hint, in reading order, the prompt's first; at most five of one rule.

    ``settings`` may be partial: the model's defaults stand in. ``prompt`` may be a template, which draws from
    ``lists``; of several choices only the first is looked at, of a list none.
    """
    draft = Draft.of(prompt, negative_prompt, model, settings, inputs, lists)
    found = [hint for rule in _RULES for hint in islice(rule(draft), 5)]
    return tuple(sorted(found, key=lambda hint: (hint.field != "prompt", hint.start, hint.end, hint.rule)))


def _too_long(draft: Draft) -> Iterator[Hint]:
    limit = draft.model.prompt_limit_chars
    if len(draft.prompt) > limit:
        says = (
            f"The prompt is {len(draft.prompt):,} characters long; {draft.model.label} takes up to {limit:,}."
        )
        yield Hint("prompt", limit, len(draft.prompt), "conflict", says, rule="too long")
    most = draft.model.prompt_limit_tokens
    if most is None or len(draft.prompt) <= most:
        return
    have = tokens(draft.plain)
    if have.about > most:
        says = f"The prompt has {have} tokens; {draft.model.label} takes {most:,} and may leave out the rest."
        level: Level = "conflict" if have.least > most else "advice"
        yield Hint("prompt", len(draft.plain), len(draft.plain), level, says, rule="too many tokens")


def _language(draft: Draft) -> Iterator[Hint]:
    if not draft.is_english:
        says = (
            f"Prompts in this language are not evaluated for {draft.model.label}; if it follows them "
            f"loosely, try English."
        )
        yield Hint("prompt", 0, len(draft.plain), "advice", says, rule="language")


def _missing(draft: Draft) -> Iterator[Hint]:
    """Short prompts get one remark, not one for each thing that they leave out."""
    read = WORD.findall(draft.plain)
    if not read or not draft.is_english:
        return
    end = len(draft.plain.rstrip())
    if len(read) < rules.FEWEST_WORDS:
        if not draft.roles:
            says = (
                "So few words leave almost everything to chance: say who or what, what happens, "
                "the style and the camera."
            )
            yield Hint("prompt", end, end, "missing", says, rule="short")
        return
    if not draft.roles and not _has_subject(draft):
        yield Hint("prompt", 0, 0, "missing", "Nothing says who or what is seen.", rule="subject")
    if not draft.is_still and not _has_action(draft.seen):
        says = "Nothing says what happens: say what the subject does."
        yield Hint("prompt", end, end, "missing", says, rule="action")
    for wanted in rules.WANTED:
        given = draft.model.kind not in wanted.kinds or draft.roles & wanted.given_by
        if not given and not any(pattern.search(draft.seen) for pattern in wanted.patterns):
            fix = added(draft.plain[:end], wanted.addition)
            yield Hint("prompt", end, end, "missing", wanted.message, fix, wanted.name)


def _has_subject(draft: Draft) -> bool:
    """Nearly every prompt names it at once: the first lines alone are read first."""
    opening = draft.seen[:_OPENING].rpartition(" ")[0]
    return _names_something(opening) or _names_something(draft.seen)


_OPENING = 120


def _names_something(rest: str) -> bool:
    if not _may_name(rest):
        return False
    for pattern in (*rules.STYLE.patterns, *rules.CAMERA.patterns):
        rest = pattern.sub(" ", rest)
    return _may_name(rest)


def _may_name(text: str) -> bool:
    return any(word not in vocabulary.FILLER and not word.isdecimal() for word in WORD.findall(text))


def _has_action(text: str) -> bool:
    if vocabulary.ACTION_CLAUSE.search(text):
        return True
    for found in WORD.findall(text):
        word = found.lower()
        if word in vocabulary.ACTION_WORDS:
            return True
        if word.endswith("ing") and len(word) > 4 and word not in vocabulary.NO_ACTION_IN_ING:
            return True
    return False


def _spoken_settings(draft: Draft) -> Iterator[Hint]:
    for spoken in rules.SPOKEN:
        setting = draft.model.setting(spoken.setting)
        if setting is None:
            continue
        chosen = str(draft.settings[setting.name])
        shown = f"{chosen} {setting.unit}".rstrip()
        for found in spoken.pattern.finditer(draft.seen):
            start, end, fix = without(draft.plain, *found.span())
            said = draft.plain[slice(*found.span())].strip()
            if rules.agree(spoken.meaning(said), spoken.meaning(chosen)):
                level: Level = "ignored"
                says = f"{setting.label} is a setting ({shown}); “{said}” in the prompt adds nothing."
            else:
                level = "conflict"
                says = f"The prompt says “{said}”, but {setting.label} is set to {shown}: the setting counts."
            yield Hint("prompt", start, end, level, says, fix, f"setting {setting.name}")


def _late_moments(draft: Draft) -> Iterator[Hint]:
    seconds = draft.seconds
    if seconds is None:
        return
    for found in rules.MOMENT.finditer(draft.seen):
        said = rules.seconds_of(found[1])
        if said > seconds:
            says = f"The prompt speaks of {said:g} seconds, but the clip lasts {seconds:g} s."
            yield Hint("prompt", *found.span(), "conflict", says, rule="moment")


def _many_moves(draft: Draft) -> Iterator[Hint]:
    seconds = draft.seconds
    if seconds is None or draft.is_still:
        return
    moves = [found.span() for found in islice(rules.ANY_MOVE.finditer(draft.seen), 100)]
    if len(moves) > 2 and seconds < len(moves) * rules.SECONDS_A_MOVE:
        says = (
            f"{len(moves)} camera moves share {seconds:g} s, about {seconds / len(moves):.1f} s each; "
            f"keep one or two."
        )
        yield Hint("prompt", moves[2][0], moves[-1][1], "advice", says, rule="moves")


def _contradictions(draft: Draft) -> Iterator[Hint]:
    for pair in rules.CONTRADICTIONS:
        if not pair.one.search(draft.seen):
            continue
        found = sorted(
            (match.span(), which)
            for which, pattern in enumerate((pair.one, pair.other))
            for match in pattern.finditer(draft.seen)
            if not _is_negated(draft.seen, match.start())
        )
        for (first, one), (second, other) in pairwise(found):
            between = draft.seen[first[1] : second[0]]
            is_sequence = vocabulary.TURN.search(between) or (pair.apart and re.search(r"[.!?\n]", between))
            if one == other or second[0] < first[1] or is_sequence:
                continue
            early, late = draft.plain[slice(*first)].strip(), draft.plain[slice(*second)].strip()
            says = f"“{early}” and “{late}”: {pair.why}."
            yield Hint("prompt", *second, "conflict", says, rule="contradiction")
            break


def _is_negated(text: str, at: int) -> bool:
    return rules.NEGATED_BEFORE.search(text[max(0, at - 40) : at]) is not None


def _strays(draft: Draft) -> Iterator[Hint]:
    for at in draft.template.strays:
        if draft.plain[at] == "{" and draft.plain[at + 1 : at + 2].isalpha():
            says = (
                "This brace opens no slot, so it is sent as it is; a slot is {camera} or "
                "{camera=slow dolly in|static}."
            )
            yield Hint("prompt", at, at + 1, "advice", says, rule="brace")


_TWICE = re.compile(r"\b(\w{1,60}) \1(?!\w)")


def _repeats(draft: Draft) -> Iterator[Hint]:
    for found in _TWICE.finditer(draft.seen):
        word = draft.plain[found.start(1) : found.end(1)]
        yield Hint("prompt", *found.span(), "advice", f"“{word}” stands twice in a row.", word, "repeat")
    if NOTATION.match(draft.plain):
        return
    told: set[str] = set()
    for start, end in terms(draft.plain):
        term = draft.plain[start:end].lower()
        if term in told and term == draft.seen[start:end]:
            says = f"“{draft.plain[start:end]}” stands twice; saying it again does not make it stronger."
            cut_start, cut_end, fix = without(draft.plain, start, end)
            yield Hint("prompt", cut_start, cut_end, "advice", says, fix, "repeat")
        told.add(term)


def _negative_prompt(draft: Draft) -> Iterator[Hint]:
    negative = draft.negative
    if not negative.strip():
        return
    if not draft.model.negative_prompt:
        says = (
            f"{draft.model.label} has no negative prompt: leave it empty and say in the prompt what "
            f"should be seen instead."
        )
        yield Hint("negative_prompt", 0, len(negative), "ignored", says, "", "no negative prompt")
        return
    for start, end in terms(negative):
        told = rules.NEGATION.match(negative, start, end)
        if told is None:
            yield from _asked_for(draft, start, end)
            continue
        thing = negative[told.end() : end].strip()
        if thing:
            says = (
                f"A negative prompt lists things: “{thing}”, not “{negative[start:end]}”, which may be read "
                f"as asking for it."
            )
            yield Hint("negative_prompt", start, end, "advice", says, thing, "negation")
        else:
            says = f"A negative prompt lists things; “{negative[start:end]}” names none."
            yield Hint("negative_prompt", *without(negative, start, end)[:2], "advice", says, "", "negation")


def _asked_for(draft: Draft, start: int, end: int) -> Iterator[Hint]:
    """The term, where the prompt asks for the very same thing."""
    term = draft.negative[start:end]
    if len(term) > 200 or not WORD.search(term):
        return
    stem = re.escape(term.lower().removesuffix("s") if len(term) > 3 else term.lower())
    for found in re.finditer(rf"(?<!\w){stem}(?:s|es)?(?!\w)", draft.seen):
        if not _is_negated(draft.seen, found.start()):
            asked = draft.plain[slice(*found.span())]
            says = f"The prompt asks for “{asked}” and the negative prompt forbids it."
            cut_start, cut_end, fix = without(draft.negative, start, end)
            yield Hint("negative_prompt", cut_start, cut_end, "conflict", says, fix, "asked for")
            return


_RULES: tuple[Callable[[Draft], Iterator[Hint]], ...] = (
    _too_long,
    _language,
    _missing,
    _spoken_settings,
    _late_moments,
    _many_moves,
    _contradictions,
    lint_sound.unquoted_speech,
    lint_sound.long_speech,
    lint_sound.many_voices,
    lint_sound.sound,
    lint_inputs.extension,
    lint_inputs.untold,
    lint_inputs.style_image,
    lint_inputs.people,
    _strays,
    _repeats,
    _negative_prompt,
)
