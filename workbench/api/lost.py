"""Runs that no runner can settle by itself: without an answer, or of an account that nobody has any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from workbench.api import asking
from workbench.api.models import Models
from workbench.domain.errors import ProviderNotReady, RequestError
from workbench.domain.run import Json, Run, Status
from workbench.providers.base import Found

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

OPERATIONS_DAYS = 30  # a run may have waited that long before it was sent


def found(bench: Workbench, models: Models, run: Run) -> list[Found]:
    """Operations of its provider that may be an uncertain run's and that no other run holds."""
    if run.status is not Status.UNCERTAIN:
        raise RequestError(f"Run {run.id} is {run.status}, not uncertain: there is nothing to look for.")
    provider = next((p for p in bench.endpoints() if p.account == run.account and not p.missing()), None)
    if provider is None:
        raise ProviderNotReady(
            f"The account {run.account} is not set up here, so nobody can look. "
            f"Set the key and address of {run.request.endpoint} as they were."
        )
    model = models.of(provider, run.request.model)
    if model is None or not model.can_find:
        raise RequestError(f"{provider.endpoint} lists no operations. Look at its console instead.")
    return asking.without(asking.found(provider, run), _held(bench, run))


def check_free(bench: Workbench, run: Run, operation: Json) -> None:
    """Raises ``RequestError`` where another run of the log holds that operation."""
    if any(asking.is_same(operation, other) for other in _held(bench, run)):
        raise RequestError("Another run of this log collects that operation. Choose another one.")


def close(bench: Workbench, run: Run) -> None:
    """Call a run failed whose account neither this process nor the app has."""
    ready = {p.account for p in bench.endpoints() if not p.missing()}
    if run.account in ready or bench.store.runners.app_serves(run.account, bench.clock.now()):
        raise RequestError(
            f"Run {run.id} is of an account that is set up here, so it can still be collected. "
            f"Cancel it instead."
        )
    why = f"Closed by hand: the account {run.account} is not set up here"
    bench.store.ledger.close_lost(run.id, why, bench.clock.now())


def _held(bench: Workbench, run: Run) -> list[Json]:
    since = run.created_at - timedelta(days=OPERATIONS_DAYS)
    return bench.store.runs.operations(run.account, since, run.id)
