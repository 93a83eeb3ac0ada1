"""``workbench tidy``: lets go of clips by rules, and of cached copies; shows them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.domain.retention import MOST_DAYS

if TYPE_CHECKING:
    from workbench.domain.retention import Tidying


DAYS = click.IntRange(1, MOST_DAYS)


@click.command()
@click.option("--unseen-after", type=DAYS, metavar="DAYS", help="Clips that nobody looked at for so long.")
@click.option(
    "--discarded-after",
    type=DAYS,
    metavar="DAYS",
    help="Clips of runs that failed or were deleted so long ago.",
)
@click.option(
    "--cache",
    "cache_gb",
    type=click.FloatRange(min=0),
    metavar="GB",
    help="Cached copies, until so much is left of them; the longest unused go first.",
)
@click.option("--yes", is_flag=True, help="Do it. Without, it only shows what would go.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def tidy(
    folder: str | None,
    unseen_after: int | None,
    discarded_after: int | None,
    cache_gb: float | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Show which clips and cached copies the rules let go, and with --yes let them go.

    The rules stand under [retention] in workbench.toml; an option goes before its line there. Runs, prompts,
    recipes, posters, metrics, ratings, notes, votes and costs stay. A clip counts as looked at once it was
    played, opened, saved, rated, noted or put into a review; what others go on from, and what is on the
    shelf, in a draft or in an open review, stays in any case.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        rules = bench.settings.written.retention.over(
            unseen_clips_after_days=unseen_after,
            failed_and_deleted_after_days=discarded_after,
            cache_gb=cache_gb,
        )
        found = bench.tidy(rules) if yes else bench.would_tidy(rules)
    if as_json:
        output.print_json(_record(found, is_done=yes))
        return
    for share in found.shares:
        since = f", the oldest from {share.oldest:%Y-%m-%d}" if share.oldest else ""
        name = share.rule.words(rules.days(share.rule))
        click.echo(f"{name}: {share.files:,}, {share.size_bytes / 1e6:,.1f} MB{since}")
    went = "went" if yes else "would go"
    click.echo(
        f"{found.files:,} file{'' if found.files == 1 else 's'} {went}, {found.size_bytes / 1e6:,.1f} MB."
    )
    if found.files and not yes:
        click.echo("Nothing was removed; --yes does it.", err=True)


def _record(found: Tidying, *, is_done: bool) -> dict[str, object]:
    shares = [
        {
            "rule": str(share.rule),
            "after_days": found.rules.days(share.rule),
            "files": share.files,
            "bytes": share.size_bytes,
            "oldest": share.oldest.isoformat() if share.oldest else None,
        }
        for share in found.shares
    ]
    return {"done": is_done, "files": found.files, "bytes": found.size_bytes, "rules": shares}
