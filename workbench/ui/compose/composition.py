"""``Composition``: what the Compose page is working on, as one frozen value, before it is a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest, Scalar, Settings
from workbench.domain.run import Kind, Origin, Parenthood, Run
from workbench.prompting.template import Template, parse

MOST_TAKES = 8
PICTURES = (Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE, Role.STYLE)  # what a still can serve as
# The provider finds the clip that these go on from through the parent, so they keep it from run to run.
GOING_ON = frozenset({Parenthood.EXTENSION, Parenthood.EDIT})


@dataclass(frozen=True, slots=True)
class Composition:
    """``settings`` remembers what was chosen for any model; a request takes only what its model has, and
    the model's own default for whatever nobody chose.

    ``slots`` holds the values chosen for the template's slots; a slot that is not in it is left to the
    seed. ``parent_id`` is the run that this text follows from, beside which its clip will be shown.
    ``brief_id`` is what was seen in the references that the words were written from.
    ``lists`` are the shared lists that the prompt may draw from. ``fold_negative_prompt`` puts the negative
    prompt into the prompt of a model that has no other place for it; without it, such a model is not told.
    """

    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    settings: Settings = field(default_factory=immutabledict)
    seed: int | None = None
    takes: int = 1
    inputs: tuple[Input, ...] = ()
    slots: Mapping[str, str] = field(default_factory=immutabledict)
    parent_id: str | None = None
    fold_negative_prompt: bool = False
    brief_id: str | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=immutabledict)

    def template(self) -> Template:
        """Raises ``TemplateError``."""
        return parse(self.prompt, self.lists)

    def request(self, model: Capabilities, drawn: int) -> GenerationRequest:
        """``drawn`` (any whole number) stands in for an empty seed: for the model where it has seeds, and
        for the words that the template leaves to chance.

        Raises ``TemplateError``.
        """
        seed = self.seed if self.seed is not None else drawn
        if model.seed is not None and self.seed is None:
            seed = model.seed.least + drawn % (model.seed.most - model.seed.least + 1)
        folds = self.fold_negative_prompt and not model.negative_prompt and bool(self.negative_prompt.strip())
        return GenerationRequest(
            model=self.model,
            prompt=self.template().fill(self.slots, seed),
            negative_prompt=self.negative_prompt if model.negative_prompt or folds else "",
            inputs=tuple(i for i in self.inputs if i.role in model.roles),
            settings=immutabledict(settings_for(model, self.settings)),
            seed=None if model.seed is None else seed,
            fold_negative_prompt=folds,
        )

    def origin(self, request: GenerationRequest, drawn: int, parent: Run | None) -> Origin:
        """Where a run of ``request`` comes from, with the value that each slot took."""
        template = self.template()
        seed = drawn if request.seed is None else request.seed
        return Origin(
            parent_id=parent.id if parent else None,
            parenthood=parenthood(request, parent) if parent else None,
            template="" if template.is_plain else self.prompt,
            slots=template.filled(self.slots, seed).slots,
            brief_id=self.brief_id,
        )

    def with_input(self, role: Role, media: Media, most: int) -> Composition:
        """The composition with one more file as ``role``; where only one may stand, it is replaced."""
        others = tuple(i for i in self.inputs if i.role is not role)
        given = [i.media for i in self.inputs if i.role is role and i.media.sha256 != media.sha256]
        kept = [*(given if most > 1 else []), media]
        return replace(self, inputs=(*others, *(Input(role, m, n) for n, m in enumerate(kept))))

    def without_input(self, unwanted: Input) -> Composition:
        rest = [i.media for i in self.inputs if i.role is unwanted.role and i != unwanted]
        others = tuple(i for i in self.inputs if i.role is not unwanted.role)
        return replace(self, inputs=(*others, *(Input(unwanted.role, m, n) for n, m in enumerate(rest))))


def parenthood(request: GenerationRequest, parent: Run) -> Parenthood:
    """How a run of ``request`` follows from ``parent``, told by what they share."""
    own = {clip.media.sha256 for clip in parent.clips}
    if any(i.media.sha256 in own for i in request.inputs_as(Role.SOURCE_CLIP)):
        return Parenthood.EXTENSION
    if any(i.media.sha256 in own for i in request.inputs_as(Role.EDITED_CLIP)):
        return Parenthood.EDIT
    if parent.kind is Kind.IMAGE and any(i.media.sha256 in own for i in request.inputs):
        return Parenthood.STILL
    same_arm = replace(request, seed=None, take=1).arm_hash == parent.request.arm_hash
    return Parenthood.TAKE if same_arm else Parenthood.VARIANT


def remixed(run: Run) -> Composition:
    """Everything of ``run``, its seed too, so that only what is changed next tells the clips apart."""
    request, origin = run.request.unfolded(run.adjustments), run.origin
    return Composition(
        prompt=origin.template or request.prompt,
        negative_prompt=request.negative_prompt,
        model=request.model,
        settings=request.settings,
        seed=request.seed,
        inputs=request.inputs,
        slots=immutabledict(origin.slots),
        parent_id=_followed(run),
        fold_negative_prompt=request.fold_negative_prompt,
        brief_id=origin.brief_id,
    )


def extending(run: Run) -> Composition:
    """``run`` with its own clip to go on from, and a seed to be drawn. Raises ``RequestError``."""
    source = (Input(Role.SOURCE_CLIP, _own_clip(run, "go on from")),)
    return replace(remixed(run), inputs=source, seed=None, parent_id=run.id)


def editing(run: Run) -> Composition:
    """``run``'s clip to be changed in words that are still to be written. Raises ``RequestError``."""
    edited = (Input(Role.EDITED_CLIP, _own_clip(run, "edit")),)
    return Composition(
        model=run.request.model, settings=run.request.settings, inputs=edited, parent_id=run.id
    )


