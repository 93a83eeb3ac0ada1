"""Sending a queued run: once, with the log written before and after, and smaller after a 413."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from immutabledict import immutabledict

from workbench.domain.errors import (
    FailureReason,
    FolderError,
    LeaseLost,
    LogTooNew,
    NotAccepted,
    NotKept,
    OutcomeUnknown,
    Rejected,
    TooLarge,
)
from workbench.domain.request import GenerationRequest, digest
from workbench.domain.run import Charge, Json, Parenthood, Run, Status
from workbench.providers.base import Parent, Submission
from workbench.runner.means import Means
from workbench.runner.pace import retries
from workbench.store.ledger import Lease

if TYPE_CHECKING:
    from workbench.media.shrink import Smaller

FINISH_SUBMIT_S = 30.0
ASK_AGAIN_S = 30.0
_SIGNED = re.compile(r'(?<=\w)\?[^"\s]*')  # the end of an address that opens what lies there
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What stands in the log of a request that was taken."""

    operation: Json
    at: datetime

    def of(self, run: Run) -> Run:
        """The run as it goes on. The operation as the log gives it: the next process has no other."""
        operation = immutabledict(json.loads(json.dumps(dict(self.operation))))
        return replace(
            run,
            status=Status.GENERATING,
            operation=operation,
            accepted_at=self.at,
            blocked_reason="",
            progress=None,
            progress_note="",
        )


Outcome: TypeAlias = Accepted | TooLarge | None  # ``TooLarge``: smaller pictures may pass


