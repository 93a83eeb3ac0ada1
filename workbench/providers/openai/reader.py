"""``OpenAIReader``: questions about pictures and words through ``responses.parse``, answered in a shape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pybase64

from workbench.domain.errors import (
    FailureReason,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Rejected,
)
from workbench.providers import reading
from workbench.providers.base import Missing
from workbench.providers.http.refusals import WAIT_AFTER_429_S, in_words, is_safety
from workbench.providers.openai.connection import Connection
from workbench.providers.openai.models import LEAVING, READERS, SOURCE
from workbench.providers.openai.refusals import SAFETY_CODES
from workbench.providers.readers import Answer, Question, ReaderModel, Usage
from workbench.settings import EndpointSettings

# A phase that is not the answer: the model tells what it is about to do (openai 3.52.0, lib/_parsing).
_ANSWERS = frozenset({None, "final_answer"})


class OpenAIReader:
    """As ``readers.Reader``. It sees pictures; of clips it takes frames. ``today`` is UTC's date."""

    def __init__(
        self, connection: Connection, named: EndpointSettings, today: Callable[[], date] = reading.today
    ) -> None:
        self.endpoint = named.name
        self.account = connection.account
        self._connection = connection
        self._today = today
        self._shelf = reading.Shelf(
            named.name, READERS, LEAVING, source=SOURCE, sees_clips=False, extra=named.models
        )

    def models(self) -> Sequence[ReaderModel]:
        return self._shelf.models(self._today())

    def model(self, name: str) -> ReaderModel | None:
        return self._shelf.model(name, self._today())

    def missing(self) -> Sequence[Missing]:
        return self._connection.missing()

    async def ask(self, question: Question) -> Answer:
        """One POST. Raises ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown``."""
        model = self._shelf.asked(question, self._today())
        if self._connection.origin.nearness == 0:  # what serves a name nearby may serve it for ever
            reading.check_is_there(model)
        self._check_pictures(question)
        sent = await asyncio.to_thread(_arguments, question)
        try:
            body = await self._connection.asked(
                lambda client: client.responses.with_raw_response.parse(**sent)
            )
        except Rejected as error:
            raise reading.with_successor(error, model) from None
        return self._read(question, body)

    async def close(self) -> None:
        await self._connection.close()

    def _check_pictures(self, question: Question) -> None:
        for shown in question.shown:
            if not shown.mime.startswith("image/"):
                raise reading.refused(
                    f"{self.endpoint} sees pictures only, and {reading.name_of(shown)} is {shown.mime}: show "
                    f"frames of the clip instead; nothing was sent"
                )

    # What came

    def _read(self, question: Question, body: Mapping[str, Any]) -> Answer:
        """Whatever status it names: an answer that keeps the shape is one."""
        usage = _usage(body)
        parts = list(_parts(body))
        refusals = [str(part.get("refusal") or "") for part in parts if part.get("type") == "refusal"]
        if refusals:
            raise reading.declined(self.endpoint, " ".join(refusals), usage, self._connection.secrets)
        text = "".join(str(part.get("text") or "") for part in parts if part.get("type") == "output_text")
        found = reading.answer(question.shape, text, usage) if text else "it is empty"
        if isinstance(found, Answer):
            return found
        raise self._unfit(question, body, usage, found)

    def _unfit(self, question: Question, body: Mapping[str, Any], usage: Usage, wrong: str) -> ProviderError:
        who, secrets = self.endpoint, self._connection.secrets
        if body.get("status") == "failed":
            return self._failed(body.get("error"))
        reason = str(_mapping(body.get("incomplete_details")).get("reason") or "")
        if reason == "content_filter":
            return reading.declined(who, "its content filter cut the answer off", usage, secrets)
        if reason == "max_output_tokens":
            return reading.cut_off(who, question.tokens_out_most, usage, secrets)
        return reading.misshapen(who, wrong, usage, secrets)

    def _failed(self, error: Any) -> ProviderError:
        told = _mapping(error)
        code = str(told.get("code") or "")
        said = in_words({"error": error}, secrets=self._connection.secrets)
        text = f"{self.endpoint} could not answer: {said}"
        if code in SAFETY_CODES or is_safety({"error": error}):
            return Rejected(text, FailureReason.SAFETY)
        if code == "rate_limit_exceeded":
            return NotAccepted(text, WAIT_AFTER_429_S)
        if "image" in code or code == "invalid_prompt":
            return Rejected(text, FailureReason.INVALID_REQUEST)
        return OutcomeUnknown(f"{text}. It may have been charged")


def _arguments(question: Question) -> dict[str, Any]:
    """Of ``responses.parse``: the words first, then each file under the name that the words give it."""
    content: list[dict[str, Any]] = [{"type": "input_text", "text": question.text}]
    for shown in question.shown:
        if shown.label:
            content.append({"type": "input_text", "text": f"{shown.label}:"})
        data = pybase64.b64encode(reading.content(shown)).decode()
        address = f"data:{shown.mime};base64,{data}"
        content.append({"type": "input_image", "image_url": address, "detail": "high"})
    sent: dict[str, Any] = {
        "model": question.model.partition("/")[2],
        "input": [{"role": "user", "content": content}],
        "text_format": question.shape,
        "max_output_tokens": question.tokens_out_most,
        "store": False,
    }
    return {**sent, "instructions": question.instructions} if question.instructions else sent


def _parts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What the model said, without what it thought, told on the way, or did."""
    output = body.get("output")
    for item in output if isinstance(output, list) else []:
        message = _mapping(item)
        if message.get("type") != "message" or message.get("phase") not in _ANSWERS:
            continue
        content = message.get("content")
        yield from (_mapping(part) for part in (content if isinstance(content, list) else []))


def _usage(body: Mapping[str, Any]) -> Usage:
    told = _mapping(body.get("usage"))
    return Usage(reading.count(told, "input_tokens"), reading.count(told, "output_tokens"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
