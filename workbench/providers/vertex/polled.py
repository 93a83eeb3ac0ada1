"""``Polled``: an answer of ``operations.get``, of which the clips are not yet unpacked.

Imports Google's SDK: only where that is loaded already.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from google.genai import types

from workbench.providers.packed import unpacked

_PACKED = "bytesBase64Encoded"


class Polled(types.Operation):
    """The SDK hands the JSON of its answer to the class of the operation that it was asked about.

    Its own class turns the base64 of all clips into bytes there and then, on the loop.
    """

    def __init__(self, name: str | None, said: Any = None) -> None:
        self.name = name
        self._said = said

    @classmethod
    def from_api_response(cls, api_response: Any, is_vertex_ai: bool = False) -> Polled:
        return cls(None, api_response)

    async def operation(self) -> types.GenerateVideosOperation:
        """As the SDK reads it; what may hold clips, in a thread."""
        is_done = isinstance(self._said, dict) and self._said.get("done")
        return await asyncio.to_thread(_read, self._said) if is_done else _read(self._said)


def _read(said: Any) -> types.GenerateVideosOperation:
    """The clips' bytes are unpacked beside the SDK, which takes sixty times as long and holds all else up."""
    bare, contents = _unpacked(said)
    operation = types.GenerateVideosOperation.from_api_response(bare, is_vertex_ai=True)
    clips = (operation.response and operation.response.generated_videos) or []
    for index, content in contents.items():
        if index < len(clips) and (video := clips[index].video):
            video.video_bytes = content
    return operation


def _unpacked(said: Any) -> tuple[Any, dict[int, bytes]]:
    """The answer without the clips that it holds, and those by number. What is no base64 is the SDK's."""
    response = said.get("response") if isinstance(said, dict) else None
    clips = response.get("videos") if isinstance(response, dict) else None
    if not (isinstance(response, dict) and isinstance(clips, list)):
        return said, {}
    bare, contents = list(clips), dict[int, bytes]()
    for index, clip in enumerate(clips):
        if isinstance(clip, dict) and isinstance(packed := clip.get(_PACKED), str):
            with suppress(ValueError):
                contents[index] = unpacked(packed)
                bare[index] = {name: value for name, value in clip.items() if name != _PACKED}
    return {**said, "response": {**response, "videos": bare}}, contents
