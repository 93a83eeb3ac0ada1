"""What a careful person's own script would be: one asyncio loop, the same requests, nothing logged.

Each script submits ``count`` operations at once, polls each at the workbench's own pace and writes its clip
to a file: over aiohttp where the wire has no SDK, else over the same SDK, with the client it makes by itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.runner.pace import plan

Environment = Mapping[str, str]
Work = Callable[[int, Path], Awaitable[None]]
Script = Callable[[Environment, int, float, Path], Awaitable[None]]
VEO, OMNI = "veo-3.1-fast-generate-001", "gemini-omni-1.2-flash"


def prompt(number: int) -> str:
    return f"A lighthouse at dusk, take {number}"


async def openai_videos(environment: Environment, count: int, quickest_s: float, folder: Path) -> None:
    import aiohttp

    base, key = environment["OPENAI_VIDEOS_BASE_URL"], environment["OPENAI_VIDEOS_API_KEY"]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        headers={"authorization": f"Bearer {key}"}, connector=connector
    ) as session:

        async def make(number: int, target: Path) -> None:
            form = aiohttp.FormData(default_to_multipart=True)
            said = {"model": "bench", "prompt": prompt(number), "seconds": "4", "size": "1280x720"}
            for name, value in said.items():
                form.add_field(name, value)
            async with session.post(f"{base}/videos", data=form) as response:
                url = f"{base}/videos/{(await response.json())['id']}"

            async def is_done() -> bool:
                async with session.get(url) as response:
                    return bool((await response.json())["status"] == "completed")

            await _polled(is_done, quickest_s)
            async with session.get(f"{url}/content") as response:
                with target.open("wb") as file:
                    async for block in response.content.iter_chunked(1 << 18):
                        file.write(block)

        await _all(make, count, folder)


async def vertex(environment: Environment, count: int, quickest_s: float, folder: Path) -> None:
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=environment["GOOGLE_VERTEX_BASE_URL"], retry_options=types.HttpRetryOptions(attempts=1)
    )
    client = genai.Client(vertexai=True, api_key=environment["VERTEX_API_KEY"], http_options=options)
    config = types.GenerateVideosConfig(
        aspect_ratio="16:9", duration_seconds=4, resolution="720p", number_of_videos=1, generate_audio=True
    )

    async def make(number: int, target: Path) -> None:
        source = types.GenerateVideosSource(prompt=prompt(number))
        operation = await client.aio.models.generate_videos(model=VEO, source=source, config=config)

        async def is_done() -> bool:
            nonlocal operation
            operation = await client.aio.operations.get(operation)
            return bool(operation.done)

        await _polled(is_done, quickest_s)
        assert operation.response and operation.response.generated_videos
        video = operation.response.generated_videos[0].video
        assert video and video.video_bytes
        await asyncio.to_thread(target.write_bytes, video.video_bytes)

    try:
        await _all(make, count, folder)
    finally:
        await client.aio.aclose()


async def gemini(environment: Environment, count: int, quickest_s: float, folder: Path) -> None:
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=environment["GOOGLE_GEMINI_BASE_URL"], retry_options=types.HttpRetryOptions(attempts=1)
    )
    client = genai.Client(api_key=environment["GEMINI_API_KEY"], http_options=options)
    # "resolution" is newer than the SDK's own type of this field.
    clip: Any = {"type": "video", "delivery": "uri", "resolution": "720p", "aspect_ratio": "16:9"}
    clip["duration"] = "4s"

    async def make(number: int, target: Path) -> None:
        made: Any = await client.aio.interactions.create(
            model=OMNI,
            input=prompt(number),
            background=True,
            response_format=clip,
            response_modalities=["video"],
            generation_config={"video_config": {"task": "text_to_video"}},
        )

        async def is_done() -> bool:
            nonlocal made
            made = await client.aio.interactions.get(made.id)
            return bool(made.status == "completed")

        await _polled(is_done, quickest_s)
        await client.aio.files.download(file=made.output_video.uri, destination=target)

    try:
        await _all(make, count, folder)
    finally:
        await client.aio.aclose()


async def _all(make: Work, count: int, folder: Path) -> None:
    await asyncio.gather(*(make(number, folder / f"{number}.mp4") for number in range(count)))


async def _polled(is_done: Callable[[], Awaitable[bool]], quickest_s: float) -> None:
    """At the pace of a model that the workbench has no history of."""
    pace, phase, loop = plan([], quickest_s), random.random(), asyncio.get_running_loop()
    start = loop.time()
    while True:
        await asyncio.sleep(pace.wait_s(loop.time() - start, phase))
        if await is_done():
            return


SCRIPTS: Mapping[str, Script] = {"openai-videos": openai_videos, "vertex": vertex, "gemini": gemini}
