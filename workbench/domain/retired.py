"""Names that are gone – of models and of fields – and what to use now, as data.

They stand in documents, scripts and habits long after the services have dropped them. Whoever types one is
told the successor; where an old field means the very same as a new one, its value is taken over.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from immutabledict import immutabledict

if TYPE_CHECKING:
    from workbench.domain.capabilities import Capabilities

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Gone:
    """A model name that no service answers to any more. ``why`` completes the sentence "NAME …".

    ``successor`` is a whole name (``endpoint/model``). ``ratio`` is the shape of picture that the old name
    meant, ``option`` what else to add for the same effect.
    """

    name: str
    successor: str
    why: str
    ended_on: date | None = None
    ratio: str = ""
    option: str = ""

    def __str__(self) -> str:
        options = [*[f"--aspect-ratio {self.ratio}"] * bool(self.ratio), *[self.option] * bool(self.option)]
        return f"{self.name} {self.why}. {told(self.successor, ' '.join(options))} Nothing was sent."

    @property
    def settings(self) -> Mapping[str, Value]:
        """What the old name said beside the model: to be set with the successor, too."""
        return immutabledict({"aspect_ratio": self.ratio} if self.ratio else {})


def told(successor: str, option: str = "") -> str:
    """Which model to use instead, and the command for it."""
    command = shlex.join(["workbench", "generate", "--model", successor])
    more = f" {option}" if option else ""
    return f"Use {successor}: {command}{more} …, or add --successor."


VEO = "vertex/veo-3.1-generate-001"
VEO_FAST = "vertex/veo-3.1-fast-generate-001"
VEO_LITE = "vertex/veo-3.1-lite-generate-001"
OMNI = "gemini/gemini-omni-1.2-flash"

# Ends read on 2026-11-21: Google's changelog and deprecations table (Veo 2 and 3, the previews), OpenAI's
# model page (Sora), the reseller's own pages (its veo-3.1 route).
_PREVIEWS_END = date(2026, 10, 22)
_OLD_VEO_ENDS = date(2026, 6, 30)
_SORA_ENDS = date(2026, 9, 24)
_RESOLD_ENDS = date(2026, 5, 14)
_OMNI_PREVIEW_ENDS = date(2026, 9, 30)
_FLOW_ONLY = "is a key inside Google Flow and no model of an official service"


def _ended(day: date, names: Mapping[str, str]) -> Iterable[Gone]:
    return [Gone(name, successor, f"was shut down on {day}", day) for name, successor in names.items()]


def _resold() -> Iterable[Gone]:
    """The reseller's eight names: standard or fast, portrait or ``-landscape``, ``-fl`` for two frames."""
    for landscape in ("", "-landscape"):
        for fast in ("", "-fast"):
            for frames in ("", "-fl"):
                yield Gone(
                    f"veo-3.1{landscape}{fast}{frames}",
                    VEO_FAST if fast else VEO,
                    f"was a reseller's name, and its route has been down since {_RESOLD_ENDS}",
                    _RESOLD_ENDS,
                    "16:9" if landscape else "9:16",
                    "--start-frame A.jpg --end-frame B.jpg" if frames else "",
                )


_ALL: tuple[Gone, ...] = (
    *_ended(
        _PREVIEWS_END,
        {
            "veo-3.1-generate-preview": VEO,
            "veo-3.1-fast-generate-preview": VEO_FAST,
            "veo-3.1-lite-generate-preview": VEO_LITE,
        },
    ),
    *_ended(
        _OLD_VEO_ENDS,
        {
            "veo-3.0-generate-001": VEO,
            "veo-3.0-fast-generate-001": VEO_FAST,
            "veo-3.0-generate-preview": VEO,
            "veo-3.0-fast-generate-preview": VEO_FAST,
            "veo-2.0-generate-001": VEO,
            "veo-2.0-generate-exp": VEO,
            "veo-2.0-generate-preview": VEO,
        },
    ),
    Gone("veo-001", VEO, f"was a name of the first Veo, and the last of those shut down on {_OLD_VEO_ENDS}"),
    *_ended(_SORA_ENDS, {"sora-2": OMNI, "sora-2-pro": OMNI}),
    *_ended(_OMNI_PREVIEW_ENDS, {"gemini-omni-flash-preview": OMNI}),
    *_resold(),
    Gone("veo_3_0_r2v_fast_ultra", VEO, _FLOW_ONLY, option="--reference A.jpg"),
    Gone("veo_3_1_t2v_fast", VEO_FAST, _FLOW_ONLY, ratio="16:9"),
    Gone("veo_3_1_t2v_fast_portrait", VEO_FAST, _FLOW_ONLY, ratio="9:16"),
    Gone(
        "veo_3_1_i2v_s_fast_fl",
        VEO_FAST,
        _FLOW_ONLY,
        option="--start-frame A.jpg --end-frame B.jpg",
    ),
)
GONE: Mapping[str, Gone] = immutabledict({entry.name: entry for entry in _ALL})


