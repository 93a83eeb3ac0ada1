"""``Connection``: OpenAI's API (or a server of its shape) under one key – its SDK and a plain origin."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from workbench.domain.errors import FailureReason, OutcomeUnknown, Rejected
from workbench.providers.accounts import account
from workbench.providers.base import Missing
from workbench.providers.http.origin import CONNECT_S, Origin
from workbench.providers.openai import refusals
from workbench.providers.sendable import wrong_address, wrong_key

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

OPENAI = "https://api.openai.com/v1"
KEY, BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"


class _Bound(NamedTuple):
    client: AsyncOpenAI
    wire: httpx2.AsyncClient


class Connection:
    """``who`` is the endpoint's name, for errors; ``key_variable`` is named where the key is missing.

    Clients and connections belong to the running loop. ``timeout_s`` is for the whole of one answer.
    """

    def __init__(self, who: str, base_url: str, key: str, key_variable: str, timeout_s: float) -> None:
        self.who = who
        self.base_url = base_url.rstrip("/")
        self.account = account(who, base_url, key)
        self.timeout_s = timeout_s
        self.secrets = (key,)
        self.origin = Origin(who, base_url, self._credentials, self.secrets)
        self._key = key
        self._key_variable = key_variable
        self._bound: WeakKeyDictionary[asyncio.AbstractEventLoop, _Bound] = WeakKeyDictionary()

    def missing(self) -> Sequence[Missing]:
        if not self._key:
            return (Missing(self._key_variable, "the key of the OpenAI API"),)
        return (*wrong_key(self._key_variable, self._key), *wrong_address(BASE_URL, self.base_url))

    async def asked(self, send: Callable[[AsyncOpenAI], Awaitable[Any]]) -> dict[str, Any]:
        """The answer to one request as JSON, read raw: the SDK's own classes refuse what they do not know.

        ``send`` calls a method of ``with_raw_response``. Raises ``NotAccepted``, ``Rejected`` or
        ``OutcomeUnknown``.
        """
        import openai

        client = await self.client()
        try:
            async with asyncio.timeout(self.timeout_s):
                response = (await send(client)).http_response
        except openai.APIStatusError as error:
            raise refusals.at_submit(self.who, error, self.secrets) from None
        except (openai.APIConnectionError, TimeoutError) as error:
            raise refusals.no_answer(self.who, error) from None  # its chain may quote headers
        except (TypeError, ValueError) as error:  # of the SDK, before anything was sent
            why = f"the SDK refuses the request ({type(error).__name__}); nothing was sent"
            raise Rejected(f"{self.who} can't be asked: {why}", FailureReason.INVALID_REQUEST) from None
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise OutcomeUnknown(f"{self.who} answered 200 with something that is no JSON")
        return body

    async def client(self) -> AsyncOpenAI:
        """OpenAI's SDK, bound to this address and key, whatever the environment says.

        It sends a request once: no retries (its own default is three POSTs), no redirects (they take the key
        along), no connection that was kept. Of the environment it would take headers, another key among
        them, to any address; only the names of organization and project go, and to OpenAI itself.
        """
        loop = asyncio.get_running_loop()
        bound = self._bound.get(loop)
        if bound is None:
            made = await asyncio.to_thread(self._bind)  # importing the SDK takes most of a second
            bound = self._bound.setdefault(loop, made)
        return bound.client

    def _bind(self) -> _Bound:
        import httpx2
        from openai import AsyncOpenAI

        timeout = httpx2.Timeout(self.timeout_s, connect=min(CONNECT_S, self.timeout_s))
        wire = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            timeout=timeout,
        )
        client = AsyncOpenAI(
            api_key=self._key, base_url=self.base_url, max_retries=0, timeout=timeout, http_client=wire
        )
        client._custom_headers = {}  # of OPENAI_CUSTOM_HEADERS; as arguments they could only be added to
        if self.base_url != OPENAI:
            client.organization = client.project = None
        return _Bound(client, wire)

    async def close(self) -> None:
        bound = self._bound.pop(asyncio.get_running_loop(), None)
        if bound is not None:
            await bound.wire.aclose()
        await self.origin.close()

    async def _credentials(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._key}"}
