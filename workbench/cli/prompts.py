"""``workbench prompts``: the library of saved prompts, out as a file and in again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.domain.saved_prompt import PromptVersion, SavedPrompt

LONGEST_LINE = 90


@click.group(invoke_without_command=True)
@click.option("--text", default="", help="Only those whose name, words, tags or notes hold it.")
@click.option("--tag", default="", help="Only those with this tag.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a prompt.")
@click.pass_context
def prompts(ctx: click.Context, text: str, tag: str, as_json: bool) -> None:
    """List saved prompts, or show, export and import them."""
    if ctx.invoked_subcommand:
        return
    from workbench.api import Workbench

    with Workbench(ctx.obj) as bench:
        for one in bench.prompts(text, tag=tag):
            click.echo(json.dumps(_record(one), ensure_ascii=False) if as_json else _line(one))


@prompts.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def show(folder: str | None, name: str, as_json: bool) -> None:
    """Every version of a prompt, the newest first, its runs, and how it stood in reviews."""
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        one, versions = bench.prompt(name), bench.prompt_versions(name)
        ranks, runs = bench.prompt_ranks(name), bench.prompt_runs(name)
    if as_json:
        told = {
            **_record(one),
            "versions": [_version(version) for version in versions],
            "runs": [run.id for run in runs],
            "ranks": [{"review": r.review_id, "version": r.version, "sentence": r.sentence} for r in ranks],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(_line(one))
    if one.notes:
        click.echo(one.notes)
    for version in versions:
        note = f"  {version.note}" if version.note else ""
        click.echo(f"\n{version.number}  {version.created_at:%Y-%m-%d %H:%M}{note}\n{version.text}")
        if version.negative_text:
            click.echo(f"Negative: {version.negative_text}")
    for rank in ranks:
        click.echo(f"\n{rank.review}: version {rank.version}, {rank.sentence}")


@prompts.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", "names", multiple=True, help="Only this prompt; repeat it for several.")
@click.pass_obj
def export(folder: str | None, file: Path, names: tuple[str, ...]) -> None:
    """Write every version of the prompts into FILE (.csv or .json)."""
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        written = bench.export_prompts(file, names)
    click.echo(f"{file}: {written:,} version{'' if written == 1 else 's'}")


@prompts.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def import_(folder: str | None, file: Path) -> None:
    """Take in a table or JSON list with the columns name and prompt.

    It may also have negative_prompt, note, tags and notes. Rows of one name are its versions, the oldest
    first. Nothing is written where a row has a fault; a second time adds nothing.
    """
    from workbench.api import Workbench

    with Workbench(folder) as bench:
        came = bench.import_prompts(file)
    click.echo(f"{file}: {came.new:,} new, {came.known:,} known")


def _line(one: SavedPrompt) -> str:
    first = one.newest.text.partition("\n")[0]
    words = first if len(first) <= LONGEST_LINE else f"{first[:LONGEST_LINE]}…"
    tags = f"  [{', '.join(one.tags)}]" if one.tags else ""
    return f"{one.name}  (version {one.versions}, runs: {one.runs:,}){tags}  {words}"


def _record(one: SavedPrompt) -> dict[str, object]:
    return {
        "name": one.name,
        "tags": list(one.tags),
        "notes": one.notes,
        "runs": one.runs,
        "newest": _version(one.newest),
    }


def _version(version: PromptVersion) -> dict[str, object]:
    return {
        "number": version.number,
        "prompt": version.text,
        "negative_prompt": version.negative_text,
        "note": version.note,
        "created_at": version.created_at.isoformat(),
    }