def gone(name: object) -> Gone | None:
    """What became of a model name, with or without an endpoint (``gemini/…``, ``models/…``) before it."""
    return GONE.get(name.rpartition("/")[2].strip().lower()) if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class OldField:
    """A field that older documents set. ``now`` is the setting that means the same; empty where none does.

    ``advice`` is a sentence for whoever set it. ``values`` translates old values to new ones; a value that
    it lacks is kept as it is.
    """

    name: str
    advice: str
    now: str = ""
    values: Mapping[Value, Value] = immutabledict()


def _same(name: str, now: str, advice: str = "", values: Mapping[Value, Value] = immutabledict()) -> OldField:
    return OldField(name, advice or f"It is called {now} now.", now, values)


_PICTURES = "--start-frame, --end-frame, --reference on the command line"
_FIELDS: tuple[OldField, ...] = (
    _same("duration", "duration_s"),
    _same("duration_seconds", "duration_s"),
    _same("durationSeconds", "duration_s"),
    _same("seconds", "duration_s", values=immutabledict({str(n): n for n in range(1, 61)})),
    _same("ratio", "aspect_ratio"),
    _same("aspectRatio", "aspect_ratio"),
    _same("num_videos", "number_of_videos"),
    _same("sample_count", "number_of_videos"),
    _same("sampleCount", "number_of_videos"),
    _same("n", "number_of_videos"),
    _same("personGeneration", "person_generation"),
    _same("enhancePrompt", "enhance_prompt"),
    _same("generateAudio", "generate_audio"),
    _same("audio", "generate_audio"),
    _same("compressionQuality", "compression_quality"),
    _same(
        "compressed",
        "compression_quality",
        "It is called compression_quality now: optimized for true, lossless for false.",
        immutabledict({True: "optimized", False: "lossless", "true": "optimized", "false": "lossless"}),
    ),
    _same("resizeMode", "resize_mode"),
    _same("storageUri", "output_gcs_uri"),
    OldField(
        "quality", "No live model has it. Choose a resolution (1080p, 4k) or a model that is not -fast."
    ),
    OldField("generation_mode", f"No live model has it. For fast choose {VEO_FAST}, for quality {VEO}."),
    OldField("safety_filter_level", "No live model has it. person_generation is what can be set of it."),
    OldField("size", "Say it with aspect_ratio and resolution: 1280x720 is 16:9 and 720p."),
    OldField("fps", "No live model lets it be chosen: Veo makes 24 frames a second."),
    OldField("image", f"The first frame is given as first_frame, others as references ({_PICTURES})."),
    OldField("images", f"Pictures are given as first_frame, last_frame and references ({_PICTURES})."),
    OldField("input_reference", f"Give it as first_frame, a second one as last_frame ({_PICTURES})."),
    OldField("reference_images", "Give them as references (--reference, repeatable, on the command line)."),
    OldField("referenceImages", "Give them as references (--reference, repeatable, on the command line)."),
    OldField("start_frame", "In Python it is first_frame (--start-frame on the command line)."),
    OldField("end_frame", "In Python it is last_frame (--end-frame on the command line)."),
    OldField("lastFrame", "Give it as last_frame (--end-frame on the command line)."),
    OldField("video", "A clip to go on from is given as extend (--extend), a reference as reference_clips."),
    OldField("video_reference", "A reference clip is given as reference_clips (--reference-clip)."),
    OldField("negativePrompt", "It is called negative_prompt (--negative-prompt on the command line)."),
    OldField("use_case", "No model takes a use case; generate_from_references writes a prompt for one."),
    OldField(
        "additional_prompt",
        "No model takes a second prompt. Write it into the prompt (or, beside "
        "references, into generate_from_references).",
    ),
    OldField("config", "Give each setting by its own name: duration_s, aspect_ratio, resolution …"),
    OldField("settings", "Give each setting by its own name: duration_s, aspect_ratio, resolution …"),
    OldField("compression", "It is called compression_quality: optimized or lossless."),
)
OLD_FIELDS: Mapping[str, OldField] = immutabledict({entry.name: entry for entry in _FIELDS})


def renamed(settings: Mapping[str, Value], model: Capabilities) -> dict[str, Value]:
    """``settings`` under the names that ``model`` has, wherever an old name means the very same.

    A name that the model has itself stays, and so does one whose new name is given beside it: that is for
    validation to tell.
    """
    known = {setting.name for setting in model.settings}
    result: dict[str, Value] = {}
    for name, value in settings.items():
        old = None if name in known else OLD_FIELDS.get(name)
        if old is None or old.now not in known or old.now in settings or old.now in result:
            result[name] = value
        else:
            result[old.now] = _translated(old, value)
    return result


def advice(name: str, model: Capabilities) -> str:
    """What to use instead of a setting that ``model`` lacks; empty where the name was never one."""
    old = OLD_FIELDS.get(name)
    if old is None:
        return ""
    if old.now and model.setting(old.now) is None:
        return f"It is called {old.now} elsewhere; this model has no such setting."
    return old.advice


def _translated(old: OldField, value: Value) -> Value:
    try:
        # True equals 1 as a key of a mapping; only the very type counts.
        return next(new for key, new in old.values.items() if key == value and type(key) is type(value))
    except StopIteration:
        return value
