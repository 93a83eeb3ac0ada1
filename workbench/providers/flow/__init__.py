"""Flow, over one gateway that the person runs or is entitled to: the steps of the image-to-video document.

picture → media id → video (references, first and last frame, or text) → the whole ``operations`` array
polled unchanged → ``fifeUrl``. The gateway speaks the paths of Flow's own service; none is built in, and
the endpoint stays off until its address, its token and a project are set.

Left out on purpose: the relay that the document sends everything through. It is handed the Google token of
the person's browser, and is paid to get past Google's captcha; Google refuses that as unusual activity.
The official way to the same clips is Veo on Vertex with reference images, or Gemini Omni. Clips made in
Flow itself are imported as files.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import (
    FailureReason,
    FolderFull,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
)
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Json, Kind
from workbench.providers import accounts
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Missing,
    Poll,
    Probe,
    Provider,
    RemoteClip,
    Submission,
)
from workbench.providers.flow import wire
from workbench.providers.flow.models import ENDPOINT, MODELS, STILL_MODEL, STILL_PROMPT
from workbench.providers.flow.pictures import MediaIds, Pictures
from workbench.providers.flow.refusals import explained, names_a_medium
from workbench.providers.http.downloads import LinkRefused, NotAFile, download
from workbench.providers.http.origin import Answer, Origin
from workbench.providers.http.refusals import afterwards, at_submit, in_words
from workbench.providers.packed import unpacked
from workbench.providers.sendable import wrong_address, wrong_key
from workbench.providers.spool import Spool
from workbench.settings import Settings

WHO = "The Flow gateway"
POLL_EVERY_S = 5.0
STILL_TIMEOUT_S = 300.0  # a picture is made while its request waits
TIER = "PAYGATE_TIER_TWO"  # the document's
NEEDED = (
    ("FLOW_GATEWAY_URL", "the address of your own gateway to Flow; none is built in"),
    ("FLOW_GATEWAY_TOKEN", "the token that your gateway asks for"),
    ("FLOW_PROJECT_ID", "the id of the Flow project that the clips belong to"),
)


def endpoints(settings: Settings) -> list[Flow]:
    """The one gateway. It is listed while it is not set up, so that a person sees what is missing."""
    url, token, project = (settings.secret(name) for name, _ in NEEDED)
    return [Flow(url, token, project, settings.data)]


class Flow(Provider):
    """``data`` is the data folder: it notes there which picture the gateway knows under which media id."""

    endpoint = ENDPOINT

    def __init__(
        self,
        url: str,
        token: str,
        project: str,
        data: Path,
        *,
        at_once: int = 4,
        poll_every_s: float | None = None,
    ) -> None:
        self.at_once = at_once
        self.account = accounts.account(ENDPOINT, url, project)
        self.poll_every_s = poll_every_s or accounts.poll_every_s(self.account, POLL_EVERY_S)
        self._url, self._token, self._project = url, token, project
        self._origin = Origin(WHO, url, self._credentials, (token,))
        self._pictures = Pictures(self._origin, data / "flow" / self.account.rpartition(":")[2])
        self._spool = Spool(data)

    async def _credentials(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    def secrets(self) -> Collection[str]:
        return self._origin.secrets

    def models(self) -> Sequence[Capabilities]:
        return MODELS

    def missing(self) -> Sequence[Missing]:
        given = (self._url, self._token, self._project)
        found = [Missing(*need) for need, value in zip(NEEDED, given, strict=True) if not value]
        address = wrong_address("FLOW_GATEWAY_URL", self._url) if self._url else ()
        return [*found, *address, *wrong_key("FLOW_GATEWAY_TOKEN", self._token)]

    async def probe(self) -> Probe:
        """Ask for the state of no operation at all: it costs nothing and still needs the token."""
        try:
            answer = await self._origin.ask("POST", wire.POLL, json_body={"operations": []})
        except Unavailable as error:
            return Probe(False, str(error), "Check FLOW_GATEWAY_URL.")
        if answer.status in (401, 403):
            refused = self._refused(afterwards, answer)
            return Probe(False, str(refused), "Set a fresh FLOW_GATEWAY_TOKEN.")
        if answer.status == 404 or answer.status >= 500:
            return Probe(False, f"{WHO} answered {answer.status}", "Check FLOW_GATEWAY_URL.")
        return Probe(True, f"{WHO} answers and takes the token")

    # Submitting

    async def submit(self, submission: Submission) -> Json:
        """The pictures first, then one POST that makes the clip (or the still).

        Uploads make nothing. A still that the clip needs first is a paid POST of its own: it is noted under
        the run, so that it is made once however often the clip is refused for now.
        """
        ids = await self._pictures.ids(submission, session())
        if self._model(submission).kind is Kind.IMAGE:
            return await self._send_still(submission, ids)
        if not self._starts_from_still(submission):
            return await self._send_video(submission, ids)
        still = await self._still_of(submission)
        try:
            sent = await self._send_video(submission, MediaIds({Role.REFERENCE: [still]}))
            return {**sent, "noted": submission.run_id}
        except Rejected as error:  # the still was not: "nothing was charged" would be wrong
            said = f"The still for the clip was made and may have been charged; then {error}"
            return {"refused": said, "reason": str(error.reason), "noted": submission.run_id}

    def _model(self, submission: Submission) -> Capabilities:
        model = self.model(submission.request.model)
        if model is None:
            raise Rejected(f"{WHO} has no {submission.request.model}", FailureReason.INVALID_REQUEST)
        return model

    def _starts_from_still(self, submission: Submission) -> bool:
        has_none = not submission.request.inputs_as(Role.REFERENCE)
        return has_none and self._model(submission).setting(STILL_PROMPT) is not None

    async def _send_video(self, submission: Submission, ids: MediaIds) -> Json:
        request = submission.request
        body = wire.video(request, ids.by_role, self._project, session(), str(uuid.uuid4()), TIER)
        answer = await self._send(wire.video_path(ids.by_role), body, ids)
        operations = answer.get("operations")
        if not (isinstance(operations, list) and operations):
            raise OutcomeUnknown(f"{WHO} accepted the clip, but its answer names no operation")
        return {"operations": operations}

    async def _still_of(self, submission: Submission) -> str:
        """The media id of the still that the clip starts from; the one of this run's earlier try, if any."""
        if known := self._pictures.known(submission.run_id):
            return known
        request = submission.request
        prompt = str(request.settings.get(STILL_PROMPT) or request.prompt)
        name = str((await self._stills(request, prompt, STILL_MODEL, MediaIds()))[0]["name"])
        try:
            self._pictures.note(submission.run_id, name)
        except FolderFull as error:
            raise OutcomeUnknown(f"The still was made and may be charged, but {error}") from error
        return name

    async def _send_still(self, submission: Submission, ids: MediaIds) -> Json:
        request = submission.request
        media = await self._stills(request, request.prompt, request.model.partition("/")[2], ids)
        try:
            return {"media": [self._kept(medium, submission.run_id, i) for i, medium in enumerate(media)]}
        except FolderFull as error:
            raise OutcomeUnknown(f"The still was made and may be charged, but {error}") from error

    async def _stills(
        self, request: GenerationRequest, prompt: str, model: str, ids: MediaIds
    ) -> list[dict[str, Any]]:
        body = wire.image(request, prompt, model, self._project, session(), ids.of(Role.REFERENCE))
        answer = await self._send(wire.images_path(self._project), body, ids, STILL_TIMEOUT_S)
        media = answer.get("media")
        named = [m for m in media if isinstance(m, dict) and m.get("name")] if isinstance(media, list) else []
        if not named:
            raise OutcomeUnknown(f"{WHO} accepted the picture, but its answer names none")
        return named

    async def _send(
        self, path: str, body: object, ids: MediaIds, timeout_s: float = 120.0
    ) -> Mapping[str, Any]:
        """One paid POST. Media ids that it no longer knows are forgotten, and the run comes again."""
        answer = await self._origin.send("POST", path, json_body=body, timeout_s=timeout_s)
        if answer.status == 200 and answer.is_json:
            content: dict[str, Any] = answer.content
            return content
        if answer.status == 200:
            raise OutcomeUnknown(f"{WHO} answered 200 with something that is no JSON")
        refused = self._refused(at_submit, answer)
        if isinstance(refused, Rejected) and ids.noted and names_a_medium(answer.content):
            self._pictures.forget(ids.noted)
            raise NotAccepted(f"{refused}. Its pictures are uploaded anew", 1.0)
        raise refused

    def _refused(self, translate: Callable[..., ProviderError], answer: Answer) -> ProviderError:
        """``translate`` is ``refusals.at_submit`` or ``afterwards``."""
        error = translate(WHO, answer.status, answer.content, answer.headers, self._origin.secrets)
        return explained(error, answer.content)

    def _kept(self, medium: dict[str, Any], run_id: str, number: int) -> dict[str, Any]:
        """What is needed of a still: its media id, and its address – or its bytes, into the spool."""
        kept = {"name": medium["name"], "url": wire.still_address(medium)}
        if packed := wire.still_bytes(medium):
            try:
                content = unpacked(packed)
            except ValueError as error:
                raise OutcomeUnknown(f"{WHO} sent a picture that is no base64") from error
            self._spool.put(run_id, f"{number}", content)
            kept["spooled"] = run_id
        return kept

    # Following

    async def poll(self, operation: Json) -> Poll:
        """The whole array as it came from the submit; for a still there is nothing to ask."""
        if refused := operation.get("refused"):
            return Failed(FailureReason(str(operation["reason"])), str(refused), Charge.MAYBE)
        if "media" in operation:
            return _made(operation["media"])
        body = {"operations": operation["operations"]}
        answer = await self._origin.ask("POST", wire.POLL, json_body=body)
        if answer.status == 200:
            return wire.state(answer.content)
        raise self._refused(afterwards, answer)

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        """From the address that the gateway named; the token goes there only if it is the gateway's own."""
        target = folder / f"{clip.index}"
        if run_id := clip.locator.get("spooled"):
            target = self._spool.path(str(run_id), f"{clip.index}")
        else:
            await self._download(operation, clip, target)
        if name := clip.locator.get("name"):
            await asyncio.to_thread(self._pictures.note_still, target, str(name))
        return Fetched(target)

    async def _download(self, operation: Json, clip: RemoteClip, target: Path) -> None:
        try:
            text = await download(self._origin, str(clip.locator["url"]), target)
        except LinkRefused:
            text = await download(self._origin, await self._fresh(operation, clip), target)
        if isinstance(text, NotAFile):
            said = in_words(text.content, 200, self._origin.secrets)
            raise Unavailable(f"{WHO} named an address that gives a text instead of a file ({said})")

    async def _fresh(self, operation: Json, clip: RemoteClip) -> str:
        """The address anew: the one that was noted is signed, and has lapsed."""
        answer = await self.poll(operation)
        if isinstance(answer, Finished) and answer.clips:
            return str(answer.clips[clip.index].locator["url"])
        raise Unavailable(f"{WHO} no longer names an address for the clip")

    async def cancel(self, operation: Json) -> bool:
        return False  # Flow has no way to stop a clip

    async def forget(self, operation: Json) -> None:
        """The spooled still, and the note of the still that the clip started from."""
        media = operation.get("media")
        for one in media if isinstance(media, list) else []:
            if one.get("spooled"):
                await asyncio.to_thread(self._spool.drop, str(one["spooled"]))
        if noted := operation.get("noted"):
            self._pictures.forget((str(noted),))

    async def close(self) -> None:
        await self._origin.close()


def session() -> str:
    """``;`` and the milliseconds of now, as Flow names its sessions."""
    return f";{int(time.time() * 1000)}"


def _made(media: Any) -> Poll:
    clips = tuple(
        RemoteClip(number, one) for number, one in enumerate(media) if one.get("spooled") or one.get("url")
    )
    if clips:
        return Finished(clips)
    names = ", ".join(str(one["name"]) for one in media)
    why = f"{WHO} made the still {names}, but named no address to fetch it from; it is in the Flow project"
    return Failed(FailureReason.PROVIDER, why, Charge.YES)
