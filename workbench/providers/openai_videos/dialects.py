"""What the servers of the ``/v1/videos`` shape have unlike, as data.

Reading is tolerant and the same for all (``answers``); a dialect says what may be sent, and what the
server can do beside making clips.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workbench.domain.errors import BadSetting


class Body(StrEnum):
    """How a request is packed."""

    FORM = "a multipart form, always"
    MIXED = "JSON for text alone, a multipart form with files"
    JSON = "JSON, pictures as data URLs"


class Length(StrEnum):
    """How the length is said."""

    TEXT = 'seconds: "8"'
    NUMBER = "seconds: 8"
    FRAMES = "num_frames and fps"


class Size(StrEnum):
    """How the picture is said."""

    PIXELS = 'size: "1280x720"'
    WORDS = 'resolution: "720p", aspect_ratio: "16:9"'


@dataclass(frozen=True, slots=True)
class Dialect:
    """``""`` as the name of a field says that there is none.

    ``picture`` is the field of a single picture or clip; ``pair`` that of a first and a last frame, ``many``
    that of reference images – both repeated, in order. ``takes_clip`` lets ``picture`` be a video to go on
    from.
    ``lists`` says that ``GET /videos`` names its operations, ``deletes`` that DELETE stops one for
    certain. ``looks_first`` says that "completed" is believed only once the clip answers. ``by_name`` says
    that old model names (``-landscape``, ``-fl``) decide length and picture, so that neither is sent.
    ``free_failures`` is why a failure costs nothing. ``source`` is where all this was read.
    """

    name: str
    label: str
    body: Body
    length: Length = Length.TEXT
    size: Size = Size.PIXELS
    fps: str = ""
    negative_prompt: str = ""
    seed: str = ""
    picture: str = "input_reference"
    pair: str = ""
    many: str = ""
    takes_clip: bool = False
    lists: bool = True
    deletes: bool = False
    looks_first: bool = True
    by_name: bool = False
    free_failures: str = ""
    source: str = ""


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="auto",
            label="Any /v1/videos server",
            body=Body.MIXED,
            source="the plain fields of OpenAI's Videos API, as its reference lists them",
        ),
        Dialect(
            name="openai",
            label="OpenAI's Videos API",
            body=Body.FORM,
            source="openai 3.52.0, resources/videos.py: always multipart",
        ),
        Dialect(
            name="litellm",
            label="LiteLLM proxy",
            body=Body.MIXED,
            lists=False,  # not implemented for gemini, and it does not know whom to ask without a model
            source="LiteLLM 1.109.1, proxy/video_endpoints; gemini/ says completed even when filtered",
        ),
        Dialect(
            name="vllm-omni",
            label="vLLM-Omni",
            body=Body.FORM,
            fps="fps",
            negative_prompt="negative_prompt",
            seed="seed",
            pair="input_references",
            many="input_references",
            takes_clip=True,
            deletes=True,
            looks_first=False,
            free_failures="it runs on your own machines",
            source="vLLM-Omni 0.30.0, docs/serving/videos_api.md; DELETE aborts in the engine",
        ),
        Dialect(
            name="sglang",
            label="SGLang Diffusion",
            body=Body.MIXED,  # its form wanted a picture in every version before reference_url
            length=Length.FRAMES,
            fps="fps",
            negative_prompt="negative_prompt",
            seed="seed",
            looks_first=False,
            free_failures="it runs on your own machines",
            # DELETE drops the record while the work goes on: no way to stop it.
            source="SGLang 0.5.23, multimodal_gen/runtime/entrypoints/openai/video_api.py",
        ),
        Dialect(
            name="reseller",
            label="Reseller (LaoZhang's shape)",
            body=Body.MIXED,
            pair="input_reference",
            lists=False,
            by_name=True,
            free_failures="its guide says that failed tasks are not charged",
            source="asynchronous API guide of January 2026, POST /v1/videos",
        ),
        Dialect(
            name="json",
            label="JSON only",
            body=Body.JSON,
            length=Length.NUMBER,
            size=Size.WORDS,
            negative_prompt="negative_prompt",
            seed="seed",
            many="input_references",
            lists=False,
            source="none: for gateways that take no form",
        ),
    )
}


def dialect(name: str, where: str) -> Dialect:
    """The dialect of that name, ``auto`` for none. ``where`` says where it was set. Raises ``BadSetting``."""
    found = DIALECTS.get(name.strip().lower() or "auto")
    if found is None:
        raise BadSetting(f"{where} is {name!r:.60}; it takes one of {', '.join(DIALECTS)}.")
    return found
