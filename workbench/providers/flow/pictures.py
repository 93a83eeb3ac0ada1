"""Pictures and the media ids under which the gateway knows them: noted once, uploaded where it knows none."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pybase64

from workbench.domain.errors import (
    BadMedia,
    FailureReason,
    FolderFull,
    NotAccepted,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from workbench.domain.media import Input, Media, Role
from workbench.providers.base import Submission
from workbench.providers.flow import wire
from workbench.providers.flow.refusals import explained
from workbench.providers.http.origin import Origin
from workbench.providers.http.refusals import at_submit

_NAME = re.compile(r"[0-9A-Za-z]{1,80}")  # a SHA-256 or a run's id


@dataclass(frozen=True, slots=True)
class MediaIds:
    """Media ids of a request's pictures by role. ``noted`` are those that were known from earlier."""

    by_role: Mapping[Role, list[str]] = field(default_factory=dict)
    noted: tuple[str, ...] = ()

    def of(self, role: Role) -> list[str]:
        return self.by_role.get(role, [])


class Pictures:
    """``notes`` is a folder with one file a picture: its name is the picture's SHA-256, its text the id.

    A still that Flow made is known there too, so that a clip can start from it without an upload.
    """

    def __init__(self, origin: Origin, notes: Path) -> None:
        self._origin = origin
        self._notes = notes

    async def ids(self, submission: Submission, session: str) -> MediaIds:
        """Uploading makes nothing and costs nothing: where it fails, nothing was accepted.

        Raises ``NotAccepted`` or ``Rejected``.
        """
        by_role: dict[Role, list[str]] = {}
        noted: list[str] = []
        for one in submission.request.inputs:
            name = self.known(one.media.sha256)
            if name:
                noted.append(one.media.sha256)
            else:
                name = await self._upload(one, submission.files[one.media.sha256], session)
                with suppress(FolderFull):
                    self.note(one.media.sha256, name)
            by_role.setdefault(one.role, []).append(name)
        return MediaIds(by_role, tuple(noted))

    def known(self, key: str) -> str:
        """The media id noted under ``key``; empty where there is none."""
        try:
            return self._path(key).read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def note(self, key: str, name: str) -> None:
        """Raises ``FolderFull``."""
        path = self._path(key)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(name, encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise FolderFull(f"{path.parent} can't be written to ({error.strerror}). Make room.") from error

    def note_still(self, file: Path, name: str) -> None:
        """A still that was fetched, under the SHA-256 that it will have in the media folder."""
        from workbench.media.images import read_image

        with suppress(BadMedia, FolderFull):  # then it is uploaded, should a clip start from it
            self.note(hashlib.sha256(read_image(file, file.name).data).hexdigest(), name)

    def forget(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._path(key).unlink(missing_ok=True)

    async def _upload(self, one: Input, file: Path, session: str) -> str:
        content = pybase64.b64encode(await asyncio.to_thread(file.read_bytes)).decode()
        body = wire.upload(content, one.media.mime, _shape(one.media), session)
        try:
            answer = await self._origin.ask("POST", wire.UPLOAD, json_body=body)
        except Unavailable as error:
            raise NotAccepted(str(error)) from error
        name = wire.uploaded(answer.content) if answer.status == 200 else ""
        if name:
            return name
        who = self._origin.who
        if answer.status in (404, 405, 501):
            raise Rejected(
                f"{who} takes no uploads (v1:uploadUserImage answered {answer.status}). "
                f"Make the picture with flow/GEM_PIX_2 and use that still",
                FailureReason.INVALID_REQUEST,
            )
        told = (answer.status, answer.content, answer.headers, self._origin.secrets)
        refused = explained(at_submit(who, *told), answer.content)
        if isinstance(refused, OutcomeUnknown):
            raise NotAccepted(f"The {one.role.label.lower()} could not be uploaded: {refused}")
        raise refused

    def _path(self, key: str) -> Path:
        if not _NAME.fullmatch(key):
            raise ValueError(f"{key!r} is no name for a note")
        return self._notes / key


def _shape(media: Media) -> str:
    if media.width == media.height:
        return "1:1"
    return "16:9" if media.width > media.height else "9:16"
