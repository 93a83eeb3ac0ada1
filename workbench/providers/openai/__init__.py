"""OpenAI's API, and servers of its shape: stills of its image models, and models that read."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.providers.openai import images
from workbench.providers.openai.connection import BASE_URL, KEY, OPENAI, Connection
from workbench.providers.openai.images import OpenAIImages
from workbench.providers.openai.reader import OpenAIReader
from workbench.providers.reading import TIMEOUT_S
from workbench.providers.spool import Spool
from workbench.settings import EndpointSettings, Settings

WIRE = "openai"


def endpoints(settings: Settings) -> list[OpenAIImages]:
    """``openai`` from the environment, and each endpoint of ``workbench.toml`` with this wire."""
    spool = Spool(settings.data)
    return [
        OpenAIImages(_connection(settings, named, images.TIMEOUT_S), named, spool)
        for named in _named(settings)
    ]


def readers(settings: Settings) -> list[OpenAIReader]:
    """The same endpoints, as what looks and writes."""
    return [
        OpenAIReader(_connection(settings, named, named.timeout_s or TIMEOUT_S), named)
        for named in _named(settings)
    ]


def _named(settings: Settings) -> Iterator[EndpointSettings]:
    written = {named.name: named for named in settings.endpoints(WIRE)}
    yield written.pop(WIRE, EndpointSettings(name=WIRE, wire=WIRE))
    yield from written.values()


def _connection(settings: Settings, named: EndpointSettings, timeout_s: float) -> Connection:
    variable = named.key_env or KEY
    base_url = named.base_url or settings.secret(BASE_URL) or OPENAI
    return Connection(named.name, base_url, settings.secret(variable), variable, timeout_s)
