"""``Script``: a prompt that rules put together from a brief, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.domain.brief import Brief, Facet
from workbench.domain.capabilities import PROMPT_LIMIT_BYTES, Capabilities
from workbench.domain.media import Role
from workbench.domain.request import Scalar
from workbench.domain.run import Kind
from workbench.prompting.asking import cut, plain, things
from workbench.prompting.brief import seen_in
from workbench.prompting.lint import lint
from workbench.prompting.palette import in_words
from workbench.prompting.tokens import tokens
from workbench.prompting.use_cases import UseCase

MOST_SUBJECTS, MOST_THINGS = 4, 20


@dataclass(frozen=True, slots=True)
class _Part:
    """One sentence of the prompt. The least ``worth`` goes first where there is no room. ``facet`` is set
    where the use case says it and nobody has seen it.
    """

    text: str
    worth: int
    facet: Facet | None = None


class Script:
    """One prompt while it is put together."""

    def __init__(
        self, brief: Brief, use_case: UseCase, model: Capabilities, settings: Mapping[str, Scalar]
    ) -> None:
        self._brief = brief
        self._use_case = use_case
        self._model = model
        self._settings = settings
        self._is_still = model.kind is Kind.IMAGE
        self._parts: list[_Part] = []
        self._taken: dict[str, str] = {}
        self.notes: list[str] = []

    def compose(self) -> None:
        self._say(self._opening(), 10)
        self._say(_listed("It must stay the same throughout: ", self._all(Facet.KEEP), "; "), 8)
        quoted = [f'"{text}"' for text in self._all(Facet.TEXT)]
        verb = "stay" if len(quoted) > 1 else "stays"
        self._say(f"The lettering {_and(quoted)} {verb} legible and unchanged" if quoted else "", 6)
        self._say(self._one(Facet.SETTING), 9)
        self._say_or_default(Facet.COMPOSITION, 5)
        self._camera()
        self._say_or_default(Facet.LENS, 4)
        self._say_or_default(Facet.LIGHT, 6)
        colours = in_words(self._brief.palette)
        self._say(f"Palette: {_and(colours)}" if colours else "", 3)
        self._say_or_default(Facet.STYLE, 8)
        self._say_or_default(Facet.MOOD, 2, "Mood: ")
        self._motion()
        self._sound()
        self._without_contradictions()
        self._tell()

    def fitted(self, extra: str) -> str:
        """The prompt with ``extra``, cut down to what the model takes."""
        has_subject = bool(self._brief.texts(Facet.SUBJECT))
        while not self._fits(prompt := self._joined(extra, has_subject)) and self._parts:
            least = min(self._parts, key=lambda part: part.worth)
            if len(self._parts) == 1 and not extra:
                break
            self._parts.remove(least)
            self.notes.append(f"Left out, for {self._model.label} takes no longer prompt: “{least.text}”.")
        if not self._fits(prompt):
            self.notes.append(f"Cut at the end, for {self._model.label} takes no longer prompt.")
            longest = len(prompt)
            while not self._fits(prompt):
                longest = min(longest - 1, int(longest * 0.95), self._model.prompt_limit_chars)
                prompt = cut(prompt, longest)
        if not prompt:
            self.notes.append("Nothing was seen and nothing added: write who or what is seen.")
        return prompt

    def negative(self, prompt: str) -> str:
        wanted = things((*self._brief.texts(Facet.AVOID), *self._use_case.negative), MOST_THINGS)
        if not wanted:
            return ""
        if not self._model.negative_prompt:
            self.notes.append(f"{self._model.label} has no negative prompt. Left out: {', '.join(wanted)}.")
            return ""
        asked_for = {
            thing.lower()
            for thing in wanted
            if any(h.rule == "asked for" for h in lint(prompt, thing, self._model, self._settings))
        }
        if asked_for:
            both = ", ".join(thing for thing in wanted if thing.lower() in asked_for)
            self.notes.append(f"Not in the negative prompt, for the prompt asks for it: {both}.")
        listed = ", ".join(thing for thing in wanted if thing.lower() not in asked_for)
        return cut(listed, self._model.prompt_limit_chars)

    # The sentences

    def _opening(self) -> str:
        subjects, action = self._all(Facet.SUBJECT)[:MOST_SUBJECTS], self._one(Facet.ACTION)
        if not subjects:
            first = f" First of all: {_lower_first(self._use_case.first)}" if self._use_case.first else ""
            self.notes.append(f"The references do not say who or what is seen; add it.{first}")
            return action
        if not action:
            return _and(subjects)
        joint = ", " if re.match(r"\w+ing\b|about to\b|ready to\b", action) else ". "
        return f"{_and(subjects)}{joint}{action if joint == ', ' else _upper_first(action)}"

    def _camera(self) -> None:
        path = "" if self._is_still else self._one(Facet.CAMERA_PATH)
        seen = self._one(Facet.CAMERA)
        if path or seen:
            self._say(", ".join(filter(None, (seen, path))), 7)
        elif not self._is_still:
            self._say_or_default(Facet.CAMERA, 7)

    def _motion(self) -> None:
        moves = [] if self._is_still else [self._one(f) for f in (Facet.SPEED, Facet.DIRECTION, Facet.RHYTHM)]
        self._say(_listed("Movement: ", list(filter(None, moves)), ", "), 7)
        path = () if self._is_still else self._brief.texts(Facet.CAMERA_PATH)
        if (any(moves) or path) and Role.REFERENCE_CLIP not in self._model.roles:
            self.notes.append(f"{self._model.label} takes no reference clip: its motion is told in words.")

    def _sound(self) -> None:
        if self._is_still or not self._model.is_heard(self._settings):
            return
        for label, said in (
            ("SFX", self._use_case.effects),
            ("Ambient sound", self._use_case.ambience),
        ):
            if said:
                self._say(f"{label}: {said}", 1)
                self._taken[label] = said

    def _say(self, text: str, worth: int, facet: Facet | None = None) -> None:
        said = self._without_settings(text)
        if said:
            self._parts.append(_Part(_sentence(said), worth, facet))

    def _say_or_default(self, facet: Facet, worth: int, label: str = "") -> None:
        if seen := self._one(facet):
            self._say(label + seen, worth)
        elif default := self._use_case.phrase(facet):
            self._taken[facet.label.lower()] = default
            self._say(label + default, worth, facet)

    def _all(self, facet: Facet) -> list[str]:
        found = [_told(text) for text in self._brief.texts(facet)]
        if facet is Facet.TEXT:
            found = [re.sub(r"[\"“”„«»]", "", text).strip() for text in found]
        return [text for text in found if text]

    def _one(self, facet: Facet) -> str:
        found = self._brief.findings.get(facet, ())
        if len(found) > 1:
            taken, *others = (f"“{one.text}” ({seen_in(self._brief, one)})" for one in found)
            self.notes.append(f"{facet.label}: {taken} was taken, not {', '.join(others)}.")
        return next(iter(self._all(facet)), "")

    # What is taken out again

    def _without_settings(self, text: str) -> str:
        while True:
            hints = lint(text, "", self._model, self._settings)
            spoken = [hint for hint in hints if hint.rule.startswith("setting ") and hint.fix is not None]
            if not spoken:
                return text.strip()
            said = text[spoken[-1].start : spoken[-1].end].strip(" ,")
            self.notes.append(f"Left out, for it is a setting and no part of a prompt: “{said}”.")
            text = spoken[-1].apply(text)

    def _without_contradictions(self) -> None:
        """A phrase of the use case that contradicts what was seen goes."""
        for part in [part for part in self._parts if part.facet]:
            rest = [one for one in self._parts if one is not part]
            if self._contradictions(rest) < self._contradictions(self._parts):
                self._parts = rest
                if part.facet:
                    self._taken.pop(part.facet.label.lower(), None)

    def _contradictions(self, parts: Sequence[_Part]) -> int:
        one_shot = ", ".join(part.text.rstrip(".") for part in parts)  # in one sentence nothing is a sequence
        found = lint(one_shot, "", self._model, self._settings)
        return sum(hint.rule in ("contradiction", "moves") for hint in found)

    def _tell(self) -> None:
        if self._taken:
            taken = "; ".join(f"{what} “{said}”" for what, said in self._taken.items())
            self.notes.append(f"From the use case {self._use_case.label}, for nothing was seen: {taken}.")
        for hint in lint(_as_text(self._parts), "", self._model, self._settings):
            if hint.level == "conflict":
                self.notes.append(hint.message)

    def _joined(self, extra: str, has_subject: bool) -> str:
        body = _as_text(self._parts)
        return "\n".join(filter(None, (body, extra) if has_subject else (extra, body)))

    def _fits(self, prompt: str) -> bool:
        limit = self._model.prompt_limit_tokens
        return (
            len(prompt) <= self._model.prompt_limit_chars
            and len(prompt.encode(errors="replace")) <= PROMPT_LIMIT_BYTES
            and (limit is None or tokens(prompt).about <= limit)
        )


def _as_text(parts: Iterable[_Part]) -> str:
    return " ".join(part.text for part in parts)


def _told(text: str) -> str:
    """A finding as words of a prompt: on one line, without the braces that would make a template of it."""
    return plain(text.translate({ord("{"): "(", ord("}"): ")"})).rstrip(" .;,")


def _and(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)


def _listed(label: str, texts: Sequence[str], joint: str) -> str:
    return label + joint.join(texts) if texts else ""


def _sentence(text: str) -> str:
    told = _upper_first(text)
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
