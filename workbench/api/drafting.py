"""``Draft``: a request that has passed every check, its files examined but not stored yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from immutabledict import immutabledict

from workbench.api.inputs import Prepared, each, prepare
from workbench.domain.capabilities import Capabilities, validate
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.retired import renamed


@dataclass(frozen=True, slots=True)
class Draft:
    request: GenerationRequest
    prepared: tuple[Prepared, ...]


def draft(
    model: Capabilities,
    prompt: str,
    *,
    negative_prompt: str = "",
    seed: int | None = None,
    first_frame: object = None,
    last_frame: object = None,
    references: Iterable[object] = (),
    reference_clips: Iterable[object] = (),
    extend: object = None,
    edit: object = None,
    fold_negative_prompt: bool = False,
    settings: Mapping[str, Scalar] = immutabledict(),
) -> Draft:
    """Check a request without writing anything. Raises ``InvalidRequest`` with every fault, or ``BadMedia``.

    Settings under an old name that means the same (``duration``) are taken over under the new one.
    """
    one_each = [
        (Role.FIRST_FRAME, first_frame),
        (Role.LAST_FRAME, last_frame),
        (Role.SOURCE_CLIP, extend),
        (Role.EDITED_CLIP, edit),
    ]
    sources = [(role, source) for role, source in one_each if source is not None]
    sources += [(Role.REFERENCE, source) for source in each(references)]
    sources += [(Role.REFERENCE_CLIP, source) for source in each(reference_clips)]
    prepared = prepare(sources)
    request = GenerationRequest(
        model=model.model,
        prompt=prompt,
        negative_prompt=negative_prompt,
        inputs=tuple(p.input for p in prepared),
        settings=immutabledict(renamed(settings, model)),
        seed=seed,
        fold_negative_prompt=fold_negative_prompt,
    )
    return Draft(validate(request, model), tuple(prepared))
