"""``python -m tests.notebooks.storing NAME …``: run notebooks in an empty folder, store them with outputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"


def executed(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run from its first cell to its last, in ``folder``; the log is in there."""
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    environ = {**os.environ, "WORKBENCH_DATA": str(folder / "log")}
    client.execute(env=environ)
    return notebook


def shareable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without progress bars, times of the run, and what names this machine."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr" and not is_bar(o)]
    return notebook


def is_bar(output: nbformat.NotebookNode) -> bool:
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with TemporaryDirectory() as folder:
            script = jupytext.read(FOLDER / f"{name}.py")
            nbformat.write(shareable(executed(script, Path(folder))), FOLDER / f"{name}.ipynb")
