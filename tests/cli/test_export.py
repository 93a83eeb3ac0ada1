"""``workbench export``: an archive and tables, read by the programs that they are for."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from pyarrow import parquet

from tests.cli.desk import FAKE, Desk, assert_one_sentence, records
from workbench.api import Workbench


def test_an_archive_goes_to_another_folder(desk: Desk) -> None:
    assert desk.here(*FAKE).returncode == 0
    done = desk.here("export", "out.zip", "--no-costs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("out.zip: 1 runs, ")
    (taken,) = records(
        desk.here("import", "out.zip", "--json", WORKBENCH_DATA=str(desk.folder / "theirs")).stdout
    )
    assert (taken["new"]["runs"], taken["known_runs"], taken["differs"]) == (1, 0, [])
    again = desk.here("import", "out.zip", WORKBENCH_DATA=str(desk.folder / "theirs"))
    assert again.stdout == "out.zip: new here: nothing; 1 runs were known\n"
    with desk.log() as ours, Workbench(desk.folder / "theirs", providers=[]) as theirs:
        assert [run.id for run in theirs.runs()] == [run.id for run in ours.runs()]


def test_tables_are_read_by_their_programs(desk: Desk) -> None:
    assert desk.here(*FAKE).returncode == 0
    for name in ("out.csv", "out.parquet", "out.jsonl"):
        assert desk.here("export", name).returncode == 0
    with desk.log() as bench:
        (run,) = bench.runs()
    assert list(pd.read_csv(desk.folder / "out.csv")["id"]) == [run.id]
    table = parquet.read_table(desk.folder / "out.parquet")
    assert table["prompt"].to_pylist() == [run.request.prompt]
    (line,) = (desk.folder / "out.jsonl").read_text().splitlines()
    assert json.loads(line)["model"] == "fake/clip"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["out.txt"], "says no format. Allowed: .zip, .csv, .parquet, .jsonl"),
        (["out.csv", "--no-people"], "belong to a .zip"),
        (["out.zip", "--run", "01", "--text", "lion"], "it goes with no filter"),
        (["out.zip"], "nothing to export"),
    ],
)
def test_what_can_not_be_is_one_sentence(desk: Desk, words: list[str], told: str) -> None:
    done = desk.here("export", *words)
    assert done.returncode == 2
    assert_one_sentence(done.stderr, told)
    assert not list(desk.folder.glob("out.*"))
