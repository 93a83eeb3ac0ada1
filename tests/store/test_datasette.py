"""Datasette opens a log as it is: it lists tables and views, and answers every query that the page shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from tests.store.test_views import VIEWS, page
from workbench.api import Workbench
from workbench.providers.fake import Fake


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A folder in which runs were made, rated and looked at, closed again."""
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")]) as bench:
        for seed in range(3):
            run = bench.generate("A fox crosses the ice", model="fake/clip", seed=seed)
            bench.rate(run.id, {"motion": seed + 1}, person="Ada", blind=True)
        return bench.store.db.path


def asked(log: Path, path: str, params: Mapping[str, str], *, immutable: bool) -> Any:
    """What it answers over its JSON API."""

    async def get() -> Any:
        files, immutables = ([], [str(log)]) if immutable else ([str(log)], [])
        datasette = Datasette(files, immutables=immutables)
        answer = await datasette.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return asyncio.run(get())


@pytest.mark.parametrize("immutable", [True, False])
def test_tables_and_views_are_listed(log: Path, immutable: bool) -> None:
    before = log.read_bytes()
    told = asked(log, "/workbench.json", {}, immutable=immutable)
    assert set(VIEWS) <= {view["name"] for view in told["views"]}
    rows = {table["name"]: table["count"] for table in told["tables"]}
    assert (rows["runs"], rows["ratings"]) == (3, 3)
    assert log.read_bytes() == before


@pytest.mark.parametrize("immutable", [True, False])
def test_every_query_of_the_page_is_answered(log: Path, root: Path, immutable: bool) -> None:
    newest, days, sides, means = (
        asked(log, "/workbench.json", {"sql": sql, "_shape": "array"}, immutable=immutable)
        for sql in re.findall(r"```sql\n(.*?)```", page(root), re.DOTALL)
    )
    assert [(row["status"], row["prompt"]) for row in newest] == [("succeeded", "A fox crosses the ice")] * 3
    assert [(row["model"], row["runs"]) for row in days] == [("fake/clip", 3)]
    assert sides == []
    assert means == [{"model": "fake/clip", "criterion": "motion", "mean": 2.0, "ratings": 3}]


def test_a_log_in_use_is_read_too(tmp_path: Path) -> None:
    with Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")]) as bench:
        run = bench.generate("A fox", model="fake/clip")
        told = asked(bench.store.db.path, "/workbench/v_runs.json", {"_shape": "array"}, immutable=False)
    assert [(row["id"], row["status"]) for row in told] == [(run.id, "succeeded")]
