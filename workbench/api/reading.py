"""``Reading``: asking models that look and write – each question logged before it leaves, and paid once.

The same question to the same model is answered from the log. Questions run on a loop of their own, so that
they can be asked from anywhere; whoever asks the same one at the same time, in whatever process, shares the
answer. A question over which its process ended may have been charged: a person decides whether to ask again.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from decimal import ROUND_CEILING, Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ulid import ULID

from workbench.api.asking import on_own_loop
from workbench.domain.errors import (
    NotAccepted,
    OutcomeUnknown,
    ProviderNotReady,
    Rejected,
    UnknownModel,
    WorkbenchError,
)
from workbench.domain.request import digest
from workbench.domain.run import EMULATED, Charge, is_of_emulator
from workbench.runner.process import is_alive, this_process
from workbench.store.asks import Ask, Asks

if TYPE_CHECKING:
    from pydantic import BaseModel

    from workbench.providers.base import Missing
    from workbench.providers.readers import Answer, Question, Reader, ReaderModel, Usage
    from workbench.runner.clock import Clock
    from workbench.settings import Settings

BYTES_A_TOKEN = 3  # of UTF-8: three Latin letters or one Chinese character, so that no estimate is too low
TOKENS_A_PICTURE = 2_000
TOKENS_A_CLIP_BYTE = Decimal("0.003")  # a clip of some seconds; the service tells the true number
TOKENS_A_CLIP_SECOND = 300  # Gemini takes a picture a second (258) and its sound (32), however small the file
LOOK_EVERY_S = 0.5  # at a question that another process asks
PATIENCE_S = 600.0  # longer than any reader waits for its service


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer. ``is_new`` says that it was asked for just now, and ``cost_micros`` what that may cost."""

    parsed: BaseModel
    model: str
    is_new: bool
    cost_micros: int | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that asking should cost, in micro-dollars; ``None`` where no price is known. An emulator
    charges nothing.
    """

    micros: int | None
    is_emulated: bool = False


FREE = Estimate(0)
_BROKEN_OFF = "The model was asked this before, and that ended before an answer could be logged."


@dataclass(slots=True)
class _Turn:
    """Held by whoever asks; ``wanted`` counts those who wait for it, too."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    wanted: int = 0


