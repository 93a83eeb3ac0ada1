"""``Stills``: pictures that came inside the answer to their own request, from the spool to the runner."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.errors import FolderFull, NotKept, OperationGone, OutcomeUnknown
from workbench.domain.run import Json
from workbench.providers.base import Fetched, Finished, Poll, RemoteClip
from workbench.providers.packed import unpacked
from workbench.providers.spool import Spool


class Stills:
    """An operation is ``{"still_of": run id, "name": …, "count": …, "refused": […], "usage": {…}}``.

    The pictures are on the disk before it is given back, and nobody is asked for them a second time.
    """

    def __init__(self, who: str, spool: Spool) -> None:
        self._who = who
        self._spool = spool

    async def keep(
        self,
        run_id: str,
        pictures: Sequence[str],
        refused: Sequence[str] = (),
        usage: Mapping[str, object] | None = None,
    ) -> Json:
        """``pictures`` as base64, ``refused`` what was said instead. Raises ``OutcomeUnknown``, or
        ``NotKept`` where there is no room for them.
        """
        name = secrets.token_hex(8)
        try:
            await asyncio.to_thread(self._put, run_id, name, pictures)
        except FolderFull as error:
            made = f"{self._who} made the picture and may have charged it, but it can't be kept"
            again = partial(self.keep, run_id, pictures, refused, usage)
            raise NotKept(f"{made}: {error}", again) from error
        except ValueError as error:
            raise OutcomeUnknown(f"{self._who} sent a picture that is no base64") from error
        said = tuple(refused) if not pictures else ()
        return immutabledict(
            still_of=run_id, name=name, count=len(pictures), refused=said, usage=dict(usage or {})
        )

    def poll(self, operation: Json) -> Poll:
        name, count = str(operation["name"]), int(str(operation["count"]))
        clips = tuple(RemoteClip(i, {"file": f"{name}-{i}"}) for i in range(count))
        said = operation.get("refused")
        refused = tuple(str(text) for text in said) if isinstance(said, list | tuple) else ()
        report = {"usage": operation["usage"]} if operation.get("usage") else {}
        return Finished(clips, filtered=refused, report=immutabledict(report))

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """Raises ``OperationGone`` where the data folder was copied without its spool."""
        source = self._spool.path(str(operation["still_of"]), str(clip.locator["file"]))
        target = folder / f"{clip.index}"
        try:
            await asyncio.to_thread(shutil.copyfile, source, target)
        except FileNotFoundError as error:
            raise OperationGone(
                "The picture lay only in this data folder's spool, and is no longer there"
            ) from error
        return Fetched(target)

    async def forget(self, operation: Json) -> None:
        await asyncio.to_thread(self._spool.drop, str(operation["still_of"]))

    def _put(self, run_id: str, name: str, pictures: Sequence[str]) -> None:
        for number, data in enumerate(pictures):
            content = unpacked(data)
            self._spool.put(run_id, f"{name}-{number}", content)


class MadeAtOnce:
    """What comes after the answer is alike wherever the pictures are inside it. ``_stills`` keeps them."""

    _stills: Stills

    async def poll(self, operation: Json) -> Poll:
        return self._stills.poll(operation)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        return await self._stills.fetch(operation, clip, folder)

    async def cancel(self, operation: Json) -> bool:
        return False  # there is nothing that still runs

    async def forget(self, operation: Json) -> None:
        await self._stills.forget(operation)
