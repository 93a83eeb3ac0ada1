"""``/api/events``: what changes is told, in order, to many at once, and taken up again after a break."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.server.standing import Acting, standing
from workbench import Workbench
from workbench.domain.run import Status
from workbench.providers.fake import Script
from workbench.server import events
from workbench.settings import Settings


class Told(NamedTuple):
    seq: int
    name: str
    data: dict[str, Any]


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    providers = [
        Acting("works", tmp_path, Script(latency_s=0.3)),
        Acting("stuck", tmp_path, Script(latency_s=600, can_cancel=True)),
    ]
    return Workbench(settings=Settings(tmp_path / "data"), providers=providers, app=True)


@pytest.fixture
def client(bench: Workbench) -> Iterator[httpx.Client]:
    with standing(bench) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield client


@contextmanager
def stream(client: httpx.Client, query: str = "", last: int | None = None) -> Iterator[Iterator[Told]]:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with client.stream("GET", f"/api/events{query}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _told(answer.iter_lines())


def _told(lines: Iterator[str]) -> Iterator[Told]:
    found: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            yield Told(-1, "beat", {})
        elif line:
            name, _, value = line.partition(": ")
            found[name] = value
        elif found:
            yield Told(int(found["id"]), found["event"], json.loads(found["data"]))
            found = {}


def until_final(told: Iterator[Told], run_id: str) -> list[Told]:
    heard = []
    for each in told:
        heard.append(each)
        if each.data.get("id") == run_id and each.data.get("final"):
            return heard
    raise AssertionError("the stream ended")


def make(client: httpx.Client, model: str = "works/clip") -> str:
    answer = client.post("/v1/videos", json={"prompt": "x", "model": model})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_run_is_told_to_its_end(client: httpx.Client) -> None:
    with stream(client) as told:
        hello = next(told)
        assert hello.name == "hello"
        made = make(client)
        heard = until_final(told, made)
    states = [each.data["status"] for each in heard]
    assert states[-1] == "succeeded"
    order = list(Status)
    assert [order.index(Status(s)) for s in states] == sorted(order.index(Status(s)) for s in states)
    assert [each.seq for each in heard] == sorted({each.seq for each in heard})
    assert heard[0].seq > hello.seq
    assert (heard[-1].data["clips"], heard[-1].data["model"]) == (1, "works/clip")


def test_who_comes_back_hears_what_was_missed(client: httpx.Client, bench: Workbench) -> None:
    with stream(client) as told:
        place = next(told).seq
    made = make(client)
    bench.wait([made], timeout_s=30)
    for by in ({"last": place}, {"query": f"?after={place}"}):
        with stream(client, **by) as told:  # type: ignore[arg-type]
            assert next(told) == Told(place, "hello", {"id": place})
            assert until_final(told, made)[-1].data["status"] == "succeeded"
    with stream(client, last=bench.store.events.last()) as told:
        next(told)
        other = make(client)
        assert {each.data["id"] for each in until_final(told, other)} == {other}


def test_a_place_survives_a_restart(tmp_path: Path) -> None:
    def opened() -> Workbench:
        providers = [Acting("works", tmp_path, Script())]
        return Workbench(settings=Settings(tmp_path / "data"), providers=providers, app=True)

    with standing(opened()) as address, httpx.Client(base_url=address, trust_env=False) as client:
        with stream(client) as told:
            place = next(told).seq
        made = make(client)
    with (
        standing(opened()) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
        stream(client, last=place) as told,
    ):
        assert until_final(told, made)[-1].data["status"] == "succeeded"


@pytest.mark.parametrize("place", [10**9, 10**18 - 1])
def test_a_place_that_the_log_does_not_have_is_a_reset(client: httpx.Client, place: int) -> None:
    with stream(client, last=place) as told:
        assert next(told).name == "reset"


def test_changes_that_are_no_longer_kept_are_a_reset(client: httpx.Client, bench: Workbench) -> None:
    with bench.store.db.write() as connection:
        connection.execute("INSERT INTO run_events (seq, run_id) VALUES (21999, 'X')")
        connection.execute("INSERT INTO run_events (run_id) VALUES ('X')")
    assert bench.store.db.read().execute("SELECT count(*) FROM run_events").fetchone()[0] == 2
    with stream(client, last=5) as told:
        assert next(told).name == "reset"
    with stream(client, last=21_998) as told:
        assert [next(told).name, next(told).name] == ["hello", "gone"]


def test_only_the_runs_that_were_named(client: httpx.Client) -> None:
    mine, other = make(client, "stuck/clip"), make(client, "stuck/clip")
    with stream(client, f"?run={mine}") as told:
        assert next(told).name == "hello"
        now = next(told)  # as it is already, without waiting for a change
        assert (now.name, now.data["id"]) == ("run", mine)
        client.post(f"/api/runs/{other}/cancel")
        client.post(f"/api/runs/{mine}/cancel")
        heard = until_final(told, mine)
    assert {each.data["id"] for each in heard} == {mine}
    assert heard[-1].data["status"] == "cancelled"


def test_bin_rating_and_purge_are_told(client: httpx.Client, bench: Workbench) -> None:
    made = make(client)
    bench.wait([made], timeout_s=30)
    with stream(client) as told:
        next(told)
        client.post(f"/api/runs/{made}/ratings", json={"scores": {"motion": 4}})
        rated = next(told)
        assert (rated.data["rating"], rated.data["deleted"]) == (4.0, False)
        client.delete(f"/api/runs/{made}")
        assert next(told).data["deleted"] is True
        bench.sweep(empty_bin=True)
        assert next(told)[1:] == ("gone", {"id": made})


def test_silence_is_broken_by_beats(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT_EVERY_S", 0.05)
    with stream(client) as told:
        assert [next(told).name for _ in range(4)] == ["hello", "beat", "beat", "beat"]


def test_ctrl_c_ends_streams_in_order(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench.app", "--no-browser", "--port", "0"]
    environ = {**os.environ, "WORKBENCH_DATA": str(tmp_path)}
    server = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout
    try:
        address = server.stdout.readline().split()[1]
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client, stream(client) as told:
            assert next(told).name == "hello"
            server.send_signal(signal.SIGINT)
            assert list(told) == []  # the stream ends as an answer does, nothing breaks off
        assert server.stdout.read() == ""
        assert server.wait(10) == 0
    finally:
        server.kill()


def test_many_listeners_share_one_look(client: httpx.Client, bench: Workbench) -> None:
    """And each hears everything; when the last has gone, nobody looks."""
    reads = 0
    since = bench.store.events.since

    def counted(seq: int, limit: int) -> Any:
        nonlocal reads
        reads += 1
        return since(seq, limit)

    bench.store.events.since = counted  # type: ignore[method-assign]
    ready, heard = threading.Barrier(21), []

    def listen() -> None:
        with stream(client) as told:
            next(told)
            ready.wait(20)
            heard.append([each.data["status"] for each in until_final(told, made[0])])

    made: list[str] = [""]
    threads = [threading.Thread(target=listen) for _ in range(20)]
    for thread in threads:
        thread.start()
    made[0] = make(client, "stuck/clip")  # before they go on from the barrier
    ready.wait(20)
    client.post(f"/api/runs/{made[0]}/cancel")
    for thread in threads:
        thread.join(30)
    (feed,) = [feed for feed in events._feeds.values() if feed.bench is bench]
    assert [states[-1] for states in heard] == ["cancelled"] * 20
    assert reads <= feed.looks + 20  # one look each time, not one a listener
    assert_nobody_looks(feed)


def assert_nobody_looks(feed: events.Feed) -> None:
    for _ in range(100):
        if feed.listeners == 0:
            break
        threading.Event().wait(0.05)
    assert feed.listeners == 0
    before = feed.looks
    threading.Event().wait(3 * events.LOOK_EVERY_S)
    assert feed.looks <= before + 1


def test_a_storm_is_told_whole_to_who_is_slow(client: httpx.Client, bench: Workbench) -> None:
    """More changes than are kept in memory, while a listener does not read."""
    with stream(client) as told:
        place = next(told).seq
        with bench.store.db.write() as connection:
            for number in range(events.KEPT + 700):
                connection.execute("INSERT INTO run_events (run_id) VALUES (?)", [f"R{number}"])
        threading.Event().wait(8 * events.LOOK_EVERY_S)
        names = {next(told).data["id"] for _ in range(events.KEPT + 700)}
    assert names == {f"R{number}" for number in range(events.KEPT + 700)}
    assert bench.store.events.last() == place + events.KEPT + 700
