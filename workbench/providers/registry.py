"""Finds the providers: every module here that has ``endpoints(settings)``.

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
from workbench.settings import Settings

_log = logging.getLogger(__name__)


def providers(settings: Settings) -> list[Provider]:
    """One provider for each configured endpoint, the ones that lack a key included.

    Raises ``BadSetting`` where ``workbench.toml`` names a wire that no provider speaks, or gives an endpoint
    the name of another.
    """
    modules = list(_modules())
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


def _check_names(settings: Settings, found: Sequence[Provider]) -> None:
    """A name stands for one endpoint: of two that share it, one would get what is meant for the other."""
    counts = Counter(provider.endpoint for provider in found)
    for endpoint in settings.written.endpoints:
        if counts[endpoint.name] > 1:
            raise BadSetting(
                f"[endpoints.{endpoint.name}] of workbench.toml takes the name of a built-in endpoint of "
                f"another kind. Choose another name."
            )


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(workbench.providers.__path__, "workbench.providers."):
        try:
            module = importlib.import_module(info.name)
        except ImportError as error:
            _log.warning("provider %s can't be loaded: %s", info.name, error)
            continue
        if hasattr(module, "endpoints"):
            yield module
