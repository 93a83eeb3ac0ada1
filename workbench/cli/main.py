"""``workbench``: the group of commands, and how any of them ends."""

from __future__ import annotations

import _thread
import logging
import os
import sys
import threading

import click

from workbench import __version__
from workbench.cli.app import start_app
from workbench.cli.backup import backup
from workbench.cli.batch import batch
from workbench.cli.emulate import emulate
from workbench.cli.exits import ExitStatus, status_of
from workbench.cli.exporting import export
from workbench.cli.generate import generate
from workbench.cli.importing import import_, save
from workbench.cli.judge import judge
from workbench.cli.log import runs, show
from workbench.cli.metrics import metrics
from workbench.cli.notebook import notebook
from workbench.cli.open_runs import cancel, resume
from workbench.cli.prompts import prompts
from workbench.cli.rank import rank
from workbench.cli.replay import replay
from workbench.cli.report import report
from workbench.cli.settle import find, settle
from workbench.cli.setup import doctor, models, sample
from workbench.cli.tidy import tidy
from workbench.domain.errors import WorkbenchError

INTERRUPTED = "Interrupted. What was sent is in the log; `workbench resume` goes on."


class _Group(click.Group):
    """Lists its commands in the order of a first visit rather than by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # before click takes it for a failure of ours
            raise _ReaderGone from error


class _ReaderGone(Exception):
    """Whoever read standard output has enough."""


@click.group(cls=_Group, invoke_without_command=True)
@click.option("--data", "folder", metavar="FOLDER", help="The data folder; goes before WORKBENCH_DATA.")
@click.option("--host", help="Where the app listens. [default: WORKBENCH_HOST or 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="0 takes a free one. [default: WORKBENCH_PORT or 8501]"
)
@click.option("--no-browser", is_flag=True, help="Don't open the browser.")
@click.version_option(__version__, prog_name="workbench")
@click.pass_context
def cli(ctx: click.Context, folder: str | None, host: str | None, port: int | None, no_browser: bool) -> None:
    """Iterate video prompts, log every run, compare clips.

    Alone, it starts the app and opens the browser. Every command works on the same data folder as the
    app, whether that is up or not.

    \b
    Exit status:
      0    every run succeeded
      1    a run failed, was filtered, expired, is uncertain or goes on
      2    the request or the command was wrong; nothing was sent
      3    the budget forbids it; nothing was sent
      4    the provider is not set up (the missing variable is named)
      130  interrupted; `workbench resume` goes on
    """
    ctx.obj = folder
    if ctx.invoked_subcommand is None:
        start_app(folder, host, port, open_browser=not no_browser)
    elif host or port is not None or no_browser:
        raise click.UsageError(
            "--host, --port and --no-browser belong to `workbench` alone, not to a command."
        )


for command in (
    generate,
    batch,
    runs,
    show,
    save,
    import_,
    resume,
    cancel,
    find,
    settle,
    metrics,
    rank,
    judge,
    report,
    replay,
    export,
    prompts,
    notebook,
    models,
    emulate,
    sample,
    backup,
    tidy,
    doctor,
):
    cli.add_command(command)


def main() -> None:
    """Entry point of the command ``workbench``."""
    _log_in_lines()
    hook, sys.unraisablehook = sys.unraisablehook, _heeded
    try:
        status = cli.main(standalone_mode=False) or ExitStatus.DONE
        sys.stdout.flush()
    except click.exceptions.Abort:  # Ctrl+C
        status = _end(INTERRUPTED, ExitStatus.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        status = ExitStatus.WRONG_REQUEST
    except WorkbenchError as error:
        status = _end(str(error), status_of(error))
    except (BrokenPipeError, _ReaderGone):
        _silence_output()
        status = ExitStatus.PIPE_CLOSED
    except RuntimeError as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 wraps one while a class is made
            raise
        status = _end(INTERRUPTED, ExitStatus.INTERRUPTED)
    finally:
        sys.unraisablehook = hook
    sys.exit(int(status))


def _heeded(unraisable: sys.UnraisableHookArgs) -> None:
    """A Ctrl+C that Python has met where nothing can be raised, as while it imports, comes again.

    Else the command would go on, and be paid for.
    """
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return
    again = threading.Timer(0.01, _thread.interrupt_main)  # not at once: it would be raised in here
    again.daemon = True
    again.start()


def _end(sentence: str, status: ExitStatus) -> ExitStatus:
    click.echo(f"workbench: {sentence}", err=True)
    return status


def _silence_output() -> None:
    """Nobody reads any more: keep Python from complaining when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Lines(logging.Formatter):
    """One line a record; the traceback is for who asks for ``WORKBENCH_LOG=debug``."""

    def formatException(self, ei: object) -> str:
        return ""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record).rstrip()
        return f"{line}: {record.exc_info[1]}" if record.exc_info and record.exc_info[1] else line


def _log_in_lines() -> None:
    """Warnings only, unless ``WORKBENCH_LOG`` asks for more: a command's output is its own."""
    level = os.environ.get("WORKBENCH_LOG", "").upper()
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    handler.setFormatter(plain if level == "DEBUG" else _Lines("workbench: %(message)s"))
    logging.basicConfig(level=level if level in ("DEBUG", "INFO", "ERROR") else "WARNING", handlers=[handler])
