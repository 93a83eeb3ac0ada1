"""``workbench models``, ``doctor`` and ``sample``: what there is, whether it works, something to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus
from workbench.domain.capabilities import Capabilities, Lifecycle, Stage
from workbench.domain.errors import FolderError
from workbench.domain.price import Price
from workbench.domain.request import GenerationRequest

if TYPE_CHECKING:
    from workbench.providers.base import Provider


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model on standard output.")
@click.pass_obj
def models(folder: str | None, as_json: bool) -> None:
    """List the models, what each accepts, and what is missing before it can be used.

    A server that is set up and whose models are not known yet is asked for them, which costs nothing.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        if any(not provider.models() and not provider.missing() for provider in bench.endpoints()):
            bench.probe()
        for model in bench.models():
            missing = [f"set {m.variable} ({m.what})" for m in bench.missing(model.model)]
            if as_json:
                output.print_json({**_facts(model), "missing": missing})
                continue
            click.echo(f"{model.model}  {model.label} – {model.summary}")
            for line in _lines(model):
                click.echo(f"    {line}")
            if missing:
                click.echo(f"    Not set up: {'; '.join(missing)}.")
        for provider in bench.endpoints():
            if not provider.models():
                click.echo(f"workbench: {_without_models(provider)}", err=True)


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
    width = max(len(found.name) for found in checks) + 2
    for found in checks:
        if as_json:
            output.print_json(asdict(found))
            continue
        click.echo(f"{'ok' if found.ok else 'NO':4}{found.name + ':':{width}}{found.detail}")
        if found.hint:
            click.echo(f"{'':{width + 4}}{found.hint}")
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


def _without_models(provider: Provider) -> str:
    wanted = "; ".join(f"set {m.variable} ({m.what})" for m in provider.missing())
    if wanted:
        return f"{provider.endpoint} is not set up: {wanted}."
    return (
        f"{provider.endpoint} lists no models. Name one yourself (--model {provider.endpoint}/NAME); "
        f"`workbench doctor` says whether it answers."
    )


def _lines(model: Capabilities) -> Iterator[str]:
    """What a person wants to know of a model before choosing it."""
    if stage := _stage(model.lifecycle):
        yield stage
    for setting in model.settings:
        yield f"{setting.name}={setting.default}  {setting.allowed}"
    for role, limit in model.roles.items():
        yield f"{role.label.lower()}: up to {limit.most}"
    lacks = [*["negative prompt"] * (not model.negative_prompt), *["seed"] * (model.seed is None)]
    if lacks:
        yield f"has no {' and no '.join(lacks)}"
    yield f"price: {_price(model) or 'not known (workbench.toml takes one)'}"
    limits = [
        *[f"{model.at_once} at once"] * (model.at_once is not None),
        *[f"{model.a_minute} a minute"] * (model.a_minute is not None),
        *[f"followed closely for {model.timeout_s:g} s"] * (not model.local),
    ]
    if limits:
        yield f"limits: {', '.join(limits)}"


def _stage(lifecycle: Lifecycle) -> str:
    if lifecycle.stage is Stage.LIVE and lifecycle.ends_on is None:
        return ""
    parts = [str(lifecycle.stage)]
    parts += [f"since {lifecycle.since}"] * (lifecycle.since is not None)
    parts += [f"ends on {lifecycle.ends_on} or later"] * (lifecycle.ends_on is not None)
    is_over = lifecycle.stage is Stage.RETIRED
    follows = f"use {lifecycle.successor} (--successor)" if is_over else f"then {lifecycle.successor}"
    parts += [follows] * bool(lifecycle.successor)
    return ", ".join(parts)


def _price(model: Capabilities) -> str:
    """The rates with source and date; where a model has only a function, what its defaults cost."""
    if model.local:
        return "nothing, it is made on this machine"
    if isinstance(model.price, Price):
        return str(model.price)
    micros = model.price(model.complete(GenerationRequest(model.model, "")))
    return "" if micros is None else f"{output.money(micros)} with the defaults"


def _facts(model: Capabilities) -> dict[str, object]:
    lifecycle = model.lifecycle
    return {
        "model": model.model,
        "label": model.label,
        "summary": model.summary,
        "kind": model.kind,
        "stage": lifecycle.stage,
        "since": str(lifecycle.since) if lifecycle.since else None,
        "ends_on": str(lifecycle.ends_on) if lifecycle.ends_on else None,
        "successor": lifecycle.successor or None,
        "settings": {s.name: {"default": s.default, "allowed": s.allowed} for s in model.settings},
        "roles": {
            str(role): {"most": limit.most, "types": limit.mimes} for role, limit in model.roles.items()
        },
        "negative_prompt": model.negative_prompt,
        "seed": model.seed is not None,
        "price": _price(model) or None,
        "at_once": model.at_once,
        "a_minute": model.a_minute,
        "timeout_s": model.timeout_s,
        "sources": dict(model.sources),
    }
