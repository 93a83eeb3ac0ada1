"""A workflow: look → write → generate over references, one row of the log, resumed at its step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from immutabledict import immutabledict

REFERENCES = "references"  # the kind of workflow that makes a clip from references


class Step(StrEnum):
    """What is done next; ``DONE`` when the clip is there or can't come."""

    LOOK = "look"
    WRITE = "write"
    GENERATE = "generate"
    DONE = "done"


class Progress(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Workflow:
    """``asked`` is what was asked for, and ``found`` what the steps have given so far, both as JSON.

    ``run_id`` is drawn and logged before the run is: sending twice is impossible. ``message`` says in one
    sentence what went wrong.
    """

    id: str
    kind: str
    step: Step
    status: Progress
    asked: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    found: Mapping[str, Any] = field(default_factory=immutabledict)
    run_id: str = ""
    message: str = ""
