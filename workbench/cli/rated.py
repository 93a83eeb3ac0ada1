"""What ``workbench rank`` says of a review of ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli import output

if TYPE_CHECKING:
    from workbench.api.rated import RatedArms


def print_rated(found: RatedArms, *, as_json: bool) -> None:
    """A paragraph for each criterion: the sentence, an arm a line, and how far people agree."""
    from workbench.api.means import record
    from workbench.api.rated import interval_text

    if as_json:
        output.print_json(record(found))
        return
    titles = {arm.label: arm.title for arm in found.arms}
    width = max(map(len, titles))
    for one in found.criteria:
        click.echo(one.sentence)
        for arm in one.arms:
            clips = f"{arm.clips} clip{'' if arm.clips == 1 else 's'}"
            click.echo(f"  {arm.arm:{width}}  {interval_text(arm.mean):14}  {clips:9}  {titles[arm.arm]}")
        click.echo(f"  {one.agreement.sentence}")
