"""``sheet``: a clip at one look – its pictures, evenly spaced, in rows on one JPEG."""

from __future__ import annotations

import io
import secrets
import threading
from contextlib import suppress
from pathlib import Path

from PIL import Image

from workbench.domain.errors import BadMedia
from workbench.media.cache import used
from workbench.media.poster import frames_at
from workbench.media.probe import probe

ACROSS, DOWN = 5, 4
LONG_SIDE = 320  # of one picture, in pixels
VERSION = 1  # a sheet that is drawn otherwise gets another name
_one_at_a_time = threading.Lock()  # each decodes; two cores are shared with the pages


def sheet(path: Path) -> bytes:
    """JPEG of twenty pictures, row by row in the order of time. Raises ``BadMedia``."""
    facts = probe(path)
    count = ACROSS * DOWN
    times_s = [facts.duration_s * (number + 0.5) / count for number in range(count)]
    across = round(LONG_SIDE * min(1.0, facts.width / facts.height))
    cells = [Image.fromarray(picture) for picture in frames_at(path, times_s, across)]
    width, height = cells[0].size
    page = Image.new("RGB", (ACROSS * width, DOWN * height))
    for number, picture in enumerate(cells):
        page.paste(picture, (number % ACROSS * width, number // ACROSS * height))
    with io.BytesIO() as memory:
        page.save(memory, "JPEG", quality=80)
        return memory.getvalue()


def kept_sheet(path: Path, sha256: str, folder: Path) -> bytes:
    """``sheet`` of the clip with that hash, drawn once and kept in ``folder``.

    Where it can't be kept (a full disk) it is drawn each time. Raises ``BadMedia``.
    """
    kept = folder / f"{sha256}.v{VERSION}.jpg"
    with suppress(OSError):
        used(kept)
        return kept.read_bytes()
    with _one_at_a_time:
        with suppress(OSError):
            return kept.read_bytes()
        if not path.is_file():
            raise BadMedia(f"{path.name} is no longer in the data folder. Put it back from a backup.")
        drawn = sheet(path)
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".{secrets.token_hex(8)}"
            try:
                temporary.write_bytes(drawn)
                temporary.replace(kept)
            finally:
                temporary.unlink(missing_ok=True)
    return drawn
