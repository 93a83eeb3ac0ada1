"""Finds the providers: every module here that has ``endpoints(settings)``; and the readers, by ``readers``.

Adding a provider is adding one file. A module whose SDK is missing or broken takes only itself out.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections import Counter
from collections.abc import Iterator, Sequence
from types import ModuleType

import workbench.providers
from workbench.domain.errors import BadSetting
from workbench.providers.base import Provider
from workbench.providers.readers import Reader
from workbench.settings import Settings

_log = logging.getLogger(__name__)


def providers(settings: Settings) -> list[Provider]:
    """One provider for each configured endpoint, the ones that lack a key included.

    Raises ``BadSetting`` where ``workbench.toml`` names a wire that no provider speaks, or gives an endpoint
    the name of another.
    """
    modules = list(_modules("endpoints"))
    wires = sorted(module.WIRE for module in modules if hasattr(module, "WIRE"))
    for endpoint in settings.written.endpoints:
        if endpoint.wire not in wires:
            raise BadSetting(
                f"[endpoints.{endpoint.name}] of workbench.toml has wire = {endpoint.wire!r:.60}. "
                f"Allowed: {', '.join(wires)}."
            )
    found = [provider for module in modules for provider in module.endpoints(settings)]
    _check_names(settings, found)
    return found


def readers(settings: Settings) -> list[Reader]:
    """What looks and writes at each configured endpoint, the ones that lack a key included.

    An endpoint of ``providers`` that reads, too, is here under the same name.
    """
    return [reader for module in _modules("readers") for reader in module.readers(settings)]


def _check_names(settings: Settings, found: Sequence[Provider]) -> None:
    """A name stands for one endpoint: of two that share it, one would get what is meant for the other."""
    counts = Counter(provider.endpoint for provider in found)
    for endpoint in settings.written.endpoints:
        if counts[endpoint.name] > 1:
            raise BadSetting(
                f"[endpoints.{endpoint.name}] of workbench.toml takes the name of a built-in endpoint of "
                f"another kind. Choose another name."
            )


def _modules(offer: str) -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(workbench.providers.__path__, "workbench.providers."):
        try:
            module = importlib.import_module(info.name)
        except ImportError as error:
            _log.warning("provider %s can't be loaded: %s", info.name, error)
            continue
        if hasattr(module, offer) and module.__name__ != __name__:
            yield module
