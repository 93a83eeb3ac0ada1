"""``Book``: what an emulator received and what it accepted – the other side of the run log."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.emulators.faults import Step


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived. ``body`` is parsed JSON, a list of form parts, or ``None``."""

    step: Step
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True, slots=True)
class FormPart:
    """A part of a multipart form: ``text`` of a field, or ``content`` of a file."""

    name: str
    text: str = ""
    filename: str = ""
    content_type: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Operation:
    """One accepted request: what would be charged. ``said`` is the wire's own, ``clips`` what it delivers."""

    id: str
    prompt: str
    created_at: float
    ready_at: float
    said: dict[str, Any] = field(default_factory=dict)
    clips: list[bytes] = field(default_factory=list)
    cancelled: bool = False

    @property
    def is_done(self) -> bool:
        return self.cancelled or time.time() >= self.ready_at


class Book:
    """In memory, and where ``path`` is given one JSON line an accepted operation, for other processes."""

    def __init__(self, path: Path | None = None) -> None:
        self.received: list[Received] = []
        self.operations: dict[str, Operation] = {}
        self._path = path
        self._guard = threading.Lock()

    def receive(self, request: Received) -> None:
        with self._guard:
            self.received.append(request)

    def accept(self, operation: Operation) -> None:
        with self._guard:
            self.operations[operation.id] = operation
            if self._path:
                line = {k: v for k, v in asdict(operation).items() if k in ("id", "prompt", "created_at")}
                with self._path.open("a") as handle:
                    handle.write(json.dumps(line) + "\n")

    def of(self, step: Step) -> list[Received]:
        """The requests of one step, oldest first."""
        with self._guard:
            return [request for request in self.received if request.step is step]

    def prompts(self) -> list[str]:
        """Of every accepted operation: a prompt that stands there twice was charged twice."""
        with self._guard:
            return [operation.prompt for operation in self.operations.values()]
