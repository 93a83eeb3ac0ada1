"""``workbench emulate``: a service on this machine that costs nothing, and fails on order."""

from __future__ import annotations

import inspect
import shlex
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from workbench.domain.errors import RequestError
from workbench.emulators.wires import WIRES, emulator

if TYPE_CHECKING:
    from workbench.emulators.faults import Fault
    from workbench.emulators.server import Emulator

_EVERY_S = 3_600.0  # a wait that Ctrl+C can end
_EXAMPLES = {  # wire → a model to try it with
    "vertex": "vertex/veo-3.1-fast-generate-001",
    "gemini": "gemini/gemini-omni-1.2-flash",
    "openai-videos": "openai-videos/{listed}",
    "flow": "flow/veo_3_1_t2v_fast",
    "openai": "openai/gpt-image-2",
}


class _WithFaults(click.Command):
    """Lists wires and faults below its options, read from where they are defined."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from workbench.emulators.faults import HTTP_FAULTS, READING_FAULTS, SAID_FAULTS, Step

        with formatter.section("Wires"):
            formatter.write_dl([(wire, what) for wire, (_, _, what) in WIRES.items()])
        with formatter.section("Steps"):
            formatter.write_text(", ".join(Step))
        with formatter.section("Faults"):
            status = ("400 … 599", "that HTTP status, with the wire's own error body")
            formatter.write_dl([status, *HTTP_FAULTS.items(), *SAID_FAULTS.items()])
        with formatter.section("Faults of models that read"):
            formatter.write_dl(list(READING_FAULTS.items()))


@click.command(cls=_WithFaults)
@click.argument("wire", type=click.Choice(list(WIRES)), metavar="WIRE")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="[default: a free one]")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    default=5.0,
    show_default=True,
    help="How long an operation takes.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="STEP:KIND[=VALUE][*TIMES]",
    help="What goes wrong, as poll:503*3 or create:retry_info=2. Repeatable.",
)
@click.option("--dialect", default="", metavar="NAME", help="For openai-videos: how that server speaks.")
def emulate(wire: str, port: int, seconds: float, faults: Sequence[str], dialect: str) -> None:
    """Play the service behind WIRE on this machine until Ctrl+C.

    Prints the settings that point a workbench at it, test credentials included: paste them into another
    terminal, and the whole paid way can be tried for nothing. Runs made there are marked as emulated.
    """
    play = _made(wire, port, seconds, faults, dialect)
    with _started(play, port), suppress(KeyboardInterrupt):
        for name, value in play.settings().items():
            click.echo(f"export {name}={shlex.quote(value)}")
        listed = next(iter(getattr(play, "models", ())), "NAME")
        model = _EXAMPLES[wire].format(listed=listed)
        click.echo(
            f"The emulator of {wire} answers at {play.url} until Ctrl+C. Paste the lines above into another "
            f'terminal, then: workbench generate --model {model} --prompt "A lion at dawn" --yes',
            err=True,
        )
        _wait_for_ever()
    received, accepted = len(play.book.received), len(play.book.operations)
    click.echo(
        f"Stopped. Requests: {received}; accepted, and charged had it been the service: {accepted}.", err=True
    )


def _made(wire: str, port: int, seconds: float, faults: Sequence[str], dialect: str) -> Emulator:
    kind = emulator(wire)
    more: dict[str, Any] = {}
    if dialect:
        if "dialect" not in inspect.signature(kind).parameters:
            raise RequestError(f"--dialect is for openai-videos; {wire} has only one way to speak.")
        more["dialect"] = dialect
    try:
        return kind([_fault(text) for text in faults], operation_s=seconds, port=port, **more)
    except (KeyError, ValueError) as error:
        raise RequestError(f"--dialect can't be {dialect!r} ({error}).") from error


def _fault(text: str) -> Fault:
    from workbench.emulators.faults import Fault

    try:
        fault = Fault.parse(text)
        _ = fault.seconds if fault.value and fault.kind != "redirect" else 0.0
    except ValueError as error:
        raise RequestError(f"--fault {text!r}: {error}") from error
    return fault


def _started(play: Emulator, port: int) -> Emulator:
    """To be used in a ``with``. An address that is taken is told before."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RequestError(
                f"Port {port} can't be used ({error.strerror}). Choose another, or leave --port out."
            ) from error
    return play


def _wait_for_ever() -> None:
    never = threading.Event()
    while True:
        never.wait(_EVERY_S)
