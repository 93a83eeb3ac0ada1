"""``workbench import`` and ``workbench save``: clips come in, and one goes out with its recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import is_zipfile

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus, status_of
from workbench.domain.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.api.archives import Imported
    from workbench.api.clip_recipes import ImportedClip


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--prompt", default="", help="What a clip without a recipe was asked for.")
@click.option("--negative-prompt", default="", help="What it was asked to leave out.")
@click.option("--model", default="", metavar="NAME", help="What made it. [default: elsewhere/unknown]")
@click.option("--note", default="", metavar="WORDS", help="Kept with the run.")
@click.option("--again", is_flag=True, help="As a new run, also where the same was imported before.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run on standard output.")
@click.pass_obj
def import_(
    folder: str | None,
    files: tuple[str, ...],
    prompt: str,
    negative_prompt: str,
    model: str,
    note: str,
    again: bool,
    as_json: bool,
) -> ExitStatus:
    """Take clips in as runs: MP4s, with or without a recipe, or the JSON beside one; and archives.

    A clip with a recipe becomes a run with the same request, to be opened in Compose. Any other is a run
    that was made elsewhere: it can be compared and ranked. The same clip twice is one run. An archive is
    what `workbench export FILE.zip` wrote; what is here already stays as it is. Nothing is sent or charged.
    A file that can't be taken in is told, and the others are taken.
    """
    from workbench.api import Workbench

    status = ExitStatus.DONE
    with Workbench(folder) as bench:
        for file in files:
            try:
                if is_zipfile(file):
                    _print_archive(file, bench.import_archive(file), as_json=as_json)
                    continue
                taken = bench.take_clip_in(
                    file, prompt=prompt, negative_prompt=negative_prompt, model=model, note=note, again=again
                )
            except WorkbenchError as error:
                click.echo(f"workbench: {error}", err=True)
                status = status_of(error)
                continue
            if as_json:
                told = {"file": file, "new": taken.is_new, "missing_inputs": list(taken.missing)}
                output.print_run_json(bench, taken.run, **told)
            else:
                _print(bench, file, taken)
    return status


@click.command()
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--clip", type=click.IntRange(min=1), default=1, show_default=True, help="Which of its clips.")
@click.option("--no-recipe", is_flag=True, help="The provider's own bytes, nothing inside.")
@click.option("--no-sidecar", is_flag=True, help="No FILE.json beside it.")
@click.option("--costs", is_flag=True, help="Estimate and bill in the recipe.")
@click.pass_obj
def save(
    folder: str | None, run: str, file: Path, clip: int, no_recipe: bool, no_sidecar: bool, costs: bool
) -> None:
    """Copy the clip of RUN to FILE with its recipe inside, and in FILE.json.

    The recipe is the request, the times and what the files were, without keys, names and paths. Nothing is
    coded anew; `workbench import FILE` reads it back.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        saved = bench.save_clip(
            run, file, clip=clip - 1, recipe=not no_recipe, sidecar=not no_sidecar, costs=costs
        )
    click.echo(saved.path)
    if saved.sidecar:
        click.echo(saved.sidecar)
    if saved.breaks_manifest:
        click.echo(
            "workbench: The clip has a C2PA manifest, which does not validate while the recipe is inside; "
            "--no-recipe keeps it valid.",
            err=True,
        )


def _print(bench: Workbench, file: str, taken: ImportedClip) -> None:
    what = "with its recipe" if taken.recipe else "without a recipe: how it was made is not known"
    known = "" if taken.is_new else ", which the log holds already"
    click.echo(f"{file}: run {taken.run.id}{known}, {what}")
    for one in taken.missing:
        click.echo(f"  missing: {one}; give it again in Compose")
    click.echo(f"  {_compose(bench)}?from={taken.run.id}")


def _print_archive(file: str, taken: Imported, *, as_json: bool) -> None:
    if as_json:
        told = {
            "file": file,
            "new": taken.new,
            "known_runs": taken.known_runs,
            "differs": list(taken.differs),
        }
        click.echo(json.dumps(told))
        return
    new = ", ".join(f"{count:,} {name}" for name, count in taken.new.items() if count) or "nothing"
    click.echo(f"{file}: new here: {new}; {taken.known_runs:,} runs were known")
    for run_id in taken.differs:
        click.echo(f"  {run_id} differs from the run here, which stays as it is")


def _compose(bench: Workbench) -> str:
    """Where Compose is while the app is up."""
    return f"http://{bench.settings.host}:{bench.settings.port}/compose"
