"""The embedded engine: a real MP4 from a prompt, with no key, no network and no GPU.

It is an animatic: camera, timing, light, weather, composition, the person's own references. It does not
understand content, and says which words it did not draw. Rendering happens in worker processes; this
module stays cheap to import.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FailureReason, FolderFull, NotAccepted, OperationGone
from workbench.domain.run import Charge, Json
from workbench.media import worker
from workbench.media.room import check_room
from workbench.providers.animatic import jobs
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Missing,
    Poll,
    Provider,
    RemoteClip,
    Running,
    Submission,
)
from workbench.settings import Settings
from workbench.settings.executor import LOCAL

MOST_STARTS = 3
CLUSTER_AT_ONCE = 8  # each waits in a process of some 100 MB here


def endpoints(settings: Settings) -> list[Animatic]:
    """The one endpoint; it needs nothing set up."""
    return [Animatic(settings.data / "work", executor=settings.executor)]


class Animatic(Provider):
    """Renders under ``work/<run id>``: the folder is the operation, and survives any process.

    ``executor`` as ``settings.executor`` gives it: where a job is drawn, this machine or a cluster.
    """

    endpoint = "animatic"
    account = "animatic:local"
    poll_every_s = 0.25

    def __init__(self, work: Path, at_once: int | None = None, executor: str = LOCAL) -> None:
        self.work = work
        self.executor = executor
        self.at_once = at_once or (os.cpu_count() or 1 if executor == LOCAL else CLUSTER_AT_ONCE)

    def models(self) -> Sequence[Capabilities]:
        return (PREVIEW,)

    def missing(self) -> Sequence[Missing]:
        return ()

    async def submit(self, submission: Submission) -> Json:
        """Start a worker on the run's folder; a second submit under the same run id finds it."""
        try:
            await asyncio.to_thread(jobs.start, self._folder(submission.run_id), submission, self.executor)
        except FolderFull as error:
            raise NotAccepted(str(error), retry_after_s=30.0) from error
        except OSError as error:
            what = f"The work folder {self.work} can't be written ({error.strerror}); make room there."
            raise NotAccepted(what, retry_after_s=30.0) from error
        return immutabledict(job=submission.run_id)

    async def poll(self, operation: Json) -> Poll:
        """How the worker stands. A dead worker without a result is started again: its bytes will be
        the same. Raises ``FolderFull`` while there is no room for them."""
        return await asyncio.to_thread(self._poll, self._folder(str(operation["job"])))

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """Link (or copy) the clip and its clean last frame into ``folder``."""
        return await asyncio.to_thread(self._fetch, self._folder(str(operation["job"])), clip, folder)

    async def cancel(self, operation: Json) -> bool:
        return await asyncio.to_thread(worker.stop, self._folder(str(operation["job"])))

    async def forget(self, operation: Json) -> None:
        """Remove the job folder, once its clip is stored elsewhere."""
        folder = self._folder(str(operation["job"]))
        await asyncio.to_thread(worker.stop, folder)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _folder(self, run_id: str) -> Path:
        if not run_id.isalnum():
            raise OperationGone(f"{run_id!r} is no job of the embedded engine; submit the run again.")
        return self.work / run_id

    def _poll(self, folder: Path) -> Poll:
        state = worker.state(folder)
        if state.done and state.error:
            return Failed(FailureReason.PROVIDER, state.error, Charge.NONE)
        if state.done:
            clip = RemoteClip(0, immutabledict(file=jobs.CLIP))
            return Finished((clip,), report=jobs.report(folder), billed_micros=0, charge=Charge.NONE)
        if state.alive:
            return Running(state.fraction, state.note)
        if not (folder / worker.JOB).exists():
            raise OperationGone(f"The job folder {folder.name} is gone; submit the run again.")
        check_room(self.work)  # a worker that fills the disk up ends without a result
        if jobs.starts(folder) >= MOST_STARTS:
            text = f"The renderer ended {MOST_STARTS} times without a result; see {worker.LOG} in the job."
            return Failed(FailureReason.PROVIDER, text, Charge.NONE)
        jobs.start_again(folder)
        return Running(0.0, "started again")

    def _fetch(self, job: Path, clip: RemoteClip, folder: Path) -> Fetched:
        if not (job / jobs.CLIP).exists():
            raise OperationGone(f"The clip of job {job.name} is gone; submit the run again.")
        taken = _placed(job / jobs.CLIP, folder / f"{clip.index}.mp4")
        still = job / jobs.LAST_FRAME
        return Fetched(taken, _placed(still, folder / f"{clip.index}.png") if still.exists() else None)


def _placed(source: Path, target: Path) -> Path:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
    return target
