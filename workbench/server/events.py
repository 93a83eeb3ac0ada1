"""``GET /api/events``: server-sent events of what changes in the log.

However many listen, the log is looked at once for all of them, four times a second. Each listener has a
place in the row of changes and nothing else, so a slow one costs no memory. An event's id is its place; who
comes back with ``Last-Event-ID`` goes on there, also after a restart, for as long as the log keeps the place
(20,000 changes).

Events: ``hello`` (first; its id is where the stream begins), ``run`` (a run as it is now, short), ``gone``
(a run was purged), ``reset`` (what was missed can't be told any more: read ``/api/runs`` again).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from workbench.api import Workbench
from workbench.api.current import current
from workbench.domain.errors import WorkbenchError
from workbench.domain.run import Run
from workbench.server import refusals
from workbench.server.refusals import Refused
from workbench.store.events import Change

PATH = "/api/events"
LOOK_EVERY_S = 0.25
BEAT_EVERY_S = 15.0  # proxies close what is silent for a minute
MOST_LISTENERS = 64
MOST_RUNS = 100  # that one listener may name
KEPT, AT_ONCE = 2_000, 500  # changes in memory; changes of one look
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy would hold events back otherwise
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Event:
    """``text`` is what is sent."""

    seq: int
    run_id: str
    text: bytes


class Feed:
    """What is told to everybody who listens to one log; it looks while somebody does. For one event loop."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.listeners = 0
        self.looks = 0
        self.newest = 0
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._kept_from = 0  # everything after this place is in memory
        self._news = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._has_ended = False

    async def listen(self, after: int | None, only: Collection[str]) -> AsyncIterator[bytes]:
        """The stream of one listener, from behind ``after`` or from now on."""
        self.listeners += 1
        try:
            await self._begin()
            place = self.newest
            if after is None:
                yield _event("hello", place, {"id": place})
                for run in await to_thread.run_sync(self._runs, only):
                    yield _run_event(place, run).text
            elif await to_thread.run_sync(self.bench.store.events.reaches, after):
                place = after
                yield _event("hello", place, {"id": place})
            else:
                yield _event("reset", place, {"id": place})
            async for text in self._from(place, only):
                yield text
        finally:
            self.listeners -= 1
            if not self.listeners and self._looking:
                self._looking.cancel()
                self._looking = None

    def end(self) -> None:
        """Every stream ends; whoever wants more comes back."""
        self._has_ended = True
        self._news.set()

    async def _from(self, place: int, only: Collection[str]) -> AsyncIterator[bytes]:
        while not self._has_ended:
            news = self._news
            if place < self._kept_from:
                events = await to_thread.run_sync(self._read, place)
            else:
                events = self._newer(place)
            told = b"".join(event.text for event in events if not only or event.run_id in only)
            if events:
                place = events[-1].seq
            if told:
                yield told
            if events:
                continue
            try:
                async with asyncio.timeout(BEAT_EVERY_S):
                    await news.wait()
            except TimeoutError:
                yield b": still here\n\n"

    def _newer(self, place: int) -> list[Event]:
        newer = itertools.takewhile(lambda event: event.seq > place, reversed(self._kept))
        return list(newer)[::-1]

    async def _begin(self) -> None:
        async with self._starting:
            if self._looking is None:
                self._kept.clear()
                self.newest = self._kept_from = await to_thread.run_sync(self.bench.store.events.last)
                self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            await self.bench.clock.sleep(LOOK_EVERY_S)
            self.looks += 1
            try:
                events = await to_thread.run_sync(self._read, self.newest)
            except WorkbenchError:
                continue  # a log that can't be read for a moment; it is looked at again
            if events:
                if (dropped := len(self._kept) + len(events) - KEPT) > 0:
                    self._kept_from = self._kept[dropped - 1].seq
                self._kept.extend(events)
                self.newest = events[-1].seq
                self._news.set()
                self._news = asyncio.Event()

    def _read(self, after: int) -> list[Event]:
        return [_told(change) for change in self.bench.store.events.since(after, AT_ONCE)]

    def _runs(self, only: Collection[str]) -> list[Run]:
        return self.bench.store.runs.get_many(sorted(only)) if only else []


_feeds: dict[int, Feed] = {}  # by event loop, of which an app has one


async def events(request: Request) -> Response:
    try:
        only = _only(request)
        bench = await to_thread.run_sync(current)
        feed = _feed(bench)
        if feed.listeners >= MOST_LISTENERS:
            raise Refused(
                429,
                "too_many_listeners",
                f"{MOST_LISTENERS} listen already.",
                hint="Close another one first.",
            )
    except WorkbenchError as error:
        return refusals.refusal(error)
    return StreamingResponse(
        feed.listen(_place(request), only), media_type="text/event-stream", headers=_HEADERS
    )


def end() -> None:
    """The app stops, which would wait for the streams that are open. Called on its event loop."""
    for feed in _feeds.values():
        feed.end()


def _feed(bench: Workbench) -> Feed:
    loop = id(asyncio.get_running_loop())
    if (feed := _feeds.get(loop)) is None or feed.bench is not bench:
        feed = _feeds[loop] = Feed(bench)
    return feed


def _only(request: Request) -> Collection[str]:
    named = request.query_params.getlist("run")
    if len(named) > MOST_RUNS or not all(re.fullmatch(r"[0-9A-Z]{26}", run_id) for run_id in named):
        raise Refused(
            400,
            "invalid_request",
            "Those runs can't be listened to.",
            param="run",
            hint=f"Allowed: run=ID, up to {MOST_RUNS} times, with whole ids.",
        )
    return frozenset(named)


def _place(request: Request) -> int | None:
    """Where to go on; what is no place at all is one that nobody can go on from."""
    said = request.headers.get("last-event-id") or request.query_params.get("after")
    if not said:
        return None
    return int(said) if re.fullmatch(r"\d{1,18}", said) else -1


def _told(change: Change) -> Event:
    if change.run is None:
        return Event(change.seq, change.run_id, _event("gone", change.seq, {"id": change.run_id}))
    return _run_event(change.seq, change.run)


def _run_event(seq: int, run: Run) -> Event:
    content = {
        "id": run.id,
        "status": run.status,
        "progress": run.progress,
        "note": run.waits_for or run.progress_note,
        "model": run.request.model,
        "final": run.status.is_final,
        "clips": len(run.clips),
        "rating": run.rating,
        "deleted": run.deleted_at is not None,
    }
    return Event(seq, run.id, _event("run", seq, content))


def _event(name: str, seq: int, content: object) -> bytes:
    return f"id: {seq}\nevent: {name}\ndata: {json.dumps(content)}\n\n".encode()
