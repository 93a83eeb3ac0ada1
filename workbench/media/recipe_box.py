"""A recipe inside an MP4: a ``uuid`` box of our own behind all others (ISO/IEC 14496-12, 11.1).

Nothing before it is touched: every box, every sample and every offset is as it was, and without the last box
the file is the provider's again, byte for byte. While the box is there, a C2PA manifest in the file does
not validate: its hash covers every box that it does not name (C2PA 2.1, BMFF-based hash). That is why the
box goes into a copy, and comes off again when the copy is taken in.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from workbench.domain.errors import BadMedia
from workbench.domain.recipe import MOST_BYTES, BadRecipe
from workbench.media.sniff import shown

BOX = UUID("5b1c9a4e-0f6d-4f0a-9c57-6f2f0c1d7e31").bytes
C2PA = UUID("d8fec3d6-1b0e-483c-9297-5828877ec481").bytes  # C2PA 2.1, embedding manifests into BMFF
_HEAD = 24  # size, “uuid”, which
_MOST_BOXES = 200_000
_STEP = 1024**2


def write_copy(source: Path, target: Path, recipe: bytes) -> None:
    """Copy the MP4 ``source`` to ``target`` with ``recipe`` behind it; whole or not at all.

    A recipe that it holds already is replaced. What was written is read back and compared. Raises
    ``BadMedia``, ``BadRecipe`` for one that is too long, or ``OSError``.
    """
    if len(recipe) > MOST_BYTES:
        raise BadRecipe(f"The recipe has {len(recipe):,} bytes; allowed are {MOST_BYTES:,}.")
    if _tops(source)[-1].is_open:
        raise BadMedia(
            f"The last box of {shown(source.name)} names no end, so no recipe can stand behind it; "
            f"save the clip with a sidecar only."
        )
    length = clip_bytes(source)
    box = (_HEAD + len(recipe)).to_bytes(4) + b"uuid" + BOX + recipe
    replace_whole(target, source, length, box)


def replace_whole(target: Path, source: Path | None, length: int, tail: bytes) -> None:
    """``target`` becomes the first ``length`` bytes of ``source`` and then ``tail``.

    It is written beside, flushed, compared, and only then given its name. Raises ``OSError``.
    """
    beside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as out:
            if source:
                with source.open("rb") as read:
                    _copy(read, out, length)
            out.write(tail)
            out.flush()
            os.fsync(out.fileno())
        with beside.open("rb") as written:
            if source:
                with source.open("rb") as read:
                    _compare(read, written, length)
            if written.read() != tail:
                raise OSError(f"{target.name} was not written as it should be; the disk may be damaged.")
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _copy(read: BinaryIO, out: BinaryIO, length: int) -> None:
    for left in range(length, 0, -_STEP):
        block = read.read(min(_STEP, left))
        out.write(block)


def read_box(source: Path) -> bytes | None:
    """The recipe in an MP4; ``None`` where it has none. Raises ``BadMedia``."""
    size = source.stat().st_size
    at = clip_bytes(source)
    if at == size:
        return None
    with source.open("rb") as file:
        file.seek(at + _HEAD)
        return file.read(MOST_BYTES + 1)  # whoever reads it says that it is too long


def clip_bytes(source: Path) -> int:
    """How long the MP4 is without our box, in bytes. Raises ``BadMedia``."""
    last = _tops(source)[-1]
    return last.at if last.which == BOX else source.stat().st_size


def has_manifest(source: Path) -> bool:
    """Whether there is a C2PA manifest in the MP4. Raises ``BadMedia``."""
    return any(top.which == C2PA for top in _tops(source))


@dataclass(frozen=True, slots=True)
class _Top:
    """An outer box: where it begins, which ``uuid`` it is (empty for any other), whether it names its end."""

    at: int
    which: bytes
    is_open: bool


def _tops(source: Path) -> list[_Top]:
    """At least one."""
    found: list[_Top] = []
    size, at = source.stat().st_size, 0
    with source.open("rb") as file:
        while at < size or not found:
            file.seek(at)
            head = file.read(_HEAD)
            length, name, start = int.from_bytes(head[:4]), head[4:8], 8
            is_open = length == 0
            if is_open:  # it goes on to the end of the file
                length = size - at
            elif length == 1:
                length, start = int.from_bytes(head[8:16]), 16
            if len(head) < 8 or not start <= length <= size - at or len(found) >= _MOST_BOXES:
                raise BadMedia(f"{shown(source.name)} is cut short or damaged; download it once more.")
            which = head[8:24] if name == b"uuid" and start == 8 and length >= _HEAD else b""
            found.append(_Top(at, which, is_open))
            at += length
    return found


def _compare(read: BinaryIO, written: BinaryIO, length: int) -> None:
    for left in range(length, 0, -_STEP):
        count = min(_STEP, left)
        if read.read(count) != written.read(count):
            raise OSError("The copy was not written as it should be; the disk may be damaged.")