def _own_clip(run: Run, purpose: str) -> Media:
    if run.clip is None:
        raise RequestError(f"Run {run.id} is {run.status} and has no clip to {purpose}.")
    return run.clip.media


def with_clip_of(composition: Composition, run: Run, role: Role, most: int) -> Composition:
    """``composition`` with ``run``'s clip as ``role``; its own words stay, if it has any."""
    if role is Role.SOURCE_CLIP and not composition.prompt.strip():
        return replace(extending(run), takes=composition.takes)
    given = composition.with_input(role, _own_clip(run, "use"), most)
    return given if role is Role.REFERENCE_CLIP else replace(given, parent_id=run.id)


def with_still_of(composition: Composition, run: Run, role: Role, most: int) -> Composition:
    """``composition`` with the picture that ``run`` made. Raises ``RequestError``."""
    return replace(composition.with_input(role, _own_clip(run, "use"), most), parent_id=run.id)


def _followed(run: Run) -> str | None:
    return run.origin.parent_id if run.origin.parenthood in GOING_ON else run.id


def another_take(run: Run, model: Capabilities) -> tuple[GenerationRequest, Origin]:
    """The same request to be sent with another seed, and where it comes from."""
    has_seed = model.seed is not None
    asked = run.request.unfolded(run.adjustments)  # to be folded and noted anew
    again = replace(asked, seed=None, take=1 if has_seed else run.request.take + 1)
    if run.origin.parenthood in GOING_ON:
        return again, replace(run.origin, experiment_id=None)
    origin = replace(run.origin, parent_id=run.id, parenthood=Parenthood.TAKE, experiment_id=None)
    return again, origin


def chosen_settings(
    model: Capabilities, before: Mapping[str, Scalar], shown: Mapping[str, Scalar]
) -> dict[str, Scalar]:
    """``before`` with what was changed among ``shown``, the form's values for ``model``.

    A default that nobody touched is no choice: the next model brings its own. A choice that ``model``
    can't follow is kept for the models that can.
    """
    offered = settings_for(model, before)
    changed = {name: value for name, value in shown.items() if value != offered[name]}
    return {**before, **changed}


def settings_for(model: Capabilities, chosen: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """A value for each of the model's settings: the chosen one where it may stand, else the default."""
    return {
        s.name: chosen[s.name] if s.name in chosen and s.fault(chosen[s.name]) is None else s.default
        for s in model.settings
    }


def to_draft(composition: Composition) -> dict[str, object]:
    """As the drafts table keeps it: JSON, files by hash."""
    return {
        "prompt": composition.prompt,
        "negative_prompt": composition.negative_prompt,
        "model": composition.model,
        "settings": dict(composition.settings),
        "seed": composition.seed,
        "takes": composition.takes,
        "inputs": [[i.role.value, i.media.sha256] for i in composition.inputs],
        "slots": dict(composition.slots),
        "parent_id": composition.parent_id,
        "fold_negative_prompt": composition.fold_negative_prompt,
        "brief_id": composition.brief_id,
    }


def from_draft(draft: Mapping[str, Any], media: Callable[[str], Media | None]) -> Composition:
    """What ``to_draft`` wrote; files that are gone by now are left out."""
    inputs: list[Input] = []
    for role, sha256 in draft.get("inputs", []):
        if found := media(sha256):
            position = sum(i.role is Role(role) for i in inputs)
            inputs.append(Input(Role(role), found, position))
    return Composition(
        prompt=draft.get("prompt", ""),
        negative_prompt=draft.get("negative_prompt", ""),
        model=draft.get("model", ""),
        settings=immutabledict(draft.get("settings", {})),
        seed=draft.get("seed"),
        takes=min(max(draft.get("takes", 1), 1), MOST_TAKES),
        inputs=tuple(inputs),
        slots=immutabledict(draft.get("slots", {})),
        parent_id=draft.get("parent_id"),
        fold_negative_prompt=bool(draft.get("fold_negative_prompt")),
        brief_id=draft.get("brief_id"),
    )
