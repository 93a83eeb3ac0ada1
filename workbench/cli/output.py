"""What commands print: runs as JSON, as a line, as a page of details; progress while they go on."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from workbench.cli.exits import ExitStatus
from workbench.domain.errors import UnknownModel
from workbench.domain.run import Run, Status

if TYPE_CHECKING:
    from workbench.api import LoggedRun, Progress, Workbench

ID_WIDTH, LEAST_PROMPT = 26, 20


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def print_run_json(bench: Workbench, run: Run, **more: object) -> None:
    """One object on one line; ``more`` goes in beside what the log knows."""
    from workbench.api.record import record

    print_json({**record(run, bench.path), **more})


def emulated_note(run: Run) -> str:
    """To go behind a line about a run that an emulator made."""
    return "  (emulated)" if run.is_emulated else ""


def print_lines(runs: Iterable[Run]) -> None:
    """One line a run; cut to the width of a terminal, whole in a pipe."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for run in runs:
        head = "  ".join(
            [
                run.id.ljust(ID_WIDTH),
                f"{run.created_at:%Y-%m-%d %H:%M}",
                run.status.ljust(11),
                "      –" if run.latency_s is None else f"{run.latency_s:6.1f}s",
                run.request.model + emulated_note(run),
                "–" if run.request.seed is None else str(run.request.seed),
            ]
        )
        prompt = " ".join(run.request.prompt.split())
        click.echo(f"{head}  {prompt if width is None else _cut(prompt, width - len(head) - 2)}")


def print_details(bench: Workbench, run: Run) -> None:
    """Everything that the log knows of one run."""
    request = run.request
    rows = [
        ("Prompt", request.prompt),
        ("Negative prompt", request.negative_prompt),
        ("Model", request.model),
        ("Emulated", "by a server on this machine, with test credentials" if run.is_emulated else ""),
        ("Seed", "" if request.seed is None else str(request.seed)),
        ("Settings", ", ".join(f"{name}={v}" for name, v in request.settings.items() if v != "")),
        *((i.role.label, str(bench.path(i.media))) for i in request.inputs),
        ("Comes from", f"{run.origin.parent_id} ({run.origin.parenthood})" if run.origin.parent_id else ""),
        ("Asked", f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Queue", _seconds(run.queue_s)),
        ("Latency", _seconds(run.latency_s)),
        ("Download", _seconds(run.download_s)),
        ("Estimate", money(run.estimate_micros)),
        ("Billed", "" if run.billed_micros is None else money(run.billed_micros)),
        ("Not drawn", ", ".join(_words(run.report.get("unmatched")))),
        ("Adjusted", "; ".join(run.adjustments)),
        ("Rating", "" if run.rating is None else f"{run.rating:.1f} of 5"),
        *(("Clip", str(clip.path)) for clip in run.clips),
        *(("Dropped", dropped.told) for dropped in bench.dropped_clips(run.id)),
    ]
    click.echo(run.outcome)
    for label, value in rows:
        if value:
            click.echo(f"  {label + ':':17}{value}")


def wait_and_finish(
    bench: Workbench, ids: Sequence[str], timeout_s: float | None, *, as_json: bool
) -> ExitStatus:
    """See runs through and print what became of them."""
    return finish(bench, see_through(bench, ids, timeout_s), as_json=as_json)


def see_through(bench: Workbench, ids: Sequence[str], timeout_s: float | None) -> list[LoggedRun]:
    """The runs when they are settled, or as they are after ``timeout_s`` (which is told)."""
    try:
        return _wait(bench, ids, timeout_s)
    except TimeoutError as error:
        click.echo(f"workbench: {error.args[0]}", err=True)
        return [bench.run(run_id) for run_id in ids]


def finish(bench: Workbench, runs: Sequence[Run], *, as_json: bool) -> ExitStatus:
    """Print what became of each run; what went wrong on standard error. Says whether all succeeded."""
    for run in runs:
        if as_json:
            print_run_json(bench, run)
        for clip in () if as_json else run.clips:
            click.echo(f"{run.id}  {clip.path}{emulated_note(run)}")
        if run.status is not Status.SUCCEEDED:
            click.echo(f"workbench: {run.outcome}{what_to_type(bench, run)}", err=True)
    succeeded = all(run.status is Status.SUCCEEDED for run in runs)
    return ExitStatus.DONE if succeeded else ExitStatus.RUN_FAILED


def what_to_type(bench: Workbench, run: Run) -> str:
    """The commands by which a person decides about an uncertain run; nothing for any other."""
    if run.status is not Status.UNCERTAIN:
        return ""
    looks = f"`workbench find {run.id}` looks for it, " if _can_find(bench, run) else ""
    return f" {looks}`workbench settle {run.id}` with --close or --send-again decides."


def _can_find(bench: Workbench, run: Run) -> bool:
    try:
        return bench.model(run.request.model).can_find
    except UnknownModel:  # of an endpoint that is not written down any more
        return False


def money(micros: int | None) -> str:
    if micros is None:
        return "not known"
    return "nothing" if micros == 0 else f"${micros / 1e6:.2f}"


def _wait(bench: Workbench, ids: Sequence[str], timeout_s: float | None) -> list[LoggedRun]:
    """Wait with a progress bar on a terminal, a line a change of status elsewhere; on standard error."""
    if sys.stderr.isatty():
        return bench.wait(ids, timeout_s=timeout_s, progress_bar=True)
    told: dict[str, tuple[Status, str]] = {}

    def tell(progress: Progress) -> None:
        news = (progress.status, progress.waits_for)
        if told.get(progress.run_id) != news:
            told[progress.run_id] = news
            click.echo(str(progress), err=True)

    return bench.wait(ids, timeout_s=timeout_s, on_progress=tell, progress_bar=False)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"


def _cut(text: str, width: int) -> str:
    width = max(width, LEAST_PROMPT)
    return text if len(text) <= width else text[: width - 1] + "…"


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list | tuple) else []
