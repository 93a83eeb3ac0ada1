"""From a brief to a prompt in the order of the makers' guides: by rules, or asked of a model that writes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.domain.brief import Brief, Facet
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FailureReason, Rejected
from workbench.domain.request import Scalar
from workbench.domain.writing import Written
from workbench.prompting.asking import Asking, cut, plains, shape_of, things, visible
from workbench.prompting.brief import conflicts_in_words, seen_in
from workbench.prompting.guide import GUIDE, facts_of
from workbench.prompting.script import MOST_THINGS, Script
from workbench.prompting.use_cases import UseCase

if TYPE_CHECKING:
    from pydantic import BaseModel


def write(
    brief: Brief,
    use_case: UseCase,
    model: Capabilities,
    extra: str = "",
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Written:
    """The prompt that rules make of ``brief``: nothing in it that was neither seen, nor added in ``extra``,
    nor stands in the use case; ``notes`` tell what was taken from there.
    """
    script = Script(brief, use_case, model, settings)
    script.compose()
    prompt = script.fitted(visible(extra).strip())
    negative = script.negative(prompt)
    return Written(prompt, negative, notes=tuple(dict.fromkeys(script.notes)))


def ask_write(
    brief: Brief,
    use_case: UseCase,
    model: Capabilities,
    extra: str = "",
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Asking:
    """The same, asked of a model that writes."""
    seen = {
        facet.label: [f"{one.text} [{seen_in(brief, one)}]" for one in found]
        for facet in Facet
        if (found := brief.findings.get(facet))
    }
    case = {
        "name": use_case.label,
        "when": use_case.when,
        "say first": use_case.first,
        "usual, where nothing was seen": {
            facet.label: phrase for facet in Facet if (phrase := use_case.phrase(facet))
        },
        "usual sound": {"effects": use_case.effects, "ambience": use_case.ambience},
        "avoid": list(use_case.negative),
        "advice": list(use_case.hints),
    }
    told = {
        "seen in the references": seen,
        "palette, measured": [f"{c.name or c.hex} {c.share:.0%}" for c in brief.palette],
        "could not be seen": list(brief.unseen),
        "conflicts": list(conflicts_in_words(brief)),
        "use case": case,
        "video model": facts_of(model, settings),
        "instructions of the person": visible(extra).strip(),
    }
    text = (
        "Write the prompt from this. Where answers conflict, choose the one that goes with the person's "
        "instructions, else the first, and say so under “notes”.\n\n"
        + json.dumps(told, ensure_ascii=False, indent=1)
    )
    return Asking(GUIDE, text, written_shape())


def written_shape() -> type[BaseModel]:
    return shape_of("WrittenPrompt", WRITTEN_FIELDS)


WRITTEN_FIELDS = (
    ("prompt", str, "The prompt in English, ready to be sent."),
    ("negative_prompt", list[str], "Things that should not be seen, one each, never “no …”; may be empty."),
    ("notes", list[str], "For the person, in short sentences: what you chose, left out or could not do."),
)


def read_written(
    parsed: object, by: str, model: Capabilities | None = None, *, braces: bool = False
) -> Written:
    """The answer as ``Written``. ``model`` is the one that the prompt is for; ``braces`` keeps ``{slots}``.

    Raises ``Rejected`` where there is no prompt in it.
    """
    prompt = _unwrapped(visible(str(getattr(parsed, "prompt", "") or "")))
    if not braces:
        prompt = prompt.translate({ord("{"): "(", ord("}"): ")"})
    if not any(c.isalnum() for c in prompt):
        raise Rejected(
            f"{by} answered without a prompt; the answer was charged. Ask it again, or write by rules.",
            FailureReason.PROVIDER,
        )
    negative = ", ".join(things(getattr(parsed, "negative_prompt", ()), MOST_THINGS))
    notes = list(plains(getattr(parsed, "notes", ()), 12))
    if model and negative and not model.negative_prompt:
        notes.append(f"{model.label} has no negative prompt. Left out: {negative}.")
        negative = ""
    if model and len(prompt) > model.prompt_limit_chars:
        notes.append(f"Cut at {model.prompt_limit_chars:,} characters, which is what {model.label} takes.")
        prompt = cut(prompt, model.prompt_limit_chars)
    return Written(prompt, negative, by, tuple(dict.fromkeys(notes)))


_FENCE = re.compile(r"^```\w*\n(.*)\n```$", re.DOTALL)


def _unwrapped(text: str) -> str:
    """Without a code fence or quotation marks around the whole."""
    text = text.strip()
    if fenced := _FENCE.match(text):
        text = fenced[1].strip()
    for first, last in (('"', '"'), ("“", "”")):
        inside = text[1:-1]
        if len(text) > 2 and text[0] == first and text[-1] == last and not {first, last} & set(inside):
            text = inside.strip()
    return text
