"""``workbench find`` and ``workbench settle``: runs whose request left without an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from workbench.cli import cost, output
from workbench.cli.exits import ExitStatus
from workbench.cli.seconds import Seconds
from workbench.domain.errors import RequestError
from workbench.domain.run import Json, Status

if TYPE_CHECKING:
    from workbench.api import LoggedRun, Workbench
    from workbench.providers.base import Found


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a candidate on standard output.")
@click.pass_obj
def find(folder: str | None, run: str, as_json: bool) -> None:
    """Look with the provider for the operation of RUN, which is uncertain.

    Lists what was sent there since, the likeliest first; `workbench settle RUN --operation NUMBER` then
    collects it. Nothing is sent or charged.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        uncertain = _uncertain(bench, run)
        found = bench.find(uncertain.id)
        for number, candidate in enumerate(found, 1):
            if as_json:
                output.print_json(_facts(number, candidate))
            else:
                click.echo(_line(number, candidate))
        if not found:
            click.echo(
                f"Nothing was found that could be run {uncertain.id}. `workbench settle {uncertain.id} "
                f"--close` calls it failed, --send-again sends it once more.",
                err=True,
            )


@click.command()
@click.argument("run")
@click.option("--close", is_flag=True, help="Call it failed: the provider has nothing of it.")
@click.option("--send-again", is_flag=True, help="Send it once more, knowing that it may be charged twice.")
@click.option(
    "--operation",
    metavar="NUMBER|JSON",
    help="Collect this one: a number that `workbench find RUN` printed, or the operation itself.",
)
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Stop waiting; the run goes on.")
@click.option("--json", "as_json", is_flag=True, help="The run as one JSON object on standard output.")
@click.option("--yes", is_flag=True, help="Skip the cost question.")
@click.pass_obj
def settle(
    folder: str | None,
    run: str,
    close: bool,
    send_again: bool,
    operation: str | None,
    timeout: float | None,
    as_json: bool,
    yes: bool,
) -> ExitStatus:
    """Decide what becomes of RUN, which is uncertain: its request left, and no answer came back.

    One of --close, --send-again and --operation says it. The two last ones wait for the clip. --close also
    ends a run whose account nobody has set up any more.
    """
    from workbench.api import Workbench

    if sum((close, send_again, operation is not None)) != 1:
        raise click.UsageError("Say one of --close, --send-again and --operation.")
    with Workbench(folder) as bench:
        if close:
            return _closed(bench, bench.run(run), as_json=as_json)
        uncertain = _uncertain(bench, run)
        if send_again:
            if not yes and not bench.missing(uncertain.request.model):
                cost.ask(bench, [(bench.model(uncertain.request.model), uncertain.request)])
            bench.send_again(uncertain.id)
        elif operation is not None:
            bench.adopt_operation(uncertain.id, _operation(bench, uncertain, operation))
        return output.wait_and_finish(bench, [uncertain.id], timeout, as_json=as_json)


def _uncertain(bench: Workbench, run_id: str) -> LoggedRun:
    run = bench.run(run_id)
    if run.status is not Status.UNCERTAIN:
        raise RequestError(f"Run {run.id} is {run.status}, not uncertain: there is nothing to settle.")
    return run


def _closed(bench: Workbench, run: LoggedRun, *, as_json: bool) -> ExitStatus:
    if run.status.is_busy:
        bench.close_lost(run.id)
    else:
        bench.close_uncertain(_uncertain(bench, run.id).id)
    closed = bench.run(run.id)
    if as_json:
        output.print_run_json(bench, closed)
    else:
        click.echo(closed.outcome)
    return ExitStatus.DONE


def _operation(bench: Workbench, run: LoggedRun, text: str) -> Json:
    if text.isdecimal():
        found = bench.find(run.id)
        return _numbered(found, int(text), run.id)
    try:
        operation = json.loads(text)
    except ValueError as error:
        raise RequestError(
            f"--operation is no JSON ({error}). Give a number of `workbench find {run.id}`."
        ) from error
    if not isinstance(operation, dict) or not operation:
        raise RequestError('--operation has to be a JSON object, such as {"name": "…"}, or a number.')
    return operation


def _numbered(found: Sequence[Found], number: int, run_id: str) -> Json:
    if not 1 <= number <= len(found):
        raise RequestError(f"There is no candidate {number}. `workbench find {run_id}` lists {len(found)}.")
    return found[number - 1].operation


def _line(number: int, found: Found) -> str:
    when = f"{found.created_at:%Y-%m-%d %H:%M:%S} UTC  " if found.created_at else ""
    return f"{number:3}  {when}{found.label}{'  (likely)' if found.is_likely else ''}"


def _facts(number: int, found: Found) -> dict[str, object]:
    return {
        "number": number,
        "label": found.label,
        "created_at": found.created_at.isoformat() if found.created_at else None,
        "is_likely": found.is_likely,
        "operation": dict(found.operation),
    }
