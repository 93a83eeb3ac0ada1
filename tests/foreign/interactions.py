"""Omni Flash behind ``/v1/interactions``; the file is told with the public host's name, as recorded."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

from tests.foreign.service import CANCEL, CREATE, FETCH, OTHER, POLL, Asked, Reply, Service, said

KEY = "AIzaSyB-Omni0Foreign1Key2For3Tests4abcde"


class Interactions(Service):
    def __init__(self, clip: bytes) -> None:
        super().__init__()
        self.clip, self.made = clip, dict[str, dict[str, Any]]()
        self._numbers = itertools.count(1)

    def step(self, method: str, path: str) -> str:
        if re.fullmatch(r"/v1(beta)?/interactions", path):
            return CREATE
        if path.endswith("/cancel"):
            return CANCEL
        if "/interactions/" in path:
            return POLL
        return FETCH if "/files/" in path else OTHER

    def work(self, asked: Asked) -> Reply:
        if asked.headers.get("x-goog-api-key") != KEY:
            error = {
                "code": 400,
                "message": "API key not valid. Please pass a valid API key.",
                "status": "INVALID_ARGUMENT",
            }
            return said({"error": error}, 400)
        if asked.step == CREATE:
            return self._create(asked.json)
        if asked.step in (POLL, CANCEL):
            found = re.search(r"/interactions/([^/]+)", asked.path)
            return self._told(found[1] if found else "", asked.step == CANCEL)
        if asked.step == FETCH:
            name = re.search(r"/files/(\w+)", asked.path)
            assert name and name[1] in {one["file"] for one in self.made.values()}, asked.path
            return Reply(200, self.clip, "video/mp4")
        if "/models" in asked.path:
            return said(
                {"models": [{"name": "models/gemini-omni-1.2-flash"}], "name": "models/gemini-omni-1.2-flash"}
            )
        return said({"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}, 404)

    def _create(self, body: dict[str, Any]) -> Reply:
        before = body.get("previous_interaction_id")
        if before and before not in self.made:
            return said({"error": {"code": "invalid_request", "message": "Invalid interaction name"}}, 400)
        number = next(self._numbers)
        id_ = f"v1_foreign{number:04d}"
        self.made[id_] = {"model": body["model"], "status": "in_progress", "file": f"clip{number:04d}"}
        return said({"id": id_, **self._frame(body["model"], "in_progress")})

    def _told(self, id_: str, cancel: bool) -> Reply:
        if id_ not in self.made:
            return said({"error": {"code": "invalid_request", "message": "Invalid interaction name"}}, 400)
        one = self.made[id_]
        if cancel:
            one["status"] = "cancelled"
        if one["status"] == "cancelled":
            return said({"id": id_, **self._frame(one["model"], "cancelled")})
        if not self.is_ready(id_):
            return said({"id": id_, **self._frame(one["model"], "in_progress")})
        if self.last_word is not None:
            return said({"id": id_, **self._frame(one["model"], "completed"), **self.last_word})
        uri = f"https://generativelanguage.googleapis.com/v1beta/files/{one['file']}:download?alt=media"
        video = {"type": "video", "uri": uri, "mime_type": "video/mp4"}
        steps = [{"type": "thought", "signature": "Ep=="}, {"type": "model_output", "content": [video]}]
        usage = {"total_tokens": 1, "total_input_tokens": 1, "total_output_tokens": 0}
        return said({"id": id_, **self._frame(one["model"], "completed"), "steps": steps, "usage": usage})

    @staticmethod
    def _frame(model: str, status: str) -> dict[str, str]:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"  # what it holds is dropped a while after it
        return {"object": "interaction", "model": model, "status": status, "created": now, "updated": now}
