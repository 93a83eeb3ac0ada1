"""``unpacked``: the bytes of clips and pictures that come inside JSON."""

from __future__ import annotations

import pybase64

_STANDARD = str.maketrans("-_", "+/")


def unpacked(text: str) -> bytes:
    """Of base64, standard or for URLs, in lines or in one, filled up or not: it is paid for.

    Raises ``ValueError`` for anything else.

    Not by the standard library: on a clip that takes sixty times as long, and everybody else waits for it.
    """
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:  # mostly it is the standard one
        bare = "".join(text.split()).rstrip("=").translate(_STANDARD)
        return pybase64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
