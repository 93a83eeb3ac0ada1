"""``Runner``: one asyncio loop in one thread of a process, driving every run that it can claim.

Any number of runners – the app's, a notebook's, the command line's – share a folder: each claims under
a lease, so that a run has one driver, and a dead driver's runs are taken up when the lease has run out.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import psutil
from ulid import ULID

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FolderError, LeaseLost
from workbench.domain.run import Run
from workbench.media.files import MediaFiles
from workbench.providers.base import Provider
from workbench.runner.clock import Clock, SystemClock
from workbench.runner.drive import Drive
from workbench.runner.following import Told
from workbench.runner.means import Means
from workbench.runner.threads import Threads
from workbench.store import Store, forks
from workbench.store.ledger import LEASE_S, Lease
from workbench.store.limits import Limits

NOTICE_EVERY_S = 0.25  # that somebody has written to the log
LOOK_EVERY_S = 1.0  # for what is due by now: nobody writes then
SEEN_EVERY_S = 2.0
BEATS_A_RENEWAL = max(1, round(LEASE_S / 3 / SEEN_EVERY_S))
ERROR_PAUSE_S = 15.0
STOP_S = 40.0
CLOSE_S = 5.0
CLOCK_SLACK_S = 2.0
_log = logging.getLogger(__name__)
ModelOf = Callable[[Provider, str], Capabilities | None]


def as_offered(provider: Provider, name: str) -> Capabilities | None:
    """A model as its provider has it."""
    return provider.model(name)


class Runner:
    """``kind`` is ``app`` for the app's own, which takes every run it has an account for.

    Others take only what they were told to ``adopt``: a notebook does not start spending for a queue
    that somebody else has left. ``model_of`` knows a provider's model with what a person has written of it.
    """

    def __init__(
        self,
        store: Store,
        files: MediaFiles,
        providers: Sequence[Provider],
        *,
        kind: str,
        clock: Clock | None = None,
        model_of: ModelOf = as_offered,
    ) -> None:
        self.id = str(ULID())
        self.process = os.getpid()
        self._kind = kind
        self._store = store
        self._clock = clock or SystemClock()
        self._providers = {provider.account: provider for provider in providers if not provider.missing()}
        # SQLite wants one connection a thread, and the loop must not wait for a lock: one thread for both.
        self._log_thread = ThreadPoolExecutor(1, thread_name_prefix="runner-log")
        self._model_of = model_of
        self._drives = {
            account: Drive(
                Means(store, files, provider, self._clock, self._in_log, partial(model_of, provider))
            )
            for account, provider in self._providers.items()
        }
        self._adopted: set[str] = set()
        self._all = kind == "app"
        self._tasks: dict[Lease, asyncio.Task[None]] = {}
        self._driven: list[Lease] = []  # to be let go of at the next look
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._stopping = False
        self._complained: dict[str, str] = {}
        self.folder_fault = ""  # why the log can't be written just now: it can't say so itself
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._guard = threading.Lock()

    def start(self) -> None:
        """Begin to work; a second call changes nothing."""
        with self._guard:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._main, name="runner", daemon=True)
            self._thread.start()
        self._started.wait()

    def adopt(self, run_ids: Collection[str]) -> None:
        """Take these runs too (from now on)."""
        self._adopted |= set(run_ids)
        self.wake()

    def wake(self) -> None:
        """Look at the log now rather than when somebody has written to it, or within a second."""
        loop, event = self._loop, self._wake
        if loop and event and not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    def stop(self) -> None:
        """Finish what is being sent, leave the rest to whoever comes next, and wait for the thread."""
        with self._guard:
            thread, self._stopping = self._thread, True
        if thread is None:
            return
        self.wake()
        thread.join(STOP_S)
        self._log_thread.shutdown(wait=False)

    # The loop

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:
            _log.exception("the runner has stopped")
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(Threads(thread_name_prefix="runner"))
        self._started.set()
        await self._say_here(whole=True)  # before the first claim: a dead runner that nobody knew holds on
        heart = asyncio.create_task(self._beat())
        try:
            while not self._stopping:
                seen = self._store.db.last_write()
                await self._look()
                await self._wait_for_news(seen)
        finally:
            heart.cancel()
            await self._let_go()

    async def _wait_for_news(self, seen: tuple[int, int]) -> None:
        """Until somebody wakes us, the log is no longer as it was ``seen``, or it is time to look anyway."""
        assert self._loop and self._wake
        ends_at = self._loop.time() + LOOK_EVERY_S
        while (left_s := ends_at - self._loop.time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, NOTICE_EVERY_S)):
                    await self._wake.wait()
            if self._wake.is_set() or self._store.db.last_write() != seen:
                break
        self._wake.clear()

    async def _look(self) -> None:
        """Let go of what is done, claim what there is, and start a task for each run."""
        only = None if self._all else self._adopted
        if only == set() and not (self._tasks or self._driven):
            return
        try:
            news = dict(item for drive in self._drives.values() for item in drive.news().items())
            cancels, has_work = await self._in_log(self._seen, list(self._drives), bool(self._tasks), news)
            for drive in self._drives.values() if cancels else ():
                drive.nudge(cancels)
            for account, provider in self._providers.items() if has_work and only != set() else ():
                if self._stopping:
                    return
                claim = partial(
                    self._store.ledger.claim,
                    only=only,
                    driven=[lease.run_id for lease in self._tasks],
                    a_minute=provider.a_minute,
                    of_model=partial(self._limits, provider),
                )
                claimed = await self._in_log(self._claimed, claim, account, provider.at_once)
                for lease, run in claimed:
                    self._start_drive(account, lease, run)
            self._complained.pop("looking for work", None)
        except Exception as error:  # a full disk, a newer log: keep looking, the pages say why
            self._complain("looking for work", error)
            await self._clock.sleep(SEEN_EVERY_S)

    def _limits(self, provider: Provider, model: str) -> Limits:
        known = self._model_of(provider, model)
        return Limits(known.at_once, known.a_minute) if known else Limits()

    def _seen(
        self, accounts: Sequence[str], is_driving: bool, news: Mapping[Lease, Told]
    ) -> tuple[list[str], bool]:
        """The runs to be cancelled, and whether there is work: one way to the log's thread for all of it.

        No poll asks for its own run whether it is to be cancelled, and the next may be due in a minute.
        """
        ledger = self._store.ledger
        if news:
            ledger.progress(news)
        while self._driven:
            ledger.release(self._driven[0])
            del self._driven[0]
        return ledger.cancels(self.id) if is_driving else [], ledger.has_work(accounts, self._clock.now())

    def _claimed(
        self, claim: Callable[..., list[Lease]], account: str, at_once: int
    ) -> list[tuple[Lease, Run]]:
        leases = claim(self.id, account, at_once, self._clock.now())
        runs = self._store.runs.get_many([lease.run_id for lease in leases])
        return list(zip(leases, runs, strict=True))

    def _start_drive(self, account: str, lease: Lease, run: Run) -> None:
        task = asyncio.create_task(self._drive(account, lease, run), name=lease.run_id)
        self._tasks[lease] = task
        task.add_done_callback(lambda _: self._tasks.pop(lease, None))

    async def _drive(self, account: str, lease: Lease, run: Run) -> None:
        try:
            await self._drives[account].run(lease, run)
        except LeaseLost as error:
            _log.info("%s", error)
            return
        except Exception as error:
            self._complain(f"driving run {lease.run_id}", error)
            # Held for a while yet: another look after a pause, instead of a tight loop of errors.
            await self._clock.sleep(ERROR_PAUSE_S)
        self._driven.append(lease)
        self.wake()

    async def _beat(self) -> None:
        """Keep the leases alive, and say that this runner is here."""
        for count in itertools.count(1):
            await self._clock.sleep(SEEN_EVERY_S)
            await self._say_here(whole=count % BEATS_A_RENEWAL == 0)

    async def _say_here(self, *, whole: bool) -> None:
        try:
            now, accounts = self._clock.now(), list(self._drives)
            seen_with = accounts if self._all else []
            await self._in_log(self._here, seen_with, now)
            if whole:
                if self._tasks:
                    await self._renew()
                ours = None if self._all else set(self._adopted)
                await self._in_log(self._store.runners.strand, accounts, now, ours)
            self._complained.pop("heartbeat", None)
            self.folder_fault = ""
        except Exception as error:
            self._complain("heartbeat", error)

    def _here(self, seen_with: Sequence[str], now: datetime) -> None:
        runners = self._store.runners
        runners.bury(_is_alive)
        runners.seen(self.id, self._kind, seen_with, self.process, now)

    async def _renew(self) -> None:
        held = list(self._tasks)
        for lease in await self._in_log(self._store.ledger.renew, held, self._clock.now()):
            # Once: a second time would break the wait for an answer that is on its way.
            if (task := self._tasks.get(lease)) and not task.cancelling():
                task.cancel()

    async def _let_go(self) -> None:
        tasks = dict(self._tasks)
        for task in tasks.values():
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        await asyncio.gather(*(self._close(provider) for provider in self._providers.values()))
        try:
            for lease in (*self._driven, *tasks):
                await self._in_log(self._store.ledger.release, lease)
            await self._in_log(self._store.runners.gone, self.id)
        except Exception:
            _log.exception("letting go")

    async def _close(self, provider: Provider) -> None:
        """Its connections belong to this loop, which ends now."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await provider.close()
        except Exception:
            _log.exception("closing the connections of %s", provider.endpoint)

    async def _in_log(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            written = asyncio.get_running_loop().run_in_executor(
                self._log_thread, _outside_forks, call, *arguments
            )
        except RuntimeError:  # the interpreter is ending and has closed its executors: write from here
            self._stopping = True
            return call(*arguments)
        return await written

    def _complain(self, step: str, error: Exception) -> None:
        """Into the process's own log, once a cause: a full disk would fill up with complaints about it."""
        if isinstance(error, FolderError):
            self.folder_fault = str(error)
        if self._complained.get(step) == str(error):
            return
        self._complained[step] = str(error)
        if isinstance(error, FolderError):
            _log.error("%s: %s", step, error)
        else:
            _log.error(step, exc_info=error)


def _outside_forks(call: Callable[..., Any], *arguments: Any) -> Any:
    with forks.inside():
        return call(*arguments)


def _is_alive(pid: int, started_at: datetime) -> bool:
    """Whether the process that said it started a runner then still runs (a pid may have been given anew)."""
    try:
        born = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return born <= started_at.timestamp() + CLOCK_SLACK_S
