"""Veo 3.1 on Vertex AI ("Gemini Enterprise Agent Platform"), through Google's SDK.

The only official way to Veo since the Gemini Developer API dropped it on 2026-10-22. Clips come as bytes
inside the poll's answer (they go to the spool at once) or lie in a bucket of the person's own.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import FailureReason, OperationGone, Rejected
from workbench.domain.run import Json
from workbench.providers.accounts import account, poll_every_s
from workbench.providers.base import (
    Fetched,
    Finished,
    Missing,
    Poll,
    Probe,
    Provider,
    RemoteClip,
    Running,
    Submission,
)
from workbench.providers.http.origin import Origin
from workbench.providers.spool import Spool
from workbench.providers.vertex import outcome, payload, storage
from workbench.providers.vertex.access import Access, from_endpoint, from_environment
from workbench.providers.vertex.connection import Connection, Patience, load_sdk
from workbench.providers.vertex.credentials import Credentials
from workbench.providers.vertex.models import models
from workbench.providers.vertex.probe import ask
from workbench.settings import EndpointSettings, Settings

if TYPE_CHECKING:
    from google.genai import types

WIRE = ENDPOINT = "vertex"
AT_ONCE = 10
POLL_EVERY_S = 5.0
PATIENCE = Patience()


def endpoints(settings: Settings) -> list[Vertex]:
    """``vertex`` of the environment, and each endpoint of ``workbench.toml`` that speaks this wire."""
    written = settings.endpoints(WIRE)
    found = [Vertex(e, from_endpoint(settings, e), Spool(settings.data)) for e in written]
    if not any(e.name == ENDPOINT for e in written):
        own = EndpointSettings(ENDPOINT, WIRE)
        found.insert(0, Vertex(own, from_environment(settings), Spool(settings.data)))
    return found


class Vertex(Provider):
    """An operation is ``{"name": …, "model": …}``: the name alone is enough to ask for it anywhere."""

    def __init__(
        self, endpoint: EndpointSettings, access: Access, spool: Spool, *, patience: Patience = PATIENCE
    ) -> None:
        self.endpoint = endpoint.name
        self.account = account(endpoint.name, access.base_url, access.who)
        self.at_once = endpoint.at_once or AT_ONCE
        self.a_minute = endpoint.a_minute
        self.poll_every_s = poll_every_s(self.account, POLL_EVERY_S)
        self._access = access
        self._spool = spool
        self._models = models(
            endpoint.name,
            opens_buckets=not access.key,
            timeout_s=endpoint.timeout_s,
            further=endpoint.models,
        )
        self._credentials = credentials = Credentials(endpoint.name, access)
        self._connection = Connection(endpoint.name, access, credentials, patience)
        self._storage = Origin(f"{endpoint.name} (Cloud Storage)", access.storage_url, credentials.bearer)

    def secrets(self) -> Collection[str]:
        return self._credentials.secrets()

    def models(self) -> Sequence[Capabilities]:
        return self._models

    def missing(self) -> Sequence[Missing]:
        return self._access.missing()

    async def probe(self) -> Probe:
        """Ask for each model's card: Google's retirement dates move, and a card costs nothing."""
        names = [model.model.partition("/")[2] for model in self._models]
        return await ask(self._connection, self._access, names)

    async def submit(self, submission: Submission) -> Json:
        model = submission.request.model.partition("/")[2]
        await load_sdk()
        try:
            source = await payload.source(submission, reads_buckets=not self._access.key)
            config = await payload.config(submission)
        except (ValueError, TypeError, KeyError, OSError) as error:  # nothing was sent yet
            what = f"The request for {model} can't be built ({type(error).__name__}: {error!s:.200})"
            raise Rejected(what, FailureReason.INVALID_REQUEST) from error
        return immutabledict(name=await self._connection.create(model, source, config), model=model)

    async def poll(self, operation: Json) -> Poll:
        """Also writes clips that come inside the answer to the spool. Raises ``FolderFull``, too."""
        said = await self._connection.operation(_name(operation))
        if not said.done:
            return Running()
        if said.error:
            return outcome.failed(said.error)
        if said.response is None:
            return Finished(())
        clips = await self._clips(operation, said.response)
        uris = [clip.locator["uri"] for clip in clips if "uri" in clip.locator]
        report = immutabledict({payload.GCS_URIS: uris}) if uris else immutabledict[str, object]()
        return Finished(tuple(clips), outcome.filtered(said.response), report)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """From the bucket, or from the spool; a spool that is gone is filled again by asking once more."""
        target = folder / f"{clip.index}.mp4"
        uri = clip.locator.get("uri")
        if uri is not None:
            await storage.collect(self._storage, str(uri), target)
            return Fetched(target)
        kept = self._spool.path(_owner(operation), f"{clip.index}.mp4")
        if not kept.is_file():
            await self.poll(operation)
        if not kept.is_file():
            raise OperationGone(f"{self.endpoint} no longer gives the clip; send the run again")
        await asyncio.to_thread(_placed, kept, target)
        return Fetched(target)

    async def cancel(self, operation: Json) -> bool:
        return False  # the service has no way to

    async def forget(self, operation: Json) -> None:
        await asyncio.to_thread(self._spool.drop, _owner(operation))

    async def close(self) -> None:
        await self._connection.close()
        await self._storage.close()

    async def _clips(self, operation: Json, response: types.GenerateVideosResponse) -> list[RemoteClip]:
        clips = []
        for index, generated in enumerate(response.generated_videos or ()):
            video = generated.video
            if video is not None and video.video_bytes:
                name = f"{index}.mp4"
                await asyncio.to_thread(self._spool.put, _owner(operation), name, video.video_bytes)
                clips.append(RemoteClip(index, immutabledict(spooled=name)))
            elif video is not None and video.uri:
                clips.append(RemoteClip(index, immutabledict(uri=video.uri)))
        return clips


def _name(operation: Json) -> str:
    name = str(operation.get("name") or "")
    if "/operations/" not in name:
        raise OperationGone(f"{name!r:.100} is no operation of Vertex AI; send the run again")
    return name


def _owner(operation: Json) -> str:
    """A name for the spool: operations' own names hold slashes."""
    return hashlib.blake2b(_name(operation).encode(), digest_size=16, person=b"wb-spool").hexdigest()


def _placed(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
