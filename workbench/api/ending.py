"""What is still to be done as the interpreter ends."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from weakref import finalize


def at_exit(call: Callable[[], None]) -> None:
    """Have it called as the interpreter ends, before any ``weakref.finalize``.

    ``atexit`` calls the last first, and all finalizers of a process, later ones too, stand where the first
    one was made. An SDK closes its clients by them, and folders for downloads go: a request that is about to
    leave needs both until the runner has stopped.
    """
    finalize(at_exit, bool).detach()  # so that there was a first one
    atexit.register(call)
