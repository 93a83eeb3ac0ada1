"""``Uploads``: files too large to go inside a question, held at Google while it is asked (48 h at most)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.domain.errors import NotAccepted, OutcomeUnknown, ProviderError, Rejected
from workbench.providers.gemini import refusals
from workbench.providers.gemini.connection import Connection
from workbench.providers.http.refusals import in_words
from workbench.providers.readers import Shown
from workbench.providers.reading import name_of, refused, unreadable

if TYPE_CHECKING:
    from google import genai
    from google.genai import types

Pause = Callable[[float], Awaitable[None]]
LARGEST_BYTES = 2_000_000_000  # ai.google.dev/gemini-api/docs/files: 2 GB a file
FOUND_EVERY_S = 2.0  # how often it is asked whether a file is ready
PATIENCE_S = 600.0  # for that; a clip of an hour takes minutes
SENT_WITHIN_S = 3_600.0
DELETED_WITHIN_S = 20.0
NOTHING_ASKED = "; nothing was asked, and nothing is charged"


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is ready to be asked about."""

    uri: str
    mime: str


class Uploads:
    """``pause`` waits between two looks at a file, ``every_s`` apart."""

    def __init__(
        self, connection: Connection, every_s: float = FOUND_EVERY_S, pause: Pause = asyncio.sleep
    ) -> None:
        self._connection = connection
        self._every_s = every_s
        self._pause = pause

    @asynccontextmanager
    async def held(self, shown: Shown) -> AsyncIterator[Held]:
        """The file at Google, deleted there afterwards. Raises ``NotAccepted`` or ``Rejected``: a file
        costs nothing until a question is asked about it.
        """
        client = await self._connection.client()
        sent = await self._sent(client, shown)
        name = str(sent.name or "")
        try:
            ready = await self._ready(client, shown, name)
            yield Held(str(ready.uri or sent.uri or ""), shown.mime)
        finally:
            with suppress(Exception):  # it ends by itself after 48 hours
                async with asyncio.timeout(DELETED_WITHIN_S):
                    await client.aio.files.delete(name=name)

    async def _sent(self, client: genai.Client, shown: Shown) -> types.File:
        size = await self._size(shown)
        if size > LARGEST_BYTES:
            raise refused(
                f"{name_of(shown)} has {size / 1e9:.1f} GB, and {self._connection.who} takes files of up to "
                f"2 GB. Cut it shorter{NOTHING_ASKED}"
            )
        asked: Any = {"mime_type": shown.mime}
        sent = await self._asked(client.aio.files.upload(file=str(shown.path), config=asked), SENT_WITHIN_S)
        if not sent.name:
            raise NotAccepted(f"{self._connection.who} took the file, but gave it no name{NOTHING_ASKED}")
        return sent

    async def _size(self, shown: Shown) -> int:
        try:
            return (await asyncio.to_thread(shown.path.stat)).st_size
        except OSError as error:
            raise unreadable(shown, error) from error

    async def _ready(self, client: genai.Client, shown: Shown, name: str) -> types.File:
        """Once its state is ACTIVE. A look that does not go through is taken again."""
        for _ in range(max(1, round(PATIENCE_S / self._every_s))):
            with suppress(NotAccepted):
                file = await self._asked(client.aio.files.get(name=name), self._connection.timeout_s)
                state = getattr(file.state, "value", file.state)
                if state == "ACTIVE":
                    return file
                if state == "FAILED":
                    raise self._unusable(shown, file)
            await self._pause(self._every_s)
        raise NotAccepted(
            f"{self._connection.who} has still not prepared {name_of(shown)} after "
            f"{PATIENCE_S / 60:.0f} minutes{NOTHING_ASKED}. Try again later, or with a shorter clip"
        )

    def _unusable(self, shown: Shown, file: types.File) -> Rejected:
        why = in_words(file.error.message if file.error else "", secrets=self._connection.secrets)
        return refused(
            f"{self._connection.who} can't use {name_of(shown)}{': ' + why if why else ''}{NOTHING_ASKED}. "
            f"Save the clip anew as an ordinary MP4, or show frames of it"
        )

    async def _asked(self, call: Awaitable[types.File], within_s: float) -> types.File:
        """What comes before the question may be repeated, whatever becomes of it."""
        from google.genai import errors

        who, secrets = self._connection.who, self._connection.secrets
        found: ProviderError
        try:
            async with asyncio.timeout(within_s):
                return await call
        except ProviderError as error:  # of the connection's own check
            found = error
        except errors.APIError as error:
            found = refusals.of_sdk(who, error, secrets)
        except (ValueError, KeyError, TypeError):
            found = NotAccepted(f"{who} answered its Files API with something that is no file")
        except Exception as error:  # noqa: BLE001 - whatever the client below raises: no answer came
            found = refusals.no_answer(who, error)
        if isinstance(found, OutcomeUnknown):
            raise NotAccepted(f"{found}{NOTHING_ASKED}") from None
        raise found from None  # its chain may quote headers