class Sending:
    def __init__(self, means: Means) -> None:
        self._means = means
        self._sending: set[asyncio.Future[Outcome]] = set()

    async def send(self, lease: Lease, run: Run) -> Run:
        """From ``queued`` to whatever the provider's answer makes of it."""
        means = self._means
        if means.model(run.request.model) is None:
            why = f"{means.provider.endpoint} no longer offers the model {run.request.model}"
            again = means.clock.now() + timedelta(seconds=ASK_AGAIN_S)
            await means.log(means.ledger.postponed, lease, why, again)
            return run
        submission = await self._submission(run)
        outcome = await self._attempt(lease, submission, run.request.request_hash)
        if isinstance(outcome, TooLarge):
            outcome = await self._send_smaller(lease, run, submission, outcome)
        return outcome.of(run) if outcome else run

    async def recover(self, lease: Lease, run: Run) -> Run:
        """Found ``submitting`` on waking: nobody knows whether the request left."""
        why = "The process ended while the request was being sent"
        await self._unanswered(lease, None, run.request, why, retry_after_s=0.0)
        return await self._means.read(lease)

    async def _send_smaller(
        self, lease: Lease, run: Run, submission: Submission, refused: TooLarge
    ) -> Accepted | None:
        """413 was certainly not accepted: the same with smaller and smaller pictures, an attempt each."""
        from workbench.media.shrink import shrink

        means, endpoint = self._means, self._means.provider.endpoint
        pictures = {i.media.sha256: i.media for i in run.request.inputs if not i.media.is_video}
        sources = [(media, means.files.path(media)) for media in pictures.values()]
        with means.files.workspace() as folder:
            steps = shrink(sources, folder)
            while smaller := await asyncio.to_thread(next, steps, None):
                lighter = _with(submission, smaller)
                said = [
                    f"{label} was sent as JPEG at {s.media.width}×{s.media.height} because {endpoint} "
                    f"answered 413"
                    for label, s in _labelled(run.request, smaller)
                ]
                sent_hash = digest(
                    [run.request.request_hash, sorted(s.media.sha256 for s in smaller.values())]
                )
                outcome = await self._attempt(lease, lighter, sent_hash, [*run.adjustments, *said])
                if not isinstance(outcome, TooLarge):
                    return outcome
                refused = outcome
        what = "even with its pictures at their smallest" if pictures else "and it holds no picture to shrink"
        why = f"{refused}: the request is too large, {what}; use fewer or smaller files"
        await means.end(lease, Status.FAILED, failure=FailureReason.INVALID_REQUEST, message=why)
        return None

    async def _attempt(
        self, lease: Lease, submission: Submission, sent_hash: str, adjustments: Sequence[str] | None = None
    ) -> Outcome:
        """One request that may cost money."""
        # A stop must not cut between the POST and the lines that say that it leaves and what came back.
        is_stopped = asyncio.Event()
        sending = asyncio.ensure_future(self._begin(lease, submission, sent_hash, adjustments, is_stopped))
        self._sending.add(sending)  # the loop itself holds tasks weakly
        sending.add_done_callback(self._sending.discard)
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            is_stopped.set()
            await asyncio.wait([sending], timeout=FINISH_SUBMIT_S)
            raise

    async def _begin(
        self,
        lease: Lease,
        submission: Submission,
        sent_hash: str,
        adjustments: Sequence[str] | None,
        is_stopped: asyncio.Event,
    ) -> Outcome:
        means, now = self._means, self._means.clock.now
        attempt = await means.log(means.ledger.begin_submit, lease, sent_hash, now())
        if attempt is None:
            return None
        if is_stopped.is_set():
            why = "The process was stopped before the request was sent"
            await means.insist(means.ledger.back_to_queue, lease, attempt, why, now(), now())
            return None
        return await self._send(lease, attempt, submission, adjustments)

    async def _send(
        self, lease: Lease, attempt: str, submission: Submission, adjustments: Sequence[str] | None
    ) -> Outcome:
        means, now = self._means, self._means.clock.now
        try:
            operation = await self._submitted(lease, submission)
        except NotAccepted as error:
            refused = means.ledger.refused
            await means.insist(refused, lease, attempt, means.words(error), error.retry_after_s, now())
        except TooLarge as error:
            await means.insist(means.ledger.too_large, lease, attempt, means.words(error), now())
            return error
        except Rejected as error:
            end = partial(
                means.ledger.end,
                failure=error.reason,
                message=means.words(error),
                charge=Charge.NONE,
                attempt=attempt,
            )
            await means.insist(end, lease, Status.FAILED, now())
        except OutcomeUnknown as error:
            await self._unanswered(lease, attempt, submission.request, means.words(error))
        except Exception as error:
            _log.exception("submit of run %s", lease.run_id)
            why = f"The {means.provider.endpoint} provider broke while sending ({type(error).__name__})"
            await self._unanswered(lease, attempt, submission.request, why)
        else:
            accepted_at = now()
            try:
                await means.insist(means.ledger.accepted, lease, attempt, operation, accepted_at, adjustments)
            except LogTooNew:
                # The newer workbench calls the run uncertain; many services list no operations.
                _log.error(
                    "run %s was accepted, but a newer workbench has the log now. To collect it: "
                    "workbench settle %s --operation '%s'",
                    lease.run_id,
                    lease.run_id,
                    _SIGNED.sub("?…", json.dumps(dict(operation), default=str)),
                )
                raise
            return Accepted(operation, accepted_at)
        return None

    async def _submitted(self, lease: Lease, submission: Submission) -> Json:
        """The operation. What came inside the answer and finds no room is held until there is some."""
        means = self._means
        try:
            return await means.provider.submit(submission)
        except NotKept as error:
            unkept = error
        for wait in retries():
            with suppress(FolderError, LeaseLost):  # the log may lie on the same full disk
                await means.log(means.ledger.blocked, lease, f"disk: {unkept}")
            await means.clock.sleep(wait)
            try:
                return await unkept.again()
            except NotKept as error:
                unkept = error
        raise AssertionError("unreachable: retries never end")

    async def _unanswered(
        self,
        lease: Lease,
        attempt: str | None,
        request: GenerationRequest,
        why: str,
        retry_after_s: float = ASK_AGAIN_S,
    ) -> None:
        means = self._means
        now, model = means.clock.now(), means.model(request.model)
        if model and model.resubmit_is_safe:
            again = now + timedelta(seconds=retry_after_s)
            await means.insist(means.ledger.back_to_queue, lease, attempt, why, again, now)
        else:
            await means.insist(means.ledger.uncertain, lease, attempt, why, now)

    async def _submission(self, run: Run) -> Submission:
        # A take or a variant is a request of its own; only what goes on from a clip knows that clip's run.
        means = self._means
        goes_on = run.origin.parenthood in (Parenthood.EXTENSION, Parenthood.EDIT)
        parent_id = run.origin.parent_id if goes_on else None
        parents = await means.log(means.store.runs.get_many, [parent_id]) if parent_id else []
        return Submission(
            run_id=run.id,
            request=run.request,
            files={i.media.sha256: means.files.path(i.media) for i in run.request.inputs},
            parent=self._parent(parents[0]) if parents else None,
        )

    def _parent(self, run: Run) -> Parent:
        last = run.clip.last_frame if run.clip else None
        return Parent(run.id, run.operation, run.report, self._means.files.path(last) if last else None)


def _with(submission: Submission, smaller: dict[str, Smaller]) -> Submission:
    """The submission with other files for some of its pictures; the run in the log keeps its own."""
    inputs = tuple(
        replace(i, media=smaller[i.media.sha256].media) if i.media.sha256 in smaller else i
        for i in submission.request.inputs
    )
    files = {sha256: path for sha256, path in submission.files.items() if sha256 not in smaller}
    files |= {s.media.sha256: s.path for s in smaller.values()}
    return replace(submission, request=replace(submission.request, inputs=inputs), files=files)


def _labelled(request: GenerationRequest, smaller: dict[str, Smaller]) -> list[tuple[str, Smaller]]:
    """Each changed picture by the name of its role, numbered where the role has several."""
    found = []
    for i in request.inputs:
        if i.media.sha256 in smaller:
            several = len(request.inputs_as(i.role)) > 1
            found.append(
                (f"{i.role.label} {i.position + 1}" if several else i.role.label, smaller[i.media.sha256])
            )
    return found