class Reading:
    """The readers of this process. ``look_by`` and ``write_by`` are the models that the settings name."""

    def __init__(self, readers: Sequence[Reader], asks: Asks, clock: Clock, settings: Settings) -> None:
        self._readers = {reader.endpoint: reader for reader in readers}
        self._asks = asks
        self._clock = clock
        self._settings = settings
        self._turns: dict[tuple[str, str], _Turn] = {}
        self._guard = threading.Lock()
        self._id = str(ULID())

    @property
    def _asker(self) -> str:
        """Of several workbenches in a process each asks for itself."""
        return f"{this_process()}/{self._id}"

    def models(self, *, ready_only: bool = False) -> list[ReaderModel]:
        """Every model that reads, those of endpoints that are set up first."""
        readers = sorted(self._readers.values(), key=lambda reader: bool(reader.missing()))
        return [self._as_written(m) for r in readers if not (ready_only and r.missing()) for m in r.models()]

    def model(self, name: str) -> ReaderModel:
        """Set up or not. Raises ``UnknownModel``."""
        return self._known(name)[0]

    def named(self, name: str) -> tuple[ReaderModel, Reader]:
        """Raises ``UnknownModel`` or ``ProviderNotReady``; nothing was asked then."""
        model, reader = self._known(name)
        if missing := reader.missing():
            wanted = "; ".join(f"set {m.variable} ({m.what})" for m in missing)
            raise ProviderNotReady(f"{reader.endpoint} is not set up: {wanted}. Nothing was sent.")
        return model, reader

    def _known(self, name: str) -> tuple[ReaderModel, Reader]:
        reader = self._readers.get(name.partition("/")[0])
        model = reader.model(name) if reader else None
        if reader is None or model is None:
            known = [model.model for model in self.models()]
            near = get_close_matches(name, known, 2, 0.6)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Allowed: {', '.join(known)}."
            raise UnknownModel(f"No model called {name!r:.80} looks or writes. {hint} Nothing was sent.")
        return self._as_written(model), reader

    def _as_written(self, model: ReaderModel) -> ReaderModel:
        """With the price that stands in ``workbench.toml``."""
        written = self._settings.written.models.get(model.model)
        if written is None or written.usd_per_million_in is None or written.usd_per_million_out is None:
            return model
        return replace(
            model,
            usd_per_million_in=written.usd_per_million_in,
            usd_per_million_out=written.usd_per_million_out,
            source=written.source or "workbench.toml",
        )

    def is_emulated(self, name: str) -> bool:
        """Whether it is an emulator that would be asked."""
        reader = self._readers.get(name.partition("/")[0])
        return reader is not None and is_of_emulator(reader.account)

    def missing(self, name: str) -> Sequence[Missing]:
        """What has to be set before that model can be asked. Raises ``UnknownModel``."""
        return self._known(name)[1].missing()

    def price(
        self, name: str, text_bytes: int, *, pictures: int = 0, clip_tokens: int = 0, questions: int = 1
    ) -> Estimate:
        """What asking should cost at most. Raises ``UnknownModel``."""
        from workbench.providers.readers import Question

        model, _ = self._known(name)
        tokens = Decimal(text_bytes) / BYTES_A_TOKEN + pictures * TOKENS_A_PICTURE
        tokens += clip_tokens
        most = {field.name: field.default for field in fields(Question)}["tokens_out_most"]
        most_out = questions * Decimal(str(most))
        return Estimate(_priced(model, tokens, most_out), self.is_emulated(name))

    def check_affordable(self, name: str, estimate: Estimate) -> None:
        """Raises ``BudgetExceeded`` where that does not fit into what is left of the day."""
        if (budget_micros := self._budget_micros()) is not None:
            self._asks.check_day(name, estimate.micros, self._clock.now(), budget_micros)

    def _budget_micros(self) -> int | None:
        cap = self._settings.budget_usd
        return None if cap is None else int(cap * 1_000_000)

    def known(self, asked: Sequence[tuple[Question, Sequence[str]]]) -> list[BaseModel | None]:
        """What the log holds of the answers to these questions, all to one model; nothing is asked.

        Of what is shown the labels alone are read.
        """
        keys = [self._hash(question, contents) for question, contents in asked]
        found = self._asks.answers(keys, asked[0][0].model) if asked else {}
        return [
            question.shape.model_validate(found[key]) if key in found else None
            for key, (question, _) in zip(keys, asked, strict=True)
        ]

    def ask(
        self, purpose: str, question: Question, contents: Sequence[str] = (), *, anew: bool = False
    ) -> Asked:
        """The answer, from the log where it stands there. ``contents`` are the hashes of what is shown.

        ``anew`` asks once more. Raises ``BudgetExceeded``, ``UnknownModel`` or ``ProviderNotReady`` before
        anything is sent, ``OutcomeUnknown`` where a process ended over it, else what the reader raises.
        """
        key = (self._hash(question, contents), question.model)
        with self._turn(key):
            while True:
                self._wait_for_others(*key)
                known = None if anew else self._asks.answer(*key)
                if known is not None:
                    return Asked(question.shape.model_validate(known), question.model, False, 0)
                if answer := self._asked(purpose, question, key[0], anew=anew):
                    return answer

    def _hash(self, question: Question, contents: Sequence[str]) -> str:
        """What an emulator has answered is never taken for the word of the model that it plays."""
        shown = [[shown.label, content] for shown, content in zip(question.shown, contents, strict=True)]
        asked = [question.instructions, question.text, _schema(question.shape), shown]
        return digest([*asked, EMULATED] if self.is_emulated(question.model) else asked)

    @contextmanager
    def _turn(self, key: tuple[str, str]) -> Iterator[None]:
        """One thread asks; the others find its answer in the log."""
        with self._guard:
            turn = self._turns.setdefault(key, _Turn())
            turn.wanted += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._guard:
                turn.wanted -= 1
                if not turn.wanted:
                    del self._turns[key]

    def _wait_for_others(self, question_hash: str, model: str) -> None:
        """Until nobody else asks the same. Raises ``OutcomeUnknown`` where the asker ended over it.

        Called by whoever has the turn: a question of its own that is open is one whose end could not be
        logged.
        """
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            open_asks = self._asks.open(question_hash, model)
            broken_off = [ask for ask in open_asks if ask.asker == self._asker or not is_alive(ask.asker)]
            for ask in broken_off:
                self._asks.failed(ask.id, "broken off", _BROKEN_OFF, ask.charge, self._clock.now())
            if any(ask.charge is not Charge.NONE for ask in broken_off):
                told = _told(Charge.MAYBE, self._known(model)[1])
                raise OutcomeUnknown(f"{_BROKEN_OFF} {told} Ask again to send it once more.")
            if len(broken_off) == len(open_asks):
                return
            if time.monotonic() >= ends_at:
                raise NotAccepted(f"Somebody else has been asking {model} the same for long; try later.")
            self._clock.pause(LOOK_EVERY_S)

    def _asked(self, purpose: str, question: Question, question_hash: str, *, anew: bool) -> Asked | None:
        """``None`` where somebody else was quicker to ask."""
        model, reader = self.named(question.model)
        estimate = _estimate(model, question)
        ask = Ask(purpose, question.model, reader.account, question_hash, estimate, self._asker)
        ask_id = self._asks.begin(ask, self._clock.now(), self._budget_micros(), anew=anew)
        if ask_id is None:
            return None

        async def asked() -> Answer:
            try:
                return await reader.ask(question)
            finally:
                await reader.close()  # its connections belong to a loop that ends now

        try:
            answer = on_own_loop(asked)
        except BaseException as error:
            outcome, charge = _failure(error)
            usage = getattr(error, "usage", None)
            cost = _cost(model, usage) if usage else None
            self._asks.failed(ask_id, outcome, str(error), charge, self._clock.now(), cost)
            if type(error) is OutcomeUnknown and "charged" not in str(error):
                raise OutcomeUnknown(f"{str(error).rstrip('.')}. {_told(charge, reader)}") from error
            raise
        cost = _cost(model, answer.usage)
        self._asks.answered(
            ask_id,
            answer.parsed.model_dump(mode="json"),
            self._clock.now(),
            tokens_in=answer.usage.tokens_in,
            tokens_out=answer.usage.tokens_out,
            cost_micros=cost,
        )
        spent = ask.estimate_micros if cost is None else cost
        return Asked(answer.parsed, question.model, True, spent)


