"""Which process is at work on something, so that others see whether it still lives."""

from __future__ import annotations

import os

import psutil


def this_process() -> str:
    """This process, so that a pid that was given anew is not taken for it."""
    return f"{os.getpid()}@{psutil.Process().create_time():.2f}"


def is_alive(name: str) -> bool:
    """Whether the process with that name still runs on this machine."""
    pid, _, born = name.partition("@")
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == born
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:
        return True
