"""A prompt as the lint reads it: the same text, position for position, with what is not said aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from immutabledict import immutabledict

from workbench.domain.capabilities import PROMPT_LIMIT_BYTES, Capabilities
from workbench.domain.media import Input, Role
from workbench.domain.request import Scalar
from workbench.domain.run import Kind
from workbench.prompting import vocabulary
from workbench.prompting.lint_rules import QUOTED
from workbench.prompting.template import Literal, Slot, Template, TemplateError, parse


@dataclass(frozen=True, slots=True)
class Draft:
    """What the rules read. ``plain`` is the prompt, position for position, with the syntax of templates
    blanked out; ``seen`` is lower case, and the
    quoted words (``quotes``) are blank in it too: they are heard, not seen.
    """

    prompt: str
    negative: str
    model: Capabilities
    settings: Mapping[str, Scalar]
    roles: frozenset[Role]
    template: Template
    plain: str
    seen: str
    quotes: tuple[tuple[int, int], ...]
    is_english: bool

    @classmethod
    def of(
        cls,
        prompt: str,
        negative: str,
        model: Capabilities,
        settings: Mapping[str, Scalar],
        inputs: Sequence[Input],
        lists: Mapping[str, Sequence[str]] = immutabledict(),
    ) -> Draft:
        prompt_read, negative_read = prompt[:PROMPT_LIMIT_BYTES], negative[:PROMPT_LIMIT_BYTES]
        try:
            template = parse(prompt_read, lists)
        except TemplateError:
            template = Template((Literal(prompt_read, prompt_read),))
        plain = _first_reading(template)
        quotes = _quotes(plain)
        return cls(
            prompt,
            negative_read,
            model,
            {**model.defaults, **settings},
            frozenset(i.role for i in inputs),
            template,
            plain,
            _lower(_blanked(plain, quotes)),
            quotes,
            _is_english(plain),
        )

    @property
    def seconds(self) -> float | None:
        """Length of the clip, where the model has that setting."""
        value = self.settings.get("duration_s")
        if isinstance(value, bool | str) or value is None or value <= 0:
            return None
        return float(value)

    @property
    def is_still(self) -> bool:
        return self.model.kind is Kind.IMAGE

    @property
    def is_heard(self) -> bool:
        return self.model.is_heard(self.settings)

    @property
    def is_silent(self) -> bool:
        """The model makes sound, and these settings turn it off."""
        return self.model.sound and not self.is_heard


def _first_reading(template: Template) -> str:
    """The template's text, position for position: of each place its name and its first choice."""
    read: list[str] = []
    for part in template.parts:
        if isinstance(part, Literal):
            read.append(part.source)
            continue
        kept = re.sub(r"[{}=]", " ", part.source.partition("|")[0])
        said = part.choices[0] if part.choices else ""
        at = len(kept.rstrip()) - len(said)
        if said and kept[max(at, 0) :].rstrip() == said:  # what stands before it: name, weight, condition
            name = part.name if isinstance(part, Slot) else ""
            named = kept.find(name) + len(name) if name else 0
            kept = kept[:named].ljust(at) + said
        read.append(kept.ljust(len(part.source)))
    return "".join(read)


WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
NOTATION = re.compile(r"\s*[\[{]\s*[\[{]?\s*\"")


def _quotes(text: str) -> tuple[tuple[int, int], ...]:
    """Quoted spans; none where the quotation marks belong to JSON or embrace the whole prompt."""
    if NOTATION.match(text):
        return ()
    spans = tuple(found.span() for found in QUOTED.finditer(text))
    outside = _blanked(text, spans)
    return spans if WORD.search(outside) else ()


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in spans:
        kept += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*kept, text[at:]])


def _lower(text: str) -> str:
    """Lower case of the same length: of all characters only İ grows, and stays."""
    return text.replace("İ", "I").lower()


def _is_english(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    latin = sum(c < "\u0250" or "\u1e00" <= c <= "\u1eff" for c in letters)
    if latin * 2 < len(letters):
        return False
    read = [word.lower() for word in WORD.findall(text)]
    foreign = sum(word in vocabulary.NOT_ENGLISH for word in read)
    return foreign < 3 or foreign <= sum(word in vocabulary.ENGLISH for word in read)
