"""Every notebook runs from its first cell to its last, and its two files say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests.notebooks.storing import executed, shareable
from workbench.api import Workbench
from workbench.domain.run import Status

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
STORED = ("02_experiment_and_compare", "03_analyse_runs", "04_which_prompt_wins")


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def html(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {}).get("text/html", "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_and_notebook_say_the_same(script: Path) -> None:
    notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    stale = f"stale: python -m tests.notebooks.storing {script.stem}"
    assert cells(notebook) == cells(jupytext.read(script)), stale


@pytest.mark.parametrize("name", STORED)
def test_stored_outputs_are_small_and_tell_nothing_of_a_machine(name: str) -> None:
    path = FOLDER / f"{name}.ipynb"
    assert path.stat().st_size < 300_000
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "run in order, once"
    assert any(cell.outputs for cell in code)
    outputs = str([cell.outputs for cell in code])
    assert not re.search(r"/(home|root|tmp|work|Users)/", outputs)


def test_every_notebook_has_its_script() -> None:
    assert [path.stem for path in SCRIPTS] == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def test_the_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "log"))
    notebook = nbformat.read(FOLDER / "01_first_run.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()

    shown = list(html(notebook))
    assert sum("<video" in text and "data:video/mp4;base64," in text for text in shown) == 4
    [diff] = [text for text in shown if "<ins>" in text]
    assert "<del>dawn</del><ins>dusk</ins>" in diff
    with Workbench(tmp_path / "log") as bench:
        runs = list(bench.runs())
    assert [run.status for run in runs] == [Status.SUCCEEDED] * 4
    assert [run.request.seed for run in runs] == [7, 9, 8, 7]
    assert len(nbformat.writes(notebook)) < 2_500_000, "a notebook of four previews stays easy to share"


def test_real_models_on_a_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "log"))
    notebook = nbformat.read(FOLDER / "05_real_models.ipynb", as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()

    first, lost, again, table = [text for text in html(notebook) if text]
    assert "data:video/mp4;base64," in first
    assert "nothing was charged" in first
    assert "$0.40" in first
    assert "is uncertain" in lost
    assert "wb.send_again(" in lost
    assert "data:video/mp4;base64," in again
    assert table.count("<tr") == 3
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    plain = "\n".join(output.get("data", {}).get("text/plain", "") for output in outputs)
    assert "('$0.40'" in plain
    assert "$0.10/s" in plain
    assert "2026-" in plain
    assert "$0.80 by the estimates" in plain
    assert "emulated-key" not in str(outputs)
    with Workbench(tmp_path / "log") as bench:
        runs = list(bench.runs())
    assert [(run.status, run.is_emulated, run.request.seed) for run in runs] == [
        (Status.SUCCEEDED, True, 8),
        (Status.SUCCEEDED, True, 7),
    ]
    assert runs[1].request.negative_prompt == "text, watermark"


def run_through(name: str, folder: Path) -> nbformat.NotebookNode:
    return executed(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4), folder)


def plain(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs)


def test_experiment_and_compare(tmp_path: Path) -> None:
    notebook = run_through("02_experiment_and_compare", tmp_path)
    grid, player = [text for text in html(notebook) if "<table" in text or "<iframe" in text]
    assert grid.count("data:image/jpeg;base64,") == 4
    assert player.count("data:video/mp4;base64,") == 2
    assert len(nbformat.writes(shareable(notebook))) < 300_000
    with Workbench(tmp_path / "log") as bench:
        assert [run.status for run in bench.runs()] == [Status.SUCCEEDED] * 4


def test_analyse_runs(tmp_path: Path) -> None:
    notebook = run_through("03_analyse_runs", tmp_path)
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    specs = [spec for one in outputs for mime, spec in one.items() if "vegalite" in mime]
    assert len(specs) == 2
    assert [
        len(layer["data"]["values"]) if "data" in layer else len(spec["data"]["values"])
        for spec in specs
        for layer in spec["layer"][:1]
    ] == [4, 4]
    assert "camera_pan by prompt: 4 of 4 runs have a value" in plain(notebook).lower()
    read = pd.read_parquet(tmp_path / "runs.parquet")
    assert list(read["duration_s"]) == [2, 2, 1, 1]
    assert read["camera_pan"].notna().all()


def test_which_prompt_wins(tmp_path: Path) -> None:
    notebook = run_through("04_which_prompt_wins", tmp_path)
    with Workbench(tmp_path / "log") as bench:
        [review] = bench.reviews()
        found = bench.rank(review=review.id)
        assert found is not None
        votes = sum(one.votes for one in bench.review_progress(review.id))
    assert "simulated" in review.name
    assert 8 < votes <= 16
    assert found.sentence in plain(notebook)
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    [forest] = [one["image/svg+xml"] for one in outputs if "image/svg+xml" in one]
    assert all(arm.title in forest for arm in found.arms)
