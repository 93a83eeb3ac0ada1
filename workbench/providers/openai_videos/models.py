"""What is known of the models that such servers offer, by family of names.

The list of a server holds names only. A name that fits no family gets settings that most models take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from immutabledict import immutabledict

from workbench.domain.capabilities import (
    CLIPS,
    IMAGES,
    Capabilities,
    Choice,
    RoleLimit,
    Rule,
    SeedRange,
    Setting,
    Whole,
)
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.providers.openai_videos.dialects import Dialect, Length
from workbench.settings import EndpointSettings, ModelSettings

_WIDE_AND_TALL = ("16:9", "9:16")
_720P = immutabledict({"720p": ("1280x720", "720x1280")})
_UP_TO_1080P = immutabledict({**_720P, "1080p": ("1920x1080", "1080x1920")})
_UP_TO_4K = immutabledict({"360p": ("640x360", "360x640"), **_UP_TO_1080P, "4k": ("3840x2160", "2160x3840")})


@dataclass(frozen=True, slots=True)
class Family:
    """``names`` is searched in a model's name, the part before the last ``/`` included, in lower case.

    ``lengths`` are the allowed seconds, or the least and the most where ``any_length``. ``sizes`` maps a
    resolution to its pixels at 16:9 and 9:16. ``frames`` are its own frames a second, ``None`` where they are
    not known. ``first`` is how the first frame stands: ``may``, ``must`` or ``no``. ``pair`` is the field of
    two frames where the name promises it, whatever the dialect. ``sound``: its clips always have it.
    """

    label: str
    names: str
    lengths: tuple[int, ...] = (1, 60)
    any_length: bool = True
    length: int = 4
    sizes: Mapping[str, tuple[str, str]] = field(default_factory=lambda: _UP_TO_1080P)
    resolution: str = "720p"
    ratio: str = "16:9"
    ratios: tuple[str, ...] = _WIDE_AND_TALL
    frames: int | None = None
    first: str = "may"
    last: bool = True
    references: int = 4
    goes_on: bool = True
    negative_prompt: bool = True
    by_name: bool = False
    pair: str = ""
    sound: bool = False
    rules: tuple[Rule, ...] = ()
    timeout_s: float = 1_800.0
    source: str = ""


_EIGHT_SECONDS = (
    Rule(
        "duration_s",
        "1080p and 4k need 8 s.",
        "Set duration_s to 8 or resolution to 720p.",
        lambda r: (
            r.settings.get("resolution") in ("1080p", "4k") and r.settings.get("duration_s") not in (None, 8)
        ),
    ),
    Rule(
        "duration_s",
        "Reference images and a last frame need 8 s.",
        "Set duration_s to 8, or remove them.",
        lambda r: (
            bool(r.inputs_as(Role.REFERENCE) or r.inputs_as(Role.LAST_FRAME))
            and r.settings.get("duration_s") not in (None, 8)
        ),
    ),
)
_RESOLD = "asynchronous API guide of January 2026: length, picture and frames are in the name"
_OPEN = immutabledict({"480p": ("832x480", "480x832"), **_720P})


def _resold(label: str, names: str, *, wide: bool, two_frames: bool) -> Family:
    """One of the eight names under which resellers offered Veo 3.1."""
    return Family(
        label=label,
        names=names,
        lengths=(8,),
        any_length=False,
        length=8,
        sizes=_720P,
        ratio="16:9" if wide else "9:16",
        ratios=("16:9",) if wide else ("9:16",),
        first="may" if two_frames else "no",
        last=two_frames,
        references=0,
        goes_on=False,
        negative_prompt=False,
        by_name=True,
        pair="input_reference" if two_frames else "",
        sound=True,
        source=_RESOLD,
    )


# The eight names decide by themselves only where the dialect says so; ``-fl`` and ``-landscape`` always do.
_RESOLD_VEO = (
    _resold(
        "Veo 3.1, first and last frame, landscape",
        r"^veo-3\.1-landscape(-fast)?-fl$",
        wide=True,
        two_frames=True,
    ),
    _resold("Veo 3.1, landscape", r"^veo-3\.1-landscape(-fast)?$", wide=True, two_frames=False),
    _resold("Veo 3.1, first and last frame", r"^veo-3\.1(-fast)?-fl$", wide=False, two_frames=True),
)
_RESOLD_PLAIN = _resold("Veo 3.1, portrait", r"^veo-3\.1(-fast)?$", wide=False, two_frames=False)

FAMILIES = (
    *_RESOLD_VEO,
    Family(
        label="Veo",
        names=r"veo[-_ ]?[23]",
        lengths=(4, 6, 8),
        any_length=False,
        length=8,
        references=3,
        rules=_EIGHT_SECONDS,
        timeout_s=1_200.0,
        sound=True,
        source="Google's Veo page; LiteLLM maps seconds, size and input_reference",
    ),
    Family(
        label="Sora",
        names=r"sora",
        lengths=(4, 8, 12),
        any_length=False,
        sizes=immutabledict({**_720P, "1024p": ("1792x1024", "1024x1792")}),
        last=False,
        references=0,
        goes_on=False,
        negative_prompt=False,
        sound=True,
        source="OpenAI's reference of POST /videos (the service itself ended on 2026-09-24)",
    ),
    Family(
        label="Gemini Omni Flash",
        names=r"gemini[-_ ]?omni[-_ ]?1\.2",
        lengths=(3, 15),
        length=8,
        sizes=_UP_TO_4K,
        references=6,
        negative_prompt=False,
        rules=(
            Rule(
                "duration_s",
                "Between a first and a last frame there are at most 10 s.",
                "Set duration_s to 10 or less, or remove the last frame.",
                lambda r: bool(r.inputs_as(Role.LAST_FRAME)) and float(r.settings.get("duration_s", 0)) > 10,
            ),
        ),
        sound=True,
        source="Google's page on video generation, November 2026; LaoZhang sells 3 to 10 s of it",
    ),
    Family(
        label="Gemini Omni Flash",
        names=r"gemini[-_ ]?omni",
        lengths=(3, 10),
        length=8,
        sizes=_UP_TO_4K,
        references=3,
        negative_prompt=False,
        sound=True,
        source="resellers' pages of November 2026: 3 to 10 s",
    ),
    Family(
        label="Wan, image to video",
        names=r"wan.*([^t]i2v|flf2v)",
        lengths=(1, 15),
        length=5,
        sizes=_OPEN,
        resolution="480p",
        frames=16,
        first="must",
        references=0,
        goes_on=False,
        timeout_s=3_600.0,
        source="Wan-AI model cards: 16 frames a second, 4n+1 frames, 480p and 720p",
    ),
    Family(
        label="Wan, text to video",
        names=r"wan.*[^i]t2v",
        lengths=(1, 15),
        length=5,
        sizes=_OPEN,
        resolution="480p",
        frames=16,
        first="no",
        last=False,
        references=0,
        goes_on=False,
        timeout_s=3_600.0,
        source="Wan-AI model cards",
    ),
    Family(
        label="Wan VACE",
        names=r"wan.*vace",
        lengths=(1, 15),
        length=5,
        sizes=_OPEN,
        resolution="480p",
        frames=16,
        goes_on=False,
        timeout_s=3_600.0,
        source="Wan-AI model cards: frames and reference images",
    ),
    Family(
        label="Wan",
        names=r"(^|[/_ -])wan[-_.]?(ai|v?\d)",
        references=0,
        lengths=(1, 15),
        length=5,
        sizes=_OPEN,
        resolution="480p",
        frames=16,
        timeout_s=3_600.0,
        source="Wan-AI model cards",
    ),
    Family(
        label="LTX",
        names=r"ltx",
        lengths=(1, 20),
        length=5,
        sizes=immutabledict({"480p": ("832x480", "480x832"), "720p": ("1280x704", "704x1280")}),
        resolution="480p",
        frames=24,
        references=0,
        timeout_s=3_600.0,
        source="Lightricks model cards: sides are multiples of 32, 8n+1 frames",
    ),
    Family(
        label="HunyuanVideo",
        names=r"hunyuan",
        lengths=(1, 10),
        length=5,
        sizes=_OPEN,
        resolution="480p",
        frames=24,
        last=False,
        references=0,
        goes_on=False,
        timeout_s=3_600.0,
        source="tencent/HunyuanVideo-1.5 model card: 24 frames a second, 121 frames, 480p and 720p",
    ),
    Family(
        label="MiniMax",
        names=r"minimax|hailuo",
        lengths=(4, 15),
        length=5,
        sizes=immutabledict({"768p": ("1344x768", "768x1344")}),
        resolution="768p",
        references=9,
        negative_prompt=False,
        timeout_s=3_600.0,
        source="vLLM-Omni's pages on MiniMax-H3",
    ),
)
DEFAULT = Family(
    label="Video model", names="", source="none: the settings are those that most models of the shape take"
)
_OTHER_VIDEO_WORDS = (
    r"t2v|i2v|video|kling|seedance|cosmos|mochi|pixverse|vidu|runway|luma|muse-|skyreels"
    r"|(^|[/-])(ray-?\d|mova)"
)
_VIDEO = re.compile("|".join([*(f"(?:{family.names})" for family in FAMILIES), _OTHER_VIDEO_WORDS]))


def only_videos(names: Iterable[str]) -> tuple[str, ...]:
    """Those that look like video models; all of them where none does. In order, each once."""
    every = tuple(dict.fromkeys(names))
    return tuple(name for name in every if _VIDEO.search(name.lower())) or every


def family(name: str, dialect: Dialect) -> Family:
    known = (_RESOLD_PLAIN, *FAMILIES) if dialect.by_name else FAMILIES
    return next((each for each in known if re.search(each.names, name.lower())), DEFAULT)


def capabilities(
    endpoint: EndpointSettings, name: str, dialect: Dialect, written: ModelSettings | None = None
) -> Capabilities:
    """The model ``name`` of ``endpoint``: what its family can, as far as the dialect can say it."""
    kin, written = family(name, dialect), written or ModelSettings()
    return Capabilities(
        model=f"{endpoint.name}/{name}",
        label=name,
        summary=f"{kin.label} through {endpoint.name} ({dialect.label}).",
        settings=_settings(kin, dialect),
        roles=_roles(kin, dialect),
        rules=(*kin.rules, *_picture_rules(kin, dialect)),
        negative_prompt=kin.negative_prompt and bool(dialect.negative_prompt),
        sound=kin.sound,
        seed=SeedRange() if dialect.seed else None,
        price=written.price or _unknown,
        timeout_s=written.timeout_s or endpoint.timeout_s or kin.timeout_s,
        at_once=written.at_once,
        a_minute=written.a_minute,
        can_cancel=dialect.deletes,
        can_find=dialect.lists,
        sources=immutabledict({"settings": kin.source, "wire": dialect.source}),
    )


def _unknown(_: GenerationRequest) -> int | None:
    return None


def pair_field(kin: Family, dialect: Dialect) -> str:
    """The field that takes a first and a last frame; empty where none does."""
    return (dialect.pair or kin.pair) if kin.last else ""


def _settings(kin: Family, dialect: Dialect) -> tuple[Setting, ...]:
    length: Setting
    if kin.any_length:
        least, most = kin.lengths
        length = Whole("duration_s", "Duration", kin.length, unit="s", least=least, most=most)
    else:
        length = Choice("duration_s", "Duration", kin.length, unit="s", values=kin.lengths)
    found: list[Setting] = [
        length,
        Choice("aspect_ratio", "Aspect ratio", kin.ratio, values=kin.ratios),
        Choice("resolution", "Resolution", kin.resolution, values=tuple(kin.sizes)),
    ]
    if dialect.fps or dialect.length is Length.FRAMES:
        help_ = "The length in frames follows from it."
        found.append(Whole("fps", "Frames a second", kin.frames or 24, help=help_, least=1, most=60))
    return tuple(found)


def _roles(kin: Family, dialect: Dialect) -> Mapping[Role, RoleLimit]:
    most = {
        Role.FIRST_FRAME: int(kin.first != "no"),
        Role.LAST_FRAME: int(bool(pair_field(kin, dialect))),
        Role.REFERENCE: kin.references if dialect.many else 0,
        Role.SOURCE_CLIP: int(kin.goes_on and dialect.takes_clip),
    }
    return immutabledict(
        {role: RoleLimit(count, CLIPS if role.is_clip else IMAGES) for role, count in most.items() if count}
    )


def _picture_rules(kin: Family, dialect: Dialect) -> Iterable[Rule]:
    yield Rule(
        Role.LAST_FRAME,
        "There is a last frame without a first one.",
        "Add the first frame, or use the picture as first frame.",
        lambda r: bool(r.inputs_as(Role.LAST_FRAME)) and not r.inputs_as(Role.FIRST_FRAME),
    )
    yield Rule(
        Role.REFERENCE,
        "Frames, reference images and a clip to extend exclude each other.",
        "Keep one of the three kinds.",
        lambda r: (
            len({"frame" if i.role in (Role.FIRST_FRAME, Role.LAST_FRAME) else i.role for i in r.inputs}) > 1
        ),
    )
    if kin.first == "must":
        yield Rule(
            Role.FIRST_FRAME,
            "This model makes videos from a picture, and there is none.",
            "Add a first frame.",
            lambda r: not r.inputs_as(Role.FIRST_FRAME),
        )


def pixels(kin: Family, resolution: str, ratio: str) -> str:
    """``1280x720`` and the like."""
    wide, tall = kin.sizes[resolution]
    return wide if ratio == "16:9" else tall
