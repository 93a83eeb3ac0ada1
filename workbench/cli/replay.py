"""``workbench replay``: what a model made, asked again of its successor; what got better, and what worse."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from workbench.cli import cost, output
from workbench.cli.exits import ExitStatus
from workbench.cli.options import add_pairs
from workbench.cli.seconds import Seconds
from workbench.domain.run import BUSY, Status

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.api.replay_changes import Changed
    from workbench.api.replay_report import ReplayReport
    from workbench.api.replaying import ReplayPlan
    from workbench.domain.replay import ReplayPair

_MOST_REASONS = 8


@click.command()
@click.argument("suite", required=False, default="")
@click.option("--model", default="", metavar="OLD", help="The model whose runs are replayed.")
@click.option("--on", default="", metavar="NEW", help="The model to ask. [default: the successor of OLD]")
@click.option("--run", "runs", multiple=True, metavar="ID", help="Only these runs. Repeatable.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Instead of the runs' own setting.")
@click.option("--fold-negative-prompt", "fold", is_flag=True, help="Where NEW has no negative prompt.")
@click.option("--name", default="", help="What the experiment is called. [default: SUITE on NEW]")
@click.option("--cap", type=click.FloatRange(min=0), metavar="USD", help="The most that it may cost.")
@click.option("--report", is_flag=True, help="Send nothing: SUITE is a replay, and this is its report.")
@click.option("--review", is_flag=True, help="Make the blind review of old against new, and name it.")
@click.option("--no-metrics", is_flag=True, help="Don't measure clips that are not measured yet.")
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Stop waiting; the runs go on.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object on standard output.")
@click.option("--yes", is_flag=True, help="Skip the cost question.")
@click.pass_obj
def replay(
    folder: str | None,
    suite: str,
    model: str,
    on: str,
    runs: tuple[str, ...],
    more: tuple[str, ...],
    fold: bool,
    name: str,
    cap: float | None,
    report: bool,
    review: bool,
    no_metrics: bool,
    timeout: float | None,
    as_json: bool,
    yes: bool,
) -> ExitStatus:
    """Ask a model's successor what the model was asked, and say what got better and what worse.

    The suite is what succeeded of SUITE, an experiment (its id, the beginning of one, or its name); without
    it, all runs of --model. What NEW refuses is told before anything is sent, then the cost is asked once.
    A replay is an experiment: it is paused, resumed and looked at on its page, and the same command again
    sends what is missing and nothing twice.

    The report goes request by request. Each quantity stands by itself: how many pairs got better, the
    medians, the 95 % interval of the median difference, and p of the sign test, by Holm over all of them.
    """
    from workbench.api import Workbench

    texts: dict[str, str | None] = {}
    add_pairs(texts, more)
    with Workbench(folder) as bench:
        experiment_id = bench.find_experiment(suite).id if suite else ""
        if not report:
            plan = bench.plan_replay(
                runs or None,
                experiment="" if runs else experiment_id,
                model=model,
                on=on,
                settings={name: text for name, text in texts.items() if text is not None},
                fold_negative_prompt=fold,
            )
            experiment_id = _sent(bench, plan, name, cap, yes=yes)
            ids = [run.id for run in bench.runs(experiment=experiment_id, status=sorted(BUSY))]
            output.see_through(bench, ids, timeout)
        elif not experiment_id:
            raise click.UsageError("--report needs SUITE: the replay that it is of.")
        return _told(bench, experiment_id, review=review, measure=not no_metrics, as_json=as_json)


def _sent(bench: Workbench, plan: ReplayPlan, name: str, cap: float | None, *, yes: bool) -> str:
    """Tell what would be sent, ask what it may cost, send it. Returns the experiment's id."""
    due = bench.replay_due(plan, name)
    _tell_plan(plan, len(due))
    if due and not yes:
        asked = bench.model(plan.replay.new)
        cost.ask(bench, [(asked, asked.complete(cell.request)) for cell in due])
    cap_usd = None if cap is None else Decimal(str(cap))
    return bench.start_replay(plan, name, cap_usd).id


