"""A validated request → the row that it becomes: complete, seeded, folded, priced."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ulid import ULID

from workbench.domain.capabilities import Capabilities, validate
from workbench.domain.errors import BadMedia, ProviderNotReady
from workbench.domain.media import Media
from workbench.domain.request import FOLDED, GenerationRequest
from workbench.domain.run import Origin
from workbench.providers.base import Provider
from workbench.store import NewRun


def new_run(
    request: GenerationRequest,
    origin: Origin,
    model: Capabilities,
    provider: Provider,
    path: Callable[[Media], Path],
    now: datetime,
    run_id: str = "",
) -> NewRun:
    """``run_id`` where one was drawn before. Raises ``InvalidRequest``, ``BadMedia`` or ``ProviderNotReady``;
    nothing is written.
    """
    complete, adjustments = folded(seeded(validate(request, model), model), model)
    if lost := [i for i in complete.inputs if not path(i.media).is_file()]:
        raise BadMedia(
            f"The file {path(lost[0].media).name} given as {lost[0].role.label.lower()} is not in "
            f"this data folder. Give the original once more; nothing was sent."
        )
    if missing := provider.missing():
        wanted = "; ".join(f"set {m.variable} ({m.what})" for m in missing)
        raise ProviderNotReady(f"{provider.endpoint} is not set up: {wanted}. Nothing was sent.")
    return NewRun(
        id=run_id or str(ULID.from_datetime(now)),
        request=complete,
        account=provider.account,
        kind=model.kind,
        origin=origin,
        estimate_micros=model.price(complete),
        adjustments=adjustments,
    )


def seeded(request: GenerationRequest, model: Capabilities) -> GenerationRequest:
    """With a seed drawn where the model has seeds and none is given, so that the log can name it."""
    if request.seed is not None or model.seed is None:
        return request
    span = model.seed.most - model.seed.least + 1
    return replace(request, seed=model.seed.least + secrets.randbelow(span))


def folded(request: GenerationRequest, model: Capabilities) -> tuple[GenerationRequest, tuple[str, ...]]:
    """The negative prompt in the prompt, where the model has no other place for it and it was asked for."""
    if model.negative_prompt or not request.negative_prompt.strip():
        return replace(request, fold_negative_prompt=False), ()
    said = f"{FOLDED}{request.negative_prompt.strip()}"
    return validate(request.folded(), model), (said,)


def as_logged(request: GenerationRequest, model: Capabilities) -> GenerationRequest:
    """The request as the log would name it, for looking up its like; faults in it are no matter here."""
    if model.negative_prompt or not request.negative_prompt.strip():
        return replace(request, fold_negative_prompt=False)
    return request.folded()
