"""``workbench generate``: one request, as often as wanted, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import batch, cost, output, targets
from workbench.cli.exits import ExitStatus
from workbench.cli.options import (
    AGAIN,
    RETRY_FAILED,
    Wanted,
    ending_options,
    model_of,
    request_options,
    settings_of,
)
from workbench.domain.errors import RequestError
from workbench.domain.run import Origin, Parenthood, Run

if TYPE_CHECKING:
    from workbench.api import LoggedRun, Workbench

ULID_LENGTH = 26
_ONLY_ONE = ("takes", "start_frame", "end_frame", "reference", "reference_clip", "extend", "edit", "target")


@click.command()
@click.option("--prompt", metavar="TEXT", help="What should be seen; - reads standard input.  [required]")
@request_options
@click.option(
    "--takes",
    type=click.IntRange(1, 100),
    help="How many runs: consecutive seeds, or repeats where the model has none. [default: 1]",
)
@click.option("--start-frame", metavar="IMAGE", help="First picture of the clip: a path or a URL.")
@click.option("--end-frame", metavar="IMAGE", help="Last picture of the clip.")
@click.option("--reference", multiple=True, metavar="IMAGE", help="Reference image. Repeatable.")
@click.option("--reference-clip", multiple=True, metavar="CLIP", help="Reference clip (MP4). Repeatable.")
@click.option("--extend", metavar="RUN", help="Go on from a run of the log (or from an MP4).")
@click.option(
    "--edit", metavar="RUN", help="Change the clip of a run of the log (or an MP4) as the prompt says."
)
@click.option(
    "--output",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Copy the clip there; several become FILE-1.mp4, FILE-2.mp4 …",
)
@click.option(
    "--batch", "file", type=click.Path(path_type=Path), metavar="FILE", help="As `workbench batch FILE`."
)
@click.option(
    "--output-dir", type=click.Path(path_type=Path), metavar="FOLDER", help="With --batch: where clips go."
)
@RETRY_FAILED
@AGAIN
@ending_options
@click.pass_obj
def generate(folder: str | None, /, **given: Any) -> ExitStatus:
    """Make clips from a prompt and wait for them.

    Prints one line a clip: the run's id and where the file lies. A run that costs something asks first on
    a terminal; elsewhere it needs --yes. The name of a model that is gone is answered with the one to use
    now; --successor goes ahead with it.
    """
    if given["file"] is not None:
        return _as_batch(folder, given)
    for name, flag in (
        ("output_dir", "--output-dir"),
        ("retry_failed", "--retry-failed"),
        ("again", "--again"),
    ):
        if given.pop(name):
            raise click.UsageError(f"{flag} belongs to --batch FILE.")
    if given["prompt"] is None:
        raise click.UsageError("Missing option '--prompt'.")
    return _generate(folder, Wanted.of(given), **given)


def _as_batch(folder: str | None, given: dict[str, Any]) -> ExitStatus:
    taken = [name for name in ("prompt", *_ONLY_ONE) if given.pop(name) not in (None, ())]
    if taken:
        flag = "output" if taken[0] == "target" else taken[0].replace("_", "-")
        raise click.UsageError(f"--{flag} can't go with --batch: each row of the file has its own.")
    return batch.see_to(folder, Wanted.of(given), **given)


def _generate(
    folder: str | None,
    wanted: Wanted,
    *,
    prompt: str,
    takes: int | None,
    start_frame: str | None,
    end_frame: str | None,
    reference: Sequence[str],
    reference_clip: Sequence[str],
    extend: str | None,
    edit: str | None,
    target: Path | None,
    file: None,
    timeout: float | None,
    force: bool,
    as_json: bool,
    yes: bool,
) -> ExitStatus:
    from workbench.api import Workbench

    prompt = _standard_input() if prompt == "-" else prompt
    takes = takes or 1
    with Workbench(folder) as bench:
        heir = model_of(bench, wanted)
        model = heir.model
        places = targets.targets(target, takes, model.kind, force=force) if target else []
        extended, edited = _parent(bench, extend), _parent(bench, edit)
        request = bench.request(
            prompt,
            negative_prompt=wanted.negative_prompt,
            fold_negative_prompt=wanted.fold,
            model=model.model,
            seed=wanted.seed,
            first_frame=start_frame,
            last_frame=end_frame,
            references=reference,
            reference_clips=reference_clip,
            extend=extended,
            edit=edited,
            **settings_of(heir, wanted.texts),
        )
        requests = request.takes(takes)
        if not yes and not bench.missing(model.model):
            cost.ask(bench, [(model, each) for each in requests])
        runs = output.see_through(bench, bench.submit_many(requests, _origin(extended, edited)), timeout)
        status = output.finish(bench, runs, as_json=as_json)
        if places:
            bench.mark_seen(*runs)
        return status if targets.copied(runs, places, force=force) else ExitStatus.RUN_FAILED


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"The prompt on standard input is not UTF-8 (byte {error.start}). Convert it and try again."
        ) from error


def _parent(bench: Workbench, named: str | None) -> LoggedRun | Path | None:
    if named is None:
        return None
    path = Path(named)
    return path if path.suffix or len(named) > ULID_LENGTH or path.exists() else bench.run(named)


def _origin(extended: object, edited: object) -> Origin:
    if isinstance(extended, Run):
        return Origin(extended.id, Parenthood.EXTENSION)
    return Origin(edited.id, Parenthood.EDIT) if isinstance(edited, Run) else Origin()
