"""``Work``: one kind of work of the endpoint – its models, and an operation from submit to fetch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from workbench.domain.capabilities import Capabilities
from workbench.domain.run import Json
from workbench.providers.base import Fetched, Poll, RemoteClip, Submission

KIND = "kind"  # the key of an operation that says which work it belongs to: a ``domain.run.Kind``


class Work(Protocol):
    """As ``Provider``, for the models of one ``Kind``. An operation is its own JSON, without ``kind``."""

    def models(self) -> Sequence[Capabilities]: ...

    def retired(self, name: str) -> Capabilities | None:
        """A model that is gone (``name`` without the endpoint), its lifecycle naming the successor."""
        ...

    async def submit(self, submission: Submission) -> Json: ...

    async def poll(self, operation: Json) -> Poll: ...

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched: ...

    async def cancel(self, operation: Json) -> bool: ...

    async def forget(self, operation: Json) -> None: ...
