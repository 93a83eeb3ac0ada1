"""``Means``: what a run is driven with – the log, the files, its provider, and the clock."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FailureReason, FolderError, LogTooNew, Unavailable, WorkbenchError
from workbench.domain.run import Charge, Run, Status
from workbench.media.files import MediaFiles
from workbench.providers.base import Provider
from workbench.providers.http.masking import masked
from workbench.runner.clock import Clock
from workbench.runner.pace import retries
from workbench.store import Store
from workbench.store.ledger import Lease, Ledger

Log = Callable[..., Awaitable[Any]]
LONGEST_NOTE = 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """``log`` runs a store call off the loop, one at a time. ``model`` knows a model by its full name."""

    store: Store
    files: MediaFiles
    provider: Provider
    clock: Clock
    log: Log
    model: Callable[[str], Capabilities | None]

    @property
    def ledger(self) -> Ledger:
        return self.store.ledger

    def words(self, error: Exception) -> str:
        """What it says; the provider's keys, which a server may have repeated, are not in it."""
        return masked(str(error) or type(error).__name__, self.provider.secrets())

    async def read(self, lease: Lease) -> Run:
        (run,) = await self.log(self.store.runs.get_many, [lease.run_id])
        return run  # type: ignore[no-any-return]

    async def end(
        self,
        lease: Lease,
        status: Status,
        *,
        failure: FailureReason | None = None,
        message: str = "",
        charge: Charge | None = None,
        filtered: tuple[str, ...] | None = None,
    ) -> None:
        end = partial(self.ledger.end, failure=failure, message=message, charge=charge, filtered=filtered)
        await self.log(end, lease, status, self.clock.now())

    async def insist(self, call: Callable[..., None], *arguments: Any) -> None:
        """Write down what came back: a full disk must not cost an operation that is paid for.

        Raises what no waiting mends: ``LeaseLost``, ``LogTooNew`` and the like.
        """
        for wait in retries():
            try:
                await self.log(call, *arguments)
            except LogTooNew:
                raise
            except FolderError as error:
                _log.error("run %s: %s", arguments[0].run_id, error)
            except WorkbenchError:
                raise
            except Exception:  # whatever SQLite or the machine may have against it just now
                _log.exception("run %s: what came back can't be written down yet", arguments[0].run_id)
            else:
                return
            await self.clock.sleep(wait)

    async def note_trouble(self, run: Run, step: str, error: Exception) -> None:
        if not isinstance(error, Unavailable):
            _log.exception("%s of run %s", step, run.id)
        sent, now = run.request.request_hash, self.clock.now()
        await self.log(self.ledger.attempt, run.id, step, sent, "failed", self.words(error), now)

    async def troubled(self, lease: Lease, run: Run, step: str, error: Exception) -> tuple[float | None, str]:
        """``note_trouble``, told on the run, too. Returns what stands there now."""
        await self.note_trouble(run, step, error)
        said = self.words(error)[:LONGEST_NOTE].rstrip(". ")
        note = f"{said}; it is tried again"
        await self.log(self.ledger.noted, lease, note)
        return run.progress, note

    async def forget(self, run: Run) -> None:
        try:
            await self.provider.forget(run.operation)
        except Exception:
            _log.exception("forgetting the operation of run %s", run.id)


def asked_wait_s(error: Exception) -> float:
    """What the server has asked to wait at least; 0 where it has not."""
    return (error.retry_after_s or 0.0) if isinstance(error, Unavailable) else 0.0
