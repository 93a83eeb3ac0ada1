"""``Videos``: Omni Flash through the Interactions API, in the background."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    OperationGone,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from workbench.domain.run import Charge, Json
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Parent,
    Poll,
    RemoteClip,
    Running,
    Submission,
)
from workbench.providers.gemini import interaction, refusals
from workbench.providers.gemini.connection import VERSION, Connection
from workbench.providers.gemini.interaction import Interaction, Video
from workbench.providers.gemini.models import OMNI_12, OMNIS, Omni, retired
from workbench.providers.http.downloads import LinkRefused, NotAFile, download
from workbench.providers.http.refusals import told_at
from workbench.providers.packed import unpacked
from workbench.providers.spool import Spool

if TYPE_CHECKING:
    import httpx

# What a status word means. Any other is "running" once more: no paid clip is given up for a word.
_RUNNING = frozenset({"queued", "in_progress", "requires_continuation"})
_ENDED = frozenset({"completed", "incomplete", "budget_exceeded"})
_FAILED = {
    "failed": "failed",
    "cancelled": "was cancelled there",
    "incomplete": "stopped before the clip was complete",
    "budget_exceeded": "stopped because its budget was used up",
}


PATIENCE = 5  # times the time of one read, for the whole of an answer that comes in drops


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: Any


class Videos:
    """An operation is ``{"id": …, "account": …}``: which interaction, and under which key it is known.

    ``extra`` are names that the endpoint serves beside the known ones; they are taken to be like the newest.
    """

    def __init__(
        self,
        connection: Connection,
        spool: Spool,
        *,
        extra: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> None:
        self._connection = connection
        self._spool = spool
        self._timeout_s = timeout_s
        self._empty: set[str] = set()  # seen complete without a clip, once
        known = {omni.id for omni in OMNIS}
        unpriced = replace(OMNI_12.price, per_second=immutabledict())
        more = (replace(OMNI_12, id=n, label=n, price=unpriced) for n in extra if n not in known)
        self._omnis = {omni.id: omni for omni in (*OMNIS, *more)}

    def models(self) -> Sequence[Capabilities]:
        return [omni.capabilities(self._connection.who, self._timeout_s) for omni in self._omnis.values()]

    def retired(self, name: str) -> Capabilities | None:
        """A model that is no longer there (``name`` without the endpoint), with its successor."""
        return retired(self._connection.who, name)

    async def submit(self, submission: Submission) -> Json:
        """One POST. Raises ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown``."""
        who = self._connection.who
        omni = self._omnis[submission.request.model.partition("/")[2]]
        previous = self._previous(submission.parent)
        _check_upload(submission, omni, previous)
        client = await self._connection.client()
        try:
            sent = await asyncio.to_thread(interaction.body, submission, omni, previous)
        except OSError as error:
            raise Rejected(
                f"A reference can't be read ({error.strerror}); nothing was sent. Add it again",
                FailureReason.INVALID_REQUEST,
            ) from error
        answer = await self._asked(
            lambda: client.aio.interactions.with_raw_response.create(**sent), refusals.no_answer
        )
        if answer.status != 200:
            raise refusals.at_submit(
                who, answer.status, answer.body, answer.headers, self._connection.secrets
            )
        name = answer.body.get("id") if isinstance(answer.body, dict) else None
        if not isinstance(name, str) or not name:
            raise OutcomeUnknown(f"{who} answered 200 without the name of the interaction")
        return immutabledict(id=name, account=self._connection.account)

    async def poll(self, operation: Json) -> Poll:
        """Ask once. Raises ``Unavailable``, ``AuthLapsed`` or ``OperationGone``."""
        said = await self._read(operation)
        if said.videos and said.status in _ENDED:
            return await self._finished(operation, said)
        if said.status == "completed":
            return self._without_a_clip(said)
        if said.status in _FAILED:
            return self._failed(said)
        return Running(note="" if said.status in _RUNNING else f"{self._connection.who} says {said.status!r}")

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """From the spool, from the Files API, or from the address that was given (then without the key)."""
        target = folder / f"{clip.index}.mp4"
        if clip.locator.get("spool"):
            return Fetched(await self._spooled(operation, clip))
        try:
            text = await self._download(Video(str(clip.locator["uri"])), target, clip.expires_at)
        except LinkRefused:  # addresses elsewhere lapse; the interaction names a fresh one
            fresh = (await self._read(operation)).videos
            if clip.index >= len(fresh) or not fresh[clip.index].uri:
                raise
            text = await self._download(fresh[clip.index], target, clip.expires_at)
        if text is not None:
            raise Unavailable(f"{self._connection.who} sent a text instead of the clip")
        return Fetched(target)

    async def cancel(self, operation: Json) -> bool:
        """True only when the answer says that it is cancelled."""
        client = await self._connection.client()
        name = str(operation["id"])
        answer = await self._asked(
            lambda: client.aio.interactions.with_raw_response.cancel(name), refusals.unreachable
        )
        if answer.status != 200:
            raise self._refused(answer)
        return isinstance(answer.body, dict) and answer.body.get("status") == "cancelled"

    async def forget(self, operation: Json) -> None:
        """Drop what came inside an answer."""
        self._empty.discard(str(operation.get("id")))
        await asyncio.to_thread(self._spool.drop, _owner(operation))

    # Reading

    async def _read(self, operation: Json) -> Interaction:
        client = await self._connection.client()
        name = str(operation["id"])
        answer = await self._asked(
            lambda: client.aio.interactions.with_raw_response.get(name), refusals.unreachable
        )
        if answer.status != 200:
            raise self._refused(answer)
        if not isinstance(answer.body, dict):
            raise Unavailable(f"{self._connection.who} answered with something that is no interaction")
        return interaction.read(answer.body, told_at(answer.headers))

    async def _asked(
        self,
        send: Callable[[], Awaitable[Any]],
        no_answer: Callable[[str, BaseException], Exception],
    ) -> _Answer:
        """Status and parsed body, whether the SDK calls it an error or not. A text stays a text.

        The answer is read raw: the SDK's own classes refuse what they do not know.
        """
        from google.genai._gaos.lib import compat_errors

        try:
            async with asyncio.timeout(self._connection.timeout_s * PATIENCE):
                response = (await send()).http_response
        except (compat_errors.APIError, ValueError, TimeoutError) as error:
            response = getattr(error, "response", None)
            if response is None:  # without its chain: that may quote a header
                raise no_answer(self._connection.who, error) from None
        return await asyncio.to_thread(_parsed, response)

    def _refused(self, answer: _Answer) -> Exception:
        connection = self._connection
        return refusals.afterwards(
            connection.who, answer.status, answer.body, answer.headers, connection.secrets
        )

    # What an end means

    async def _finished(self, operation: Json, said: Interaction) -> Finished:
        expires_at = said.held_until(datetime.now(UTC))
        clips = [
            RemoteClip(
                index, await self._locator(operation, index, video), None if video.data else expires_at
            )
            for index, video in enumerate(said.videos)
        ]
        report = {"usage": said.usage} if said.usage else {}
        return Finished(tuple(clips), report=immutabledict(report))

    async def _locator(self, operation: Json, index: int, video: Video) -> Json:
        """Bytes go to the disk before the answer is believed. Raises ``FolderFull``."""
        if not video.data:
            return immutabledict(uri=video.uri)
        await asyncio.to_thread(self._keep, _owner(operation), index, video.data)
        return immutabledict(spool=True)

    def _keep(self, owner: str, index: int, data: str) -> None:
        try:
            content = unpacked(data)
        except ValueError as error:
            raise Unavailable(f"{self._connection.who} sent a clip that is no base64") from error
        self._spool.put(owner, _file(index), content)

    async def _spooled(self, operation: Json, clip: RemoteClip) -> Path:
        path = self._spool.path(_owner(operation), _file(clip.index))
        if not path.exists():  # a copy of the folder without its spool: the answer still holds the clip
            await self.poll(operation)
        if not path.exists():
            raise Unavailable(f"{self._connection.who} no longer sends the clip with its answer")
        return path

    def _without_a_clip(self, said: Interaction) -> Poll:
        """A refusal is complete, has no error, and says why in the model's own words.

        One that says nothing at all is asked again before it is believed: on Google Cloud answers were seen
        whose clip came later (discuss.ai.google.dev/183928).
        """
        if said.words:
            return Finished((), filtered=said.words)
        if said.wrote_nothing:
            why = (
                "the model gave nothing out; uploaded clips are refused so in the EEA, Switzerland and the UK"
            )
            return Finished((), filtered=(why,))
        if said.id not in self._empty:
            self._empty.add(said.id)
            return Running(note="complete without a clip; asked once more")
        return Finished(())

    def _failed(self, said: Interaction) -> Failed:
        why = "; ".join(part for part in (said.trouble, *said.words) if part)
        text = f"{self._connection.who}: the interaction {_FAILED[said.status]}" + (f": {why}" if why else "")
        return Failed(FailureReason.SAFETY if _is_safety(why) else FailureReason.PROVIDER, text, Charge.MAYBE)

    async def _download(self, video: Video, target: Path, ends_at: datetime | None) -> NotAFile | None:
        """A file of Google's is asked for at the configured address, whatever host the answer names."""
        origin = self._connection.origin
        if not video.file_id:
            return await download(origin, video.uri, target)
        url = f"{self._connection.base_url}/{VERSION}/files/{video.file_id}:download?alt=media"
        try:
            return await download(origin, url, target)
        except AuthLapsed as error:
            if "may not exist" not in str(error):
                raise
            # What a file answers that is not there: not yet, or (after its time) no more.
            is_over = ends_at is not None and datetime.now(UTC) >= ends_at
            raise (OperationGone if is_over else Unavailable)(str(error)) from error
        except OperationGone as error:
            if await self._is_processing(video.file_id):
                raise Unavailable(f"{self._connection.who} is still writing the file") from error
            raise

    async def _is_processing(self, file_id: str) -> bool:
        """A file can be named before it is there: Google's guide waits until its state is ACTIVE."""
        told = await self._connection.origin.ask("GET", f"/{VERSION}/files/{file_id}")
        return told.status == 200 and told.is_json and told.content.get("state") == "PROCESSING"

    def _previous(self, parent: Parent | None) -> str:
        """The interaction to go on from; empty where the clip came from elsewhere or under another key."""
        if parent is None or parent.operation.get("account") != self._connection.account:
            return ""
        return str(parent.operation.get("id") or "")


def _check_upload(submission: Submission, omni: Omni, previous: str) -> None:
    clip = None if previous else interaction.foreign_clip(submission.request)
    if clip and clip.media.duration_s > omni.longest_upload_s + 0.1:
        raise Rejected(
            f"{omni.label} takes uploaded clips of up to {omni.longest_upload_s} s and this one has "
            f"{clip.media.duration_s:.1f} s. Cut it, or go on from a run of this key; nothing was sent",
            FailureReason.INVALID_REQUEST,
        )


def _parsed(response: httpx.Response) -> _Answer:
    try:
        body = response.json()
    except ValueError:
        body = response.text[:20_000]
    return _Answer(response.status_code, dict(response.headers), body)


def _owner(operation: Json) -> str:
    return hashlib.sha256(str(operation.get("id")).encode()).hexdigest()[:32]


def _file(index: int) -> str:
    return f"{index}.mp4"


def _is_safety(text: str) -> bool:
    words = ("safety", "blocked", "prohibited", "policy", "responsible")
    return any(word in text.lower() for word in words)
