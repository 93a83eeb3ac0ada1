"""The house as its people use it: the command line and Python, on a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.foreign import flow, interactions, vertex, videos
from tests.foreign.service import Elsewhere
from tests.media.footage import write_clip
from workbench.api import Workbench
from workbench.providers.registry import providers as find_providers
from workbench.settings import load

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def picture(folder: Path, name: str, colour: tuple[int, int, int] = (200, 120, 40)) -> Path:
    from PIL import Image

    path = folder / name
    Image.new("RGB", (640, 360), colour).save(path)
    return path


def clip_bytes(folder: Path) -> bytes:
    return write_clip(folder / "made.mp4", width=1280, height=720, frames=24, fps=4, sound=True).read_bytes()


@dataclass
class House:
    folder: Path
    environ: dict[str, str]
    said: list[str] = field(default_factory=list)  # everything that was printed, to look for secrets in

    @property
    def data(self) -> Path:
        return self.folder / "log"

    def run(self, *words: str, **environ: str) -> tuple[int, str, str]:
        kept = {name: value for name, value in os.environ.items() if name in KEPT}
        done = subprocess.run(
            [sys.executable, "-m", "workbench.cli", *words],
            capture_output=True,
            text=True,
            env=kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | self.settings() | environ,
            cwd=self.folder,
            timeout=120,
            check=False,
        )
        self.said.append(done.stdout + done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    def made(self, *words: str, **environ: str) -> tuple[int, list[dict[str, Any]], str]:
        status, out, err = self.run("generate", "--yes", "--json", *words, **environ)
        return status, [json.loads(line) for line in out.splitlines()], err

    def settings(self) -> dict[str, str]:
        return {"WORKBENCH_DATA": str(self.data), **self.environ}

    def workbench(self) -> Workbench:
        return Workbench(settings=load(self.data, self.settings()))


def secrets_in(folder: Path, secrets: list[str]) -> list[str]:
    """Files of the folder that hold one of these, whole."""
    return [
        f"{path.relative_to(folder)}: {secret[:8]}…"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for secret in secrets
        if secret.encode() in path.read_bytes()
    ]


@dataclass
class Street:
    """All services, and the settings that lead there."""

    vertex: vertex.Vertex
    omni: interactions.Interactions
    guide: videos.AsyncGuide
    openai: videos.Videos
    vllm: videos.VllmOmni
    flow: flow.Flow
    store: Elsewhere
    account: Path
    private_key: str

    @classmethod
    def built(cls, folder: Path, clip: bytes) -> Street:
        store = Elsewhere(clip)
        store.picture = picture(folder, "still.png").read_bytes()
        google = vertex.Vertex(clip)
        account = folder / "account.json"
        return cls(
            google,
            interactions.Interactions(clip),
            videos.AsyncGuide(clip, store.url),
            videos.Videos(clip),
            videos.VllmOmni(clip),
            flow.Flow(clip, store.url),
            store,
            account,
            google.service_account(account),
        )

    @property
    def services(self) -> tuple[Any, ...]:
        return (self.vertex, self.omni, self.guide, self.openai, self.vllm, self.flow, self.store)

    def settings(self) -> dict[str, str]:
        return {
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.account),
            "GOOGLE_CLOUD_PROJECT": vertex.PROJECT,
            "GOOGLE_VERTEX_BASE_URL": self.vertex.url,
            "WORKBENCH_GCS_BASE_URL": self.vertex.url,
            "GEMINI_API_KEY": interactions.KEY,
            "GOOGLE_GEMINI_BASE_URL": self.omni.url,
            "OPENAI_VIDEOS_BASE_URL": f"{self.guide.url}/v1",
            "OPENAI_VIDEOS_API_KEY": videos.KEY,
            "FLOW_GATEWAY_URL": self.flow.url,
            "FLOW_GATEWAY_TOKEN": flow.TOKEN,
            "FLOW_PROJECT_ID": flow.PROJECT,
        }

    def secrets(self) -> list[str]:
        body = self.private_key.splitlines()[1]
        return [vertex.KEY, vertex.ACCESS, interactions.KEY, videos.KEY, flow.TOKEN, body]


def frame_size(data: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(BytesIO(data)) as image:
        return image.size


def hurried(house: House) -> Workbench:
    """A workbench in this process that polls at once, as no real service's account does."""
    settings = load(house.data, house.settings())
    providers = find_providers(settings)
    for provider in providers:
        provider.poll_every_s = 0.1
    return Workbench(settings=settings, providers=providers)
