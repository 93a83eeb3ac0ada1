"""Stored files for a worker on another machine: as they lie, or fetched from the workbench's own media route.

A worker that does not see the data folder has ``WORKBENCH_MEDIA_URL`` (where the app is, such as
``https://wb.example.com``) in its environment, and ``WORKBENCH_TOKEN`` where that asks for one: neither
travels with the work.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType

from workbench.settings.executor import is_loopback

MOST_BYTES = 4_000_000_000
TIMEOUT_S = 60.0


class Lent:
    """For a ``with``: what was fetched is gone after it."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Lent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder:
            self._folder.cleanup()

    def __call__(self, stored: str) -> Path:
        """Where a stored file, named by the SHA-256 of its bytes, can be read.

        Raises ``FileNotFoundError`` where it can't be had, ``ValueError`` for an address that is none.
        """
        path = Path(stored)
        if path.is_file():
            return path
        base = os.environ.get("WORKBENCH_MEDIA_URL", "").strip().rstrip("/")
        if not base:
            raise FileNotFoundError(
                f"The worker does not see {path}; share the data folder with it under that path, or set "
                f"WORKBENCH_MEDIA_URL there to the address of the app."
            )
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="workbench-lent-")
        target = Path(self._folder.name) / path.name
        return target if target.exists() else _fetched(base, path, target)


def _fetched(base: str, path: Path, target: Path) -> Path:
    import httpx2

    address, token = httpx2.URL(base), os.environ.get("WORKBENCH_TOKEN", "").strip()
    if address.scheme != "https" and not (address.scheme == "http" and is_loopback(address.host)):
        raise ValueError(
            "WORKBENCH_MEDIA_URL takes an https address (http on this machine only), such as "
            "https://wb.example.com: clips and the token would go in the clear."
        )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    digest, size = hashlib.sha256(), 0
    part = target.with_suffix(".part")
    with (
        httpx2.Client(trust_env=False, timeout=TIMEOUT_S, headers=headers) as client,
        client.stream("GET", f"{base}/api/media/{path.name}") as answer,
        part.open("wb") as file,
    ):
        if answer.status_code != httpx2.codes.OK:
            raise FileNotFoundError(f"{address.host} answered {answer.status_code} for {path.name}.")
        for block in answer.iter_bytes():
            digest.update(block)
            size += len(block)
            if size > MOST_BYTES:
                raise ValueError(f"{path.name} is larger than {MOST_BYTES // 1_000_000_000} GB.")
            file.write(block)
    if digest.hexdigest() != path.stem:
        raise FileNotFoundError(f"What {address.host} gave for {path.name} is another file, or cut short.")
    return part.replace(target)
