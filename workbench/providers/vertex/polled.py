"""``Polled``: an answer of ``operations.get``, of which the clips are not yet unpacked.

Imports Google's SDK: only where that is loaded already.
"""

from __future__ import annotations

import asyncio
from typing import Any

from google.genai import types


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
    return types.GenerateVideosOperation.from_api_response(said, is_vertex_ai=True)
