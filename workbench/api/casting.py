"""Which part references play with a model: what it can't take is left to the words, and told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest


class Cast(NamedTuple):
    """``notes`` say in sentences what is not sent along, and what stands in for it."""

    inputs: tuple[Input, ...]
    notes: tuple[str, ...] = ()


def cast(model: Capabilities, pictures: Sequence[Media], clip: Media | None) -> Cast:
    """Pictures as reference images, where the model has those, else the first of them as first frame.

    A clip goes along only to a model that takes reference clips.
    """
    inputs, notes = _pictures(model, pictures)
    if clip is not None:
        given = Input(Role.REFERENCE_CLIP, clip)
        why = _unfit(model, given, inputs)
        if why:
            notes.append(f"{why} Its motion is told in the prompt; the clip itself is not sent.")
        else:
            inputs.append(given)
    return Cast(tuple(inputs), tuple(notes))


def _pictures(model: Capabilities, pictures: Sequence[Media]) -> tuple[list[Input], list[str]]:
    if not pictures:
        return [], []
    taken = model.roles.get(Role.REFERENCE)
    if taken:
        kept = pictures[: taken.most]
        notes = []
        if len(kept) < len(pictures):
            notes.append(
                f"{model.label} takes {taken.most} reference images: the other "
                f"{len(pictures) - len(kept)} speak through the prompt only."
            )
        return [Input(Role.REFERENCE, media, n) for n, media in enumerate(kept)], notes
    if Role.FIRST_FRAME in model.roles:
        rest = " The others speak through the prompt only." if len(pictures) > 1 else ""
        note = f"{model.label} takes no reference images: the first picture becomes the first frame.{rest}"
        return [Input(Role.FIRST_FRAME, pictures[0])], [note]
    return [], [f"{model.label} takes no pictures: they speak through the prompt only."]


def _unfit(model: Capabilities, clip: Input, beside: Sequence[Input]) -> str:
    """Why the clip can't go along; empty when it can."""
    if Role.REFERENCE_CLIP not in model.roles:
        return f"{model.label} takes no reference clip."
    trial = GenerationRequest(model=model.model, prompt="x", inputs=(*beside, clip))
    alone = GenerationRequest(model=model.model, prompt="x", inputs=tuple(beside))
    new = set(faults(model.complete(trial), model)) - set(faults(model.complete(alone), model))
    return " ".join(sorted(str(fault) for fault in new))
