"""``workbench judge``: what a metric says of a review's pairs, and how far it agrees with people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus

if TYPE_CHECKING:
    from workbench.api.machine_judges import MachineJudged


@click.command()
@click.argument("review")
@click.option("--by", "judge", required=True, metavar="metric:NAME", help="The judge.")
@click.option("--margin", type=float, default=0.0, show_default=True, help="Values so near are a tie.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object on standard output.")
@click.pass_obj
def judge(folder: str | None, review: str, judge: str, margin: float, as_json: bool) -> ExitStatus | None:
    """Say how far a metric agrees with the people of REVIEW: its id, the beginning of one, or its name.

    First the agreement, then an arm a line by the metric's verdicts alone, the best first. They are never
    counted as votes: “workbench rank” is of people only. Measure the clips first (workbench metrics).
    """
    from workbench.api import Workbench
    from workbench.api.machine_judges import judged_record

    with Workbench(folder) as bench:
        found = bench.judged_by(bench.find_review(review).id, judge, margin=margin)
        if found is None:
            click.echo("workbench: The review has no clip that could be judged.", err=True)
            return ExitStatus.RUN_FAILED
        if as_json:
            output.print_json(judged_record(found))
        else:
            _print(found)
        return None


def _print(found: MachineJudged) -> None:
    from workbench.review.sentence import effect

    click.echo(found.agreement.sentence)
    if found.unmeasured:
        click.echo(f"Pairs left out, as a clip has no value: {found.unmeasured}.")
    if not len(found.votes):
        return
    click.echo(f"\nBy {found.judge.name} alone, people left out:")
    for one in found.ranking.standings:
        click.echo(f"{one.arm}  {effect(one.effect)}  {found.people.arm(one.arm).title}")
