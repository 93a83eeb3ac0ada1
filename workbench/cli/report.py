"""``workbench report``: a review as one file that plays offline."""

from __future__ import annotations

import re
from pathlib import Path

import click

_LONGEST = 60
_UNFIT = re.compile(r"[^\w.-]+")


@click.command()
@click.argument("review")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="[default: REVIEW.html here]")
@click.option("--originals", is_flag=True, help="Put a zip beside it, with the clips as they were made.")
@click.option("--names", is_flag=True, help="Name the reviewers, and in the zip the runs by their ids.")
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@click.pass_obj
def report(
    folder: str | None, review: str, out: Path | None, originals: bool, names: bool, overwrite: bool
) -> None:
    """Write REVIEW (its id, the beginning of one, or its name) into one HTML file that plays offline.

    It holds the ranking of votes, or the means of ratings by each criterion, with their intervals, every
    prompt and how it differs, the clips made small in a player that keeps them in step, and the method in
    words. It stays under 25 MB: where more clips would
    not fit, there are fewer and smaller ones, and the file says so. Prints where it lies.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        found = bench.find_review(review)
        path = bench.report(
            found.id,
            path=out or Path(f"{_stem(found.name)}.html"),
            originals=originals,
            names=names,
            overwrite=overwrite,
        )
        click.echo(path)
        if originals:
            click.echo(path.with_suffix(".zip"))


def _stem(name: str) -> str:
    return _UNFIT.sub("-", name)[:_LONGEST].strip("-.") or "review"
