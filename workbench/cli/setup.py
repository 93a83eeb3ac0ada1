"""``workbench models``, ``doctor`` and ``sample``: what there is, whether it works, something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus
from workbench.domain.errors import FolderError

if TYPE_CHECKING:
    from workbench.domain.capabilities import Capabilities


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model on standard output.")
@click.pass_obj
def models(folder: str | None, as_json: bool) -> None:
    """List the models, what each accepts, and what is missing before it can be used."""
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        for model in bench.models():
            missing = [f"set {m.variable} ({m.what})" for m in bench.missing(model.model)]
            if as_json:
                output.print_json({**_facts(model), "missing": missing})
                continue
            click.echo(f"{model.model}  {model.label} – {model.summary}")
            for setting in model.settings:
                click.echo(f"    {setting.name}={setting.default}  {setting.allowed}")
            for role, limit in model.roles.items():
                click.echo(f"    {role.label.lower()}: up to {limit.most}")
            if missing:
                click.echo(f"    Not set up: {'; '.join(missing)}.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check on standard output.")
@click.pass_obj
def doctor(folder: str | None, as_json: bool) -> ExitStatus:
    """Look at everything that a workbench needs; nothing is sent or rendered."""
    from dataclasses import asdict

    from workbench.api import Workbench
    from workbench.api.doctor import check, check_without_log

    try:
        with Workbench(folder) as bench:
            checks = check(bench)
    except FolderError as error:
        checks = check_without_log(error)
    for found in checks:
        if as_json:
            output.print_json(asdict(found))
            continue
        click.echo(f"{'ok' if found.ok else 'NO':4}{found.name + ':':20}{found.detail}")
        if found.hint:
            click.echo(f"{'':24}{found.hint}")
    return ExitStatus.DONE if all(found.ok for found in checks) else ExitStatus.RUN_FAILED


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run on standard output.")
@click.pass_obj
def sample(folder: str | None, as_json: bool) -> ExitStatus:
    """Make a sample experiment: six runs on the embedded engine, free and without a network."""
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        experiment = bench.sample()
        click.echo(f"{experiment.name}. {experiment.question}", err=True)
        ids = [run.id for run in bench.runs(experiment=experiment.id)]
        return output.wait_and_finish(bench, ids, None, as_json=as_json)


def _facts(model: Capabilities) -> dict[str, object]:
    return {
        "model": model.model,
        "label": model.label,
        "summary": model.summary,
        "stage": model.lifecycle.stage,
        "settings": {s.name: {"default": s.default, "allowed": s.allowed} for s in model.settings},
        "roles": {
            str(role): {"most": limit.most, "types": limit.mimes} for role, limit in model.roles.items()
        },
        "negative_prompt": model.negative_prompt,
        "seed": model.seed is not None,
    }
