"""Sets of runs: narrowed, read, written, looked at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from workbench.api import LoggedRun, RunSet, Workbench
from workbench.domain.errors import RequestError
from workbench.media.small import small_clip
from workbench.settings import Settings

PROMPTS = ("a lake at dawn, slow pan left", "a desert at night, static shot")
PLAN = {"duration_s": 1, "resolution": "360p", "generate_audio": False}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Two prompts × two seeds on the embedded engine; the log is only read."""
    with Workbench(settings=Settings(tmp_path_factory.mktemp("log"))) as bench:
        asked = [bench.request(prompt, seed=seed, **PLAN) for prompt in PROMPTS for seed in (1, 2)]
        bench.wait(bench.submit_many(asked), progress_bar=False)
        yield bench


def newest_first(bench: Workbench) -> list[str]:
    return [run.id for run in bench.runs()]


def test_it_is_read_newest_first_and_as_often_as_asked(bench: Workbench) -> None:
    runs = bench.runs()
    assert [run.request.seed for run in runs] == [2, 1, 2, 1]
    assert all(isinstance(run, LoggedRun) for run in runs)
    assert runs.ids == newest_first(bench)
    assert (len(runs), bool(runs), repr(runs)) == (4, True, "<RunSet of 4 runs>")
    assert not bench.runs("nowhere")
    assert not runs.limit(0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"text": "lake"}, [2, 3]),
        ({"status": "succeeded"}, [0, 1, 2, 3]),
        ({"status": ["failed", "uncertain"]}, []),
        ({"model": "animatic/preview"}, [0, 1, 2, 3]),
        ({"deleted": True}, []),
        ({"rating_least": 1}, []),
    ],
)
def test_where_is_what_runs_takes(bench: Workbench, asked: dict[str, object], found: list[int]) -> None:
    ids = newest_first(bench)
    expected = [ids[place] for place in found]
    assert bench.runs(**asked).ids == expected  # type: ignore[arg-type]
    narrowed = bench.runs().where(**asked)  # type: ignore[arg-type]
    assert narrowed.ids == [run.id for run in narrowed] == expected
    assert len(narrowed) == len(expected)


def test_narrowing_leaves_the_first_set_as_it_was(bench: Workbench) -> None:
    runs = bench.runs("lake")
    assert len(runs.where("dawn")) == 2
    assert len(runs.where("desert")) == 0, "words add up"
    assert len(runs) == 2


@pytest.mark.parametrize("most", range(6))
def test_the_newest_so_many(bench: Workbench, most: int) -> None:
    runs, ids = bench.runs().limit(most), newest_first(bench)[:most]
    assert runs.ids == [run.id for run in runs] == list(runs.to_dataframe()["id"]) == ids
    assert len(runs) == len(ids)
    assert runs.limit(9).ids == ids


def test_what_a_set_refuses(bench: Workbench) -> None:
    with pytest.raises(RequestError, match="Call where first"):
        bench.runs().limit(2).where("lake")
    with pytest.raises(RequestError, match="0 or more"):
        bench.runs().limit(-1)
    with pytest.raises(RequestError):
        bench.runs().to_dataframe(["beauty"])


