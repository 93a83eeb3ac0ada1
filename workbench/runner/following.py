"""Following an accepted operation: polls at the model's own pace until the provider is done.

After the model's timeout the run is overdue: its operation is kept and looked at every ten minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import AuthLapsed, FailureReason, FolderError, OperationGone, Rejected
from workbench.domain.run import Kind, Run, Status, is_of_emulator
from workbench.domain.times import to_text
from workbench.providers.base import Failed, Finished, Poll, RemoteClip, Running
from workbench.providers.http.masking import masked_answer
from workbench.runner import pace
from workbench.runner.gone import Gone
from workbench.runner.means import Means, asked_wait_s
from workbench.store.ledger import Lease, PendingClip

LOOK_AT_OVERDUE_EVERY_S = 600.0
TIMEOUT_S = 900.0  # of a model that is offered no more
HISTORY_HOLDS_S = 60.0
TELL_EACH = 0.01  # of the whole …
TELL_EVERY_S = 1.0  # … and as often as a page looks
Told = tuple[float | None, str]  # what stands on the run: its progress (0 to 1) and the note to it


class Following:
    def __init__(self, means: Means) -> None:
        self._means = means
        self._nudges: dict[str, asyncio.Event] = {}
        self._plans: dict[str, tuple[datetime, pace.Plan]] = {}
        self._news: dict[Lease, Told] = {}

    def nudge(self, run_ids: Collection[str]) -> None:
        """Look at these runs now: a person wants them cancelled. The only word of it that a poll hears."""
        for run_id in run_ids:
            if event := self._nudges.get(run_id):
                event.set()

    def news(self) -> dict[Lease, Told]:
        """What is to be told of the runs since the last time: one write for all of them."""
        news, self._news = self._news, {}
        return news

    async def follow(
        self, lease: Lease, run: Run, *, is_fresh: bool
    ) -> tuple[Run, Sequence[PendingClip] | None]:
        """Until there is something to fetch (then that, too), it has ended, or is overdue.

        ``is_fresh``: accepted just now; any other may have become ready long ago.
        """
        self._nudges[run.id] = asyncio.Event()
        try:
            answer = await self._follow(lease, run, is_fresh)
        finally:
            del self._nudges[run.id]
            self._news.pop(lease, None)
        if not (isinstance(answer, Finished) and answer.clips):
            return run, None
        clips = sorted(map(_pending, answer.clips), key=lambda clip: clip.position)
        return replace(run, status=Status.DOWNLOADING, filtered=answer.filtered), clips

    async def _follow(self, lease: Lease, run: Run, is_fresh: bool) -> Poll | None:
        """The provider's last word; ``None`` where it had none."""
        means = self._means
        told: Told = (run.progress, run.progress_note)
        plan, phase = await self._plan(run.request.model), pace.phase()
        began = told_at = run.accepted_at or means.clock.now()
        gone = Gone(means.provider.poll_every_s)
        timeout_s = self._timeout_s(run)
        troubles, unwanted, is_blocked = pace.retries(), run.unwanted, bool(run.blocked_reason)
        # Who cancels it later nudges, and again at each look of the runner until that is heard.
        is_nudged = run.cancel_requested
        if is_fresh and run.kind is not Kind.IMAGE:  # a still comes inside the answer to the POST
            is_nudged |= await self._wait(run, plan.wait_s(0.0, phase))
        while True:
            # Before asking how it stands: what can't be reached can still be given up.
            if is_nudged and not unwanted and await means.log(means.ledger.cancel_wanted, lease):
                if await self._stopped(run):
                    await means.forget(run)
                    await means.end(lease, Status.CANCELLED)
                    return None
                await means.log(means.ledger.unwanted, lease)
                unwanted = True
            try:
                said = await means.provider.poll(run.operation)
                answer = masked_answer(said, means.provider.secrets())
            except OperationGone as error:
                self._news.pop(lease, None)
                if gone.is_certain(means.clock.now()):
                    await means.end(lease, Status.EXPIRED, message=means.words(error))
                    return None
                told, wait_s = await means.troubled(lease, run, "poll", error), next(troubles)
            except Rejected as error:
                why = means.words(error)
                await means.end(lease, Status.FAILED, failure=error.reason, message=why)
                return None
            except (AuthLapsed, FolderError) as error:
                self._news.pop(lease, None)
                gone.forget()
                cause = "auth" if isinstance(error, AuthLapsed) else "disk"
                await means.log(means.ledger.blocked, lease, f"{cause}: {means.words(error)}")
                is_blocked, wait_s = True, next(troubles)
            except Exception as error:
                self._news.pop(lease, None)
                gone.forget()
                told = await means.troubled(lease, run, "poll", error)
                wait_s = max(next(troubles), asked_wait_s(error))
            else:
                troubles = pace.retries()
                gone.forget()
                if not isinstance(answer, Running):
                    await self._settle(lease, answer)
                    return answer
                now = means.clock.now()
                if is_blocked or is_news(told, answer, now - told_at):
                    told, told_at, is_blocked = (answer.fraction, answer.note), now, False
                    self._news[lease] = told
                wait_s = plan.wait_s((means.clock.now() - began).total_seconds(), phase)
            if await self._is_late(lease, run, timeout_s):
                return None
            is_nudged = await self._wait(run, wait_s)

    def _timeout_s(self, run: Run) -> float:
        model = self._means.model(run.request.model)
        return model.timeout_s if model else TIMEOUT_S

    async def _is_late(self, lease: Lease, run: Run, timeout_s: float) -> bool:
        """Past the model's timeout: let go of it, and leave word when to look again."""
        now = self._means.clock.now()
        followed_from = run.followed_from or run.accepted_at or now
        if not run.overdue and (now - followed_from).total_seconds() <= timeout_s:
            return False
        again = now + timedelta(seconds=LOOK_AT_OVERDUE_EVERY_S)
        await self._means.log(self._means.ledger.overdue, lease, again)
        return True

    async def _settle(self, lease: Lease, answer: Poll) -> None:
        means = self._means
        match answer:
            case Finished(clips=()) if answer.filtered:
                await means.end(lease, Status.FILTERED, charge=answer.charge, filtered=answer.filtered)
            case Finished(clips=()):
                why = "The provider says that it is done, but names no clip and no reason"
                await means.end(
                    lease, Status.FAILED, failure=FailureReason.PROVIDER, message=why, charge=answer.charge
                )
            case Finished():
                ready = partial(
                    means.ledger.ready,
                    filtered=answer.filtered,
                    report=answer.report,
                    billed_micros=answer.billed_micros,
                    charge=answer.charge,
                    now=means.clock.now(),
                )
                await means.log(ready, lease, [_pending(clip) for clip in answer.clips])
            case Failed(reason=FailureReason.SAFETY):
                taken = (answer.message,)
                await means.end(lease, Status.FILTERED, charge=answer.charge, filtered=taken)
            case Failed():
                await means.end(
                    lease,
                    Status.FAILED,
                    failure=answer.reason,
                    message=answer.message,
                    charge=answer.charge,
                )

    async def _stopped(self, run: Run) -> bool:
        means = self._means
        try:
            model: Capabilities | None = means.model(run.request.model)
            return bool(model and model.can_cancel) and await means.provider.cancel(run.operation)
        except Exception as error:
            await means.note_trouble(run, "cancel", error)
            return False

    async def _plan(self, model: str) -> pace.Plan:
        """When to poll, from the model's newest runs; read once a minute, however many runs there are."""
        now = self._means.clock.now()
        known = self._plans.get(model)
        if known is None or not timedelta(0) <= now - known[0] < timedelta(seconds=HISTORY_HOLDS_S):
            is_emulated = is_of_emulator(self._means.provider.account)
            latencies = partial(self._means.ledger.latencies_s, emulated=is_emulated)
            latencies_s = await self._means.log(latencies, model)
            known = now, pace.plan(latencies_s, self._means.provider.poll_every_s)
            self._plans[model] = known
        return known[1]

    async def _wait(self, run: Run, seconds: float) -> bool:
        """Sleep, but for a nudge; whether one came, here or since the last time."""
        event = self._nudges[run.id]
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True


def is_news(told: Told, answer: Running, since: timedelta) -> bool:
    """Whether the run's progress is worth a write. ``since``: it was told."""
    fraction, note = told
    if note != answer.note or fraction is None or answer.fraction is None:
        return told != (answer.fraction, answer.note)
    # A clock that was put back must not keep it silent.
    is_due = not timedelta(0) <= since < timedelta(seconds=TELL_EVERY_S)
    return is_due and abs(answer.fraction - fraction) >= TELL_EACH


def _pending(clip: RemoteClip) -> PendingClip:
    return PendingClip(clip.index, clip.locator, to_text(clip.expires_at) if clip.expires_at else None)
