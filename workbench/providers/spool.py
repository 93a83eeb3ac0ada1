"""``Spool``: bytes that came inside an answer, kept on disk until the runner has taken them in.

They are paid for and may not be had a second time, so they are on the disk before the answer is believed.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from workbench.domain.errors import FolderFull

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


class Spool:
    """A folder of the data folder. ``owner`` is a run's or an operation's name."""

    def __init__(self, data: Path) -> None:
        self.root = data / "spool"

    def put(self, owner: str, name: str, content: bytes) -> None:
        """Write it whole and flushed, or not at all. Raises ``FolderFull``."""
        target = self.path(owner, name)
        part = target.with_name(f"{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(target)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise FolderFull(
                f"{self.root} can't be written to ({error.strerror}). Make room there."
            ) from error

    def path(self, owner: str, name: str) -> Path:
        if not (_NAME.fullmatch(owner) and _NAME.fullmatch(name)):
            raise ValueError(f"{owner!r}/{name!r} is no name for the spool")
        return self.root / owner / name

    def drop(self, owner: str) -> None:
        """Everything of that owner; what is not there is fine."""
        shutil.rmtree(self.path(owner, "x").parent, ignore_errors=True)
