"""``workbench rank``: which arm is better, and how sure that is."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus

if TYPE_CHECKING:
    from workbench.api.forest import Forest
    from workbench.api.ranking import RankedArms
    from workbench.api.rated import RatedArms
    from workbench.review import Interval

_BY = ("arm", "prompt", "model")
_WIDEST, _PLOT, _LEAST_TITLE = 120, 33, 16


@click.command()
@click.option("--review", default="", metavar="REVIEW", help="Its id, the beginning of one, or its name.")
@click.option("--experiment", default="", metavar="ID", help="Clips of this experiment only.")
@click.option("--brief", default="", metavar="ID", help="Clips written from this brief only.")
@click.option("--criterion", default="", metavar="NAME", help="Ratings by this criterion, rather than votes.")
@click.option("--by", type=click.Choice(_BY), default="arm", show_default=True, help="What is compared.")
@click.option("--person", default="", metavar="NAME", help="Votes of this reviewer only.")
@click.option("--svg", metavar="FILE", type=click.Path(path_type=Path), help="Write the plot there, too.")
@click.option("--png", metavar="FILE", type=click.Path(path_type=Path), help="The same as a PNG.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object on standard output.")
@click.pass_obj
def rank(
    folder: str | None,
    review: str,
    experiment: str,
    brief: str,
    criterion: str,
    by: str,
    person: str,
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> ExitStatus | None:
    """Say what the votes of blind reviews say, or the ratings: of one review, or of all.

    One sentence, then an arm a line, the best first: its effect against the mean of all in logits (+0.7
    wins two of three) with its 95 % interval, and the ranks that the intervals leave open. An arm is
    everything but the seed; --by puts together what has the same prompt, or the same model. Where slots,
    the model or settings differ, a line for what each level does follows, with an interval that holds for
    all of them at once.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        asked = bench.find_review(review) if review else None
        which = {
            "review": asked.id if asked else "",
            "experiment": experiment,
            "brief": bench.find_brief(brief) if brief else "",
            "by": by,
            "person": person,
        }
        reviews = [asked] if asked else bench.reviews()
        if criterion or (reviews and all(one.plan.criteria for one in reviews)):
            return _rated(bench.rated(**which, criterion=criterion), svg, png, as_json=as_json)
        found = bench.rank(**which)
        if found is None:
            click.echo("workbench: No review has a clip that could be ranked.", err=True)
            return ExitStatus.RUN_FAILED
        from workbench.api.standings import forest, record

        _draw(forest(found), svg, png)
        if as_json:
            output.print_json(record(found))
        else:
            _print(found)
        return None


def _rated(
    found: RatedArms | None, svg: Path | None, png: Path | None, *, as_json: bool
) -> ExitStatus | None:
    from workbench.api.means import forest
    from workbench.cli.rated import print_rated

    if found is None:
        click.echo("workbench: The review has no clip that could be rated.", err=True)
        return ExitStatus.RUN_FAILED
    if svg or png:
        if len(found.criteria) > 1:
            names = ", ".join(one.criterion.name for one in found.criteria)
            raise click.UsageError(f"A plot shows one criterion; name it by --criterion: {names}.")
        _draw(forest(found, found.criteria[0]), svg, png)
    print_rated(found, as_json=as_json)
    return None


def _draw(plot: Forest, svg: Path | None, png: Path | None) -> None:
    from workbench.api.run_files import written

    if svg:
        written(svg, lambda part: part.write_text(plot.svg(), "utf-8"))
    if png:
        written(png, lambda part: part.write_bytes(plot.png()))


def _print(found: RankedArms) -> None:
    from workbench.api.standings import reach
    from workbench.review.sentence import effect

    standings = found.ranking.standings
    low, high = reach([one.effect for one in standings])
    effects = [effect(one.effect) for one in standings]
    ranks = [
        f"{one.best_rank}" if one.best_rank == one.worst_rank else f"{one.best_rank}–{one.worst_rank}"
        for one in standings
    ]
    label_width, effect_width = max(len(one.arm) for one in standings), max(map(len, effects))
    rank_width = max(map(len, ranks))
    width = min(_WIDEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    click.echo(found.sentence)
    for one, told, rank in zip(standings, effects, ranks, strict=True):
        head = (
            f"{one.arm:{label_width}}  {_plot(one.effect, low, high)}  {told:{effect_width}}  "
            f"rank {rank:{rank_width}}  "
        )
        title = found.arm(one.arm).title
        most = len(title) if width is None else max(_LEAST_TITLE, width - len(head))
        click.echo(head + (title if len(title) <= most else f"{title[: most - 1].rstrip()}…"))
    _print_phrases(found)


def _print_phrases(found: RankedArms) -> None:
    from workbench.api.phrases import phrase_text

    phrases = found.phrases()
    told = [*map(phrase_text, phrases.effects), *phrases.refusals]
    if told:
        click.echo("\n" + "\n".join(told))


def _plot(interval: Interval, low: float, high: float) -> str:
    """``  ├──●──┤ │``: the interval between ``low`` and ``high``; 0 is the upright line."""

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (_PLOT - 1))

    start, middle, end = place(interval.low), place(interval.value), place(interval.high)
    cells = [" "] * _PLOT
    cells[place(0)] = "│"
    for n in range(start, end + 1):
        cells[n] = "┼" if n == place(0) else "─"
    cells[start], cells[end], cells[middle] = "├", "┤", "●"
    return "".join(cells)
