"""A scripted endpoint that looks and writes: what it answers, how long it takes, what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbench.providers.base import Missing
from workbench.providers.readers import Answer, Question, ReaderModel, Usage

MODEL = ReaderModel("scribe/one", "Scribe One", True, Decimal(2), Decimal(10), "a price list")


class Scribe:
    """Answers fill the question's shape: named fields from ``answers``, lists and texts left empty else.

    While ``hold`` is clear it thinks. ``error`` is raised instead of an answer.
    """

    endpoint = "scribe"
    account = "scribe:test"

    def __init__(self, answers: Mapping[str, Any] | None = None, lacks: Sequence[Missing] = ()) -> None:
        self.answers = dict(answers or {})
        self.lacks = lacks
        self.asked: list[Question] = []
        self.hold = threading.Event()
        self.hold.set()
        self.error: Exception | None = None

    def models(self) -> Sequence[ReaderModel]:
        return [MODEL]

    def model(self, name: str) -> ReaderModel | None:
        return MODEL if name == MODEL.model else None

    def missing(self) -> Sequence[Missing]:
        return self.lacks

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        self.hold.wait(30)  # its own loop, in a thread of its own
        if self.error:
            raise self.error
        fields = question.shape.model_fields
        empty = {name: [] if "list" in str(f.annotation) else "" for name, f in fields.items()}
        told = {name: value for name, value in self.answers.items() if name in fields}
        return Answer(question.shape.model_validate({**empty, **told}), Usage(1_000, 100))

    async def close(self) -> None:
        """Nothing is open."""
