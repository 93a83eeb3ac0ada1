"""What the readers share: their models as data, files as they are sent, and answers held to their shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.domain.capabilities import Lifecycle, Stage
from workbench.domain.errors import FailureReason, Rejected, TooLarge
from workbench.providers.http.refusals import in_words, without_secrets
from workbench.providers.readers import Answer, Declined, Question, ReaderModel, Shown, Unfit, Usage

if TYPE_CHECKING:
    from pydantic import BaseModel

TIMEOUT_S = 300.0  # for the whole of one answer: a model may think for minutes
_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars a million tokens, from a day on."""

    tokens_in: str
    tokens_out: str
    since: date = date.min


@dataclass(frozen=True, slots=True)
class Known:
    """One model id. ``rates`` stand in the order of their days; ``heir`` is the id to use instead."""

    id: str
    label: str
    rates: Sequence[Rate] = ()
    ends_on: date | None = None
    heir: str = ""


class Shelf:
    """The models of one endpoint: ``known`` are listed, ``leaving`` only told about. ``extra`` are names that
    the endpoint serves beside them. Any other name is taken as it is given.
    """

    def __init__(
        self,
        endpoint: str,
        known: Sequence[Known],
        leaving: Sequence[Known] = (),
        *,
        source: str,
        sees_clips: bool,
        extra: Iterable[str] = (),
    ) -> None:
        self._endpoint = endpoint
        self._source = source
        self._sees_clips = sees_clips
        names = {one.id for one in known}
        self._listed = (*known, *(Known(name, name) for name in extra if name not in names))
        self._known = {one.id: one for one in (*leaving, *self._listed)}

    def models(self, today: date) -> Sequence[ReaderModel]:
        return [self._model(one, today) for one in self._listed]

    def model(self, name: str, today: date) -> ReaderModel | None:
        endpoint, _, own = name.partition("/")
        if endpoint != self._endpoint or not own:
            return None
        return self._model(self._known.get(own, Known(own, own)), today)

    def asked(self, question: Question, today: date) -> ReaderModel:
        """The model of a question. Raises ``Rejected`` where it is of another endpoint."""
        model = self.model(question.model, today)
        if model is None:
            raise refused(f"{question.model!r} is no model of {self._endpoint}; nothing was sent")
        return model

    def _model(self, one: Known, today: date) -> ReaderModel:
        rate = next((rate for rate in reversed(one.rates) if rate.since <= today), None)
        return ReaderModel(
            model=f"{self._endpoint}/{one.id}",
            label=one.label,
            sees_clips=self._sees_clips,
            usd_per_million_in=Decimal(rate.tokens_in) if rate else None,
            usd_per_million_out=Decimal(rate.tokens_out) if rate else None,
            source=self._source if rate else "",
            lifecycle=self._lifecycle(one, today),
        )

    def _lifecycle(self, one: Known, today: date) -> Lifecycle:
        if not one.heir:
            return Lifecycle()
        is_over = one.ends_on is not None and one.ends_on <= today
        stage = Stage.RETIRED if is_over else Stage.DEPRECATED
        return Lifecycle(stage, ends_on=one.ends_on, successor=f"{self._endpoint}/{one.heir}")


def check_is_there(model: ReaderModel) -> None:
    """Raises ``Rejected``, which names the successor, for a model that was shut down."""
    life = model.lifecycle
    if life.stage is Stage.RETIRED:
        raise refused(
            f"{model.model} was shut down on {life.ends_on}. Use {life.successor}; nothing was sent"
        )


def with_successor(error: Rejected, model: ReaderModel) -> Rejected:
    """The same refusal, naming what to use instead of a model that is going."""
    life = model.lifecycle
    is_its_name = error.reason is FailureReason.INVALID_REQUEST and not isinstance(error, TooLarge)
    if not (life.successor and is_its_name):
        return error
    day = f" on {life.ends_on}" if life.ends_on else ""
    return Rejected(f"{error}. {model.model} is shut down{day}: use {life.successor}", error.reason)


def refused(text: str) -> Rejected:
    """Of a question that can't be asked as it is."""
    return Rejected(text, FailureReason.INVALID_REQUEST)


def content(shown: Shown) -> bytes:
    """The file's bytes. Raises ``Rejected``."""
    try:
        found = shown.path.read_bytes()
    except OSError as error:
        raise unreadable(shown, error) from error
    if not found:
        raise refused(f"{name_of(shown)} is an empty file; nothing was sent. Add it again")
    return found


def unreadable(shown: Shown, error: OSError) -> Rejected:
    why = error.strerror or type(error).__name__
    return refused(f"{name_of(shown)} can't be read ({why}); nothing was sent. Add it again")


def name_of(shown: Shown) -> str:
    """How a sentence calls it."""
    return shown.label or shown.path.name


# What came


def answer(shape: type[BaseModel], text: str, usage: Usage) -> Answer | str:
    """The text as an instance of ``shape``, or in words what is wrong with it."""
    from pydantic import ValidationError

    try:
        return Answer(shape.model_validate_json(_bare(text)), usage)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        more = f" and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        return f"{where + ': ' if where else ''}{first['msg']}{more}"


def _bare(text: str) -> str:
    """Small servers put their JSON into a fence, whatever they were told."""
    text = text.strip()
    if text.startswith(_FENCE) and text.endswith(_FENCE) and "\n" in text:
        return text[text.index("\n") : -len(_FENCE)]
    return text


def unfit(who: str, what: str, usage: Usage, secrets: Collection[str], advice: str) -> Unfit:
    """It was paid for, so nobody asks again without being told."""
    said = without_secrets(what, secrets)
    return Unfit(f"{who} {said}. It was charged{_tokens(usage)}. {advice}", usage)


def cut_off(who: str, most: int, usage: Usage, secrets: Collection[str]) -> Unfit:
    """At the limit of tokens that the question sets."""
    what = f"stopped at the limit of {most:,} tokens before its answer was complete"
    return unfit(who, what, usage, secrets, "Ask for less, or allow more tokens")


def misshapen(who: str, wrong: str, usage: Usage, secrets: Collection[str]) -> Unfit:
    what = f"answered in another form than was asked for ({wrong})"
    return unfit(who, what, usage, secrets, "Ask again, or choose another model")


def declined(who: str, why: str, usage: Usage, secrets: Collection[str]) -> Declined:
    words = in_words(why, secrets=secrets)
    spent = f"; what it read is charged{_tokens(usage)}" if usage.tokens_in or usage.tokens_out else ""
    advice = "Change the words, or leave the picture out"
    return Declined(f"{who} declined to answer{': ' + words if words else ''}{spent}. {advice}", usage)


def _tokens(usage: Usage) -> str:
    counts = ((usage.tokens_in, "in"), (usage.tokens_out, "out"))
    told = [f"{count:,} tokens {way}" for count, way in counts if count is not None]
    return f" ({', '.join(told)})" if told else ""


def count(told: Mapping[str, object], *names: str) -> int | None:
    """The sum of those counts that are told; ``None`` where none is."""
    found = [value for name in names if type(value := told.get(name)) is int and value >= 0]
    return sum(found) if found else None


def today() -> date:
    """UTC, as everywhere."""
    return datetime.now(UTC).date()
