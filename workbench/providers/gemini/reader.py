"""``GeminiReader``: questions about pictures, clips and words through ``generate_content``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import date
from typing import TYPE_CHECKING, Any

from workbench.domain.errors import OutcomeUnknown, ProviderError, Rejected
from workbench.providers import reading
from workbench.providers.accounts import poll_every_s
from workbench.providers.base import Missing
from workbench.providers.gemini.connection import Connection
from workbench.providers.gemini.content import generated, mapping, mappings
from workbench.providers.gemini.uploads import FOUND_EVERY_S, Held, Pause, Uploads
from workbench.providers.readers import Answer, Question, ReaderModel, Shown, Usage
from workbench.providers.reading import Known, Rate

if TYPE_CHECKING:
    from google.genai import types
    from pydantic import BaseModel

INLINE_BYTES = 20_000_000  # in all; Google takes 100 MB since January 2026, relays before it 20
SOURCE = "genai-prices 0.2.3, quoting ai.google.dev (October 2026), read 2026-11-25"
MODELS = (  # the default first; google-genai 3.4.0, interactions/model.py
    Known(
        "gemini-3.8-flash", "Gemini 3.8 Flash", (Rate("0.75", "3.75"), Rate("1.5", "7.5", date(2027, 1, 1)))
    ),
    Known("gemini-3.5-flash-lite", "Gemini 3.5 Flash Lite", (Rate("0.30", "2.50"),)),
    Known("gemini-3.5-flash", "Gemini 3.5 Flash", (Rate("1.50", "9"),)),
    Known("gemini-4-argon", "Gemini 4 Argon", (Rate("2", "10"), Rate("4", "20", date(2026, 12, 1)))),
    Known("gemini-4-carbon", "Gemini 4 Carbon"),
    Known("gemini-4-hydrogen", "Gemini 4 Hydrogen"),
)
# On Google Cloud they ended on 2026-10-20; of the Developer API no day is known.
LEAVING = (
    Known("gemini-2.5-pro", "Gemini 2.5 Pro", (Rate("1.25", "10"),), heir="gemini-3.8-flash"),
    Known("gemini-2.5-flash", "Gemini 2.5 Flash", (Rate("0.30", "2.50"),), heir="gemini-3.8-flash"),
    Known("gemini-2.5-flash-lite", "Gemini 2.5 Flash Lite", heir="gemini-3.5-flash-lite"),
)
_BLOCKED = frozenset(
    {
        "SAFETY",
        "PROHIBITED_CONTENT",
        "BLOCKLIST",
        "SPII",
        "RECITATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "MODEL_ARMOR",
        "JAILBREAK",
    }
)
EMPTY = "it is empty"
_SEEN = ("image/", "video/")


class GeminiReader:
    """As ``readers.Reader``; it sees clips. ``pause`` waits while Google prepares one, ``today`` is UTC's."""

    def __init__(
        self,
        connection: Connection,
        key_variable: str,
        address_variable: str,
        *,
        timeout_s: float = reading.TIMEOUT_S,
        extra: Sequence[str] = (),
        pause: Pause = asyncio.sleep,
        today: Callable[[], date] = reading.today,
    ) -> None:
        self.endpoint = connection.who
        self.account = connection.account
        self._connection = connection
        self._variables = key_variable, address_variable
        self._timeout_s = timeout_s
        self._today = today
        self._uploads = Uploads(connection, poll_every_s(self.account, FOUND_EVERY_S), pause)
        self._shelf = reading.Shelf(
            connection.who, MODELS, LEAVING, source=SOURCE, sees_clips=True, extra=extra
        )

    def models(self) -> Sequence[ReaderModel]:
        return self._shelf.models(self._today())

    def model(self, name: str) -> ReaderModel | None:
        return self._shelf.model(name, self._today())

    def missing(self) -> Sequence[Missing]:
        return self._connection.missing(*self._variables)

    async def ask(self, question: Question) -> Answer:
        """One POST, after the uploads that it needs. Raises ``NotAccepted``, ``Rejected`` or
        ``OutcomeUnknown``.
        """
        model = self._shelf.asked(question, self._today())
        for shown in question.shown:
            if not shown.mime.startswith(_SEEN):
                raise reading.refused(
                    f"{self.endpoint} sees pictures and clips, and {reading.name_of(shown)} is {shown.mime}; "
                    f"nothing was sent"
                )
        large = await asyncio.to_thread(_too_large, question.shown)
        await self._connection.client()  # the SDK: the first import of it off the loop
        async with AsyncExitStack() as stack:
            held = {n: await stack.enter_async_context(self._uploads.held(question.shown[n])) for n in large}
            request = await asyncio.to_thread(_request, question, held, self._timeout_s)
            try:
                body = await generated(self._connection, request, self._timeout_s)
            except Rejected as error:
                raise reading.with_successor(error, model) from None
        return self._read(question, body)

    async def close(self) -> None:
        await self._connection.close()

    # What came

    def _read(self, question: Question, body: Mapping[str, Any]) -> Answer:
        """Whatever reason it names for its end: an answer that keeps the shape is one."""
        usage = _usage(body)
        text, reasons = _said(body)
        blocked = [reason for reason in reasons if reason.partition(":")[0] in _BLOCKED]
        found = reading.answer(question.shape, text, usage) if text else EMPTY
        if isinstance(found, Answer) and not blocked:
            return found
        who, secrets = self.endpoint, self._connection.secrets
        if blocked or _is_blocked(body):
            raise reading.declined(who, "; ".join(reasons), usage, secrets)
        raise self._unfit(question, usage, str(found), reasons)

    def _unfit(self, question: Question, usage: Usage, wrong: str, reasons: Sequence[str]) -> ProviderError:
        who, secrets = self.endpoint, self._connection.secrets
        if "MAX_TOKENS" in reasons:
            return reading.cut_off(who, question.tokens_out_most, usage, secrets)
        if usage == Usage() and not reasons and wrong == EMPTY:
            return OutcomeUnknown(f"{who} answered with nothing at all. It may have been charged")
        ended = f"; it ended with {', '.join(reasons)}" if reasons else ""
        return reading.misshapen(who, f"{wrong}{ended}", usage, secrets)