def _tell_plan(plan: ReplayPlan, due: int) -> None:
    replay, found = plan.replay, plan.planned.plan
    if plan.note:
        click.echo(f"workbench: {plan.note}", err=True)
    told = [f"{len(replay.sources):,} runs of {replay.old}", f"{due:,} to send to {replay.new}"]
    told += [f"{len(found.cells) - due:,} sent before"] * (due < len(found.cells))
    told += [f"{len(found.holes):,} that it refuses"] * bool(found.holes)
    click.echo(f"{', '.join(told)}.", err=True)
    passed_over = ", ".join(f"{n:,} {status}" for status, n in replay.passed_over.items())
    if passed_over:
        click.echo(f"Not asked again, as the old run has no result: {passed_over}.", err=True)
    _tell_reasons("refused", found.reasons)
    _tell_reasons("not asked again", plan.left_out)
    for setting, count in plan.dropped.items():
        click.echo(f"  {count:,} go without {setting}: {replay.new} has no such setting.", err=True)


def _tell_reasons(what: str, reasons: Mapping[str, int]) -> None:
    for why, count in list(reasons.items())[:_MOST_REASONS]:
        click.echo(f"  {count:,} {what}: {why}", err=True)
    if (more := len(reasons) - _MOST_REASONS) > 0:
        click.echo(f"  And {more:,} reasons more.", err=True)


def _told(bench: Workbench, experiment_id: str, *, review: bool, measure: bool, as_json: bool) -> ExitStatus:
    found = bench.replay_report(experiment_id)
    if measure and found.unmeasured:
        click.echo(f"Measuring {len(found.unmeasured):,} clips.", err=True)
        bench.measure(found.unmeasured)
        found = bench.replay_report(experiment_id)
    if review:
        made = bench.replay_review(experiment_id)
        found = bench.replay_report(experiment_id)
        click.echo(f"The blind review is {made.id}; people judge it on the Review page.", err=True)
    if as_json:
        from workbench.api.replay_report import replay_record

        output.print_json(replay_record(found))
    else:
        _print(found)
    succeeded = found.counts.get(Status.SUCCEEDED, 0) == sum(found.counts.values()) > 0
    return ExitStatus.DONE if succeeded else ExitStatus.RUN_FAILED


def _print(found: ReplayReport) -> None:
    click.echo(f"{found.replay.old} → {found.replay.new}, {found.experiment.name} ({found.experiment.id})")
    click.echo(found.sentence)
    width = max((len(one.label) for one in found.changes), default=0)
    for one in found.changes:
        click.echo(f"{one.label:{width}}  {one.verdict:11}  {_figures(one)}")
    for word in ("best", "worst"):
        for one in found.changes:
            pair: ReplayPair | None = getattr(one, word)
            if pair and pair.old and pair.new and one.shift.is_settled:
                click.echo(f"{word} in {one.label}: {pair.old.id} → {pair.new.id}")
    if found.ranked and found.ranked.votes:
        models = ", ".join(f"{arm.label} is {arm.request.model}" for arm in found.ranked.arms)
        click.echo(f"By people's votes ({models}): {found.ranked.sentence}")


def _figures(one: Changed) -> str:
    """``12.3 → 14.1 s, +1.8 [+0.4, +2.2], better in 18 of 24, p = 0.012``."""
    shift = one.shift
    told = [f"{shift.old:.4g} → {shift.new:.4g} {one.unit}".rstrip()]
    if shift.up + shift.down:
        between = "" if shift.low is None else f" [{shift.low:+.3g}, {shift.high:+.3g}]"
        told.append(f"{shift.change:+.3g}{between}".replace("-", "−"))
        count, word = (shift.up, "higher") if one.better is None else (one.better, "better")
        told.append(f"{word} in {count:,} of {shift.pairs:,}")
    if shift.p_adjusted is not None:
        told.append("p < 0.001" if shift.p_adjusted < 0.001 else f"p = {shift.p_adjusted:.3f}")
    return ", ".join(told)
