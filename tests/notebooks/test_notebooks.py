"""Every notebook runs from its first cell to its last, and its two files say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from workbench.api import Workbench
from workbench.domain.run import Status

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def html(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {}).get("text/html", "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_and_notebook_say_the_same_and_no_output_is_kept(script: Path) -> None:
    notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    assert cells(notebook) == cells(jupytext.read(script)), "stale: jupytext --to ipynb notebooks/*.py"
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)


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
    notebook = nbformat.read(FOLDER / "02_real_models.ipynb", as_version=4)
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
