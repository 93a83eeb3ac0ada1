"""``Connection``: the Gemini API under one key – Google's SDK and a plain origin, both bound to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from workbench.domain.errors import FailureReason, NotAccepted, Rejected
from workbench.providers.accounts import account
from workbench.providers.base import Missing
from workbench.providers.http.origin import CONNECT_S, TIMEOUT_S, Origin
from workbench.providers.sendable import wrong_address, wrong_key

if TYPE_CHECKING:
    import httpx
    from google import genai

GOOGLE = "https://generativelanguage.googleapis.com"
VERSION = "v1"  # google-genai 3's own default; said aloud, because GOOGLE_GENAI_API_VERSION would change it
KEY_HEADER = "x-goog-api-key"
UPLOAD_URL, UPLOAD_COMMAND = "x-goog-upload-url", "x-goog-upload-command"
UPLOAD_STATUS = "x-goog-upload-status"


class _Bound(NamedTuple):
    client: genai.Client
    wire: httpx.AsyncClient  # the SDK leaves closing it to whoever made it


class Connection:
    """``who`` is the endpoint's name, for errors. Clients and connections belong to the running loop."""

    def __init__(self, who: str, base_url: str, key: str, timeout_s: float = TIMEOUT_S) -> None:
        self.who = who
        self.base_url = base_url.rstrip("/")
        self.account = account(who, self.base_url, key)
        self.has_key = bool(key)
        self.timeout_s = timeout_s
        self.secrets = (key,)
        self.origin = Origin(who, self.base_url, self._credentials, self.secrets)
        self._key = key
        self._bound: WeakKeyDictionary[asyncio.AbstractEventLoop, _Bound] = WeakKeyDictionary()

    def missing(self, key_variable: str, address_variable: str) -> Sequence[Missing]:
        """What has to be set before anything can be asked."""
        wrong = self.wrong(key_variable, address_variable)
        if self.has_key:
            return wrong
        what = "the key of the Gemini API, from aistudio.google.com/apikey"
        return (Missing(key_variable, what), *wrong)

    def wrong(self, key_variable: str, address_variable: str) -> Sequence[Missing]:
        """What of key and address no request could be sent with."""
        return (*wrong_key(key_variable, self._key), *wrong_address(address_variable, self.base_url))

    async def client(self) -> genai.Client:
        """Google's SDK, bound to this address and key, whatever the environment says.

        It sends a request once: no retries (its own default is five attempts), no redirects
        (it would take the key along), no kept connections (one that is just closing leaves open whether the
        request arrived), and not over aiohttp (which sends again after a dropped connection).
        """
        loop = asyncio.get_running_loop()
        bound = self._bound.get(loop)
        if bound is None:
            made = await asyncio.to_thread(self._bind)  # importing the SDK takes a second
            bound = self._bound.setdefault(loop, made)
        return bound.client

    def _bind(self) -> _Bound:
        import httpx
        from google import genai
        from google.genai import types
        from google.genai.client import DebugConfig

        wire = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=_tls(),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            timeout=httpx.Timeout(self.timeout_s, connect=min(CONNECT_S, self.timeout_s)),
            event_hooks={"response": [self._check_upload]},
        )
        options = types.HttpOptions(
            base_url=self.base_url,
            api_version=VERSION,
            timeout=round(self.timeout_s * 1000),
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_async_client=wire,
            client_args={"verify": _tls()},  # not used; else the SDK reads the certificates twice more
            async_client_args={"ssl": _tls()},
        )
        client = genai.Client(
            vertexai=False,
            api_key=self._key,
            http_options=options,
            debug_config=DebugConfig(client_mode=None, replays_directory=None, replay_id=None),
        )
        return _Bound(client, wire)

    async def _check_upload(self, response: httpx.Response) -> None:
        """Of the Files API: a place for the file that is elsewhere, and a part of it that was not taken.

        The SDK would send the file to the same path of the configured address, and each part three times.
        """
        place = response.headers.get(UPLOAD_URL)
        if place and not self.origin.is_mine(place):
            raise Rejected(
                f"{self.who} names another host to send the file to than its base URL, and files go nowhere "
                f"else; nothing was sent there. Set the base URL to where it really is",
                FailureReason.INVALID_REQUEST,
            )
        if "upload" not in response.request.headers.get(UPLOAD_COMMAND, ""):
            return
        if response.status_code != 200:
            from google.genai import errors

            await errors.APIError.raise_for_async_response(response)
        if UPLOAD_STATUS not in response.headers:
            raise NotAccepted(f"{self.who} answered a part of the file with something that is no answer")

    async def close(self) -> None:
        bound = self._bound.pop(asyncio.get_running_loop(), None)
        if bound is not None:
            await bound.client.aio.aclose()
            await bound.wire.aclose()
        await self.origin.close()

    async def _credentials(self) -> Mapping[str, str]:
        return {KEY_HEADER: self._key}


@cache
def _tls() -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
