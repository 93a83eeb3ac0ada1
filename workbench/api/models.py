"""``Models``: what the configured endpoints serve, with what ``workbench.toml`` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import UnknownModel
from workbench.domain.retired import gone
from workbench.providers.base import Provider
from workbench.settings import Settings


class Models:
    def __init__(self, providers: Sequence[Provider], settings: Settings) -> None:
        self._providers = providers
        self._settings = settings
        self._endpoints = {p.endpoint: p for p in providers}

    def all(self) -> list[Capabilities]:
        """Every model of every endpoint, configured or not."""
        return [self._as_written(m) for p in self._providers for m in p.models()]

    def of(self, provider: Provider, name: str) -> Capabilities | None:
        """That provider's model of the full name, one that it does not list included."""
        found = provider.model(name)
        return self._as_written(found) if found else None

    def named(self, name: str) -> tuple[Capabilities, Provider]:
        """Raises ``UnknownModel``, naming what there is, or what has taken an old model's place."""
        provider = self._endpoints.get(name.partition("/")[0]) if isinstance(name, str) else None
        found = self.of(provider, name) if provider else None
        if provider is None or found is None:
            if old := gone(name):
                raise UnknownModel(str(old))
            known = ", ".join(sorted(m.model for m in self.all())) or "none"
            raise UnknownModel(f"There is no model {name!r:.100}. Configured endpoints serve: {known}.")
        return found, provider

    def _as_written(self, model: Capabilities) -> Capabilities:
        written = self._settings.written.models.get(model.model)
        if written is None:
            return model
        return replace(
            model,
            price=written.price or model.price,
            timeout_s=written.timeout_s or model.timeout_s,
            a_minute=written.a_minute or model.a_minute,
            at_once=written.at_once or model.at_once,
        )
