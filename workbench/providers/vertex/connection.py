"""``Connection``: Google's SDK, bound to one address and account, sending each request once."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
)
from workbench.providers.http.origin import CONNECT_S, tls
from workbench.providers.http.refusals import afterwards, at_submit, in_words
from workbench.providers.vertex import support_codes
from workbench.providers.vertex.access import Access
from workbench.providers.vertex.credentials import Credentials

if TYPE_CHECKING:
    import aiohttp
    from google import genai
    from google.genai import types
    from google.genai.errors import APIError

VERSION = "v1beta1"  # google-genai 3's own default here; said aloud, or GOOGLE_GENAI_API_VERSION changes it
_SDK = "google.genai.types"
_loaded: set[str] = set()
Answer = TypeVar("Answer")
Translate = Callable[..., ProviderError]  # ``refusals.at_submit`` or ``afterwards``


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until an answer has to be there: pictures go up with a create, four clips may come down with a
    poll. The SDK itself would wait for ever."""

    create_s: float = 180.0
    poll_s: float = 300.0
    probe_s: float = 20.0


@dataclass(slots=True)
class _Departure:
    """Whether anything of the request has gone out, and whether over a connection that had been kept."""

    left: bool = False
    over_kept: bool = False


_departure: ContextVar[_Departure | None] = ContextVar("vertex-departure", default=None)


class _Open(NamedTuple):
    """``paid`` has a connection of its own for each request; ``free`` keeps those of what may be repeated."""

    paid: genai.Client
    free: genai.Client
    sessions: tuple[aiohttp.ClientSession, aiohttp.ClientSession]


