"""Whether a secret has found its way into a data folder."""

from __future__ import annotations

from pathlib import Path


def keys_in(folder: Path, *secrets: str) -> list[str]:
    """The files (the database and its log included) that hold one of ``secrets``."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]
