"""``workbench batch``: many requests from one file, sent once, taken up again where they stopped."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import cost, output, targets
from workbench.cli.exits import ExitStatus
from workbench.cli.options import AGAIN, RETRY_FAILED, Wanted, ending_options, request_options
from workbench.domain.errors import ProviderNotReady, RequestError
from workbench.domain.run import Run, Status

if TYPE_CHECKING:
    from workbench.api import LoggedRun, Progress, Workbench
    from workbench.api.batch import Batch, Job


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Copy each clip there as it comes: to its row's output, else to row-001.mp4 …",
)
@request_options
@RETRY_FAILED
@AGAIN
@ending_options
@click.pass_obj
def batch(folder: str | None, /, **given: Any) -> ExitStatus:
    """Make the clips of every row of FILE and wait for them.

    FILE is a JSON list of objects, or the same columns as CSV: prompt, negative_prompt, start_frame,
    end_frame, references, reference_clips, extend, edit, model, seed, fold_negative_prompt, output, and
    any setting of the model (duration_s, aspect_ratio …). Only prompt is needed; options fill in what a row
    leaves open. Paths are relative to FILE. In CSV, ; stands between several references.

    Every fault of every row is told before anything is sent, and the cost of all rows asked once. Run it
    again after a crash or Ctrl+C: what is done is not paid twice, what is under way is collected, what failed
    goes out once more with --retry-failed. A batch is known by the name of its file, a row by what it asks
    for.
    """
    return see_to(folder, Wanted.of(given), **given)


def see_to(
    folder: str | None,
    wanted: Wanted,
    *,
    file: Path,
    output_dir: Path | None,
    retry_failed: bool,
    again: bool,
    timeout: float | None,
    force: bool,
    as_json: bool,
    yes: bool,
) -> ExitStatus:
    """What both ``batch FILE`` and ``generate --batch FILE`` do."""
    from workbench.api import Workbench
    from workbench.api.batch import open_batch

    defaults = {
        "negative_prompt": wanted.negative_prompt,
        "seed": wanted.seed,
        "fold_negative_prompt": wanted.fold,
        "settings": wanted.texts,
    }
    with Workbench(folder) as bench:
        with open_batch(
            bench,
            file,
            model=wanted.model,
            defaults=defaults,
            successor=wanted.successor,
            again=again,
        ) as checked:
            places = _places(checked, output_dir, force=force)
            wanted_jobs = checked.to_send(retry_failed=retry_failed)
            _tell_plan(checked, wanted_jobs)
            _check_ready(bench, wanted_jobs)
            if wanted_jobs and not yes:
                cost.ask(bench, [(job.model, job.draft.request) for job in wanted_jobs])
            sent = checked.send(wanted_jobs)
        again_words = ["workbench", "batch", str(file)]
        again_words += ["--output-dir", str(output_dir)] if output_dir else []
        to_type = shlex.join(again_words)
        try:
            runs, is_delivered = _collect(bench, sent, places, timeout, force=force)
        except KeyboardInterrupt:
            click.echo(f"workbench: `{to_type}` collects the rows and pays for none twice.", err=True)
            raise
        return _finish(bench, sent, runs, places, as_json=as_json, is_delivered=is_delivered, to_type=to_type)


def _places(batch: Batch, output_dir: Path | None, *, force: bool) -> dict[int, Path]:
    """Row → where its clip goes; none where neither it nor the command names a place."""
    jobs = [job for job in batch.jobs if output_dir or job.row.output]
    base = output_dir or batch.file.parent
    places = {job.number: base / job.output for job in jobs}
    faults = [fault for job in jobs if (fault := _in_the_way(places[job.number], base, job, force=force))]
    if faults:
        raise RequestError(f"{batch.file.name} can't be sent; nothing was.\n" + "\n".join(faults))
    for folder in {place.parent for place in places.values()}:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(
                f"The folder {folder} can't be made ({error.strerror}). Choose another."
            ) from error
        if not os.access(folder, os.W_OK):
            raise RequestError(f"The folder {folder} can't be written to. Choose another.")
    return places


def _in_the_way(place: Path, base: Path, job: Job, *, force: bool) -> str:
    if not place.resolve().is_relative_to(base.resolve()):  # by a link, which the name does not show
        return f"  row {job.number}, output: {place} leads out of {base}. Choose another name."
    if place.is_dir():
        return f"  row {job.number}, output: {place} is a folder. Choose another name."
    if not place.exists() or force:
        return ""
    if job.run and any(targets.holds(place, clip) for clip in job.run.clips):
        return ""
    return f"  row {job.number}, output: {place} exists already. Choose another name, or add --force."


def _tell_plan(batch: Batch, to_send: Sequence[Job]) -> None:
    for job in batch.jobs:
        if job.note:
            click.echo(f"workbench: row {job.number}: {job.note}", err=True)
    known = [job for job in batch.jobs if job.run and job not in to_send]
    done = sum(job.run.status is Status.SUCCEEDED for job in known if job.run)
    failed = sum(job.has_failed for job in known)
    uncertain = sum(job.run.status is Status.UNCERTAIN for job in known if job.run)
    parts = [f"{len(batch.jobs)} row{'s' * (len(batch.jobs) != 1)}", f"{len(to_send)} to send"]
    parts += [f"{done} done before"] * bool(done)
    parts += [f"{len(known) - done - failed - uncertain} under way"] * (
        len(known) > done + failed + uncertain
    )
    parts += [f"{failed} failed before (--retry-failed sends them again)"] * bool(failed)
    parts += [f"{uncertain} uncertain (`workbench settle`)"] * bool(uncertain)
    click.echo(f"{batch.file.name}: {', '.join(parts)}.", err=True)


def _check_ready(bench: Workbench, jobs: Sequence[Job]) -> None:
    """Raises ``ProviderNotReady`` before anybody is asked about money."""
    for model in dict.fromkeys(job.model.model for job in jobs):
        if missing := bench.missing(model):
            wanted = "; ".join(f"set {m.variable} ({m.what})" for m in missing)
            raise ProviderNotReady(f"{model.partition('/')[0]} is not set up: {wanted}. Nothing was sent.")


def _collect(
    bench: Workbench, batch: Batch, places: dict[int, Path], timeout_s: float | None, *, force: bool
) -> tuple[list[LoggedRun], bool]:
    """Wait for every run, copying each clip as it comes. Says whether all copies went well."""
    rows = {job.run.id: job for job in batch.jobs if job.run}
    copied: dict[str, bool] = {}

    def deliver(run: LoggedRun) -> None:
        if run.id not in copied and run.clips and (place := places.get(rows[run.id].number)):
            bench.mark_seen(run)
            copied[run.id] = targets.delivered(run, place, force=force)

    ids = list(rows)
    with _view(batch) as show:

        def listen(progress: Progress) -> None:
            show(progress)
            if progress.status is Status.SUCCEEDED:
                deliver(bench.run(progress.run_id))

        try:
            runs = bench.wait(ids, timeout_s=timeout_s, on_progress=listen, progress_bar=False)
        except TimeoutError as error:
            click.echo(f"workbench: {error.args[0]}", err=True)
            runs = [bench.run(run_id) for run_id in ids]
    for run in runs:
        deliver(run)
    return runs, all(copied.values())


def _finish(
    bench: Workbench,
    batch: Batch,
    runs: Sequence[LoggedRun],
    places: dict[int, Path],
    *,
    as_json: bool,
    is_delivered: bool,
    to_type: str,
) -> ExitStatus:
    """One line or object a run on standard output; what went wrong, and what to do, on standard error."""
    rows = {job.run.id: job.number for job in batch.jobs if job.run}
    for run in runs:
        number = rows[run.id]
        place = places.get(number) if run.clips else None
        if as_json:
            output.print_run_json(bench, run, row=number, output=str(place) if place else None)
        elif run.clips:
            click.echo(f"{run.id}  {place or run.clips[0].path}{output.emulated_note(run)}")
        if run.status is not Status.SUCCEEDED:
            click.echo(f"workbench: row {number}: {run.outcome}{output.what_to_type(bench, run)}", err=True)
    failed = sum(run.status.is_final and run.status is not Status.SUCCEEDED for run in runs)
    open_runs = sum(run.status.is_busy for run in runs)
    if failed:
        click.echo(
            f"workbench: {failed} of {len(runs)} rows failed; `{to_type} --retry-failed` sends them again.",
            err=True,
        )
    if open_runs:
        click.echo(f"workbench: {open_runs} of {len(runs)} rows go on; `{to_type}` collects them.", err=True)
    succeeded = is_delivered and all(run.status is Status.SUCCEEDED for run in runs)
    return ExitStatus.DONE if succeeded else ExitStatus.RUN_FAILED


@contextmanager
def _view(batch: Batch) -> Iterator[Callable[[Progress], None]]:
    """How far the batch is: one bar with counts and cost on a terminal, a line a change elsewhere."""
    runs: dict[str, Run] = {job.run.id: job.run for job in batch.jobs if job.run}
    rows = {job.run.id: job.number for job in batch.jobs if job.run}
    if not sys.stderr.isatty():
        told: dict[str, tuple[Status, str]] = {}

        def tell(progress: Progress) -> None:
            news = (progress.status, progress.waits_for)
            if told.get(progress.run_id) != news:
                told[progress.run_id] = news
                click.echo(f"row {rows[progress.run_id]}: {progress}", err=True)

        yield tell
        return
    from tqdm import tqdm

    shares: dict[str, float] = {}
    line = "{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
    with tqdm(total=float(len(runs)), desc=batch.file.name, bar_format=line, file=sys.stderr) as bar:

        def show(progress: Progress) -> None:
            runs[progress.run_id] = replace(runs[progress.run_id], status=progress.status)
            share = (progress.fraction or 0.0) if progress.status.is_busy else 1.0
            shares[progress.run_id] = max(shares.get(progress.run_id, 0.0), share)
            bar.n = sum(shares.values())
            bar.set_postfix_str(summary(list(runs.values())), refresh=True)

        yield show


def summary(runs: Sequence[Run]) -> str:
    """``3 done, 1 failed, 8 under way, $2.40 so far``: the estimates of what was sent and not given back."""
    done = sum(run.status is Status.SUCCEEDED for run in runs)
    busy = sum(run.status.is_busy for run in runs)
    failed = len(runs) - done - busy
    sent = [run for run in runs if run.status is not Status.QUEUED]
    paid = [run for run in sent if run.status in (Status.SUCCEEDED, Status.UNCERTAIN) or run.status.is_busy]
    spent = sum(run.billed_micros or run.estimate_micros or 0 for run in paid)
    parts = [f"{done} done", *([f"{failed} failed"] * bool(failed)), f"{busy} under way"]
    parts += [f"{output.money(spent)} so far"] * bool(spent)
    return ", ".join(parts)
