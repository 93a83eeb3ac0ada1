"""Finished clips are taken in by processes beside this one.

What a provider sends may be anything, and decoders are large: one that dies of a clip takes nobody with it,
and has no key to give away. And while it decodes, this process answers to the other operations.
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import BrokenExecutor, Future
from typing import Any

from workbench.domain.errors import BadMedia
from workbench.domain.media import Media
from workbench.media.files import MediaFiles
from workbench.media.hand import Failed, Hand, NotStarted
from workbench.media.intake_job import order, take_in, taken_of
from workbench.providers.base import Fetched

MOST = max(1, min(2, os.cpu_count() or 1))  # a large clip's decoder uses the other cores, too


class Takers:
    """A few ``Hand``s; one more is started only while the others are ``busy`` with so many clips."""

    def __init__(self, most: int = MOST) -> None:
        self._guard = threading.Lock()
        self.hands = [Hand(nice=0) for _ in range(most)]
        self.busy = [0] * most

    def submit(self, given: dict[str, Any]) -> Future[Any]:
        with self._guard:
            at = self.busy.index(min(self.busy))
            self.busy[at] += 1
        try:
            done = self.hands[at].submit(take_in, given)
        except BaseException:
            self._freed(at)
            raise
        done.add_done_callback(lambda _: self._freed(at))
        return done

    def _freed(self, at: int) -> None:
        with self._guard:
            self.busy[at] -= 1


_takers = Takers()  # of this process, whatever number of runners it has


def _after_fork() -> None:
    """A child has its parent's without the threads that work for it."""
    global _takers
    _takers = Takers()


os.register_at_fork(after_in_child=_after_fork)


async def take(files: MediaFiles, fetched: Fetched, *, is_still: bool) -> tuple[Media, Media, Media]:
    """The clip or still, its poster and its last frame, stored.

    Raises ``BadMedia`` for what no player would open, ``FolderFull``, ``FolderReadOnly``, ``OSError``.
    """
    given = order(files, fetched.clip, fetched.last_frame, is_still=is_still)
    try:
        over_there = _takers.submit(given)
    except RuntimeError:  # the interpreter is ending: no thread starts any more
        return taken_of(take_in(given))
    try:
        answer = await asyncio.wrap_future(over_there)
    except (NotStarted, Failed):  # what is wrong with the other process need not be so with this one
        answer = await asyncio.to_thread(take_in, given)
    except BrokenExecutor as error:
        raise BadMedia(f"{fetched.clip.name} ended the process that was to decode it.") from error
    return taken_of(answer)
