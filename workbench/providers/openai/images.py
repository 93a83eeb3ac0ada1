"""OpenAI's image models through its SDK: a still from text, or from text and reference images."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from immutabledict import immutabledict

from workbench.domain.capabilities import IMAGES, Capabilities, Choice, RoleLimit, Whole
from workbench.domain.errors import OutcomeUnknown, Unavailable
from workbench.domain.media import Role
from workbench.domain.price import STILLS
from workbench.domain.run import Json, Kind
from workbench.providers.base import Missing, Probe, Provider, Submission
from workbench.providers.http.refusals import in_words
from workbench.providers.openai.connection import BASE_URL, KEY, Connection
from workbench.providers.spool import Spool
from workbench.providers.stills import MadeAtOnce, Stills
from workbench.settings import EndpointSettings

TIMEOUT_S = 600.0  # the request waits while the picture is made
# (aspect ratio, resolution) → size: both sides divisible by 16, none above what is experimental.
SIZES = immutabledict(
    {
        ("16:9", "1K"): "1536x864",
        ("9:16", "1K"): "864x1536",
        ("1:1", "1K"): "1024x1024",
        ("3:2", "1K"): "1536x1024",
        ("2:3", "1K"): "1024x1536",
        ("16:9", "2K"): "2560x1440",
        ("9:16", "2K"): "1440x2560",
        ("1:1", "2K"): "1920x1920",
        ("3:2", "2K"): "2304x1536",
        ("2:3", "2K"): "1536x2304",
    }
)
_PLAIN = ("auto", "low", "medium", "high")
_FINER = (*_PLAIN, "xhigh", "max")
MODELS = (
    ("gpt-image-2.6-sunburst", "GPT Image 2.6 Sunburst", _FINER),
    ("gpt-image-2.6-flare", "GPT Image 2.6 Flare", _FINER),
    ("gpt-image-2.5-sunburst", "GPT Image 2.5 Sunburst", _FINER),
    ("gpt-image-2.5-flare", "GPT Image 2.5 Flare", _FINER),
    ("gpt-image-2", "GPT Image 2", _PLAIN),
)


class OpenAIImages(MadeAtOnce, Provider):
    """Stills under the key of ``connection``."""

    poll_every_s = 1.0

    def __init__(self, connection: Connection, named: EndpointSettings, spool: Spool) -> None:
        self.endpoint = named.name
        self.account = connection.account
        self.at_once = named.at_once or 4
        self.a_minute = named.a_minute
        self._connection = connection
        self._stills = Stills(named.name, spool)
        self._more = named.models

    def secrets(self) -> Collection[str]:
        return self._connection.secrets

    def models(self) -> Sequence[Capabilities]:
        known = {name for name, _, _ in MODELS}
        more = [(name, name, _PLAIN) for name in self._more if name not in known]
        return [_capabilities(self.endpoint, *model) for model in (*MODELS, *more)]

    def missing(self) -> Sequence[Missing]:
        return self._connection.missing()

    async def probe(self) -> Probe:
        """Asks for the list of models, which costs nothing."""
        try:
            answer = await self._connection.origin.ask("GET", "/models")
        except Unavailable as error:
            return Probe(False, str(error), f"Check {BASE_URL}.")
        if answer.status != 200:
            said = in_words(answer.content, secrets=self._connection.secrets)
            return Probe(False, f"{self.endpoint} answered {answer.status}: {said}", f"Check {KEY}.")
        return Probe(True, "answers and takes the key")

    async def submit(self, submission: Submission) -> Json:
        """One POST. Raises ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown``."""
        sent = await asyncio.to_thread(_arguments, submission)
        body = await self._connection.asked(
            lambda client: (
                client.images.with_raw_response.edit(**sent)
                if "image" in sent
                else client.images.with_raw_response.generate(**sent)
            )
        )
        data = body.get("data")
        made = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
        pictures = [str(one["b64_json"]) for one in made if one.get("b64_json")]
        if not pictures and any(one.get("url") for one in made):
            raise OutcomeUnknown(f"{self.endpoint} made the picture, but sent an address instead of it")
        words = [f"{self.endpoint} answered without a picture: {in_words(body)}"] if not pictures else []
        usage = body.get("usage")
        return await self._stills.keep(
            submission.run_id, pictures, words, usage if isinstance(usage, dict) else None
        )

    async def close(self) -> None:
        await self._connection.close()


def _capabilities(endpoint: str, name: str, label: str, qualities: tuple[str, ...]) -> Capabilities:
    return Capabilities(
        model=f"{endpoint}/{name}",
        label=label,
        summary="A still from text and reference images: the first frame or a reference of the next clip.",
        settings=(
            Choice(
                "aspect_ratio",
                "Aspect ratio",
                "16:9",
                "As the clip that it is for.",
                values=tuple(dict.fromkeys(ratio for ratio, _ in SIZES)),
            ),
            Choice("resolution", "Size", "1K", "1K: 1536x864 at 16:9; 2K: 2560x1440.", values=("1K", "2K")),
            Choice("quality", "Quality", "auto", "Finer takes longer and costs more.", values=qualities),
            Whole(STILLS, "Pictures", 1, "Each is charged.", least=1, most=10),
        ),
        roles=immutabledict({Role.REFERENCE: RoleLimit(16, IMAGES)}),
        kind=Kind.IMAGE,
        negative_prompt=False,
        prompt_limit_chars=32_000,
        seed=None,
        sources=_SOURCES,
    )


def _arguments(submission: Submission) -> dict[str, Any]:
    """Of ``images.generate``, or with references of ``images.edit``."""
    asked = submission.request
    chosen = asked.settings
    sent: dict[str, Any] = {
        "model": asked.model.partition("/")[2],
        "prompt": asked.prompt,
        "n": chosen[STILLS],
        "size": SIZES[str(chosen["aspect_ratio"]), str(chosen["resolution"])],
        "quality": chosen["quality"],
        "output_format": "png",
    }
    references = [i.media for i in asked.inputs_as(Role.REFERENCE)]
    if references:
        sent["image"] = [
            (f"reference-{n}.{m.extension}", submission.files[m.sha256].read_bytes(), m.mime)
            for n, m in enumerate(references, 1)
        ]
    return sent


_SOURCES = immutabledict(
    {
        "model": "openai 3.52.0, types/image_model.py, without the deprecated ones",
        "size": "openai 3.52.0, types/image_generate_params.py (1536x864 is its example; above 2560x1440 is "
        "experimental); 2.6: docs.leonardo.ai sends 1376x768 (read 2026-11-21)",
        "quality": "openai 3.52.0, types/image_generate_params.py; xhigh and max for 2.6: wavespeed.ai "
        "(read 2026-11-21)",
        "references": "openai 3.52.0, types/image_edit_params.py: up to 16",
        "price": "charged by tokens (2.6 Sunburst: $30 for a million of output, developers.openai.com): "
        "unknown before; set one in workbench.toml",
    }
)
