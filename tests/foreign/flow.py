"""A Flow gateway: the steps of the Vietnamese document on one address."""

from __future__ import annotations

import itertools
from typing import Any

from tests.foreign.service import CREATE, OTHER, POLL, Asked, Reply, Service, said

TOKEN = "foreign0gateway0opaque0token0123456789abcdef"
PROJECT = "6f1d2c3b-0000-4000-8000-1234567890ab"
PENDING = "MEDIA_GENERATION_STATUS_PENDING"


class Flow(Service):
    def __init__(self, clip: bytes, store_url: str) -> None:
        super().__init__()
        self.clip, self.store_url, self.pictures = clip, store_url, list[dict[str, Any]]()
        self.handed_out: dict[str, list[Any]] = {}
        self._numbers = itertools.count(1)
        self.takes_uploads = True

    def step(self, method: str, path: str) -> str:
        if "video:batchAsync" in path:
            return CREATE
        if path.endswith(":batchCheckAsyncVideoGenerationStatus"):
            return POLL
        return "picture" if path.endswith(":batchGenerateImages") else OTHER

    def work(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return said(
                {"error": {"code": 401, "message": "Invalid credentials", "status": "UNAUTHENTICATED"}}, 401
            )
        if asked.step == "picture":
            assert f"/projects/{PROJECT}/" in asked.path
            self.pictures += asked.json["requests"]
            made = [
                {"name": f"CAMSforeign{next(self._numbers):04d}", "image": self._still()}
                for _ in asked.json["requests"]
            ]
            return said({"media": made})
        if asked.step == CREATE:
            operations = [
                {
                    "operation": {"name": f"op{next(self._numbers):04d}"},
                    "sceneId": r["metadata"]["sceneId"],
                    "status": PENDING,
                }
                for r in asked.json["requests"]
            ]
            self.handed_out[operations[0]["operation"]["name"]] = operations
            return said({"operations": operations})
        if asked.step == POLL:
            return self._poll(asked.json)
        return self._upload(asked)

    def _still(self) -> dict[str, Any]:
        return {"generatedImage": {"fifeUrl": f"{self.store_url}/still.png"}}

    def _upload(self, asked: Asked) -> Reply:
        """What Flow's own page does with a picture from the disk; not in the document."""
        if not self.takes_uploads:
            return said({"error": {"code": 404, "message": "Not found"}}, 404)
        number = next(self._numbers)
        return said({"mediaGenerationId": {"mediaGenerationId": f"CAMSupload{number:04d}"}})

    def _poll(self, body: dict[str, Any]) -> Reply:
        if not body["operations"]:
            return said({"operations": []})
        name = body["operations"][0]["operation"]["name"]
        assert body == {"operations": self.handed_out[name]}, body
        if not self.is_ready(name):
            active = [{**one, "status": "MEDIA_GENERATION_STATUS_ACTIVE"} for one in body["operations"]]
            return said({"operations": active})
        if self.last_word is not None:
            return said({"operations": [{**one, **self.last_word} for one in body["operations"]]})
        url = f"{self.store_url}/{name}.mp4"
        done = [
            {
                **one,
                "status": "MEDIA_GENERATION_STATUS_SUCCESSFUL",
                "operation": {**one["operation"], "metadata": {"video": {"fifeUrl": url}}},
            }
            for one in body["operations"]
        ]
        return said({"operations": done})
