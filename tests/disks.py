"""Real small and read-only disks for tests: a tmpfs in a mount namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def on_small_disk(script: str, folder: Path, *, size: str = "1m", then: str = "") -> str:
    """Run ``script`` with ``sys.argv[1]`` on a tmpfs of ``size``; returns what it printed.

    ``then`` is a mount option (``ro``) to remount the disk with before the part of the script below a line
    ``# then`` runs, in a process of its own.
    """
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    first, _, second = textwrap.dedent(script).partition("# then\n")
    mount = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c"]
    steps = [f"mount -t tmpfs -o size={size} none '{disk}'"]
    probe = subprocess.run([*mount, steps[0]], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip(f"can't mount a small disk here: {probe.stderr.decode().strip()}")
    for number, part in enumerate((first, second)):
        if part.strip():
            path = folder / f"part{number}.py"
            path.write_text(part)
            steps.append(f"'{sys.executable}' '{path}' '{disk}'")
        if number == 0 and then:
            steps.append(f"mount -o remount,{then} '{disk}'")
    done = subprocess.run([*mount, " && ".join(steps)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