class Connection:
    """``who`` is the endpoint's name, for errors."""

    def __init__(self, who: str, access: Access, credentials: Credentials, patience: Patience) -> None:
        self.who = who
        self._access = access
        self._credentials = credentials
        self._patience = patience
        self._opened: dict[asyncio.AbstractEventLoop, _Open] = {}

    async def create(
        self, model: str, source: types.GenerateVideosSource, config: types.GenerateVideosConfig
    ) -> str:
        """One POST. The operation's name; ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown`` otherwise."""
        try:
            client = (await self._open()).paid
        except Unavailable as error:
            raise NotAccepted(str(error)) from error
        except AuthLapsed as error:
            raise Rejected(str(error), FailureReason.AUTH) from error
        departure = _Departure()
        _departure.set(departure)
        call = client.aio.models.generate_videos(model=model, source=source, config=config)
        try:
            operation = await call
        except Exception as error:  # whatever it is, the question is the money
            raise self._at_submit(error, departure) from error
        if not operation.name:
            raise OutcomeUnknown(f"{self.who} accepted the request without naming an operation")
        return operation.name

    async def operation(self, name: str) -> types.GenerateVideosOperation:
        """How it stands. Raises ``Unavailable``, ``AuthLapsed`` or ``OperationGone``."""
        operations = (await self._open()).free.aio.operations
        from workbench.providers.vertex.polled import Polled

        polled = await self._asked(lambda: operations.get(Polled(name)))
        return await self._asked(polled.operation)

    async def model(self, name: str) -> types.Model:
        """Whether the model answers. Raises as ``operation`` does."""
        models = (await self._open()).free.aio.models
        from google.genai import types

        config = types.GetModelConfig(http_options=types.HttpOptions(timeout=_ms(self._patience.probe_s)))
        return await self._asked(lambda: models.get(model=name, config=config))

    async def close(self) -> None:
        opened = self._opened.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            for client in (opened.paid, opened.free):
                await client.aio.aclose()
            for session in opened.sessions:
                await session.close()

    async def _asked(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """What may be asked again – and is, at once, where a kept connection was cut: servers end them."""
        import aiohttp
        from google.genai.errors import APIError

        departure = _Departure()
        _departure.set(departure)
        try:
            try:
                return await call()
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not departure.over_kept:
                    raise
                return await call()
        except APIError as error:
            raise self._told(afterwards, error) from error
        except Exception as error:  # asking again does no harm
            raise Unavailable(f"{self.who} gave no usable answer ({_why(error)})") from error

    def _at_submit(self, error: Exception, departure: _Departure) -> ProviderError:
        import aiohttp
        from google.genai.errors import APIError

        if isinstance(error, APIError):
            return self._told(at_submit, error)
        if departure.left:
            return OutcomeUnknown(f"{self.who} gave no usable answer ({_why(error)})")
        if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
            return NotAccepted(f"{self.who} can't be reached ({_why(error)})")
        said = in_words(str(error), secrets=self._credentials.secrets())
        return Rejected(f"The request can't be built: {said}", FailureReason.INVALID_REQUEST)

    def _told(self, translate: Translate, error: APIError) -> ProviderError:
        body = error.details
        if isinstance(body, dict) and "error" not in body:  # the SDK's own wrapping of what is no JSON
            body = body.get("message", body)
        headers = dict(getattr(error.response, "headers", None) or {})
        told = translate(self.who, error.code, body, headers, self._credentials.secrets())
        if isinstance(told, Rejected) and told.reason is FailureReason.SAFETY:
            told.args = (support_codes.in_words(str(told)),)
        return told

    async def _open(self) -> _Open:
        """The running loop's. Raises ``Unavailable`` or ``AuthLapsed`` where there is no valid token."""
        loop = asyncio.get_running_loop()
        # Once, for it reads the disk; without this the SDK would send it without a key, and to nowhere.
        if loop not in self._opened and (missing := self._access.missing()):
            raise AuthLapsed(f"{self.who} is not set up: {missing[0].variable} has to be {missing[0].what}")
        google = await self._credentials.fresh()
        await load_sdk()
        if loop not in self._opened:
            self._opened = {known: opened for known, opened in self._opened.items() if not known.is_closed()}
            paid, its_session = self._client(google, self._patience.create_s, keep=False)
            free, other_session = self._client(google, self._patience.poll_s, keep=True)
            self._opened[loop] = _Open(paid, free, (its_session, other_session))
        return self._opened[loop]

    def _client(
        self, google: Any, timeout_s: float, *, keep: bool
    ) -> tuple[genai.Client, aiohttp.ClientSession]:
        """Everything is said to the SDK, for what it misses it takes from the process's environment.

        A request is sent once (``attempts=1``: without it a dropped connection is answered by a second
        POST) and follows no redirect (it would take the key along). One that is paid for has a connection
        of its own (``keep`` is false): of one that was kept and is just closing nobody could tell whether
        the request arrived.
        """
        import aiohttp
        from google import genai
        from google.genai import types

        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=not keep),
            timeout=aiohttp.ClientTimeout(connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[_tracing()],
        )
        project, location = self._access.parent or (None, None)
        client = genai.Client(
            vertexai=True,
            api_key=self._access.key or None,
            credentials=google,
            project=project,
            location=location,
            http_options=types.HttpOptions(
                base_url=self._access.base_url,
                api_version=VERSION,
                timeout=_ms(timeout_s),
                retry_options=types.HttpRetryOptions(attempts=1),
                aiohttp_client=session,
                async_client_args={"allow_redirects": False, "ssl": tls()},
            ),
        )
        return client, session


async def load_sdk() -> None:
    """The first import takes a second and more: not on the loop, and nobody goes on before it is whole."""
    if _SDK not in _loaded:
        await asyncio.to_thread(importlib.import_module, _SDK)
        _loaded.add(_SDK)


def _tracing() -> aiohttp.TraceConfig:
    import aiohttp

    async def leaving(*_: object) -> None:
        departure = _departure.get()
        if departure is not None:
            departure.left = True

    async def kept(*_: object) -> None:
        departure = _departure.get()
        if departure is not None:
            departure.over_kept = True

    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(leaving)
    tracing.on_connection_reuseconn.append(kept)
    return tracing


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _why(error: BaseException) -> str:
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid for that name"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "its address says https, but what answers there does not speak it"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "nothing answers at its address"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError):
        return "the connection was cut"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off"
    if isinstance(error, ValueError):
        return "what came is no answer of Vertex AI"
    return type(error).__name__
