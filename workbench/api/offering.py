"""``Offering``: the part of the façade that says what can be asked for, and whether it is there."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from workbench.api import asking
from workbench.api.keeping import Keeping
from workbench.api.models import Models
from workbench.domain.capabilities import Capabilities
from workbench.providers.base import Missing, Probe, Provider

DEFAULT_MODEL = "animatic/preview"


class Offering(Keeping):
    """``Workbench`` adds everything that makes runs."""

    _providers: Sequence[Provider]
    _models: Models

    def models(self) -> list[Capabilities]:
        """Every model of every endpoint, configured or not, the embedded engine's first."""
        return sorted(self._models.all(), key=lambda m: (m.model != DEFAULT_MODEL, m.model))

    def model(self, name: str) -> Capabilities:
        """Raises ``UnknownModel``, naming what there is."""
        return self._models.named(name)[0]

    def missing(self, model: str) -> Sequence[Missing]:
        """What has to be set before ``model`` can be used; empty when it is ready."""
        return self._models.named(model)[1].missing()

    def endpoints(self) -> list[Provider]:
        return list(self._providers)

    def probe(self, timeout_s: float = asking.PROBE_S) -> dict[str, Probe]:
        """Endpoint → whether it answers and takes its key, of those that are set up; all asked at once.

        Asking costs nothing. Afterwards ``models`` knows what servers list.
        """
        return asking.probes([p for p in self._providers if not p.missing()], timeout_s)

    def refresh(self) -> None:
        """``probe`` in the background: a page need not wait for a server that is down."""
        threading.Thread(target=self.probe, name="probe", daemon=True).start()
