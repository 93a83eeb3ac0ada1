"""``workbench generate``: one request, as often as wanted, from the command line."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.cli.exits import ExitStatus
from workbench.cli.seconds import Seconds
from workbench.domain.errors import RequestError
from workbench.domain.run import Kind, Origin, Parenthood, Run

if TYPE_CHECKING:
    from workbench.api import LoggedRun, Workbench
    from workbench.domain.capabilities import Capabilities
    from workbench.domain.request import GenerationRequest, Scalar

_OWN_OPTIONS = frozenset(
    {"prompt", "negative_prompt", "model", "seed", "first_frame", "last_frame", "references", "extend"}
)
ULID_LENGTH = 26
_SUFFIXES = {Kind.VIDEO: (".mp4",), Kind.IMAGE: (".png", ".jpg", ".jpeg")}


@click.command()
@click.option("--prompt", required=True, metavar="TEXT", help="What should be seen; - reads standard input.")
@click.option("--negative-prompt", default="", metavar="TEXT", help="What should not be seen.")
@click.option("--model", default="animatic/preview", show_default=True, metavar="ENDPOINT/MODEL")
@click.option("--seed", type=int, help="[default: drawn, and logged]")
@click.option(
    "--takes",
    type=click.IntRange(1, 100),
    default=1,
    help="How many runs: consecutive seeds, or repeats where the model has none. [default: 1]",
)
@click.option("--duration", metavar="SECONDS", help="Length of the clip.")
@click.option("--aspect-ratio", metavar="RATIO", help="Such as 16:9.")
@click.option("--resolution", metavar="LINES", help="Such as 720p.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting. Repeatable.")
@click.option("--start-frame", metavar="IMAGE", help="First picture of the clip: a path or a URL.")
@click.option("--end-frame", metavar="IMAGE", help="Last picture of the clip.")
@click.option("--reference", multiple=True, metavar="IMAGE", help="Reference image. Repeatable.")
@click.option("--extend", metavar="RUN", help="Go on from a run of the log (or from an MP4).")
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Stop waiting; the run goes on.")
@click.option(
    "--output",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Copy the clip there; several become FILE-1.mp4, FILE-2.mp4 …",
)
@click.option("--force", is_flag=True, help="Overwrite what --output finds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run on standard output.")
@click.option("--yes", is_flag=True, help="Skip the cost question.")
@click.pass_obj
def generate(
    folder: str | None,
    prompt: str,
    negative_prompt: str,
    model: str,
    seed: int | None,
    takes: int,
    duration: str | None,
    aspect_ratio: str | None,
    resolution: str | None,
    more: Sequence[str],
    start_frame: str | None,
    end_frame: str | None,
    reference: Sequence[str],
    extend: str | None,
    timeout: float | None,
    target: Path | None,
    force: bool,
    as_json: bool,
    yes: bool,
) -> ExitStatus:
    """Make clips from a prompt and wait for them.

    Prints one line a clip: the run's id and where the file lies. A run that costs something asks first on
    a terminal; elsewhere it needs --yes.
    """
    from workbench.api import Workbench

    prompt = _standard_input() if prompt == "-" else prompt
    with Workbench(folder) as bench:
        capabilities = bench.model(model)
        texts = {"duration_s": duration, "aspect_ratio": aspect_ratio, "resolution": resolution}
        _add_pairs(texts, more)
        targets = _targets(target, takes, capabilities.kind, force=force) if target else []
        parent = _parent(bench, extend)
        request = bench.request(
            prompt,
            negative_prompt=negative_prompt,
            model=model,
            seed=seed,
            first_frame=start_frame,
            last_frame=end_frame,
            references=reference,
            extend=parent,
            **_settings(capabilities, texts),  # type: ignore[arg-type] # names of settings only
        )
        requests = request.takes(takes)
        if not yes and not bench.missing(model):
            _ask_cost(capabilities, requests)
        origin = Origin(parent.id, Parenthood.EXTENSION) if isinstance(parent, Run) else Origin()
        runs = output.see_through(bench, bench.submit_many(requests, origin), timeout)
        status = output.finish(bench, runs, as_json=as_json)
        return status if _copied(runs, targets, force=force) else ExitStatus.RUN_FAILED


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"The prompt on standard input is not UTF-8 (byte {error.start}). Convert it and try again."
        ) from error


def _add_pairs(texts: dict[str, str | None], more: Sequence[str]) -> None:
    for pair in more:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise RequestError(f"--set takes NAME=VALUE, not {pair!r}.")
        if texts.get(name) is not None:
            raise RequestError(f"{name} is given twice. Say it once.")
        texts[name] = value.strip()


def _settings(model: Capabilities, texts: dict[str, str | None]) -> dict[str, Scalar]:
    """The values that the texts mean; what the model does not have or take is for validation to tell."""
    given = {name: text for name, text in texts.items() if text is not None}
    if taken := [name for name in given if name in _OWN_OPTIONS]:
        raise RequestError(f"{taken[0]} is no setting of a model: it has an option of its own.")
    known = {setting.name: setting for setting in model.settings}
    return {name: known[name].parse(text) if name in known else text for name, text in given.items()}


def _parent(bench: Workbench, extend: str | None) -> LoggedRun | Path | None:
    if extend is None:
        return None
    path = Path(extend)
    return path if path.suffix or len(extend) > ULID_LENGTH or path.exists() else bench.run(extend)


def _ask_cost(model: Capabilities, requests: Sequence[GenerationRequest]) -> None:
    prices = [model.price(request) for request in requests]
    known = [price for price in prices if price is not None]
    if len(known) == len(prices) and sum(known) == 0:
        return
    cost = f"about {output.money(sum(known))}" if len(known) == len(prices) else "an amount that is not known"
    what = f"{len(requests)} run{'s' if len(requests) > 1 else ''} of {model.model} would cost {cost}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RequestError(f"{what}. Add --yes to agree; nothing was sent.")
    if not click.confirm(f"{what}. Send?", err=True):
        raise RequestError("Not sent.")


def _targets(target: Path, takes: int, kind: Kind, *, force: bool) -> list[Path]:
    """The files that the clips will be copied to. Raises ``RequestError`` where that can't go well."""
    suffixes = _SUFFIXES[kind]
    if target.suffix.lower() not in suffixes:
        raise RequestError(f"--output is {target.name!r}; the file is to end in {' or '.join(suffixes)}.")
    targets = [target] if takes == 1 else [_numbered(target, n) for n in range(1, takes + 1)]
    try:
        if not target.parent.is_dir():
            raise RequestError(f"There is no folder {target.parent} for --output. Make it first.")
        taken = [path for path in targets if path.is_dir() or (path.exists() and not force)]
    except OSError as error:
        raise RequestError(f"--output can't be written ({error.strerror}). Choose another name.") from error
    if not os.access(target.parent, os.W_OK):
        raise RequestError(f"The folder {target.parent} of --output can't be written to. Choose another.")
    if taken:
        raise RequestError(f"{taken[0]} exists already. Choose another name, or add --force to overwrite it.")
    return targets


def _copied(runs: Sequence[LoggedRun], targets: Sequence[Path], *, force: bool) -> bool:
    """Copy every clip to its target. One run may have made more clips than one: they get further numbers."""
    if not targets:
        return True
    places = _places(targets, sum(len(run.clips) for run in runs))
    for run in runs:
        for clip in run.clips:
            if not _copy(clip.path, next(places), force=force):
                return False
    return True


def _places(targets: Sequence[Path], clips: int) -> Iterator[Path]:
    if clips <= len(targets):
        yield from targets
        return
    first = targets[0]
    base = first if len(targets) == 1 else first.with_stem(first.stem.removesuffix("-1"))
    yield from (_numbered(base, n) for n in count(1))


def _copy(source: Path, target: Path, *, force: bool) -> bool:
    import shutil

    part = target.with_name(f".{source.stem[:12]}.part")
    try:
        if target.exists() and not force:
            raise FileExistsError(errno.EEXIST, "somebody has made it meanwhile")
        shutil.copyfile(source, part)
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        click.echo(
            f"workbench: {target} can't be written ({error.strerror}). The clip lies in {source}.", err=True
        )
        return False
    return True


def _numbered(path: Path, number: int) -> Path:
    return path.with_stem(f"{path.stem}-{number}")
