"""``workbench notebook`` as a script and a person meet it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.cli.desk import Desk, assert_one_sentence
from workbench.api.notebooks import notebooks


def test_the_list(desk: Desk) -> None:
    done = desk.here("notebook", "--list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == list(notebooks())
    assert desk.here("notebook", "first", "--list").stdout.split() == ["01_first_run"]
    assert not (desk.folder / "notebooks").exists()


def test_they_are_laid_beside_the_data_and_a_changed_one_stays(desk: Desk) -> None:
    done = desk.here("notebook", "01", "--no-open")
    assert (done.returncode, done.stderr) == (0, "")
    first = desk.folder / "notebooks" / "01_first_run.ipynb"
    assert Path(done.stdout.strip()) == first.resolve()
    copied = {path.stem: path.read_bytes() for path in first.parent.iterdir()}
    assert copied == {name: path.read_bytes() for name, path in notebooks().items()}
    first.write_text("mine")
    again = desk.here("notebook", "--no-open")
    assert again.returncode == 0
    assert "01_first_run" in again.stderr
    assert first.read_text() == "mine"


def test_another_folder(desk: Desk) -> None:
    done = desk.here("notebook", "--no-open", "--to", "elsewhere")
    assert done.returncode == 0
    assert {path.stem for path in (desk.folder / "elsewhere").iterdir()} == set(notebooks())
    (desk.folder / "taken").write_text("")
    taken = desk.here("notebook", "--no-open", "--to", "taken")
    assert taken.returncode == 2
    assert_one_sentence(taken.stderr, "can't be copied", "--to")


def test_an_unknown_one_names_those_there_are(desk: Desk) -> None:
    done = desk.here("notebook", "nothing")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "'nothing'", *notebooks())


def test_without_jupyter_one_sentence_and_nothing_is_written(desk: Desk) -> None:
    blocked = desk.folder / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'jupyterlab' else real(name, *rest)\n"
    )
    paths = f"{blocked}:{desk.environ['PYTHONPATH']}"
    done = desk.run("notebook", PYTHONPATH=paths)
    assert done.returncode == 4
    assert_one_sentence(done.stderr, "pip install", "[notebook]")
    assert not (desk.folder / "notebooks").exists()


def test_jupyter_is_started_on_the_folder_in_use(desk: Desk) -> None:
    """A module of that name stands for JupyterLab and writes down how it was called."""
    stand_in = desk.folder / "stand-in" / "jupyterlab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "__main__.py").write_text(
        "import json, os, sys\n"
        "print(json.dumps([sys.argv[1], os.environ['WORKBENCH_DATA'], sys.executable]))\n"
    )
    paths = f"{stand_in.parent}:{desk.environ['PYTHONPATH']}"
    done = desk.run("--data", "mine", "notebook", "01", PYTHONPATH=paths)
    assert done.returncode == 0, done.stderr
    folder = desk.folder.resolve()
    called = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("[")))
    assert called == [str(folder / "notebooks/01_first_run.ipynb"), str(folder / "mine"), sys.executable]
