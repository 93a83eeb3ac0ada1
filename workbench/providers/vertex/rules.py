"""Rules across fields that Veo on Vertex AI sets, each in a sentence."""

from __future__ import annotations

import re

from workbench.domain.capabilities import Rule
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest

EXTENSION_S = 7  # an extension adds exactly this much
SHORTEST_SOURCE_S, LONGEST_SOURCE_S = 1.0, 30.0
_SLACK_S = 0.5  # a clip of 30 s may have a frame more
_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^\r\n]*)?")
_TOPIC = re.compile(r"projects/[a-z0-9:.-]+/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
_LABEL = re.compile(r"([a-z][a-z0-9_-]{0,62})=([a-z0-9_-]{0,63})")
MOST_LABELS = 64


def labels(text: str) -> dict[str, str]:
    """``"team=film, shot=12"`` → its pairs; ``ValueError`` where a part is none."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        pair = _LABEL.fullmatch(part)
        if pair is None:
            raise ValueError(f"{part!r} is no label")
        found[pair[1]] = pair[2]
    return found


def _unreadable_labels(request: GenerationRequest) -> bool:
    try:
        return len(labels(_text(request, "labels"))) > MOST_LABELS
    except ValueError:
        return True


def _text(request: GenerationRequest, name: str) -> str:
    return str(request.settings.get(name, "")).strip()


def _has(request: GenerationRequest, *roles: Role) -> bool:
    return any(request.inputs_as(role) for role in roles)


def _is_turned(request: GenerationRequest) -> bool:
    """The clip lies and the extension is to stand, or the other way round."""
    wanted = request.settings.get("aspect_ratio")
    return any(
        (clip.media.width > clip.media.height and wanted == "9:16")
        or (clip.media.width < clip.media.height and wanted == "16:9")
        for clip in request.inputs_as(Role.SOURCE_CLIP)
    )


def _is_too_long_or_short(request: GenerationRequest) -> bool:
    lengths = [clip.media.duration_s for clip in request.inputs_as(Role.SOURCE_CLIP)]
    return any(s and not SHORTEST_SOURCE_S - _SLACK_S <= s <= LONGEST_SOURCE_S + _SLACK_S for s in lengths)


RULES = (
    Rule(
        Role.LAST_FRAME,
        "A last frame is given without a first frame.",
        "Give a first frame too, or use the picture as a reference image.",
        lambda r: _has(r, Role.LAST_FRAME) and not _has(r, Role.FIRST_FRAME),
    ),
    Rule(
        Role.REFERENCE,
        "Reference images can't be combined with a first frame, a last frame or a clip to extend.",
        "Take either the references or the others away.",
        lambda r: _has(r, Role.REFERENCE) and _has(r, Role.FIRST_FRAME, Role.LAST_FRAME, Role.SOURCE_CLIP),
    ),
    Rule(
        "duration_s",
        "With reference images a clip can't be shorter than 8 s.",
        "Allowed: 8 s. Choose that, or take the reference images away.",
        lambda r: _has(r, Role.REFERENCE) and r.settings.get("duration_s") in (4, 6),
    ),
    Rule(
        Role.SOURCE_CLIP,
        "A clip to extend can't be combined with a first or last frame.",
        "Take either the clip or the pictures away.",
        lambda r: _has(r, Role.SOURCE_CLIP) and _has(r, Role.FIRST_FRAME, Role.LAST_FRAME),
    ),
    Rule(
        Role.SOURCE_CLIP,
        "The clip to extend has the wrong length.",
        f"Allowed: {SHORTEST_SOURCE_S:g} to {LONGEST_SOURCE_S:g} s; each extension adds {EXTENSION_S} s.",
        _is_too_long_or_short,
    ),
    Rule(
        "resolution",
        "A clip can't be extended in that resolution.",
        "Allowed: 720p.",
        lambda r: _has(r, Role.SOURCE_CLIP) and r.settings.get("resolution") != "720p",
    ),
    Rule(
        "aspect_ratio",
        "The clip to extend has another shape than the aspect ratio.",
        "Choose the aspect ratio that the clip has.",
        _is_turned,
    ),
    Rule(
        "output_gcs_uri",
        "The output bucket is no address of Cloud Storage.",
        "Write gs://bucket or gs://bucket/folder, or leave it empty.",
        lambda r: bool(_text(r, "output_gcs_uri")) and not _BUCKET.fullmatch(_text(r, "output_gcs_uri")),
    ),
    Rule(
        "labels",
        "The billing labels can't be read.",
        f"Write up to {MOST_LABELS} as name=value, name=value in small letters, digits, _ and -.",
        _unreadable_labels,
    ),
    Rule(
        "pubsub_topic",
        "The Pub/Sub topic is no full name.",
        "Write projects/PROJECT/topics/TOPIC, or leave it empty.",
        lambda r: bool(_text(r, "pubsub_topic")) and not _TOPIC.fullmatch(_text(r, "pubsub_topic")),
    ),
)
WITHOUT_BUCKETS = Rule(
    "output_gcs_uri",
    "With an API key no output bucket can be used, for no API key opens gs:// to collect the clip.",
    "Leave it empty, or set GOOGLE_APPLICATION_CREDENTIALS in place of the API key.",
    lambda r: bool(_text(r, "output_gcs_uri")),
)

# Taken by Veo and then not followed. Source: Google's Veo model reference (VideoGenerationModelParams), 2026.
CAUTIONS = (
    Rule(
        "seed",
        "The seed promises nothing while Google rewrites the prompt first.",
        "Turn prompt enhancement off for the same clip again.",
        lambda r: bool(r.settings.get("enhance_prompt")),
    ),
    Rule(
        "seed",
        "With several videos in one request each gets a seed of its own.",
        "Ask for one, and for takes instead.",
        lambda r: int(r.settings.get("number_of_videos", 1)) > 1,
    ),
    Rule(
        "duration_s",
        f"The duration: an extension adds {EXTENSION_S} s, whatever is set.",
        "",
        lambda r: _has(r, Role.SOURCE_CLIP) and r.settings.get("duration_s") != EXTENSION_S,
    ),
)
