"""Rewriting a prompt: improve it, vary it along one axis, translate it – asked of a model, or by rules.

What comes out is a ``Written``, to be shown as a word diff (``prompting.diff``): accepted, edited or refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from immutabledict import immutabledict

from workbench.domain.brief import Facet
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FailureReason, Rejected, RequestError
from workbench.domain.request import Scalar
from workbench.domain.run import Kind
from workbench.domain.writing import Written
from workbench.prompting.asking import Asking, shape_of, things
from workbench.prompting.axes import AXES, Axis, axis_named
from workbench.prompting.draft import Draft
from workbench.prompting.edits import added
from workbench.prompting.guide import GUIDE, facts_of
from workbench.prompting.hint import Hint
from workbench.prompting.lint import lint
from workbench.prompting.use_cases import UseCase
from workbench.prompting.varying import Place, place_of
from workbench.prompting.writer import read_written, written_shape

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_FIXES = 40
_FACETS_OF_CASES = {
    "camera": Facet.CAMERA,
    "lens": Facet.LENS,
    "light": Facet.LIGHT,
    "style": Facet.STYLE,
    "mood": Facet.MOOD,
}
_LIMITED = frozenset({"too long", "too many tokens"})


# By rules


def improve(
    prompt: str,
    negative_prompt: str,
    model: Capabilities,
    use_case: UseCase | None = None,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Written:
    """The fixes that the hints offer, and what ``use_case`` says where the prompt says nothing."""
    notes: list[str] = []
    if use_case is not None:
        prompt = _completed(prompt, use_case, model, settings, notes)
    for _ in range(MOST_FIXES):
        hints = lint(prompt, negative_prompt, model, settings)
        hint = min(filter(_is_fixable, hints), key=_turn, default=None)
        if hint is None:
            break
        prompt, negative_prompt = _fixed(prompt, negative_prompt, hint)
        notes.append(hint.message)
    hints = lint(prompt, negative_prompt, model, settings)
    left = [hint.message for hint in hints if not _is_fixable(hint)]
    if left:
        notes.append(f"Left to you: {' '.join(dict.fromkeys(left))}")
    elif not notes:
        notes.append("The rules find nothing to improve.")
    return Written(prompt, negative_prompt, notes=tuple(dict.fromkeys(notes)))


def _is_fixable(hint: Hint) -> bool:
    """A negative prompt that this model has no place for is kept for others."""
    return hint.fix is not None and hint.rule != "no negative prompt"


def _turn(hint: Hint) -> tuple[bool, int, int]:
    """What stands in the text first; then what is added at its end, in the guide's order."""
    order = ("camera", "style", "sound")
    return hint.level == "missing", order.index(hint.rule) if hint.rule in order else -1, hint.start


