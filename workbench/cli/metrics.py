"""``workbench metrics``: what was measured of clips; measuring what is not measured yet."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus
from workbench.media.metrics.about import METRICS, About, Direction

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.api.metrics import MeasuredNow
    from workbench.domain.metric import Measured

_ARROWS = {Direction.HIGHER: "↑", Direction.LOWER: "↓", Direction.AS_ASKED: "=", Direction.NONE: " "}
_WIDEST = 100
_NOT_SHOWN = frozenset({"fingerprint_high", "fingerprint_low"})  # their size means nothing


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--missing", is_flag=True, help="Measure what is missing, or was measured by older formulas.")
@click.option("--recompute", is_flag=True, help="Measure anew, also what there is already.")
@click.option("--about", is_flag=True, help="Say what each metric means: formula, unit, range and source.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a clip on standard output.")
@click.pass_obj
def metrics(
    folder: str | None, runs: tuple[str, ...], missing: bool, recompute: bool, about: bool, as_json: bool
) -> ExitStatus:
    """Show what was measured of the clips of RUNs, each an id or the beginning of one.

    With --missing or --recompute it measures first: the clips of these runs, or of the whole log. That
    happens in another process, or on the Dask cluster that WORKBENCH_EXECUTOR names; the app measures
    every new clip by itself. ↑ higher is better, ↓ lower, = best as asked for. There is no single score:
    blur, darkness and a low bit rate would all raise it.
    """
    if about:
        _explain()
        return ExitStatus.DONE
    if not (runs or missing or recompute):
        raise click.UsageError("Name a run, or say --missing, --recompute or --about.")
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        ids = [bench.run(run).id for run in runs]
        status = ExitStatus.DONE
        if missing or recompute:
            status = _measure(bench, ids, recompute=recompute, tell=not as_json or not ids)
        for run_id in ids:
            if not _show(bench, run_id, as_json=as_json):
                status = ExitStatus.RUN_FAILED
        return status


def _measure(bench: Workbench, ids: list[str], *, recompute: bool, tell: bool) -> ExitStatus:
    faults = 0

    def on_measured(now: MeasuredNow) -> None:
        nonlocal faults
        faults += bool(now.fault)
        if tell or now.fault:
            how = f"can't be measured: {now.fault}" if now.fault else "is measured"
            clip = f"clip {now.position + 1} of run {now.run_id}"
            click.echo(f"{now.done} of {now.of}: {clip} {how}", err=True)

    well = bench.measure(ids or None, recompute=recompute, on_measured=on_measured)
    left = bench.unmeasured() if not ids else 0
    others = f"; {left} more are with another process" if left else ""
    click.echo(f"{well} measured, {faults} can't be{others}.", err=True)
    return ExitStatus.RUN_FAILED if faults else ExitStatus.DONE


def _show(bench: Workbench, run_id: str, *, as_json: bool) -> bool:
    """Whether there is something to show of it."""
    found = [one for key, one in sorted(bench.metrics_of([run_id]).items())]
    for one in found:
        if as_json:
            output.print_json(_record(one))
        else:
            _print(one)
    if not found:
        click.echo(
            f"workbench: Run {run_id} was not measured yet; `workbench metrics {run_id} --missing` does.",
            err=True,
        )
    return bool(found) and not any(one.fault for one in found)


def _print(one: Measured) -> None:
    click.echo(f"Run {one.run_id}, clip {one.position + 1}")
    if one.fault:
        click.echo(f"  can't be measured: {one.fault}")
    if not one.is_current:
        click.echo("  measured by older formulas; --missing measures it anew")
    for name, about in METRICS.items():
        if name not in _NOT_SHOWN and (value := one.value(name)) is not None:
            click.echo(f"  {_ARROWS[about.direction]} {about.label:36} {value:>14.4g} {about.unit}".rstrip())


def _record(one: Measured) -> dict[str, object]:
    return {
        "run": one.run_id,
        "clip": one.position,
        "measured_at": one.measured_at.isoformat(),
        "is_current": one.is_current,
        "fault": one.fault,
        "metrics": {
            m.name: {"value": m.value, "unit": m.unit, "version": m.version} for m in one.metrics.values()
        },
        "motion": one.strip.motion,
        "brightness": one.strip.brightness,
    }


def _explain() -> None:
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    for name, about in METRICS.items():
        click.echo(f"{_ARROWS[about.direction]} {name} – {about.label}, version {about.version}")
        for line in (about.formula, _bounds(about), f"Source: {about.source}", about.caveat):
            if line:
                click.echo(textwrap.fill(line, width, initial_indent="    ", subsequent_indent="    "))


def _bounds(about: About) -> str:
    unit = f"In {about.unit}. " if about.unit else "A plain number. "
    if about.low is None and about.high is None:
        return f"{unit}Any value."
    low = "−∞" if about.low is None else f"{about.low:g}"
    return f"{unit}From {low} to {'∞' if about.high is None else f'{about.high:g}'}."
