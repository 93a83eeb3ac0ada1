"""Three servers of the ``/v1/videos`` shape: the asynchronous guide's, OpenAI's, and vLLM-Omni's."""

from __future__ import annotations

import itertools
import time
from typing import Any

from tests.foreign.service import CREATE, FETCH, OTHER, POLL, Asked, Reply, Service, said

KEY = "sk-test-51HforeignVideosKey0987654321abcdef"


class Videos(Service):
    """OpenAI's shape: whole seconds since 1970, the clip's bytes at ``/content``."""

    models = ("sora-like-1",)
    running = "in_progress"

    def __init__(self, clip: bytes) -> None:
        super().__init__()
        self.clip, self.made = clip, dict[str, dict[str, Any]]()
        self._numbers = itertools.count(1)

    def step(self, method: str, path: str) -> str:
        if path == "/v1/videos" and method == "POST":
            return CREATE
        if path.endswith("/content"):
            return FETCH
        if path.startswith("/v1/videos/") and method == "GET":
            return POLL
        return OTHER

    def work(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return said({"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}, 401)
        if asked.path == "/v1/models":
            return said({"object": "list", "data": [{"id": m, "object": "model"} for m in self.models]})
        if asked.path == "/v1/videos" and asked.method == "GET":
            return said({"object": "list", "data": [self.told(id_) for id_ in self.made]})
        if asked.step == CREATE:
            fields = self.fields(asked)
            id_ = f"{self.prefix()}{next(self._numbers):04d}"
            self.made[id_] = fields
            return said(self.first_words(id_, fields))
        id_ = asked.path.split("/")[3]
        if id_ not in self.made:
            return said({"error": {"message": f"Video {id_} not found", "code": "not_found"}}, 404)
        return self.content(id_) if asked.step == FETCH else said(self.told(id_))

    def fields(self, asked: Asked) -> dict[str, Any]:
        if asked.headers["content-type"].startswith("application/json"):
            return dict(asked.json)
        return {name: content if file else content.decode() for name, file, content in asked.parts}

    def prefix(self) -> str:
        return "video_"

    def first_words(self, id_: str, fields: dict[str, Any]) -> dict[str, Any]:
        shape = {"object": "video", "status": "queued", "progress": 0, "created_at": int(time.time())}
        return {"id": id_, "model": fields.get("model"), **shape}

    def told(self, id_: str) -> dict[str, Any]:
        if not self.is_ready(id_):
            return {**self.first_words(id_, self.made[id_]), "status": self.running, "progress": 45}
        return {
            **self.first_words(id_, self.made[id_]),
            "status": "completed",
            "progress": 100,
            **(self.last_word or {}),
        }

    def content(self, id_: str) -> Reply:
        return Reply(200, self.clip, "video/mp4")


class AsyncGuide(Videos):
    """As the guide has it: ``processing``, a time as text, a URL in the answer and at ``/content``."""

    models = ("veo-3.1-fast", "veo-3.1-fast-fl")

    def __init__(self, clip: bytes, store_url: str) -> None:
        super().__init__(clip)
        self.store_url = store_url

    def prefix(self) -> str:
        return "task_"

    def first_words(self, id_: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {"id": id_, "status": "queued", "created_at": "2026-01-31T12:00:00Z"}

    def told(self, id_: str) -> dict[str, Any]:
        if not self.is_ready(id_):
            return {"id": id_, "status": "processing", "progress": 45}
        if self.last_word is not None:
            return {"id": id_, "status": "completed", **self.last_word}
        return {
            "id": id_,
            "status": "completed",
            "output": {"url": f"{self.store_url}/{id_}.mp4", "duration": 8, "resolution": "1080p"},
        }

    def content(self, id_: str) -> Reply:
        return said({"url": f"{self.store_url}/{id_}.mp4"})


class VllmOmni(Videos):
    """A form, ``input_reference`` or ``input_references``, 404 at ``/content`` while it runs."""

    models = ("Wan-AI/Wan2.2-T2V-A14B", "Wan-AI/Wan2.2-I2V-A14B", "Wan-AI/Wan2.1-VACE-14B")

    def prefix(self) -> str:
        return "video_gen_"

    def fields(self, asked: Asked) -> dict[str, Any]:
        assert asked.headers["content-type"].startswith("multipart/form-data"), asked.headers
        known = {"model", "prompt", "seconds", "size", "negative_prompt", "seed", "fps", "num_frames"}
        known |= {"input_reference", "input_references"}
        names = {name for name, _file, _content in asked.parts}
        assert names <= known and not {"input_reference", "input_references"} <= names, names
        return super().fields(asked)
