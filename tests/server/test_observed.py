"""Notes and measures of a run's clips over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.standing import Acting, standing
from workbench import Workbench
from workbench.domain.metric import Metric, Strip
from workbench.domain.times import now
from workbench.media.metrics.about import EDITION, METRICS
from workbench.providers.fake import Script


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path, providers=[Acting("works", tmp_path, Script())])


@pytest.fixture
def client(bench: Workbench) -> Iterator[httpx.Client]:
    with standing(bench) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield client


def test_a_note_is_left_read_and_taken_away(client: httpx.Client, bench: Workbench) -> None:
    run, other = (bench.generate("a lion", model="works/clip") for _ in range(2))
    place = f"/api/runs/{run.id}/notes"
    left = client.post(place, json={"text": "the hand morphs", "at_s": 0.75, "person": "Ana"})
    assert left.status_code == 201
    note = left.json()
    assert {name: note[name] for name in ("text", "at_s", "person", "position")} == {
        "text": "the hand morphs",
        "at_s": 0.75,
        "person": "Ana",
        "position": 0,
    }
    assert client.get(place).json() == {"data": [note]}
    assert [one.id for one in bench.notes(run.id)] == [note["id"]]
    assert client.delete(f"/api/runs/{other.id}/notes/{note['id']}").status_code == 404
    assert client.delete(f"{place}/{note['id']}").json() == note
    assert client.get(place).json() == {"data": []}
    assert client.delete(f"{place}/{note['id']}").json()["error"]["code"] == "unknown_note"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"text": "late", "at_s": 99}, "no moment 99 s. Allowed: 0 to 1 s"),
        ({"text": "early", "at_s": -1}, "at_s"),
        ({"text": "where", "position": 7}, "has no clip 7"),
    ],
)
def test_what_is_no_note_is_refused(
    client: httpx.Client, bench: Workbench, body: dict[str, object], says: str
) -> None:
    run = bench.generate("a lion", model="works/clip")
    answer = client.post(f"/api/runs/{run.id}/notes", json=body)
    assert answer.status_code == 400, answer.text
    assert says in answer.text
    assert bench.notes(run.id) == []


def test_what_was_measured(client: httpx.Client, bench: Workbench) -> None:
    run = bench.generate("a lion", model="works/clip")
    place = f"/api/runs/{run.id}/metrics"
    assert client.get(place).json() == {"data": []}
    (due,) = bench.store.metrics.claim(9, "test", lambda holder: True, now())
    values = [
        Metric(name, value, METRICS[name].unit, METRICS[name].version)
        for name, value in (("sharpness", 12.5), ("loudness", None))
    ]
    bench.store.metrics.keep(due, values, Strip(), EDITION, now())
    (told,) = client.get(place).json()["data"]
    assert (told["position"], told["is_current"], told["fault"]) == (0, True, "")
    assert told["metrics"]["sharpness"] == {"value": 12.5, "unit": "levels²", "version": 1}
    assert told["metrics"]["loudness"]["value"] is None
    assert client.get("/api/runs/01ZZZZZZZZZZZZZZZZZZZZZZZZ/metrics").status_code == 404