def vary(
    prompt: str,
    negative_prompt: str,
    axis: str,
    count: int,
    model: Capabilities,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> tuple[Written, ...]:
    """``count`` prompts that differ from ``prompt``, and from each other, in what they say of ``axis``.

    The same every time. Raises ``RequestError`` for an axis that is unknown, is a slot of the prompt, or has
    no ``count`` phrases for this kind of model.
    """
    along = _axis(axis, model)
    place = place_of(along, Draft.of(prompt, negative_prompt, model, settings, ()))
    before = _worries(prompt, negative_prompt, model, settings)
    found: dict[str, tuple[int, str]] = {}
    for phrase in along.phrases_for(model.kind):
        text = place.with_phrase(phrase)
        if text.casefold() != prompt.casefold():
            worse = _worries(text, negative_prompt, model, settings) - before
            found.setdefault(text, (max(0, worse), phrase))
    if not 1 <= count <= len(found):
        raise RequestError(
            f"The rules can't make {count} variants of “{along.label}”. Allowed: 1 to {len(found)}. "
            f"Ask for fewer, or let a model write them."
        )
    best = sorted(found.items(), key=lambda one: one[1][0])[:count]  # stable: the data's order within
    return tuple(
        Written(text, negative_prompt, notes=(_varied(along, place, phrase),)) for text, (_, phrase) in best
    )


def translate(prompt: str, negative_prompt: str, model: Capabilities) -> Written:
    """Rules translate nothing: what is English stays. Raises ``RequestError`` for everything else."""
    if Draft.of(prompt, negative_prompt, model, immutabledict(), ()).is_english:
        return Written(prompt, negative_prompt, notes=("It is English already, as far as rules can tell.",))
    raise RequestError(
        "Translating needs a model that writes: set OPENAI_API_KEY or GEMINI_API_KEY and start again, or "
        "write the prompt in English."
    )


def _fixed(prompt: str, negative: str, hint: Hint) -> tuple[str, str]:
    if hint.field == "prompt":
        return hint.apply(prompt), negative
    return prompt, hint.apply(negative)


def _completed(
    prompt: str, case: UseCase, model: Capabilities, settings: Mapping[str, Scalar], notes: list[str]
) -> str:
    """With the phrases of the use case for what the prompt leaves open, where they contradict nothing."""
    seen = Draft.of(prompt, "", model, settings, ())
    if not seen.plain.strip():
        return prompt
    is_still = model.kind is Kind.IMAGE
    missing = {hint.rule for hint in lint(prompt, "", model, settings) if hint.level == "missing"}
    for name, facet in _FACETS_OF_CASES.items():
        phrase, axis = case.phrase(facet), axis_named(name)
        if phrase and facet is Facet.MOOD:
            phrase = f"{phrase} mood"
        if not phrase or axis is None or (is_still and facet is Facet.CAMERA):
            continue
        is_open = name in missing if name in ("style", "camera") else not axis.present.search(seen.seen)
        longer = prompt.rstrip() + (added(prompt.rstrip(), phrase) or "")
        if (
            is_open
            and longer != prompt
            and _worries(longer, "", model, settings) <= _worries(prompt, "", model, settings)
        ):
            prompt = longer
            notes.append(f"{facet.label} from the use case {case.label}: “{phrase}”.")
    return prompt


def _worries(prompt: str, negative: str, model: Capabilities, settings: Mapping[str, Scalar]) -> int:
    hints = lint(prompt, negative, model, settings)
    return sum(hint.level == "conflict" or hint.rule in ("moves", *_LIMITED) for hint in hints)


def _axis(name: str, model: Capabilities) -> Axis:
    known = [axis for axis in AXES if axis.phrases_for(model.kind)]
    found = axis_named(name)
    if found is None or found not in known:
        here = f" for {model.label}, which makes no clips" if found else ""
        raise RequestError(
            f"There is no axis {name!r:.60}{here}. Allowed: {', '.join(axis.name for axis in known)}."
        )
    return found


def _varied(axis: Axis, place: Place, phrase: str) -> str:
    if place.said:
        return f"{axis.label}: “{phrase}” in place of “{place.said}”."
    return f"{axis.label}: “{phrase}” added; the prompt said nothing of it."


# By a model


def ask_improve(
    prompt: str,
    negative_prompt: str,
    model: Capabilities,
    use_case: UseCase | None = None,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Asking:
    hints = lint(prompt, negative_prompt, model, settings)
    more: dict[str, object] = {"what a checker remarks": [hint.message for hint in hints]}
    if use_case is not None:
        more["use case"] = {"name": use_case.label, "say first": use_case.first, "advice": use_case.hints}
    order = (
        "Improve this prompt: the same subject, action and intent in the words and order that the model "
        "reads best, with what is missing added sparingly. Change nothing that is good. Say under “notes” "
        "what you changed and why."
    )
    return _asking(order, prompt, negative_prompt, model, settings, more, written_shape())


def ask_vary(
    prompt: str,
    negative_prompt: str,
    axis: str,
    count: int,
    model: Capabilities,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Asking:
    """``axis`` may be any: a model needs no data for it."""
    order = (
        f"Write {count} variants of this prompt that differ in one thing only, the axis given, each clearly "
        f"from the prompt and from the others. Every other word stays as it is, unless it would contradict. "
        f"Say under “notes” of each in a few words what it tries."
    )
    variants = GenericAlias(list, (written_shape(),))
    shape = shape_of("Variants", [("variants", variants, f"Exactly {count} of them.")])
    return _asking(order, prompt, negative_prompt, model, settings, {"axis": axis}, shape)


def ask_translate(
    prompt: str,
    negative_prompt: str,
    model: Capabilities,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Asking:
    order = (
        "Translate this prompt and negative prompt into English, faithfully: add nothing, leave nothing out, "
        "keep names, figures and line breaks. Words that are spoken or written in the picture stay in their "
        "language, in quotation marks, with the language named. What is English already stays as it is."
    )
    return _asking(order, prompt, negative_prompt, model, settings, {}, written_shape())


def read_rewritten(parsed: object, by: str, model: Capabilities | None = None) -> Written:
    """As ``read_written``; slots of the prompt stay slots."""
    return read_written(parsed, by, model, braces=True)


def read_variants(parsed: object, by: str, model: Capabilities | None = None) -> tuple[Written, ...]:
    """Those that are different prompts. Raises ``Rejected`` where there is none."""
    found: dict[str, Written] = {}
    for one in getattr(parsed, "variants", None) or ():
        try:
            written = read_rewritten(one, by, model)
        except Rejected:
            continue
        found.setdefault(written.prompt.casefold(), written)
    if not found:
        raise Rejected(
            f"{by} answered without a variant; the answer was charged. Ask it again, or vary by rules.",
            FailureReason.PROVIDER,
        )
    return tuple(found.values())


def _asking(
    order: str,
    prompt: str,
    negative_prompt: str,
    model: Capabilities,
    settings: Mapping[str, Scalar],
    more: Mapping[str, object],
    shape: type[BaseModel],
) -> Asking:
    told: dict[str, Any] = {
        "prompt": prompt,
        "negative prompt": list(things([negative_prompt])),
        **more,
        "video model": facts_of(model, settings),
    }
    return Asking(GUIDE, f"{order}\n\n{json.dumps(told, ensure_ascii=False, indent=1)}", shape)


def axes(model: Capabilities) -> Sequence[str]:
    """Names of the axes that rules can vary for ``model``."""
    return [axis.name for axis in AXES if axis.phrases_for(model.kind)]