def test_files_say_what_the_frame_says(bench: Workbench, tmp_path: Path) -> None:
    runs = bench.runs().limit(3)
    frame = runs.to_dataframe(["camera_pan"])
    read = pd.read_parquet(runs.to_parquet(tmp_path / "runs.parquet", ["camera_pan"]))
    assert list(read.columns) == list(frame.columns)
    assert dict(read.dtypes.map(str)) == dict(frame.dtypes.map(str))
    assert read.to_dict("records").__repr__() == frame.to_dict("records").__repr__()
    lines = runs.to_jsonl(tmp_path / "runs.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == runs.ids
    assert list(pd.read_csv(runs.to_csv(tmp_path / "runs.csv"))["id"]) == runs.ids
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs.csv", "runs.jsonl", "runs.parquet"]


def test_a_file_that_cannot_be_written_is_one_sentence(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="Choose another place"):
        bench.runs().to_parquet(tmp_path / "nowhere" / "runs.parquet")
    (tmp_path / "taken").mkdir()
    with pytest.raises(RequestError, match="Choose another place"):
        bench.runs().to_parquet(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_player_in_a_cell_asks_the_network_for_nothing(bench: Workbench) -> None:
    found = bench.runs().compare(layout="grid")
    assert len(found.labels) == 4
    assert found.left_out == ""
    assert found.document.count("data:video/mp4;base64,") == 4
    assert "https://" not in found.document
    cell = found._repr_html_()
    assert cell.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert 'src="' not in cell.split('title="Clips on one timeline" style')[1]
    assert "seed 2" in cell.rpartition("</iframe>")[2], "also where scripts don't run"


def test_the_named_clips_and_those_that_do_not_fit(bench: Workbench) -> None:
    ids = newest_first(bench)
    two = bench.runs().compare(ids[3], ids[0])
    assert [label[-6:] for label in two.labels] == ["seed 1", "seed 2"]
    clip = bench.run(ids[3]).clip
    assert clip
    room = (
        len(small_clip(clip.path, 320, 32)) * 3 // 2
    )  # copies of one clip differ by some bytes now and then
    one = bench.runs().compare(ids[3], ids[0], max_bytes=room)
    assert one.labels == two.labels[:1]
    assert one.left_out.startswith("Left out to stay under ")
    assert two.labels[1] in one.left_out
    with pytest.raises(RequestError, match="max_bytes"):
        bench.runs().compare(max_bytes=100)
    with pytest.raises(RequestError, match="up to 6"):
        bench.runs().compare(*(ids * 2))
    with pytest.raises(RequestError, match="has a clip"):
        bench.runs("nowhere").compare()


@pytest.mark.parametrize(
    ("x", "y", "shape"),
    [("seed", "prompt", (2, 2)), ("model", "seed", (2, 1)), ("resolution", "prompt", (2, 1))],
)
def test_a_grid_has_a_still_of_every_run(bench: Workbench, x: str, y: str, shape: tuple[int, int]) -> None:
    found = bench.runs().grid(x=x, y=y)
    assert (len(found.rows), len(found.columns)) == shape
    assert sorted(run.id for runs in found.cells.values() for run in runs) == sorted(bench.runs().ids)
    assert found._repr_html_().count("data:image/jpeg;base64,") == 4


def test_a_grid_by_what_runs_do_not_have_says_what_they_have(bench: Workbench) -> None:
    with pytest.raises(RequestError, match=r"no 'weather'.*seed.*prompt"):
        bench.runs().grid(x="weather")
    assert bench.runs("nowhere").grid().cells == {}


@pytest.mark.parametrize("name", ["latency", "cost"])
def test_plots_are_vega_lite_with_a_point_a_run(bench: Workbench, name: str) -> None:
    plot = getattr(bench.runs().plot, name)(by="prompt")
    spec = plot._repr_mimebundle_()["application/vnd.vegalite.v5+json"]  # JupyterLab draws no later one
    assert spec["$schema"].endswith("/v5.json")
    column = {"latency": "latency_s", "cost": "cost_usd"}[name]
    frame = bench.runs().to_dataframe()
    [values] = spec.get("datasets", {"": spec.get("data", {}).get("values")}).values()
    known = len(frame) if column == "latency_s" else frame["estimate_usd"].notna().sum()
    assert len(values) == known
    assert f"{known} of 4 runs" in plot.told


def test_a_plot_by_something_else_says_what_is_allowed(bench: Workbench) -> None:
    with pytest.raises(RequestError, match="Allowed: model, prompt"):
        bench.runs().plot.cost(by="seed")


def test_making_and_reading_in_a_running_loop(tmp_path: Path) -> None:
    async def both(bench: Workbench) -> tuple[list[LoggedRun], RunSet]:
        made = await asyncio.gather(*(bench.agenerate(PROMPTS[0], seed=seed, **PLAN) for seed in (1, 2)))
        return list(made), bench.runs()

    with Workbench(settings=Settings(tmp_path / "log")) as bench:
        made, runs = asyncio.run(both(bench))
        assert sorted(runs.ids) == sorted(run.id for run in made)