@lru_cache(maxsize=64)
def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    return shape.model_json_schema()


def _failure(error: BaseException) -> tuple[str, Charge]:
    from workbench.providers.readers import Declined, Unfit

    match error:
        case Unfit():
            return "unfit", Charge.YES
        case Declined():
            return "declined", Charge.YES
        case OutcomeUnknown():
            return "unknown", Charge.MAYBE
        case NotAccepted():
            return "not accepted", Charge.NONE
        case Rejected():
            return "refused", Charge.NONE
        case WorkbenchError():
            return "failed", Charge.MAYBE
    return "broken off", Charge.MAYBE


def _told(charge: Charge, reader: Reader) -> str:
    if is_of_emulator(reader.account):
        return "It was emulated: nothing was charged."
    return "Nothing was charged." if charge is Charge.NONE else "It may have been charged."


def bytes_of(*texts: str) -> int:
    """How long they are in UTF-8, which tells tokens better than a number of characters does."""
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def tokens_of_clip(size_bytes: int, duration_s: float) -> int:
    """The most that showing a clip should cost, in tokens."""
    by_size = math.ceil(size_bytes * TOKENS_A_CLIP_BYTE)
    return max(by_size, math.ceil(duration_s) * TOKENS_A_CLIP_SECOND)


def _estimate(model: ReaderModel, question: Question) -> int | None:
    """The most that it should cost, in micro-dollars; ``None`` where no price is known."""
    tokens = Decimal(bytes_of(question.instructions, question.text)) / BYTES_A_TOKEN
    for shown in question.shown:
        is_clip = shown.mime.startswith("video/")
        size_bytes = shown.path.stat().st_size if is_clip else 0
        tokens += tokens_of_clip(size_bytes, shown.duration_s) if is_clip else TOKENS_A_PICTURE
    return _priced(model, tokens, Decimal(question.tokens_out_most))


def _cost(model: ReaderModel, usage: Usage) -> int | None:
    if usage.tokens_in is None or usage.tokens_out is None:
        return None
    return _priced(model, Decimal(usage.tokens_in), Decimal(usage.tokens_out))


def _priced(model: ReaderModel, tokens_in: Decimal, tokens_out: Decimal) -> int | None:
    """A price of a dollar a million tokens is a micro-dollar a token."""
    if model.usd_per_million_in is None or model.usd_per_million_out is None:
        return None
    cost = tokens_in * model.usd_per_million_in + tokens_out * model.usd_per_million_out
    return int(cost.to_integral_value(ROUND_CEILING))
