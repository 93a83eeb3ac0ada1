"""Which process is at work on something, so that others see whether it still lives."""

from __future__ import annotations

import os

import psutil


def this_process() -> str:
    return named(os.getpid())


def named(pid: int) -> str:
    """A process by number and birth: numbers are given anew, and in a container every app has the same."""
    return f"{pid}@{psutil.Process(pid).create_time():.2f}"


def is_alive(name: str) -> bool:
    """Whether the process with that name (``/`` and whose it is in there may follow) still runs here."""
    process, _, _ = name.partition("/")
    try:
        return named(int(process.partition("@")[0])) == process
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:
        return True
