"""Which machine is working in a data folder: one small file, so that it also holds on a network share.

SQLite's write-ahead log is shared memory: two machines on one folder would destroy it. Several
processes of one machine are fine.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.domain.errors import FolderFull, FolderInUse, FolderReadOnly
from workbench.domain.times import from_text, now, to_text

FILE_NAME = "in-use.json"
RENEW_EVERY_S = 15.0
STALE_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Occupant:
    machine: str
    host: str
    seen_at: datetime


class Occupancy:
    """This machine's claim on ``folder``: checked on opening, renewed by whoever writes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._renewed: datetime | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise ``FolderInUse`` when another machine wrote here within the last minute."""
        other = self._read()
        if other is None or other.machine == _machine():
            return
        age_s = (now() - other.seen_at).total_seconds()
        if age_s < STALE_AFTER_S:
            raise FolderInUse(
                f"{self.path.parent} is being used by the machine {other.host} (seen {max(age_s, 0):.0f} s "
                f"ago). Stop the workbench there and wait a minute, or set WORKBENCH_DATA to another folder."
            )

    def renew(self) -> None:
        """Say that this machine is here; at most every 15 s, so that writers can call it freely.

        By the wall clock: a machine that has slept, while another one took the folder, looks first.
        """
        with self._lock:
            if self._renewed and 0 <= (now() - self._renewed).total_seconds() < RENEW_EVERY_S:
                return
            self.check()
            self._write()
            self._renewed = now()

    def _read(self) -> Occupant | None:
        try:
            found = json.loads(self.path.read_text())
            return Occupant(found["machine"], found["host"], from_text(found["seen_at"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self) -> None:
        content = {"machine": _machine(), "host": platform.node(), "seen_at": to_text(now())}
        temporary = self.path.with_name(f"{FILE_NAME}.{os.getpid()}-{threading.get_ident()}")
        try:
            temporary.write_text(json.dumps(content))
            temporary.replace(self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise FolderFull(
                    f"The disk that holds {self.path.parent} is full. Free some space and try again."
                ) from error
            raise FolderReadOnly(
                f"The data folder {self.path.parent} can't be written ({error.strerror}). "
                f"Make it writable, or set WORKBENCH_DATA to another folder."
            ) from error


def _machine() -> str:
    """An identity that survives a restart and differs between machines (and containers)."""
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        try:
            return f"{path.read_text().strip()}/{platform.node()}"
        except OSError:
            continue
    return f"{uuid.getnode():x}/{platform.node()}"
