"""What queued runs wait for, in words: a pause that a server has told, a limit, a queue that is full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workbench.api.models import Models
from workbench.domain.run import Run, Status
from workbench.providers.base import Provider
from workbench.store import Store
from workbench.store.limits import Limits


def holdups(
    store: Store, providers: Sequence[Provider], models: Models, runs: Sequence[Run], now: datetime
) -> dict[str, str]:
    """Run id → words, of those that wait. Runs of one model wait alike: it is looked up once for each."""
    by_account = {p.account: p for p in providers if not p.missing()}
    told: dict[tuple[str, str, str], str] = {}
    found: dict[str, str] = {}
    for run in runs:
        provider = by_account.get(run.account)
        if run.status is not Status.QUEUED or provider is None:
            continue
        alike = (run.account, run.request.model, run.waits_for)
        if alike not in told:
            model = models.of(provider, run.request.model)
            of_model = Limits(model.at_once, model.a_minute) if model else Limits()
            limits = Limits(provider.at_once, provider.a_minute)
            told[alike] = store.ledger.holdup(run, limits, of_model, now)
        if told[alike]:
            found[run.id] = told[alike]
    return found
