"""Which file does what, in the prompt: the Interactions API has no field for it.

Google's Omni guide (``models.GUIDE``) binds uploaded files to roles by a declaration before the prompt and a
sentence after it. Version 1.1 reads tags; for 1.2 Google asks for plain words instead. Where the task alone
says it (one first frame, references only, one clip to extend or edit) the prompt stays as it was written.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest

_OWN_WORDS = ("[# ", "<FIRST_FRAME>", "<LAST_FRAME>", "<IMAGE_REF_", "<VIDEO_REF_", "<VIDEO_0>")
_BY_TASK_ALONE = (
    frozenset[Role](),
    frozenset({Role.FIRST_FRAME}),
    frozenset({Role.REFERENCE}),
    frozenset({Role.SOURCE_CLIP}),
    frozenset({Role.EDITED_CLIP}),
)


def declared(request: GenerationRequest, *, tags: bool, goes_on: bool) -> str:
    """The prompt with the roles of its files. ``goes_on``: the clip to extend or edit is the last turn's."""
    prompt = request.prompt.strip()
    given = frozenset(i.role for i in request.inputs)
    if given in _BY_TASK_ALONE or any(word in prompt for word in _OWN_WORDS):
        return prompt
    files = _Files(request, goes_on)
    head = f"{files.tags()} " if tags else ""
    end = "" if not prompt or prompt[-1] in ".!?…\"'”" else "."
    return f"{head}{prompt}{end} {files.sentences()}".strip()


class _Files:
    """Images and clips are counted apart, in the order in which they are sent (``interaction.CONTENT``)."""

    def __init__(self, request: GenerationRequest, goes_on: bool) -> None:
        self._goes_on = goes_on
        images = [i.role for role in IMAGE_ORDER for i in request.inputs_as(role)]
        clips = [i.role for role in CLIP_ORDER for i in request.inputs_as(role)]
        self._images = {role: _named("Image", images, role) for role in IMAGE_ORDER}
        self._clips = {role: _named("Video", clips, role) for role in CLIP_ORDER}

    def tags(self) -> str:
        source = "<PREVIOUS_VIDEO>" if self._goes_on else "<VIDEO_0>"
        sources = [
            *(f"<FIRST_FRAME>@{name}" for name in self._images[Role.FIRST_FRAME]),
            *(f"<LAST_FRAME>@{name}" for name in self._images[Role.LAST_FRAME]),
            *(f"{source}@{name}" for name in self._base),
        ]
        references = [
            *(f"<IMAGE_REF_{n}>@{name}" for n, name in enumerate(self._images[Role.REFERENCE])),
            *(f"<VIDEO_REF_{n}>@{name}" for n, name in enumerate(self._clips[Role.REFERENCE_CLIP])),
        ]
        groups = (("Sources", sources), ("References", references))
        return " ".join(f"[# {word} {' '.join(names)}]" for word, names in groups if names)

    def sentences(self) -> str:
        said = [
            *(f"Use {name} as the first frame." for name in self._images[Role.FIRST_FRAME]),
            *(f"Use {name} as the last frame." for name in self._images[Role.LAST_FRAME]),
        ]
        if references := self._images[Role.REFERENCE]:
            said.append(f"Use {_listed(references)} for reference, not as a frame of the video.")
        if references := self._clips[Role.REFERENCE_CLIP]:
            said.append(f"Use {_listed(references)} for reference, not as a source for editing.")
        return " ".join(said)

    @property
    def _base(self) -> Sequence[str]:
        return [*self._clips[Role.SOURCE_CLIP], *self._clips[Role.EDITED_CLIP]]


IMAGE_ORDER = (Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE)
CLIP_ORDER = (Role.SOURCE_CLIP, Role.EDITED_CLIP, Role.REFERENCE_CLIP)


def _named(word: str, sent: Sequence[Role], role: Role) -> list[str]:
    return [f"{word}{number}" for number, sent_as in enumerate(sent, 1) if sent_as is role]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
