"""The Gemini Developer API: Omni Flash videos, Google's image models, and models that read, under one key.

What the endpoint makes is a mapping from ``Kind`` to ``Work``. A model says its kind, an operation, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import OperationGone, ProviderError
from workbench.domain.run import Json, Kind
from workbench.providers.accounts import poll_every_s
from workbench.providers.base import Fetched, Missing, Poll, Probe, Provider, RemoteClip, Submission
from workbench.providers.gemini import refusals
from workbench.providers.gemini.connection import GOOGLE, VERSION, Connection
from workbench.providers.gemini.images import Images
from workbench.providers.gemini.reader import GeminiReader
from workbench.providers.gemini.videos import Videos
from workbench.providers.gemini.work import KIND, Work
from workbench.providers.reading import TIMEOUT_S as READING_TIMEOUT_S
from workbench.providers.spool import Spool
from workbench.settings import EndpointSettings, Settings

WIRE = "gemini"
KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
BASE_URL = "GOOGLE_GEMINI_BASE_URL"
POLL_EVERY_S = 5.0
AT_ONCE = 10  # Google documents no limit for Omni


def endpoints(settings: Settings) -> list[Gemini]:
    """``gemini`` from the environment, and each endpoint of ``workbench.toml`` with this wire."""
    spool = Spool(settings.data)
    found = []
    for named in _named(settings):
        connection, variable = _connection(settings, named)
        found.append(Gemini(connection, works(connection, spool, named), named, variable))
    return found


def readers(settings: Settings) -> list[GeminiReader]:
    """The same endpoints, as what looks and writes."""
    found = []
    for named in _named(settings):
        connection, variable = _connection(settings, named)
        timeout_s = named.timeout_s or READING_TIMEOUT_S
        found.append(GeminiReader(connection, variable, BASE_URL, timeout_s=timeout_s, extra=named.models))
    return found


def _named(settings: Settings) -> Iterator[EndpointSettings]:
    written = {named.name: named for named in settings.endpoints(WIRE)}
    yield written.pop(WIRE, EndpointSettings(name=WIRE, wire=WIRE))
    yield from written.values()


def _connection(settings: Settings, named: EndpointSettings) -> tuple[Connection, str]:
    """And the variable that holds its key."""
    variables = (named.key_env,) if named.key_env else KEYS
    variable = next((name for name in variables if settings.secret(name)), variables[0])
    base_url = named.base_url or settings.secret(BASE_URL) or GOOGLE
    return Connection(named.name, base_url, settings.secret(variable)), variable


def works(connection: Connection, spool: Spool, named: EndpointSettings) -> Mapping[Kind, Work]:
    """What the endpoint makes; a further kind is a further line."""
    return immutabledict(
        {
            Kind.VIDEO: Videos(connection, spool, extra=named.models, timeout_s=named.timeout_s),
            Kind.IMAGE: Images(connection, spool),
        }
    )


class Gemini(Provider):
    """``works`` says what it makes. ``key_variable`` is named where the key is missing."""

    tells_expiry = False  # an interaction does not say until when its file is kept

    def __init__(
        self, connection: Connection, works: Mapping[Kind, Work], named: EndpointSettings, key_variable: str
    ) -> None:
        self.endpoint = named.name
        self.account = connection.account
        self.poll_every_s = poll_every_s(self.account, POLL_EVERY_S)
        self.at_once = named.at_once or AT_ONCE
        self.a_minute = named.a_minute
        self._connection = connection
        self._works = works
        self._key_variable = key_variable

    def secrets(self) -> Collection[str]:
        return self._connection.secrets

    def models(self) -> Sequence[Capabilities]:
        return [model for work in self._works.values() for model in work.models()]

    def model(self, name: str) -> Capabilities | None:
        """Retired ones included: they are told apart by their lifecycle."""
        endpoint, _, own = name.partition("/")
        if endpoint != self.endpoint:
            return None
        listed = next((model for model in self.models() if model.model == name), None)
        return listed or next(iter(self._retired(own)), None)

    def _retired(self, name: str) -> Iterator[Capabilities]:
        return (gone for work in self._works.values() if (gone := work.retired(name)))

    def missing(self) -> Sequence[Missing]:
        return self._connection.missing(self._key_variable, BASE_URL)

    async def probe(self) -> Probe:
        """Asks for each model's description, which costs nothing."""
        names = [model.model.partition("/")[2] for model in self.models()]
        try:
            here = await asyncio.gather(*(self._is_there(name) for name in names))
        except ProviderError as error:
            return Probe(False, str(error), f"Check {self._key_variable} and {BASE_URL}")
        there = [name for name, is_there in zip(names, here, strict=True) if is_there]
        absent = [name for name in names if name not in there]
        if not there:
            return Probe(False, f"takes the key, but has none of {', '.join(absent)}")
        return Probe(True, f"has {', '.join(there)}", f"It has no {', '.join(absent)}" if absent else "")

    async def _is_there(self, model: str) -> bool:
        answer = await self._connection.origin.ask("GET", f"/{VERSION}/models/{model}")
        if answer.status == 404:
            return False
        if answer.status != 200:
            told = (answer.status, answer.content, answer.headers, self._connection.secrets)
            raise refusals.afterwards(self._connection.who, *told)
        return True

    async def submit(self, submission: Submission) -> Json:
        """By the work of the model's kind; the operation carries the kind for whoever goes on with it."""
        model = self.model(submission.request.model)
        kind = model.kind if model else Kind.VIDEO
        operation = await self._works[kind].submit(submission)
        return immutabledict({**operation, KIND: str(kind)})

    async def poll(self, operation: Json) -> Poll:
        return await self._of(operation).poll(operation)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        return await self._of(operation).fetch(operation, clip, folder)

    async def cancel(self, operation: Json) -> bool:
        return await self._of(operation).cancel(operation)

    async def forget(self, operation: Json) -> None:
        await self._of(operation).forget(operation)

    async def close(self) -> None:
        await self._connection.close()

    def _of(self, operation: Json) -> Work:
        for kind, work in self._works.items():
            if operation.get(KIND) == kind:
                return work
        raise OperationGone(f"{operation.get(KIND)!r} is no work of {self.endpoint}; submit the run again")
