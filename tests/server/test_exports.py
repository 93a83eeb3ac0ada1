"""What leaves the folder over HTTP: whole, readable by others, and nothing of it left behind."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyarrow import parquet

from tests.server.standing import standing
from workbench import Workbench
from workbench.api import LoggedRun
from workbench.domain.query import RunFilter
from workbench.domain.recipe import read_recipe
from workbench.providers.fake import Fake
from workbench.server.exports import FOLDER
from workbench.settings import Settings


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("data")
    with Workbench(settings=Settings(folder), providers=[Fake(folder / "journal")], app=True) as bench:
        yield bench


@pytest.fixture(scope="module")
def lion(bench: Workbench) -> LoggedRun:
    bench.generate("A whale at noon", model="fake/clip", seed=1)
    run = bench.generate("A lion at dawn", model="fake/clip", seed=2)
    bench.rate(run.id, {"motion": 5})
    bench.measure()
    return run


@pytest.fixture(scope="module")
def client(bench: Workbench, lion: LoggedRun) -> Iterator[httpx.Client]:
    with standing(bench) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client


def ids_in(kind: str, content: bytes) -> list[str]:
    if kind == "csv":
        return [row["id"] for row in csv.DictReader(io.StringIO(content.decode()))]
    if kind == "jsonl":
        return [json.loads(line)["id"] for line in content.splitlines()]
    return [str(one) for one in parquet.read_table(io.BytesIO(content))["id"].to_pylist()]


SELECTIONS: dict[str, int] = {
    "": 2,
    "text=lion": 1,
    "text=tiger": 0,
    "model=fake/clip&status=succeeded&status=failed": 2,
    "status=failed": 0,
    "rating_least=4": 1,
    "since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z": 0,
    "deleted=true": 0,
    "measured=sharpness~-1e9~": 2,
    "measured=sharpness~1e9~": 0,
}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("query", SELECTIONS)
def test_a_table_holds_what_matches(client: httpx.Client, kind: str, query: str) -> None:
    answer = client.get(f"/api/exports/runs.{kind}?{query}")
    assert answer.status_code == 200, answer.text
    assert f'filename="runs.{kind}"' in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(ids_in(kind, answer.content)) == SELECTIONS[query]


def test_an_archive_arrives_elsewhere(client: httpx.Client, lion: LoggedRun, tmp_path: Path) -> None:
    answer = client.get("/api/exports/runs.zip", params={"text": "lion"})
    (tmp_path / "lion.zip").write_bytes(answer.content)
    with Workbench(tmp_path / "there", providers=[]) as there:
        there.import_archive(tmp_path / "lion.zip")
        (found,) = there.store.runs.page(RunFilter()).runs
        assert (found.id, found.rating) == (lion.id, 5)
        assert found.clips[0].path.read_bytes() == lion.clips[0].path.read_bytes()


def test_a_clip_goes_with_its_recipe_and_its_own_bytes(
    client: httpx.Client, lion: LoggedRun, tmp_path: Path
) -> None:
    inside = client.get(f"/api/runs/{lion.id}/recipe", params={"download": "lion.mp4"})
    beside = client.get(f"/api/runs/{lion.id}/recipe", params={"as": "json", "download": "lion.mp4"})
    assert 'filename="lion.mp4"' in inside.headers["content-disposition"]
    assert 'filename="lion.mp4.json"' in beside.headers["content-disposition"]
    (tmp_path / "lion.mp4").write_bytes(inside.content)
    original = lion.clips[0].path.read_bytes()
    assert inside.content.startswith(original)
    with Workbench(tmp_path / "there", providers=[]) as there:
        taken = there.take_clip_in(tmp_path / "lion.mp4")
    assert taken.recipe == read_recipe(beside.content, "beside")
    assert taken.run.request == lion.request


REFUSED = {
    "/api/exports/runs.xlsx": (404, "csv, jsonl, parquet, zip"),
    "/api/exports/runs.csv?measured=motion": (400, "name~least~most"),
    "/api/exports/runs.csv?measured=~1~": (400, "name~least~most"),
    "/api/exports/runs.csv?nothing=1": (400, "nothing"),
    "/api/exports/runs.zip?text=tiger": (400, "nothing to export"),
    "/api/runs/{id}/recipe?clip=2": (404, "no clip 2"),
    "/api/runs/{id}/recipe?as=avi": (400, "json"),
    "/api/runs/ZZZ/recipe": (404, "no run"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_to_be_had_is_a_sentence(client: httpx.Client, lion: LoggedRun, path: str) -> None:
    status, told = REFUSED[path]
    answer = client.get(path.format(id=lion.id))
    assert (answer.status_code, told in answer.text) == (status, True), answer.text


def test_nothing_is_left_behind(client: httpx.Client, bench: Workbench, lion: LoggedRun) -> None:
    client.get("/api/exports/runs.csv")
    client.get("/api/exports/runs.zip?text=tiger")
    client.get(f"/api/runs/{lion.id}/recipe")
    folder, ended = bench.settings.data / FOLDER, time.monotonic() + 60
    while list(folder.iterdir()) and time.monotonic() < ended:
        threading.Event().wait(0.05)  # it goes right after its last byte, which has come already
    assert list(folder.iterdir()) == []