def _too_large(shown: Sequence[Shown]) -> Sequence[int]:
    """Which files are left when no more fit into the request: by their places. Raises ``Rejected``."""
    left, found = INLINE_BYTES, []
    for place, one in enumerate(shown):
        try:
            size = one.path.stat().st_size
        except OSError as error:
            raise reading.unreadable(one, error) from error
        if size > left:
            found.append(place)
        else:
            left -= size
    return found


def _request(question: Question, held: Mapping[int, Held], timeout_s: float) -> dict[str, Any]:
    """Of ``generate_content``: each file after the name that the words give it, then the words."""
    from google.genai import types

    config = types.GenerateContentConfig(
        system_instruction=question.instructions or None,
        response_mime_type="application/json",
        response_schema=_schema(question.shape),
        max_output_tokens=question.tokens_out_most,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
        should_return_http_response=True,
        http_options=types.HttpOptions(
            timeout=round(timeout_s * 1000), retry_options=types.HttpRetryOptions(attempts=1)
        ),
    )
    parts = [*_parts(question.shown, held), types.Part.from_text(text=question.text)]
    contents = types.Content(role="user", parts=parts)
    return {"model": question.model.partition("/")[2], "contents": contents, "config": config}


def _parts(shown: Sequence[Shown], held: Mapping[int, Held]) -> Iterator[types.Part]:
    from google.genai import types

    for place, one in enumerate(shown):
        if one.label:
            yield types.Part.from_text(text=f"{one.label}:")
        if there := held.get(place):
            yield types.Part.from_uri(file_uri=there.uri, mime_type=there.mime)
        else:
            yield types.Part.from_bytes(data=reading.content(one), mime_type=one.mime)


def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    """Without what the service does not know, and answers 400 to (googleapis/python-genai issue 1815).

    Nothing is lost: the answer is held to the whole shape when it comes.
    """
    schema: dict[str, Any] = _plain(shape.model_json_schema())
    return schema


def _plain(node: Any, *, are_names: bool = False) -> Any:
    """``are_names``: the keys are names of fields, not words of the schema."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    if are_names:
        return {name: _plain(one) for name, one in node.items()}
    kept = {key: value for key, value in node.items() if key not in ("additionalProperties", "const")}
    plain = {key: _plain(value, are_names=key in ("properties", "$defs")) for key, value in kept.items()}
    return {**plain, "enum": [node["const"]]} if "const" in node else plain


def _said(body: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text without what the model thought, and why it ended unless that was well."""
    texts: list[str] = []
    reasons: list[str] = []
    for candidate in mappings(body.get("candidates"))[:1]:
        for part in mappings(mapping(candidate.get("content")).get("parts")):
            if not part.get("thought"):
                texts.append(str(part.get("text") or ""))
        reasons.append(_joined(candidate.get("finishReason"), candidate.get("finishMessage")))
    feedback = mapping(body.get("promptFeedback"))
    reasons.append(_joined(feedback.get("blockReason"), feedback.get("blockReasonMessage")))
    return "".join(texts).strip(), [reason for reason in reasons if reason not in ("", "STOP")]


def _joined(reason: Any, message: Any) -> str:
    return f"{reason or ''}: {message}" if message else str(reason or "")


def _is_blocked(body: Mapping[str, Any]) -> bool:
    return bool(mapping(body.get("promptFeedback")).get("blockReason"))


def _usage(body: Mapping[str, Any]) -> Usage:
    """Thinking is charged as what comes out."""
    told = mapping(body.get("usageMetadata"))
    return Usage(
        reading.count(told, "promptTokenCount"),
        reading.count(told, "candidatesTokenCount", "thoughtsTokenCount"),
    )
