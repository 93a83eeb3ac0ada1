"""Finished clips are taken in by other processes: what they meet is told, and one that dies is survived."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.media.footage import write_clip
from tests.media.test_hand import until
from tests.runner.bench import running
from workbench.domain.errors import BadMedia, FailureReason, FolderReadOnly
from workbench.domain.media import Media
from workbench.domain.run import Json, Status
from workbench.media import intake
from workbench.media.files import MediaFiles
from workbench.media.intake_job import taken_of
from workbench.providers.base import Fetched, RemoteClip
from workbench.providers.fake import Fake
from workbench.runner import taking
from workbench.runner.taking import Takers

Taken = tuple[Media, Media, Media]


@pytest.fixture(autouse=True)
def takers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Takers]:
    """This test's own."""
    own = Takers(2)
    monkeypatch.setattr(taking, "_takers", own)
    yield own
    for hand in own.hands:
        hand.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", sound=True)


@pytest.fixture
def files(tmp_path: Path) -> MediaFiles:
    return MediaFiles(tmp_path / "media")


def taken(files: MediaFiles, clip: Path, *, is_still: bool = False) -> Taken:
    return asyncio.run(taking.take(files, Fetched(clip), is_still=is_still))


def pids(takers: Takers) -> list[int]:
    return [hand.pid for hand in takers.hands if hand.pid]


def test_it_is_taken_in_as_it_would_be_here(files: MediaFiles, clip: Path, tmp_path: Path) -> None:
    there = taken(files, clip)
    assert there == intake.take_clip(MediaFiles(tmp_path / "here"), clip)
    assert all(files.path(media).is_file() for media in there)
    still = files.path(there[2])
    assert taken(files, still, is_still=True) == intake.take_still(files, still)


def test_this_process_opens_no_clip(
    files: MediaFiles, clip: Path, monkeypatch: pytest.MonkeyPatch, takers: Takers
) -> None:
    monkeypatch.setattr(intake, "take_clip", lambda *_: pytest.fail("it was opened here"))
    for _ in range(3):
        taken(files, clip)
    assert len(pids(takers)) == 1  # the second is for when the first is busy
    assert psutil.Process(pids(takers)[0]).nice() == psutil.Process().nice()


def test_what_is_wrong_is_raised_here(files: MediaFiles, clip: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.mp4"
    page.write_text("<html>no clip</html>")
    with pytest.raises(BadMedia, match=r"page\.mp4 is "):
        taken(files, page)
    with pytest.raises(NotADirectoryError) as found:
        taken(MediaFiles(page / "media"), clip)
    assert found.value.errno == errno.ENOTDIR
    # Of a full disk nothing else is told than of one that can't be written to.
    answer = {"fault": "FolderReadOnly", "said": "The media folder can't be written to."}
    with pytest.raises(FolderReadOnly, match="can't be written to"):
        taken_of(answer)


def test_two_are_taken_in_side_by_side(files: MediaFiles, clip: Path, takers: Takers) -> None:
    taken(files, clip)
    [first] = pids(takers)
    os.kill(first, signal.SIGSTOP)

    async def both() -> Taken:
        stuck = asyncio.create_task(taking.take(files, Fetched(clip), is_still=False))
        await asyncio.sleep(0)
        found = await taking.take(files, Fetched(clip), is_still=False)
        assert not stuck.done() and len(pids(takers)) == 2
        os.kill(first, signal.SIGKILL)
        with pytest.raises(BadMedia, match=r"clip\.mp4 ended the process that was to decode it"):
            await stuck
        return found

    assert asyncio.run(both())[0].is_video


def test_where_no_process_can_be_started_it_is_done_here(
    files: MediaFiles, clip: Path, monkeypatch: pytest.MonkeyPatch, takers: Takers
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert taken(files, clip)[0].is_video
    assert not pids(takers)


def test_where_the_other_process_can_not_do_it_it_is_done_here(
    files: MediaFiles, clip: Path, monkeypatch: pytest.MonkeyPatch, takers: Takers
) -> None:
    monkeypatch.setattr(sys, "path", [])  # it finds neither NumPy nor PyAV
    monkeypatch.setenv("PYTHONNOUSERSITE", "1")
    monkeypatch.setattr(sys, "executable", sys._base_executable)
    assert taken(files, clip)[0].is_video


def test_a_forked_child_has_takers_of_its_own(files: MediaFiles, clip: Path) -> None:
    first = taken(files, clip)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if taken(files, clip) == first else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


class Deadly(Fake):
    """Whoever looks into its first clips stands still, until the test has killed them."""

    deaths = 1
    fetched = 0

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        fetched = await super().fetch(operation, clip, folder)
        self.fetched += 1
        if self.fetched <= self.deaths:
            await taking.take(MediaFiles(folder), fetched, is_still=False)
            for pid in pids(taking._takers):
                os.kill(pid, signal.SIGSTOP)
        return await super().fetch(operation, clip, folder)


@pytest.mark.parametrize(("deaths", "status"), [(1, Status.SUCCEEDED), (3, Status.FAILED)])
def test_a_clip_that_ends_its_taker_costs_a_try(
    tmp_path: Path, takers: Takers, deaths: int, status: Status
) -> None:
    provider = Deadly(tmp_path / "accepted.journal")
    provider.deaths, provider.poll_every_s = deaths, 0.05
    with running(tmp_path, provider=provider) as bench:
        [run_id] = bench.log()
        hand = takers.hands[0]
        for death in range(1, deaths + 1):
            # Its second piece of this try is with the process that stands still.
            until(lambda number=2 * death: hand._number == number and hand.pid and is_stopped(hand.pid))
            for pid in pids(takers):
                os.kill(pid, signal.SIGKILL)
        run = bench.settle(run_id)
        assert run.status is status
        assert provider.accepted() == [run_id]
    if status is Status.FAILED:
        assert run.failure is FailureReason.UNUSABLE_CLIP
        assert "came broken 3 times" in run.outcome
        assert "ended the process" in run.outcome


def is_stopped(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED
