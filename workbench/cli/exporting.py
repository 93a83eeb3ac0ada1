"""``workbench export``: runs as one archive for another folder, or as a table for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.domain.query import RunFilter


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--text", default="", metavar="WORDS", help="Words in the prompt or the negative prompt.")
@click.option("--model", default="", metavar="ENDPOINT/MODEL", help="Runs of this model.")
@click.option("--experiment", default="", metavar="ID", help="Runs of this experiment.")
@click.option("--run", "run_ids", multiple=True, metavar="RUN", help="This run only. Repeatable; .zip only.")
@click.option("--no-media", is_flag=True, help="Leave clips and references out of the archive.")
@click.option("--no-people", is_flag=True, help="Call reviewers “reviewer 1” and so on.")
@click.option("--no-costs", is_flag=True, help="Leave out what runs cost.")
@click.pass_obj
def export(
    folder: str | None,
    file: Path,
    text: str,
    model: str,
    experiment: str,
    run_ids: tuple[str, ...],
    no_media: bool,
    no_people: bool,
    no_costs: bool,
) -> None:
    """Write runs into FILE: a .zip for another folder, or a .csv, .parquet or .jsonl table.

    An archive holds the settled runs, those that they come from, their media, ratings, notes, reviews and
    votes; `workbench import` takes it in elsewhere, as often as you like. A table has a run a row, and
    nothing of it is left out.
    """
    kind = file.suffix.lower()
    if kind not in (".zip", ".csv", ".parquet", ".jsonl"):
        raise click.UsageError(f"{file.name!r} says no format. Allowed: .zip, .csv, .parquet, .jsonl.")
    if run_ids and (text or model or experiment):
        raise click.UsageError("--run names runs; it goes with no filter.")
    if kind != ".zip" and (run_ids or no_media or no_people or no_costs):
        raise click.UsageError("--run, --no-media, --no-people and --no-costs belong to a .zip.")
    from workbench.api import Workbench

    wanted = RunFilter(text=text, model=model, experiment_id=experiment)
    with Workbench(folder) as bench:
        if kind != ".zip":
            from workbench.api import run_files

            writers = {
                ".csv": run_files.write_csv,
                ".parquet": run_files.write_parquet,
                ".jsonl": run_files.write_jsonl,
            }
            click.echo(str(writers[kind](bench.store, wanted, file)))
            return
        done = bench.export_archive(
            file, run_ids or wanted, media=not no_media, people=not no_people, costs=not no_costs
        )
        counts = ", ".join(f"{done.counts[name]} {name}" for name in ("runs", "media", "ratings", "votes"))
        click.echo(f"{done.path}: {counts}, {done.size_bytes / 1e6:.1f} MB")
        if done.open_runs:
            click.echo(f"{len(done.open_runs)} runs are not settled and were left out.", err=True)
        if done.missing:
            click.echo(f"{len(done.missing)} files are no longer in the folder.", err=True)
