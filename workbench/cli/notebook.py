"""``workbench notebook``: the notebooks, on the folder in use."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from workbench.cli.exits import ExitStatus

NO_JUPYTER = (
    "JupyterLab is not installed. Run: pip install 'video-prompt-workbench[notebook]' – or add --no-open, "
    "and open the files with what you have."
)


@click.command()
@click.argument("name", default="")
@click.option("--list", "only_list", is_flag=True, help="List the notebooks and copy nothing.")
@click.option(
    "--to", metavar="FOLDER", type=click.Path(path_type=Path), help="[default: notebooks/ beside the data]"
)
@click.option("--no-open", is_flag=True, help="Copy them and say where, but don't start JupyterLab.")
@click.pass_obj
def notebook(folder: str | None, name: str, only_list: bool, to: Path | None, no_open: bool) -> ExitStatus:
    """Copy the notebooks beside the data folder and open NAME (or all) in JupyterLab.

    They work on the data folder in use. A notebook that you have changed is never overwritten. NAME may be
    a number (03) or the beginning of a name.
    """
    from workbench import settings
    from workbench.api.notebooks import lay_out, named, notebooks

    chosen = named(name) if name else ""
    if only_list:
        for one in [chosen] if chosen else notebooks():
            click.echo(one)
        return ExitStatus.DONE
    if not no_open and find_spec("jupyterlab") is None:
        click.echo(f"workbench: {NO_JUPYTER}", err=True)
        return ExitStatus.NOT_SET_UP
    data = settings.load(folder).data.resolve()
    laid = lay_out((to or data.parent / "notebooks").resolve())
    if laid.kept:
        click.echo(f"Left as they are, for they were changed: {', '.join(laid.kept)}", err=True)
    target = laid.folder / f"{chosen}.ipynb" if chosen else laid.folder
    click.echo(target)
    if no_open:
        return ExitStatus.DONE
    environ = os.environ | {"WORKBENCH_DATA": str(data)}
    done = subprocess.run([sys.executable, "-m", "jupyterlab", str(target)], env=environ, check=False)
    return ExitStatus.RUN_FAILED if done.returncode else ExitStatus.DONE
