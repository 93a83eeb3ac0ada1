"""``Uploads``: Google's Files API – a file comes in parts, is prepared for a while, and is asked about."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from workbench.emulators.faults import Step
from workbench.emulators.schemas import Wrong, must
from workbench.emulators.server import FAULT, Emulator, Route

GOOGLE = "https://generativelanguage.googleapis.com"
KEPT = timedelta(hours=48)
_FAILED = {"code": 3, "message": "The video could not be decoded."}


@dataclass(slots=True)
class Upload:
    """One file. ``ready_at`` is set once it has come whole."""

    id: str
    mime: str
    size: int
    content: bytearray = field(default_factory=bytearray)
    ready_at: float | None = None
    failed: bool = False

    @property
    def state(self) -> str:
        if self.failed:
            return "FAILED"
        return "ACTIVE" if self.ready_at is not None and time.time() >= self.ready_at else "PROCESSING"


class Uploads:
    """Plays for ``host``. ``place`` is the address that it names to send files to; empty for its own."""

    def __init__(self, host: Emulator) -> None:
        self._host = host
        self.place = ""
        self.held: dict[str, Upload] = {}
        self.deleted: list[str] = []

    def routes(self) -> Sequence[Route]:
        found = []
        for version in ("v1", "v1beta"):
            found.append(Route("POST", f"/upload/{version}/files", Step.UPLOAD, self._take))
            found.append(Route("DELETE", f"/{version}/files/{{id}}", Step.CANCEL, self._delete))
        return found

    def is_part(self, request: web.Request) -> bool:
        """The address of an upload is its own permission: the SDK sends no key there."""
        return request.path.startswith("/upload/") and request.query.get("upload_id") in self.held

    def content(self, uri: str, mime: str) -> bytes:
        """Of a file that a question names. Raises ``Wrong``."""
        name = uri.rpartition("/files/")[2]
        upload = self.held.get(name)
        if upload is None:
            raise Wrong(f"You do not have permission to access the File {name} or it may not exist.")
        must(upload.mime == mime, f"The File {name} is {upload.mime}, not {mime}.")
        is_active = upload.state == "ACTIVE"
        must(is_active, f"The File {name} is not in an ACTIVE state and usage is not allowed.")
        return bytes(upload.content)

    def state(self, name: str, fault: str) -> dict[str, Any] | None:
        """The file as ``GET`` tells it; ``None`` where it is not known."""
        upload = self.held.get(name)
        if upload is None or upload.ready_at is None or fault == "gone":
            return None
        if fault == "file_failed":
            upload.failed = True
        return self._told(upload)

    def _told(self, upload: Upload) -> dict[str, Any]:
        now = datetime.now(UTC)
        told = {
            "name": f"files/{upload.id}",
            "mimeType": upload.mime,
            "sizeBytes": str(upload.size),
            "createTime": now.isoformat(),
            "expirationTime": (now + KEPT).isoformat(),
            "uri": f"{GOOGLE}/v1beta/files/{upload.id}",
            "state": upload.state,
            "source": "UPLOADED",
        }
        return {**told, "error": _FAILED} if upload.failed else told

    async def _take(self, request: web.Request, body: Any) -> web.Response:
        commands = request.headers.get("x-goog-upload-command", "")
        try:
            if commands == "start":
                return self._start(request, body)
            return await self._part(request, {one.strip() for one in commands.split(",")})
        except Wrong as error:
            return self._host.refuse(400, str(error))

    def _start(self, request: web.Request, body: Any) -> web.Response:
        headers = request.headers
        must(headers.get("x-goog-upload-protocol") == "resumable", "The upload protocol must be resumable.")
        length = headers.get("x-goog-upload-header-content-length", "")
        mime = headers.get("x-goog-upload-header-content-type", "")
        must(length.isdecimal() and int(length) > 0, "X-Goog-Upload-Header-Content-Length is not a length.")
        must(mime.startswith(("image/", "video/")), f"Unsupported MIME type: {mime}")
        told = body.get("file", {}) if isinstance(body, dict) else {}
        known = {"name", "mime_type", "mimeType", "size_bytes", "sizeBytes", "display_name", "displayName"}
        must(set(told) <= known, "Invalid JSON payload received. Unknown name at 'file'")
        upload = Upload(secrets.token_hex(6), mime, int(length))
        self.held[upload.id] = upload
        place = (
            f"{self.place or self._host.url}{request.path}?upload_id={upload.id}&upload_protocol=resumable"
        )
        headers_out = {"x-goog-upload-url": place, "x-goog-upload-status": "active"}
        return web.json_response({}, headers=headers_out)

    async def _part(self, request: web.Request, commands: set[str]) -> web.Response:
        upload = self.held.get(request.query.get("upload_id", ""))
        if upload is None or upload.ready_at is not None:
            raise Wrong("There is no such upload under way.")
        must("upload" in commands, "X-Goog-Upload-Command must be upload.")
        offset = request.headers.get("x-goog-upload-offset")
        must(offset == str(len(upload.content)), "X-Goog-Upload-Offset is not where the upload stands.")
        upload.content += await request.read()
        must(len(upload.content) <= upload.size, "More bytes came than were announced.")
        if "finalize" not in commands:
            return web.Response(headers={"x-goog-upload-status": "active"})
        must(len(upload.content) == upload.size, "Fewer bytes came than were announced.")
        upload.ready_at = time.time() + self._host.operation_s
        headers = {"x-goog-upload-status": "final"}
        return web.json_response({"file": self._told(upload)}, headers=headers)

    async def _delete(self, request: web.Request, body: Any) -> web.Response:
        name = request.match_info["id"]
        if self.held.pop(name, None) is None or request[FAULT] == "gone":
            return self._host.refuse(403, f"You do not have permission to access the File {name}.")
        self.deleted.append(name)
        return web.json_response({})
