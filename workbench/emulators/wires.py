"""Which class plays which wire. By name: aiohttp and the footage's encoder are for whoever starts one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from immutabledict import immutabledict

if TYPE_CHECKING:
    from workbench.emulators.server import Emulator

WIRES: Mapping[str, tuple[str, str, str]] = immutabledict(  # wire → module, class, what it plays
    {
        "vertex": ("vertex", "VertexEmulator", "Veo 3.1 on Vertex"),
        "gemini": ("interactions", "InteractionsEmulator", "Gemini: Omni Flash, pictures, models that read"),
        "openai-videos": ("videos", "VideosEmulator", "a server of the /v1/videos shape"),
        "flow": ("flow", "FlowEmulator", "a gateway to Flow"),
        "openai": ("images", "ImagesEmulator", "OpenAI: pictures, models that read"),
    }
)


def emulator(wire: str) -> type[Emulator]:
    """The class that plays ``wire``. Raises ``KeyError`` for a wire that nobody plays."""
    module, name, _ = WIRES[wire]
    found: type[Emulator] = getattr(import_module(f"workbench.emulators.{module}"), name)
    return found
