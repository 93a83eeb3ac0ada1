"""``workbench judge``: what a machine says of a review's pairs, and how far it agrees with people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus
from workbench.domain.errors import RequestError

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.api.machine_judges import MachineJudged
    from workbench.api.model_judges import Judging, ModelJudged
    from workbench.api.ranking import RankedArms
    from workbench.domain.judge import ModelJudge

_METRIC = "metric:"


@click.command()
@click.argument("review")
@click.option(
    "--by",
    "judge",
    required=True,
    metavar="JUDGE",
    help="metric:NAME, or a model: ENDPOINT/MODEL.",
)
@click.option("--margin", type=float, metavar="X", help="Of a metric: values so near are a tie. [default: 0]")
@click.option("--rubric", default="", metavar="NAME", help="Of a model: what it looks at. [default: general]")
@click.option("--most", type=int, metavar="N", help="Of a model: the N pairs that most people judged.")
@click.option("--yes", is_flag=True, help="Ask the model without asking you about the cost.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object on standard output.")
@click.pass_obj
def judge(
    folder: str | None,
    review: str,
    judge: str,
    margin: float | None,
    rubric: str,
    most: int | None,
    yes: bool,
    as_json: bool,
) -> ExitStatus | None:
    """Say how far a machine agrees with the people of REVIEW: its id, the beginning of one, or its name.

    First the agreement, then an arm a line by the machine's verdicts alone, the best first. They are never
    counted as votes: “workbench rank” is of people only.

    A metric judges by its values: measure the clips first (workbench metrics). A model (openai/gpt-6-luna,
    gemini/gemini-3.8-flash; an endpoint alone takes its first) is shown the pairs that people judged, blind
    and both ways round, and says by a rubric which clip is better. That costs money: what it may cost is told
    and asked about first, and what was answered before is not asked again. Your own rubrics stand in
    workbench.toml, [judges.NAME].
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        review_id = bench.find_review(review).id
        if judge.startswith(_METRIC) or not bench.is_reader(judge):
            if rubric or most is not None:
                raise RequestError("--rubric and --most are of models; a metric takes --margin.")
            by_metric = bench.judged_by(review_id, judge, margin=margin or 0.0)
            if by_metric is None:
                return _nothing()
            _metric(by_metric, as_json=as_json)
            return None
        if margin is not None:
            raise RequestError("--margin is of metrics; a model takes --rubric and --most.")
        people = bench.rank(review=review_id)
        if people is None:
            return _nothing()
        return _model(bench, people, bench.model_judge(judge, rubric), most, agreed=yes, as_json=as_json)


def _nothing() -> ExitStatus:
    click.echo("workbench: The review has no clip that could be judged.", err=True)
    return ExitStatus.RUN_FAILED


def _metric(found: MachineJudged, *, as_json: bool) -> None:
    from workbench.api.machine_judges import judged_record

    if as_json:
        output.print_json(judged_record(found))
        return
    click.echo(found.agreement.sentence)
    if found.unmeasured:
        click.echo(f"Pairs left out, as a clip has no value: {found.unmeasured}.")
    _effects(found)


def _model(
    bench: Workbench,
    people: RankedArms,
    judge: ModelJudge,
    most: int | None,
    *,
    agreed: bool,
    as_json: bool,
) -> ExitStatus:
    from workbench.api.model_judges import model_judged_record

    judging = bench.judging(people, judge, most=most)
    bench.check_judge(judging)
    if not agreed:
        _ask(judging)
    of = judging.questions
    sent = bench.judge(judging, lambda done: click.echo(f"{done} of {of} questions", err=True))
    found = bench.judged_by_model(people, judge)
    if as_json:
        told = {"answers": sent.answers, "cost_micros": sent.cost_micros, "failures": list(sent.failures)}
        output.print_json({**model_judged_record(found), "sent": told})
    else:
        if found.is_emulated:
            click.echo("It is an emulator that answers: none of this is the model's word.")
        click.echo(found.agreement.sentence)
        click.echo(found.orders.sentence)
        if found.unjudged:
            click.echo(f"Pairs of people's that it has not judged: {found.unjudged}.")
        _effects(found)
    for failure in sent.failures:
        click.echo(f"workbench: {failure}", err=True)
    return ExitStatus.RUN_FAILED if sent.failures else ExitStatus.DONE


def _ask(judging: Judging) -> None:
    """Return where nothing is to be sent, or its cost is agreed to. Raises ``RequestError`` otherwise."""
    if not judging.asked:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RequestError(f"{judging.cost} Add --yes to agree; nothing was sent.")
    if not click.confirm(f"{judging.cost} Send?", err=True):
        raise RequestError("Not sent.")


def _effects(found: MachineJudged | ModelJudged) -> None:
    from workbench.review.sentence import effect

    if not len(found.votes):
        return
    click.echo(f"\nBy {found.judge.name} alone, people left out:")
    for one in found.ranking.standings:
        click.echo(f"{one.arm}  {effect(one.effect)}  {found.people.arm(one.arm).title}")
