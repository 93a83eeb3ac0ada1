"""Veo on Vertex and its bucket, as ``:predictLongRunning`` was recorded; a token endpoint beside it."""

from __future__ import annotations

import base64
import json
import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.foreign.service import CREATE, FETCH, OTHER, POLL, TOKEN, Asked, Reply, Service, said

KEY = "AIzaSyD-Vertex0Foreign1Key2For3Tests4xyz"
PROJECT = "lions-at-dawn-4711"
ACCESS = "ya29.c.b0AXv0zTOfOrEiGnAcCeSsToKeN1234567890"
KINDS = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"


@cache
def private_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Vertex(Service):
    def __init__(self, clip: bytes) -> None:
        super().__init__()
        self.clip, self.operations = clip, dict[str, dict[str, Any]]()
        self.bucket: dict[str, bytes] = {}
        self.public_key: Any = None

    def service_account(self, path: Path) -> str:
        """A credentials file whose key this server knows; returns the private key's text."""
        from cryptography.hazmat.primitives import serialization

        key = private_key()
        self.public_key = key.public_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "5f2d7a",
            "private_key": pem,
            "client_email": f"veo@{PROJECT}.iam.gserviceaccount.com",
            "client_id": "1180",
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(account))
        return pem

    def step(self, method: str, path: str) -> str:
        if path == "/token":
            return TOKEN
        if path.endswith(":predictLongRunning"):
            return CREATE
        if path.endswith(":fetchPredictOperation"):
            return POLL
        if "/storage/" in path or re.match(r"/[^/]+/.+\.mp4$", path):
            return FETCH
        return OTHER

    def work(self, asked: Asked) -> Reply:
        if asked.step == TOKEN:
            return self._token(asked)
        allowed = {f"Bearer {ACCESS}"} if asked.step == FETCH else {f"Bearer {ACCESS}", None}
        keyed = asked.headers.get("x-goog-api-key") == KEY and asked.step != FETCH
        if asked.headers.get("authorization") not in allowed or (
            not keyed and asked.headers.get("authorization") is None
        ):
            message = "Request is missing required authentication credential."
            return said({"error": {"code": 401, "message": message, "status": "UNAUTHENTICATED"}}, 401)
        if asked.step == CREATE:
            return self._create(asked)
        if asked.step == POLL:
            return self._poll(asked.json["operationName"])
        if asked.step == FETCH:
            name = unquote(asked.path)
            found = next(
                (data for key, data in self.bucket.items() if name.endswith(key.split("/", 1)[1])), None
            )
            return (
                Reply(200, found, "video/mp4")
                if found
                else said({"error": {"code": 404, "message": "No"}}, 404)
            )
        if asked.method == "GET" and "veo-3.1" in asked.path:
            return said({"name": asked.path.rpartition("publishers")[2], "versionId": "001"})
        return said({"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}, 404)

    def _token(self, asked: Asked) -> Reply:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        form = parse_qs(asked.body.decode())
        head, claims, signature = form["assertion"][0].split(".")
        padded = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        self.public_key.verify(padded, f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return said({"access_token": ACCESS, "expires_in": 3599, "token_type": "Bearer"})

    def _create(self, asked: Asked) -> Reply:
        model = re.search(r"/models/([^:]+):", asked.path)
        assert model, asked.path
        body = asked.json
        assert set(body) <= {"instances", "parameters", "labels"}, body
        path = f"projects/{PROJECT}/locations/us-central1/publishers/google/models/{model[1]}"
        name = f"{path}/operations/{uuid.uuid4()}"
        self.operations[name] = body.get("parameters", {})
        return said({"name": name})

    def _poll(self, name: str) -> Reply:
        if name not in self.operations:
            return said(
                {"error": {"code": 404, "message": "Operation not found", "status": "NOT_FOUND"}}, 404
            )
        if not self.is_ready(name):
            return said({"name": name})
        if self.last_word is not None:
            return said({"name": name, "done": True, **self.last_word})
        return said({"name": name, "done": True, "response": {"@type": KINDS, "videos": self.videos(name)}})

    def videos(self, name: str, count: int | None = None) -> list[dict[str, str]]:
        parameters = self.operations[name]
        number = count or parameters.get("sampleCount", 1)
        if not (where := parameters.get("storageUri")):
            inline = {"bytesBase64Encoded": base64.b64encode(self.clip).decode(), "mimeType": "video/mp4"}
            return [inline] * number
        made = [f"{where.rstrip('/')}/{name[-6:]}/sample_{i}.mp4" for i in range(number)]
        self.bucket.update({uri.removeprefix("gs://"): self.clip for uri in made})
        return [{"gcsUri": uri, "mimeType": "video/mp4"} for uri in made]
