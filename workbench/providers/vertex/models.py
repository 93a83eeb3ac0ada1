"""What Veo 3.1 on Vertex AI takes and costs, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from immutabledict import immutabledict

from workbench.domain.capabilities import (
    CLIPS,
    IMAGES,
    Capabilities,
    Choice,
    Lifecycle,
    RoleLimit,
    Setting,
    Stage,
    Text,
    Toggle,
    Whole,
)
from workbench.domain.media import Role
from workbench.domain.price import Price, micros
from workbench.domain.request import GenerationRequest
from workbench.providers.vertex.rules import CAUTIONS, EXTENSION_S, RULES, WITHOUT_BUCKETS

TIMEOUT_S = 1_200.0  # documented: 11 s to 6 min
READ_ON = date(2026, 11, 21)
RESOLUTIONS = ("720p", "1080p", "4k")
SILENT = "rates with sound; silent clips cost less, by how much is not published, so this is the most"


@dataclass(frozen=True, slots=True)
class VeoPrice(Price):
    """An extension is charged for what it adds, whatever duration is set."""

    def __call__(self, request: GenerationRequest) -> int | None:
        if request.inputs_as(Role.SOURCE_CLIP):
            request = request.with_settings({"duration_s": EXTENSION_S})
        return Price.__call__(self, request)


def models(
    endpoint: str, *, opens_buckets: bool, timeout_s: float | None = None, further: Sequence[str] = ()
) -> tuple[Capabilities, ...]:
    """``opens_buckets``: no API key does. ``further`` are names that a person has written down: they are
    taken to be like Veo 3.1, at a price that nobody knows."""
    rules = RULES if opens_buckets else (*RULES, WITHOUT_BUCKETS)
    known = [replace(model, model=f"{endpoint}/{model.model}", rules=rules) for model in VEO]
    names = {model.model for model in VEO}
    for name in dict.fromkeys(further):
        if name not in names:
            known.append(replace(_further(name), model=f"{endpoint}/{name}", rules=rules))
    return tuple(replace(model, timeout_s=timeout_s or model.timeout_s) for model in known)


def _settings(resolutions: tuple[str, ...]) -> tuple[Setting, ...]:
    return (
        Choice(
            "duration_s",
            "Duration",
            8,
            f"8 s with reference images; extending a clip adds {EXTENSION_S} s, whatever stands here.",
            "s",
            values=(4, 6, 8),
        ),
        Choice("aspect_ratio", "Aspect ratio", "16:9", "Shape of the frame.", values=("16:9", "9:16")),
        Choice("resolution", "Resolution", "720p", "A clip is extended in 720p only.", values=resolutions),
        Toggle(
            "generate_audio",
            "Sound",
            True,
            "Silent clips cost less; some prompts are blocked for their sound.",
        ),
        Whole(
            "number_of_videos",
            "Videos",
            1,
            "Each of them has a seed of its own, and its price.",
            least=1,
            most=4,
        ),
        Choice(
            "person_generation",
            "People",
            "allow_adult",
            "allow_all has to be granted to the project by Google.",
            values=("allow_adult", "dont_allow", "allow_all"),
        ),
        Toggle(
            "enhance_prompt",
            "Prompt enhancement",
            True,
            "Google rewrites the prompt first; while it is on, a seed does not give the same clip again.",
        ),
        Choice(
            "compression_quality",
            "Compression",
            "optimized",
            "lossless gives much larger files.",
            values=("optimized", "lossless"),
        ),
        Choice(
            "resize_mode",
            "Fit of the first frame",
            "pad",
            "A picture of another shape gets bars (pad) or is cut (crop).",
            values=("pad", "crop"),
        ),
        Text(
            "output_gcs_uri",
            "Output bucket",
            "",
            "gs://bucket/folder: Veo writes the clips there, and they stay.",
        ),
        Text("labels", "Billing labels", "", "team=film, project=lighthouse: they stand on Google's bill."),
        Text(
            "pubsub_topic", "Pub/Sub topic", "", "projects/PROJECT/topics/TOPIC: told when the clip is done."
        ),
    )


def _price(per_second: Mapping[str, str]) -> VeoPrice:
    return VeoPrice(
        per_second=immutabledict({name: micros(usd) for name, usd in per_second.items()}),
        source="LiteLLM 1.109.1's price map, which quotes Google's pricing page",
        read_on=READ_ON,
        note=SILENT,
    )


_FRAMES = {
    Role.FIRST_FRAME: RoleLimit(1, IMAGES),
    Role.LAST_FRAME: RoleLimit(1, IMAGES),
    Role.SOURCE_CLIP: RoleLimit(1, CLIPS),
}
_REFERENCES = {Role.REFERENCE: RoleLimit(3, IMAGES)}
_ENDS = Lifecycle(Stage.LIVE, ends_on=date(2027, 5, 4), successor="gemini/gemini-omni-1.2-flash")
_PAGES = "docs.cloud.google.com/gemini-enterprise-agent-platform/models"
_REFERENCE_PAGE = "Google's Veo model reference (VideoGenerationModelParams), 2026"
_SOURCES = {
    "text, first frame": f"{_PAGES}/video/generate-videos-from-text, …-from-an-image, November 2026",
    "extension": f"{_PAGES}/video/extend-videos, November 2026: 1–30 s get 7 s more, 37 s in all",
    "ratio, duration, sound, defaults": _REFERENCE_PAGE,
    "1,024 tokens of prompt": "Google's Veo page of the Developer API, 2026-10-04; Vertex's pages name none",
    "seed": f"{_REFERENCE_PAGE}: uint32; another one for each of several videos; no promise with enhancement",
    "people": "Google's page on responsible AI and usage guidelines",
    "10 requests a minute": "Google's model page of veo-3.0-generate-001; your project's own: Cloud Quotas",
    "10 operations at once": "third-party reports of March 2026; your project's own: Cloud Quotas",
    "fields of the request": "google-genai 3.4.0, recorded",
    "mask": "the wire has one, but no live model is documented to take it: left out",
    "frames a second": "24, documented; not a setting",
    "charge of blocked clips": "not documented for Vertex AI; treated as unknown",
    "end": "“May 4, 2027 or later”, read on 2026-11-06; `workbench doctor` asks whether it still answers",
}


def _veo(
    name: str,
    label: str,
    summary: str,
    *,
    price: VeoPrice,
    resolutions: tuple[str, ...] = RESOLUTIONS,
    roles: Mapping[Role, RoleLimit] = immutabledict({**_FRAMES, **_REFERENCES}),
    lifecycle: Lifecycle = _ENDS,
    sources: Mapping[str, str] = immutabledict(),
) -> Capabilities:
    return Capabilities(
        model=name,
        label=label,
        summary=summary,
        settings=_settings(resolutions),
        roles=immutabledict(roles),
        cautions=CAUTIONS,
        lifecycle=lifecycle,
        prompt_limit_tokens=1_024,
        sound=True,
        price=price,
        timeout_s=TIMEOUT_S,
        a_minute=10,
        at_once=10,
        sources=immutabledict({**_SOURCES, **sources}),
    )


_UNSURE = "not on Google's pages that could be read; third-party catalogues say yes"

VEO = (
    _veo(
        "veo-3.1-generate-001",
        "Veo 3.1",
        "Google's best Veo: sound, first and last frame, references, extension, up to 4k.",
        price=_price({"720p": "0.40", "1080p": "0.40", "4k": "0.60"}),
        sources={
            "last frame, references": f"{_PAGES}/veo/3-1-generate",
            "4k": "apidog.com/jp, 2026-11-06; Google's reference page still lists 720p and 1080p",
        },
    ),
    _veo(
        "veo-3.1-fast-generate-001",
        "Veo 3.1 Fast",
        "A quarter of the price of Veo 3.1, and quicker; the same inputs.",
        price=_price({"720p": "0.10", "1080p": "0.12", "4k": "0.30"}),
        sources={"last frame, references": _UNSURE, "4k": "the price map has a rate for it"},
    ),
    _veo(
        "veo-3.1-lite-generate-001",
        "Veo 3.1 Lite",
        "The cheapest Veo, for drafts: text, first and last frame, extension, up to 1080p.",
        price=_price({"720p": "0.05", "1080p": "0.08"}),
        resolutions=("720p", "1080p"),
        roles=immutabledict(_FRAMES),
        lifecycle=Lifecycle(Stage.PREVIEW, successor="gemini/gemini-omni-1.2-flash"),
        sources={
            "last frame": _UNSURE,
            "no references, no 4k": "catalogues of resellers; the price map has no 4k rate",
            "end": "a preview: Google may end it any day; `workbench doctor` asks whether it still answers",
        },
    ),
)


def _further(name: str) -> Capabilities:
    return replace(
        VEO[0],
        model=name,
        label=name,
        summary="Written down in workbench.toml; taken to accept what Veo 3.1 does.",
        price=Price(),
        lifecycle=Lifecycle(),
        sources=immutabledict({"everything": "workbench.toml; taken to be like veo-3.1-generate-001"}),
    )
