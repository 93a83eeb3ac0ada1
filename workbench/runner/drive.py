"""One run's way through its provider, from wherever the log says that it stands.

The log is written before and after every step, so that a process may die between any two lines:

    queued       → begin_submit (on disk) → POST → accepted (on disk, tried for as long as it takes)
    submitting   found on waking: nobody knows whether the POST left
    generating   poll until the provider is done, then write down what there is to fetch
    downloading  fetch each clip that has no file yet, then the run has succeeded
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.domain.errors import (
    AuthLapsed,
    BadMedia,
    FailureReason,
    FolderError,
    OperationGone,
    Rejected,
)
from workbench.domain.run import Kind, Run, Status
from workbench.domain.times import from_text
from workbench.providers.base import Fetched, RemoteClip
from workbench.runner.following import Following, Told
from workbench.runner.gone import Gone
from workbench.runner.means import Means, asked_wait_s
from workbench.runner.pace import retries
from workbench.runner.sending import Sending
from workbench.runner.taking import take
from workbench.store.ledger import Lease, PendingClip

FETCHES_OF_A_BROKEN_CLIP = 3  # one that was cut short without anybody saying so is whole the next time


@dataclass(frozen=True, slots=True)
class Lost:
    """A clip that is not to be had, and what that makes of its run."""

    status: Status
    failure: FailureReason | None
    why: str


class Drive:
    """Drives runs of one provider."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._files = means.files
        self._sending = Sending(means)
        self._following = Following(means)

    async def run(self, lease: Lease, run: Run) -> None:
        """Take the run as far as it goes now: to a final state, back to the queue, ``uncertain``, overdue."""
        clips: Sequence[PendingClip] | None = None
        was_sent_before = run.status is Status.GENERATING
        if run.status is Status.SUBMITTING:
            run = await self._sending.recover(lease, run)
        if run.status is Status.QUEUED:
            run = await self._sending.send(lease, run)
        if run.status is Status.GENERATING:
            run, clips = await self._following.follow(lease, run, is_fresh=not was_sent_before)
        if run.status is Status.DOWNLOADING:
            await self._download(lease, run, clips)

    def nudge(self, run_ids: Collection[str]) -> None:
        """Look at these runs now rather than when their next poll is due."""
        self._following.nudge(run_ids)

    def news(self) -> dict[Lease, Told]:
        """How the runs get on, as far as the log does not say so yet."""
        return self._following.news()

    async def _download(self, lease: Lease, run: Run, clips: Sequence[PendingClip] | None) -> None:
        """Fetch every clip that can be had; one that can't does not cost the others."""
        means = self._means
        if clips is None:  # found so on waking
            clips = await means.log(means.ledger.pending_clips, run.id)
        lost: list[Lost] = []
        for clip in clips:
            if missed := await self._collect(lease, run, clip):
                lost.append(missed)
        if lost:
            run = await means.read(lease)
        if not lost or (run.clips and all(one.failure is FailureReason.SAFETY for one in lost)):
            await means.forget(run)  # before the end: nobody looks at a finished run again
            filtered = (*run.filtered, *(one.why for one in lost)) if lost else None
            await means.end(lease, Status.SUCCEEDED, filtered=filtered)
            return
        had = f". {len(run.clips)} other clips of it are stored" if run.clips else ""
        await means.end(lease, lost[0].status, failure=lost[0].failure, message=f"{lost[0].why}{had}")

    async def _collect(self, lease: Lease, run: Run, clip: PendingClip) -> Lost | None:
        """Store one clip, trying for as long as the provider holds it. A full folder is waited out."""
        for wait in retries():
            try:
                with self._files.workspace() as folder:
                    return await self._fetch_into(folder, lease, run, clip)
            except (FolderError, OSError) as error:
                await self._means.log(self._means.ledger.blocked, lease, f"disk: {error}")
            await self._means.clock.sleep(wait)
        raise AssertionError("unreachable: retries never end")

    async def _fetch_into(self, folder: Path, lease: Lease, run: Run, clip: PendingClip) -> Lost | None:
        """The folder stays the same from try to try, so that a download goes on where it broke off."""
        means, broken = self._means, 0
        gone = Gone(means.provider.poll_every_s)
        ends_at = from_text(clip.expires_at) if clip.expires_at else None
        remote = RemoteClip(clip.position, clip.locator, ends_at)
        for wait_s in retries():
            try:
                fetched = await means.provider.fetch(run.operation, remote, folder)
                await self._take_in(lease, run, clip, fetched)
                return None
            except OperationGone as error:
                if gone.is_certain(means.clock.now()):
                    return Lost(Status.EXPIRED, None, means.words(error))
                await means.troubled(lease, run, "fetch", error)
            except Rejected as error:
                return Lost(Status.FAILED, error.reason, means.words(error))
            except BadMedia as error:
                gone.forget()
                broken += 1
                if broken == FETCHES_OF_A_BROKEN_CLIP:
                    what = str(error).partition(";")[0].rstrip(".")
                    why = f"The clip came broken {broken} times ({what}); ask the provider, or send it again"
                    return Lost(Status.FAILED, FailureReason.UNUSABLE_CLIP, why)
                await means.troubled(lease, run, "fetch", error)
                _empty(folder)
                wait_s = max(wait_s, 2 * means.provider.poll_every_s)  # it may be still being written
            except AuthLapsed as error:
                gone.forget()
                await means.log(means.ledger.blocked, lease, f"auth: {means.words(error)}")
            except Exception as error:
                if _is_of_the_disk(error):
                    raise
                gone.forget()
                await means.troubled(lease, run, "fetch", error)
                if ends_at and means.provider.tells_expiry and means.clock.now() >= ends_at:
                    until = f"{ends_at:%Y-%m-%d %H:%M} UTC"
                    why = f"The provider held the clip until {until}, and no download came through"
                    return Lost(Status.EXPIRED, None, f"{why}: {means.words(error)}")
                wait_s = max(wait_s, asked_wait_s(error))
            await means.clock.sleep(wait_s)
        raise AssertionError("unreachable: retries never end")

    async def _take_in(self, lease: Lease, run: Run, clip: PendingClip, fetched: Fetched) -> None:
        """Files first, then the row that points at them."""
        means = self._means
        media, poster, last_frame = await take(self._files, fetched, is_still=run.kind is Kind.IMAGE)
        await means.log(
            means.ledger.clip_stored, lease, clip.position, media, poster, last_frame, means.clock.now()
        )


def _is_of_the_disk(error: Exception) -> bool:
    return isinstance(error, FolderError) or (
        isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)
    )


def _empty(folder: Path) -> None:
    """What is there already of a broken clip must not be gone on from."""
    for path in folder.iterdir():
        with suppress(OSError):
            path.unlink()
