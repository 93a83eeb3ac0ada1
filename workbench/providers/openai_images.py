"""OpenAI's image models through its SDK: a still from text, or from text and reference images."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from immutabledict import immutabledict

from workbench.domain.capabilities import IMAGES, Capabilities, Choice, RoleLimit, Whole
from workbench.domain.errors import (
    FailureReason,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
)
from workbench.domain.media import Role
from workbench.domain.price import STILLS
from workbench.domain.run import Json, Kind
from workbench.providers.accounts import account
from workbench.providers.base import Missing, Probe, Provider, Submission
from workbench.providers.http.origin import CONNECT_S, Origin
from workbench.providers.http.refusals import at_submit, in_words
from workbench.providers.sendable import wrong_address, wrong_key
from workbench.providers.spool import Spool
from workbench.providers.stills import MadeAtOnce, Stills
from workbench.settings import EndpointSettings, Settings

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, AsyncOpenAI

WIRE = "openai"
OPENAI = "https://api.openai.com/v1"
KEY, BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
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
_NEVER_LEFT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})


def endpoints(settings: Settings) -> list[OpenAIImages]:
    """``openai`` from the environment, and each endpoint of ``workbench.toml`` with this wire."""
    written = {named.name: named for named in settings.endpoints(WIRE)}
    own = written.pop(WIRE, EndpointSettings(name=WIRE, wire=WIRE))
    return [_endpoint(settings, named) for named in (own, *written.values())]


def _endpoint(settings: Settings, named: EndpointSettings) -> OpenAIImages:
    variable = named.key_env or KEY
    base_url = named.base_url or settings.secret(BASE_URL) or OPENAI
    return OpenAIImages(named, base_url, settings.secret(variable), variable, Spool(settings.data))


class _Bound(NamedTuple):
    client: AsyncOpenAI
    wire: httpx2.AsyncClient


class OpenAIImages(MadeAtOnce, Provider):
    """``key_variable`` is named where the key is missing."""

    poll_every_s = 1.0

    def __init__(
        self, named: EndpointSettings, base_url: str, key: str, key_variable: str, spool: Spool
    ) -> None:
        self.endpoint = named.name
        self.account = account(named.name, base_url, key)
        self.at_once = named.at_once or 4
        self.a_minute = named.a_minute
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._key_variable = key_variable
        self._origin = Origin(named.name, base_url, self._credentials, (key,))
        self._stills = Stills(named.name, spool)
        self._more = named.models
        self._bound: WeakKeyDictionary[asyncio.AbstractEventLoop, _Bound] = WeakKeyDictionary()

    async def _credentials(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._key}"}

    def models(self) -> Sequence[Capabilities]:
        known = {name for name, _, _ in MODELS}
        more = [(name, name, _PLAIN) for name in self._more if name not in known]
        return [_capabilities(self.endpoint, *model) for model in (*MODELS, *more)]

    def missing(self) -> Sequence[Missing]:
        if not self._key:
            return (Missing(self._key_variable, "the key of the OpenAI API"),)
        return (*wrong_key(self._key_variable, self._key), *wrong_address(BASE_URL, self._base_url))

    async def probe(self) -> Probe:
        """Asks for the list of models, which costs nothing."""
        try:
            answer = await self._origin.ask("GET", "/models")
        except Unavailable as error:
            return Probe(False, str(error), f"Check {BASE_URL}.")
        if answer.status != 200:
            said = self._without_key(in_words(answer.content))
            return Probe(False, f"{self.endpoint} answered {answer.status}: {said}", f"Check {KEY}.")
        return Probe(True, "answers and takes the key")

    async def submit(self, submission: Submission) -> Json:
        """One POST. Raises ``NotAccepted``, ``Rejected`` or ``OutcomeUnknown``."""
        body = await self._asked(submission)
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
        bound = self._bound.pop(asyncio.get_running_loop(), None)
        if bound is not None:
            await bound.wire.aclose()
        await self._origin.close()

    # Asking

    async def _asked(self, submission: Submission) -> dict[str, Any]:
        """The answer as JSON, read raw: the SDK's own classes refuse what they do not know."""
        import openai

        client = await self._client()
        sent = await asyncio.to_thread(_arguments, submission)
        images = client.images.with_raw_response
        try:
            send = images.edit(**sent) if "image" in sent else images.generate(**sent)
            response = (await send).http_response
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except openai.APIConnectionError as error:
            raise self._no_answer(error) from None  # its chain may quote headers
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise OutcomeUnknown(f"{self.endpoint} answered 200 with something that is no JSON")
        return body

    def _refused(self, error: APIStatusError) -> ProviderError:
        try:
            body = error.response.json()
        except ValueError:
            body = error.response.text[:20_000]
        found = at_submit(self.endpoint, error.status_code, body, dict(error.response.headers))
        text = self._without_key(str(found))
        match found:
            case NotAccepted():
                return NotAccepted(text, found.retry_after_s)
            case Rejected() if type(found) is Rejected:
                return Rejected(text, _reason(body) or found.reason)
        return found

    def _no_answer(self, error: BaseException) -> ProviderError:
        names: set[str] = set()
        cause: BaseException | None = error
        while cause is not None:
            names.update(base.__name__ for base in type(cause).__mro__)
            cause = cause.__cause__ or cause.__context__
        if names & _NEVER_LEFT:
            return NotAccepted(f"{self.endpoint} can't be reached (no connection)")
        why = "it took too long" if "TimeoutException" in names else "it closed the connection"
        return OutcomeUnknown(f"{self.endpoint} gave no answer ({why})")

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "…") if self._key else text

    async def _client(self) -> AsyncOpenAI:
        loop = asyncio.get_running_loop()
        bound = self._bound.get(loop)
        if bound is None:
            made = await asyncio.to_thread(self._bind)  # importing the SDK takes most of a second
            bound = self._bound.setdefault(loop, made)
        return bound.client

    def _bind(self) -> _Bound:
        """OpenAI's SDK, bound to this address and key. It sends a request once: no retries (its own default
        is three POSTs), no redirects (they take the key along), no connection that was kept.
        """
        import httpx2
        from openai import AsyncOpenAI

        wire = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_S),
        )
        client = AsyncOpenAI(
            api_key=self._key,
            base_url=self._base_url,
            max_retries=0,
            timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_S),
            http_client=wire,
        )
        return _Bound(client, wire)


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


def _reason(body: Any) -> FailureReason | None:
    """OpenAI's code is surer than its words."""
    error = body.get("error") if isinstance(body, dict) else None
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    return FailureReason.SAFETY if code in ("moderation_blocked", "content_policy_violation") else None


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
