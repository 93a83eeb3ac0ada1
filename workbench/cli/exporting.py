"""``workbench export``: runs for another folder, for a table, for an editor, or for MLflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.domain.query import RunFilter

if TYPE_CHECKING:
    from workbench.api import Workbench

# What is written → the options that it takes beside the filter.
_TAKES = {
    ".zip": ("--run", "--no-media", "--no-people", "--no-costs"),
    ".edl": ("--run",),
    "--mlflow": ("--run", "--no-media", "--no-costs"),
    ".csv": (),
    ".parquet": (),
    ".jsonl": (),
}


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--mlflow",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Into MLflow's own store in FOLDER, in place of a file.",
)
@click.option("--text", default="", metavar="WORDS", help="Words in the prompt or the negative prompt.")
@click.option("--model", default="", metavar="ENDPOINT/MODEL", help="Runs of this model.")
@click.option("--experiment", default="", metavar="ID", help="Runs of this experiment.")
@click.option("--run", "run_ids", multiple=True, metavar="RUN", help="This run only. Repeatable; no tables.")
@click.option("--no-media", is_flag=True, help="Leave clips and pictures out (.zip, --mlflow).")
@click.option("--no-people", is_flag=True, help="Call reviewers “reviewer 1” and so on (.zip).")
@click.option("--no-costs", is_flag=True, help="Leave out what runs cost (.zip, --mlflow).")
@click.pass_obj
def export(
    folder: str | None,
    file: Path | None,
    mlflow: Path | None,
    text: str,
    model: str,
    experiment: str,
    run_ids: tuple[str, ...],
    no_media: bool,
    no_people: bool,
    no_costs: bool,
) -> None:
    """Write runs into FILE: a .zip for another folder, a .csv, .parquet or .jsonl table, or an .edl.

    An archive holds the settled runs, those that they come from, their media, ratings, notes, reviews and
    votes; `workbench import` takes it in elsewhere, as often as you like. A table has a run a row, and
    nothing of it is left out.

    An .edl (CMX3600) is for an editor such as DaVinci Resolve or Avid: an event for each clip with notes, a
    marker for each note. It counts frames without drops, 23.976 a second as 24 and 29.97 as 30; clips of
    several frame rates make several files.

    --mlflow adds the settled runs to FOLDER/mlflow.db, each once however often it is done:
    `mlflow ui --backend-store-uri sqlite:///FOLDER/mlflow.db` shows them.
    """
    if (file is None) == (mlflow is None):
        raise click.UsageError("Name a FILE to write, or a folder with --mlflow: one of them.")
    kind = "--mlflow" if file is None else file.suffix.lower()
    if kind not in _TAKES:
        allowed = ", ".join(name for name in _TAKES if name.startswith("."))
        raise click.UsageError(f"{str(file)!r} says no format. Allowed: {allowed}.")
    if run_ids and (text or model or experiment):
        raise click.UsageError("--run names runs; it goes with no filter.")
    given = {"--run": run_ids, "--no-media": no_media, "--no-people": no_people, "--no-costs": no_costs}
    for option, value in given.items():
        if value and option not in _TAKES[kind]:
            fits = ", ".join(name for name, takes in _TAKES.items() if option in takes)
            raise click.UsageError(f"{option} does not go with {kind}. It goes with: {fits}.")
    from workbench.api import Workbench

    wanted = RunFilter(text=text, model=model, experiment_id=experiment)
    with Workbench(folder) as bench:
        if mlflow:
            _track(bench, mlflow, run_ids or wanted, media=not no_media, costs=not no_costs)
        elif file and kind == ".zip":
            _archive(
                bench, file, run_ids or wanted, media=not no_media, people=not no_people, costs=not no_costs
            )
        elif file and kind == ".edl":
            for path, found in bench.export_markers(file, run_ids or wanted).items():
                click.echo(f"{path}: {found.clips} clips, {found.markers} markers, {found.base} fps")
        elif file:
            _table(bench, file, kind, wanted)


def _archive(
    bench: Workbench,
    file: Path,
    runs: RunFilter | Sequence[str],
    *,
    media: bool,
    people: bool,
    costs: bool,
) -> None:
    done = bench.export_archive(file, runs, media=media, people=people, costs=costs)
    counts = ", ".join(f"{done.counts[name]} {name}" for name in ("runs", "media", "ratings", "votes"))
    click.echo(f"{done.path}: {counts}, {done.size_bytes / 1e6:.1f} MB")
    _left_out(len(done.open_runs), len(done.missing))


def _track(
    bench: Workbench, folder: Path, runs: RunFilter | Sequence[str], *, media: bool, costs: bool
) -> None:
    def tell(seen: int, total: int) -> None:
        if seen < total:  # thousands take minutes
            click.echo(f"{seen:,} of {total:,} runs", err=True)

    done = bench.export_mlflow(folder, runs, media=media, costs=costs, on_progress=tell)
    click.echo(f"{done.uri}: {done.new} new, {done.changed} changed, {done.unchanged} as they were")
    _left_out(done.open_runs, done.missing)


def _left_out(open_runs: int, missing: int) -> None:
    if open_runs:
        click.echo(f"{open_runs} runs are not settled and were left out.", err=True)
    if missing:
        click.echo(f"{missing} files are no longer in the folder.", err=True)


def _table(bench: Workbench, file: Path, kind: str, wanted: RunFilter) -> None:
    from workbench.api import run_files

    writers = {
        ".csv": run_files.write_csv,
        ".parquet": run_files.write_parquet,
        ".jsonl": run_files.write_jsonl,
    }
    click.echo(str(writers[kind](bench.store, wanted, file)))
