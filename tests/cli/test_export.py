"""``workbench export``: an archive and tables, read by the programs that they are for."""

from __future__ import annotations

import json

import opentimelineio as otio
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyarrow import parquet

from tests.cli.desk import FAKE, Desk, assert_one_sentence, records
from workbench.api import Workbench
from workbench.api.mlflow_store import EXPERIMENT


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


def test_notes_go_to_an_editor(desk: Desk) -> None:
    assert desk.here(*FAKE).returncode == 0
    with desk.log() as bench:
        (run,) = bench.runs()
        bench.note(run.id, "The mane flickers", at_s=0.5, person="Ada")
    done = desk.here("export", "out.edl", "--run", run.id[:20])
    assert (done.returncode, done.stdout, done.stderr) == (0, "out.edl: 1 clips, 1 markers, 24 fps\n", "")
    timeline = otio.adapters.read_from_file(str(desk.folder / "out.edl"), "cmx_3600", rate=24)
    (clip,) = timeline.find_clips()
    assert [marker.name for marker in clip.markers] == ["The mane flickers – Ada"]


def test_runs_go_to_mlflow_once(desk: Desk) -> None:
    assert desk.here(*FAKE).returncode == 0
    uri = f"sqlite:///{desk.folder / 'tracked' / 'mlflow.db'}"
    for told in ("1 new, 0 changed, 0 as they were", "0 new, 0 changed, 1 as they were"):
        done = desk.here("export", "--mlflow", "tracked", "--no-media", "--no-costs")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{uri}: {told}\n", "")
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.params["prompt"] == "A lion at dawn"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["out.txt"], "says no format. Allowed: .zip, .edl, .csv, .parquet, .jsonl"),
        (["out.csv", "--no-people"], "--no-people does not go with .csv. It goes with: .zip"),
        (["out.csv", "--run", "01"], "It goes with: .zip, .edl, --mlflow"),
        (["--mlflow", "out.m", "--no-people"], "--no-people does not go with --mlflow"),
        ([], "Name a FILE to write, or a folder with --mlflow"),
        (["out.zip", "--mlflow", "out.m"], "one of them"),
        (["out.edl"], "no note on a video"),
        (["out.zip", "--run", "01", "--text", "lion"], "it goes with no filter"),
        (["out.zip"], "nothing to export"),
    ],
)
def test_what_can_not_be_is_one_sentence(desk: Desk, words: list[str], told: str) -> None:
    done = desk.here("export", *words)
    assert done.returncode == 2
    assert_one_sentence(done.stderr, told)
    assert not list(desk.folder.glob("out.*"))
