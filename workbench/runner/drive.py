"""One run's way through its provider, from wherever the log says that it stands.

The log is written before and after every step, so that a process may die between any two lines:

    queued       → begin_submit (on disk) → POST → accepted (on disk, tried for as long as it takes)
    submitting   found on waking: nobody knows whether the POST left
    generating   poll until the provider is done, then write down what there is to fetch
    downloading  fetch each clip that has no file yet, then the run has succeeded
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from workbench.domain.errors import (
    AuthLapsed,
    BadMedia,
    FailureReason,
    FolderError,
    LogTooNew,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Parenthood, Run, Status
from workbench.domain.times import to_text
from workbench.media.files import MediaFiles
from workbench.media.intake import take_clip
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Parent,
    Poll,
    Provider,
    RemoteClip,
    Running,
    Submission,
)
from workbench.runner.clock import Clock
from workbench.runner.pace import polls, retries
from workbench.store import Store
from workbench.store.ledger import Lease, PendingClip

OVERDUE_AFTER_S = 15 * 60.0
FINISH_SUBMIT_S = 30.0
ASK_AGAIN_S = 30.0
T = TypeVar("T")
Log = Callable[..., Awaitable[Any]]
_log = logging.getLogger(__name__)


class Drive:
    """Drives runs of one provider. ``log`` runs a store call off the loop, one at a time."""

    def __init__(self, store: Store, files: MediaFiles, provider: Provider, clock: Clock, log: Log) -> None:
        self._store = store
        self._ledger = store.ledger
        self._files = files
        self._provider = provider
        self._clock = clock
        self._in_log = log
        self._models = {model.model: model for model in provider.models()}
        self._sending: set[asyncio.Future[None]] = set()

    async def run(self, lease: Lease) -> None:
        """Take the run as far as it goes: to a final state, back to the queue, or to ``uncertain``."""
        run = await self._read(lease)
        if run.status is Status.SUBMITTING:
            run = await self._recover_submit(lease, run)
        if run.status is Status.QUEUED:
            run = await self._submit(lease, run)
        if run.status is Status.GENERATING:
            run = await self._generate(lease, run)
        if run.status is Status.DOWNLOADING:
            await self._download(lease, run)

    # Submitting

    async def _submit(self, lease: Lease, run: Run) -> Run:
        if run.request.model not in self._models:
            why = f"{self._provider.endpoint} no longer offers the model {run.request.model}"
            again = self._clock.now() + timedelta(seconds=ASK_AGAIN_S)
            await self._in_log(self._ledger.postponed, lease, why, again)
            return run
        submission = await self._submission(run)
        attempt = await self._in_log(
            self._ledger.begin_submit, lease, run.request.request_hash, self._clock.now()
        )
        if attempt is None:
            return await self._read(lease)
        # A stop must not cut between the POST and the line that says what came back.
        sending = asyncio.ensure_future(self._send(lease, attempt, submission))
        self._sending.add(sending)  # the loop itself holds tasks weakly
        sending.add_done_callback(self._sending.discard)
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait([sending], timeout=FINISH_SUBMIT_S)
            raise
        return await self._read(lease)

    async def _send(self, lease: Lease, attempt: str, submission: Submission) -> None:
        now = self._clock.now
        try:
            operation = await self._provider.submit(submission)
        except NotAccepted as error:
            again = now() + timedelta(seconds=error.retry_after_s)
            await self._insist(self._ledger.back_to_queue, lease, attempt, str(error), again, now())
        except Rejected as error:
            end = partial(
                self._ledger.end,
                failure=error.reason,
                message=str(error),
                charge=Charge.NONE,
                attempt=attempt,
            )
            await self._insist(end, lease, Status.FAILED, now())
        except OutcomeUnknown as error:
            await self._unanswered(lease, attempt, submission.request, str(error))
        except Exception as error:
            _log.exception("submit of run %s", lease.run_id)
            why = f"The {self._provider.endpoint} provider broke while sending ({type(error).__name__})"
            await self._unanswered(lease, attempt, submission.request, why)
        else:
            await self._insist(self._ledger.accepted, lease, attempt, operation, now())

    async def _recover_submit(self, lease: Lease, run: Run) -> Run:
        why = "The process ended while the request was being sent"
        await self._unanswered(lease, None, run.request, why, retry_after_s=0.0)
        return await self._read(lease)

    async def _unanswered(
        self,
        lease: Lease,
        attempt: str | None,
        request: GenerationRequest,
        why: str,
        retry_after_s: float = ASK_AGAIN_S,
    ) -> None:
        now, model = self._clock.now(), self._models.get(request.model)
        if model and model.resubmit_is_safe:
            again = now + timedelta(seconds=retry_after_s)
            await self._insist(self._ledger.back_to_queue, lease, attempt, why, again, now)
        else:
            await self._insist(self._ledger.uncertain, lease, attempt, why, now)

    async def _insist(self, call: Callable[..., None], *arguments: Any) -> None:
        """Write down what came back: a full disk must not cost an operation that is paid for."""
        for wait in retries():
            try:
                await self._in_log(call, *arguments)
            except LogTooNew:
                raise
            except FolderError as error:
                _log.error("run %s: %s", arguments[0].run_id, error)
                await self._clock.sleep(wait)
            else:
                return

    async def _submission(self, run: Run) -> Submission:
        # A take or a variant is a request of its own; only what goes on from a clip knows that clip's run.
        goes_on = run.origin.parenthood in (Parenthood.EXTENSION, Parenthood.EDIT)
        parent_id = run.origin.parent_id if goes_on else None
        parents = await self._in_log(self._store.runs.get_many, [parent_id]) if parent_id else []
        return Submission(
            run_id=run.id,
            request=run.request,
            files={i.media.sha256: self._files.path(i.media) for i in run.request.inputs},
            parent=self._parent(parents[0]) if parents else None,
        )

    def _parent(self, run: Run) -> Parent:
        last = run.clip.last_frame if run.clip else None
        return Parent(run.id, run.operation, run.report, self._files.path(last) if last else None)

    # Generating

    async def _generate(self, lease: Lease, run: Run) -> Run:
        pace, told = polls(self._provider.poll_every_s), (run.progress, run.progress_note)
        accepted_at = run.accepted_at or self._clock.now()
        troubles, overdue, unwanted = retries(), run.overdue, run.unwanted
        is_blocked = bool(run.blocked_reason)
        while True:
            # Before asking how it stands: what can't be reached can still be given up.
            if not unwanted and await self._in_log(self._ledger.cancel_wanted, lease):
                if await self._stopped(run):
                    await self._forget(run)
                    await self._end(lease, Status.CANCELLED)
                    break
                await self._in_log(self._ledger.unwanted, lease)
                unwanted = True
            try:
                answer = await self._provider.poll(run.operation)
            except OperationGone as error:
                await self._end(lease, Status.EXPIRED, message=str(error))
                break
            except (AuthLapsed, FolderError) as error:
                cause = "auth" if isinstance(error, AuthLapsed) else "disk"
                await self._in_log(self._ledger.blocked, lease, f"{cause}: {error}")
                is_blocked = True
                await self._clock.sleep(next(troubles))
                continue
            except Exception as error:
                await self._note_trouble(run, "poll", error)
                await self._clock.sleep(next(troubles))
                continue
            troubles = retries()
            if not isinstance(answer, Running):
                await self._settle(lease, run, answer)
                break
            if is_blocked or (answer.fraction, answer.note) != told:
                told, is_blocked = (answer.fraction, answer.note), False
                await self._in_log(self._ledger.progress, lease, *told)
            if not overdue and (self._clock.now() - accepted_at).total_seconds() > OVERDUE_AFTER_S:
                await self._in_log(self._ledger.overdue, lease)
                overdue = True
            await self._clock.sleep(next(pace))
        return await self._read(lease)

    async def _settle(self, lease: Lease, run: Run, answer: Poll) -> None:
        match answer:
            case Finished(clips=()) if answer.filtered:
                await self._end(lease, Status.FILTERED, charge=answer.charge, filtered=answer.filtered)
            case Finished(clips=()):
                why = "The provider says that it is done, but names no clip and no reason"
                await self._end(
                    lease, Status.FAILED, failure=FailureReason.PROVIDER, message=why, charge=answer.charge
                )
            case Finished():
                ready = partial(
                    self._ledger.ready,
                    filtered=answer.filtered,
                    report=answer.report,
                    billed_micros=answer.billed_micros,
                    charge=answer.charge,
                    now=self._clock.now(),
                )
                await self._in_log(ready, lease, [_pending(clip) for clip in answer.clips])
            case Failed():
                await self._end(
                    lease,
                    Status.FAILED,
                    failure=answer.reason,
                    message=answer.message,
                    charge=answer.charge,
                )

    async def _stopped(self, run: Run) -> bool:
        try:
            model = self._models.get(run.request.model)
            return bool(model and model.can_cancel) and await self._provider.cancel(run.operation)
        except Exception as error:
            await self._note_trouble(run, "cancel", error)
            return False

    # Downloading

    async def _download(self, lease: Lease, run: Run) -> None:
        for clip in await self._in_log(self._ledger.pending_clips, run.id):
            if not await self._collect(lease, run, clip):
                return
        await self._forget(run)  # before the end: nobody looks at a finished run again
        await self._end(lease, Status.SUCCEEDED)

    async def _collect(self, lease: Lease, run: Run, clip: PendingClip) -> bool:
        """Store one clip, trying for as long as it takes; false when the run has ended without it."""
        remote = RemoteClip(clip.position, clip.locator)
        for wait in retries():
            try:
                with self._files.workspace() as folder:
                    fetched = await self._provider.fetch(run.operation, remote, folder)
                    await self._take_in(lease, run, clip, fetched)
                return True
            except OperationGone as error:
                await self._end(lease, Status.EXPIRED, message=str(error))
                return False
            except BadMedia as error:
                await self._end(lease, Status.FAILED, failure=FailureReason.UNUSABLE_CLIP, message=str(error))
                return False
            except AuthLapsed as error:
                await self._in_log(self._ledger.blocked, lease, f"auth: {error}")
            except (FolderError, OSError) as error:
                await self._in_log(self._ledger.blocked, lease, f"disk: {error}")
            except Exception as error:
                await self._note_trouble(run, "fetch", error)
            await self._clock.sleep(wait)
        return False

    async def _take_in(self, lease: Lease, run: Run, clip: PendingClip, fetched: Fetched) -> None:
        """Files first, then the row that points at them."""
        media, poster, last_frame = await asyncio.to_thread(
            take_clip, self._files, fetched.clip, fetched.last_frame
        )
        await self._in_log(
            self._ledger.clip_stored, lease, clip.position, media, poster, last_frame, self._clock.now()
        )

    async def _forget(self, run: Run) -> None:
        try:
            await self._provider.forget(run.operation)
        except Exception:
            _log.exception("forgetting the operation of run %s", run.id)

    # The log

    async def _read(self, lease: Lease) -> Run:
        run: Run = await self._in_log(self._store.runs.get, lease.run_id)
        return run

    async def _end(
        self,
        lease: Lease,
        status: Status,
        *,
        failure: FailureReason | None = None,
        message: str = "",
        charge: Charge | None = None,
        filtered: tuple[str, ...] | None = None,
    ) -> None:
        end = partial(self._ledger.end, failure=failure, message=message, charge=charge, filtered=filtered)
        await self._in_log(end, lease, status, self._clock.now())

    async def _note_trouble(self, run: Run, step: str, error: Exception) -> None:
        if not isinstance(error, Unavailable):
            _log.exception("%s of run %s", step, run.id)
        sent, now = run.request.request_hash, self._clock.now()
        said = str(error) or type(error).__name__
        await self._in_log(self._ledger.attempt, run.id, step, sent, "failed", said, now)


def _pending(clip: RemoteClip) -> PendingClip:
    return PendingClip(clip.index, clip.locator, to_text(clip.expires_at) if clip.expires_at else None)
