"""Whether a disk has room for one more clip, asked before anything is sent, rendered or written."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.domain.errors import FolderFull

CLIP_BYTES = 64_000_000  # thirty seconds in 1080p, its poster and stills, and the log's own growth


def check_room(folder: Path) -> None:
    """Raise ``FolderFull`` unless the disk of ``folder`` has ``CLIP_BYTES`` left."""
    free = shutil.disk_usage(folder).free
    if free < CLIP_BYTES:
        raise FolderFull(
            f"The disk of {folder} is full: {free / 1e6:.0f} MB are free, a clip may take "
            f"{CLIP_BYTES / 1e6:.0f}. Free some space there, or set WORKBENCH_DATA to a folder elsewhere."
        )
