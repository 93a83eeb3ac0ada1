"""``NewRun``: a request on its way into the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.domain.request import GenerationRequest
from workbench.domain.run import Kind, Origin


@dataclass(frozen=True, slots=True)
class NewRun:
    """A validated request about to become a row."""

    id: str
    request: GenerationRequest
    account: str
    kind: Kind = Kind.VIDEO
    origin: Origin = field(default_factory=Origin)
    estimate_micros: int | None = None
    adjustments: tuple[str, ...] = ()
