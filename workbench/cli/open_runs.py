"""``workbench resume`` and ``workbench cancel``: what is still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus
from workbench.cli.seconds import Seconds
from workbench.domain.run import Run, Status

if TYPE_CHECKING:
    from workbench.api import LoggedRun, Workbench
    from workbench.domain.workflow import Workflow

CANCEL_WAIT_S, LOOK_EVERY_S = 10.0, 0.1


@click.command()
@click.option("--no-wait", is_flag=True, help="Take them up and return; the app goes on where it is up.")
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Stop waiting after that.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run on standard output.")
@click.pass_obj
def resume(folder: str | None, no_wait: bool, timeout: float | None, as_json: bool) -> ExitStatus:
    """Take up every open run and see it through.

    Waiting times are dropped. Nothing is sent twice: a run whose request left without an answer is
    uncertain and waits for a person.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        workflows = bench.workflows.adopt()
        open_runs = [bench.run(run_id) for run_id in bench.resume()]
        _tell_uncertain(bench)
        ours = [run for run in open_runs if _has_driver(bench, run)]
        stranded = [run for run in open_runs if run not in ours]
        for run in stranded:
            click.echo(
                f"workbench: Run {run.id} waits for the account {run.account}, which is not set up here; "
                f"`workbench models` says what is missing, `workbench settle {run.id} --close` gives it up.",
                err=True,
            )
        if not (open_runs or workflows):
            click.echo("Nothing is open.", err=True)
        for workflow in workflows:
            click.echo(f"Workflow {workflow.id} goes on from the step {workflow.step}.", err=True)
        made = [] if no_wait else [_run_of(bench, workflow, timeout) for workflow in workflows]
        ours += [run for run in made if run]
        if no_wait or not ours:
            for run in ours:
                click.echo(run.outcome, err=True)
            if None in made:
                return ExitStatus.RUN_FAILED
            return ExitStatus.NOT_SET_UP if stranded else ExitStatus.DONE
        status = output.wait_and_finish(bench, [run.id for run in ours], timeout, as_json=as_json)
        return ExitStatus.NOT_SET_UP if stranded and status is ExitStatus.DONE else status


def _run_of(bench: Workbench, workflow: Workflow, timeout: float | None) -> LoggedRun | None:
    """What comes of looking and writing; says why nothing does."""
    from workbench.domain.errors import RunFailed, WorkflowFailed

    try:
        return bench.wait_from_references(workflow.id, timeout_s=timeout).run
    except RunFailed as error:
        return bench.run(error.run.id)
    except (WorkflowFailed, TimeoutError) as error:
        click.echo(f"workbench: {error.args[0]}", err=True)
        return None


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="The run as one JSON object on standard output.")
@click.pass_obj
def cancel(folder: str | None, run: str, as_json: bool) -> None:
    """Cancel RUN (its id, or the beginning of it).

    What was not sent yet is cancelled at once. Afterwards the provider is asked; where it can't stop, the
    clip is still collected and its charge told.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        asked = bench.cancel(run)
        if asked.status.is_busy:
            bench.drive([asked.id])
            asked = _answered(bench, asked.id)
        if as_json:
            output.print_run_json(bench, asked)
            return
        click.echo(asked.outcome)
        if asked.unwanted:
            click.echo("The provider can't stop it: the clip will be collected, and may be charged.")


def _answered(bench: Workbench, run_id: str) -> LoggedRun:
    """The run once the provider has answered, or as it is after a while."""
    for _ in range(int(CANCEL_WAIT_S / LOOK_EVERY_S)):
        run = bench.run(run_id)
        if not run.status.is_busy or run.unwanted:
            break
        bench.clock.pause(LOOK_EVERY_S)
    return run


def _has_driver(bench: Workbench, run: Run) -> bool:
    accounts = {p.account for p in bench.endpoints() if not p.missing()}
    return run.account in accounts or bench.store.runners.app_serves(run.account, bench.clock.now())


def _tell_uncertain(bench: Workbench) -> None:
    for run in bench.runs(status=Status.UNCERTAIN):
        click.echo(f"workbench: {run.outcome}{output.what_to_type(bench, run)}", err=True)
