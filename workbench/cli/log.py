"""``workbench runs`` and ``workbench show``: reading the log."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice

import click

from workbench.cli import output
from workbench.domain.run import Status

_AGO = re.compile(r"(\d{1,6})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class _Moment(click.ParamType[datetime]):
    """``2026-11-21``, ``2026-11-21T07:00``, or how long ago: ``7d``, ``12h``, ``30m``."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        text = str(value).strip()
        if ago := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no date. Allowed: 2026-11-21, 2026-11-21T07:00 (UTC), 7d, 12h, 30m.")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.option("--text", default="", metavar="WORDS", help="Words in the prompt or the negative prompt.")
@click.option("--model", default="", metavar="ENDPOINT/MODEL", help="Runs of this model.")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([str(status) for status in Status]),
    help="Runs with this status. Repeatable.",
)
@click.option("--since", type=_Moment(), metavar="WHEN", help="A date (UTC), or how long ago: 7d, 12h, 30m.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most that many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run on standard output.")
@click.pass_obj
def runs(
    folder: str | None,
    text: str,
    model: str,
    status: tuple[str, ...],
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List runs, newest first: id, time (UTC), status, latency, model, seed, prompt."""
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        found = list(islice(bench.runs(text, model=model, status=status, since=since), limit))
        if as_json:
            for run in found:
                output.print_run_json(bench, run)
            return
        output.print_lines(found)
        if not found:
            click.echo("No run matches.", err=True)


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="The run as one JSON object on standard output.")
@click.pass_obj
def show(folder: str | None, run: str, as_json: bool) -> None:
    """Show everything about RUN (its id, or the beginning of it)."""
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        found = bench.run(run)
        if as_json:
            output.print_run_json(bench, found)
        else:
            output.print_details(bench, found)
