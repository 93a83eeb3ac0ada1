"""What the tests of readers share: a reader on an emulator, questions with files, and what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.emulators import footage
from workbench.emulators.faults import Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import Emulator
from workbench.providers import gemini, openai
from workbench.providers.readers import Answer, Question, Reader, Shown
from workbench.settings import load

INSTRUCTIONS, TEXT = "You look at pictures.", "Describe the references."
PICTURES = (footage.still("one"), footage.still("another", width=180, height=320))


class Seen(BaseModel):
    """As the prompting layer asks: nothing beside the fields, and some that may be null."""

    model_config = ConfigDict(extra="forbid")

    subject: list[str] = Field(description="Who or what is shown.")
    light: str | None
    setting: str


def opened(wire: str, environ: dict[str, str], data: Path) -> Reader:
    opens: Callable[[Any], Any] = {"openai": openai.readers, "gemini": gemini.readers}[wire]
    reader: Reader = opens(load(data, environ=environ))[0]
    return reader


@dataclass
class Side:
    """A reader's wire and the emulator that plays its service."""

    wire: str
    emulator: Emulator
    data: Path
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = opened(self.wire, self.emulator.settings(), self.data)

    def shown(self, content: bytes, name: str, mime: str, label: str = "") -> Shown:
        path = self.data / name
        path.write_bytes(content)
        return Shown(path, mime, label)

    def pictures(self) -> tuple[Shown, ...]:
        return tuple(
            self.shown(content, f"{n}.png", "image/png", f"image {n}")
            for n, content in enumerate(PICTURES, 1)
        )

    def question(self, *shown: Shown, **changes: Any) -> Question:
        model = self.reader.models()[0].model
        return replace(Question(model, INSTRUCTIONS, TEXT, Seen, shown), **changes)

    def ask(self, question: Question | None = None) -> Answer:
        return asked(self.reader, question or self.question(*self.pictures()))

    def sent(self, step: Step = Step.CREATE) -> list[Any]:
        return [request.body for request in self.emulator.book.of(step)]


def asked(reader: Reader, question: Question) -> Answer:
    """On a loop of its own, as the façade asks."""

    async def once() -> Answer:
        try:
            return await reader.ask(question)
        finally:
            await reader.close()

    return asyncio.run(once())


EMULATORS: dict[str, type[Emulator]] = {"openai": ImagesEmulator, "gemini": InteractionsEmulator}


def side(wire: str, data: Path) -> Iterator[Side]:
    with EMULATORS[wire](operation_s=0.0) as emulator:
        yield Side(wire, emulator, data)
