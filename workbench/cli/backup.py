"""``workbench backup``: the data folder copied while it is worked in, and the copy read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.exits import ExitStatus

if TYPE_CHECKING:
    from workbench.api.backups import Backup


@click.command()
@click.argument("to", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Copy nothing: read the backup in FOLDER, every byte of it.")
@click.pass_obj
def backup(folder: str | None, to: Path, check: bool) -> ExitStatus:
    """Copy the data folder into FOLDER: a new one, or an earlier backup to bring up to date.

    The app and its runs may go on meanwhile. Files that are there already are not copied again; what was
    deleted here stays there. The backup is a data folder itself: `workbench --data FOLDER` opens it. What
    waited to be sent is cancelled in the copy, so that nothing is paid for twice. Ends with 1 where files
    are missing or damaged, and names them.
    """
    if check:
        from workbench.api.backups import check_backup

        return _told(check_backup(to), "checked")
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        made = bench.backup(to)
    return _told(made, f"{made.copied:,} copied, {made.copied_bytes / 1e6:,.1f} MB")


def _told(found: Backup, done: str) -> ExitStatus:
    click.echo(f"{found.folder}  runs: {found.runs:,}  files: {found.files:,}  ({done})")
    for hashes, what in ((found.missing, "missing"), (found.damaged, "damaged")):
        for sha256 in hashes:
            click.echo(f"{what}: {sha256}", err=True)
    return ExitStatus.DONE if found.is_whole else ExitStatus.RUN_FAILED
