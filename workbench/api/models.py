"""``Models``: what the configured endpoints serve, with what ``workbench.toml`` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import UnknownModel
from workbench.domain.retired import gone
from workbench.providers.base import Provider
from workbench.settings import Settings

FEW = 8  # models that a sentence can still name


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
            raise UnknownModel(f"There is no model {name!r:.100}. {self._instead(name)} Nothing was sent.")
        return found, provider

    def _instead(self, name: object) -> str:
        """Names that are alike; else those of the endpoint that was meant, or the endpoints."""
        known = sorted(m.model for m in self.all())
        text = name.strip().lower() if isinstance(name, str) else ""
        spelled = {m.lower(): m for m in known} | {m.lower().partition("/")[2]: m for m in known}
        near = [text] if text in spelled else get_close_matches(text, spelled, 3, 0.8)
        if alike := dict.fromkeys(spelled[a] for a in near):
            return f"Did you mean {' or '.join(alike)}? `workbench models` lists all."
        meant = text.partition("/")[0]
        if served := [m for m in known if m.lower().startswith(f"{meant}/")]:
            return f"{meant} serves: {', '.join(served)}."
        if len(known) <= FEW:
            return f"Endpoints serve: {', '.join(known) or 'nothing'}."
        return f"Endpoints: {', '.join(self._endpoints)}. `workbench models` lists what each serves."

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
