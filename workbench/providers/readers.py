"""What looks and writes: models that read pictures, clips and words and answer in a given form.

As ``base.Provider`` for what makes clips: a reader knows one wire and nothing of the log, sends once, and
raises one of ``domain.errors.ProviderError``. Reading is paid for too, if little: answers say what they used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from workbench.domain.capabilities import Lifecycle
from workbench.domain.errors import FailureReason, OutcomeUnknown, Rejected
from workbench.providers.base import Missing

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class ReaderModel:
    """``model`` is ``endpoint/model``. ``sees_clips``: it takes a video itself; others get its frames.

    Prices are US dollars a million tokens, ``None`` where none is known; ``source`` says where and when
    they were read. ``lifecycle`` names the successor of one that is going or gone.
    """

    model: str
    label: str
    sees_clips: bool = False
    usd_per_million_in: Decimal | None = None
    usd_per_million_out: Decimal | None = None
    source: str = ""
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture or clip that goes along. ``label`` is how the words call it (“image 1”, “frame at 2.1 s”).

    ``duration_s`` is a clip's: what it costs goes by its seconds, too.
    """

    path: Path
    mime: str
    label: str
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """``instructions`` say who the model is and how to answer, ``text`` what is asked; ``shape`` is the form
    of the answer. ``tokens_out_most`` bounds it.
    """

    model: str
    instructions: str
    text: str
    shape: type[BaseModel]
    shown: tuple[Shown, ...] = ()
    tokens_out_most: int = 8_000  # models that think count that, too


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the service told them; ``None`` where it did not."""

    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``parsed`` is an instance of the question's shape."""

    parsed: BaseModel
    usage: Usage = field(default_factory=Usage)


class Declined(Rejected):
    """The model, or a filter before it, would not answer. ``usage`` is what was read, and is charged."""

    def __init__(self, message: str, usage: Usage) -> None:
        self.usage = usage
        super().__init__(message, FailureReason.SAFETY)


class Unfit(OutcomeUnknown):
    """An answer came, and was charged, that is of no use: incomplete, or in another form."""

    def __init__(self, message: str, usage: Usage) -> None:
        self.usage = usage
        super().__init__(message)


@runtime_checkable
class Reader(Protocol):
    """One configured endpoint that reads. ``account`` says who pays, as for providers."""

    endpoint: str
    account: str

    def models(self) -> Sequence[ReaderModel]:
        """What it offers, its default first. Cheap; no network."""
        ...

    def model(self, name: str) -> ReaderModel | None:
        """The model of that full name: any name under this endpoint is taken, known or not."""
        ...

    def missing(self) -> Sequence[Missing]:
        """What has to be set first; empty when it is ready."""
        ...

    async def ask(self, question: Question) -> Answer:
        """Ask once. Raises ``NotAccepted`` (nothing was charged: it may be asked again), ``Rejected``, or
        ``OutcomeUnknown`` (it may have been charged).
        """
        ...

    async def close(self) -> None:
        """Let go of the connections that the running loop holds. It may be used again afterwards."""
        ...
