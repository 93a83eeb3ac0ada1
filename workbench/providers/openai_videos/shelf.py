"""``Shelf``: which models a server listed last time, so that pages know them without asking."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

_log = logging.getLogger(__name__)


class Shelf:
    """``models/<endpoint>.json`` in the data folder. What another account listed there is not used."""

    def __init__(self, data: Path, endpoint: str, account: str) -> None:
        self._path = data / "models" / f"{endpoint}.json"
        self._account = account

    def read(self) -> tuple[str, ...]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ()
        if not isinstance(content, dict) or content.get("account") != self._account:
            return ()
        names = content.get("models")
        return tuple(n for n in names if isinstance(n, str)) if isinstance(names, list) else ()

    def write(self, names: Sequence[str]) -> None:
        """Whole or not at all. A folder that can't be written to costs the list, nothing more."""
        text = json.dumps({"account": self._account, "models": list(names)}, ensure_ascii=False, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._path.parent)
        except OSError as error:
            _log.warning("the models that were listed can't be kept in %s (%s)", self._path, error.strerror)
            return
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(part).replace(self._path)
        except OSError as error:
            Path(part).unlink(missing_ok=True)
            _log.warning("the models that were listed can't be kept in %s (%s)", self._path, error.strerror)
