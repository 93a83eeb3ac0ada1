"""The command line's own help as one Markdown page: ``python -m workbench.cli.reference > docs/cli.md``."""

from __future__ import annotations

import click

from workbench.cli.main import cli

WIDTH = 100
HEAD = """\
# The command line

Written by `python -m workbench.cli.reference` from the commands' own help.
"""


def reference() -> str:
    """Every command with its help, in the order in which ``workbench --help`` lists them."""
    top = click.Context(cli, info_name="workbench", terminal_width=WIDTH)
    pages = [_page("workbench", cli, top)]
    pages += [
        _page(
            f"workbench {name}",
            command,
            click.Context(command, parent=top, info_name=name, terminal_width=WIDTH),
        )
        for name, command in cli.commands.items()
    ]
    return "\n".join([HEAD, *pages])


def _page(title: str, command: click.Command, context: click.Context) -> str:
    return f"## `{title}`\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
