"""The Omni Flash models as data: what they take, what they cost, and where that was read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from immutabledict import immutabledict

from workbench.domain.capabilities import (
    CLIPS,
    IMAGES,
    Capabilities,
    Choice,
    Lifecycle,
    RoleLimit,
    Rule,
    SeedRange,
    Setting,
    Stage,
    Whole,
)
from workbench.domain.media import Role
from workbench.domain.price import Price, micros
from workbench.domain.request import GenerationRequest

SHORTEST_S, LONGEST_TURN_S = 3, 10  # an extension, and what runs between two frames
LONGEST_REFERENCE_CLIP_S = 3.0
ROUNDING_S = 0.1  # a clip of three seconds is 3.003 s long as often as not
GUIDE = "ai.google.dev/gemini-api/docs/omni (read 2026-09-18, for 1.1)"


@dataclass(frozen=True, slots=True)
class Omni:
    """One model id and the numbers in which the versions differ. Lengths in seconds.

    ``longest_upload_s`` is the longest foreign clip that it extends or edits; clips that it made itself are
    not sent again. ``tags`` says that files get their roles by tags in the prompt (``roles.declared``).
    """

    id: str
    label: str
    longest_s: int
    longest_whole_s: int
    longest_upload_s: int
    references: int
    price: Price
    seed: SeedRange | None = None
    tags: bool = False
    lifecycle: Lifecycle = field(default_factory=Lifecycle)

    def capabilities(self, endpoint: str, timeout_s: float | None = None) -> Capabilities:
        return Capabilities(
            model=f"{endpoint}/{self.id}",
            label=self.label,
            summary="Video with sound from text, frames, references or a clip; edits by conversation",
            settings=_settings(self),
            roles=_roles(self),
            rules=_rules(self),
            lifecycle=self.lifecycle,
            negative_prompt=False,
            prompt_limit_chars=8_000,
            sound=True,
            seed=self.seed,
            price=self.price,
            timeout_s=timeout_s or 1_800.0,
            can_cancel=True,
            sources=_SOURCES,
        )


class OmniPrice(Price):
    """An edit is as long as the clip that is edited; everything else as long as was asked for."""

    __slots__ = ()

    def __call__(self, request: GenerationRequest) -> int | None:
        for clip in request.inputs_as(Role.EDITED_CLIP):
            request = request.with_settings({"duration_s": math.ceil(clip.media.duration_s - ROUNDING_S)})
        return super().__call__(request)


def _settings(omni: Omni) -> tuple[Setting, ...]:
    return (
        Whole(
            "duration_s",
            "Duration",
            8,
            "Of an extension: the seconds that are added. An edit keeps the length of its clip.",
            unit="s",
            least=SHORTEST_S,
            most=omni.longest_s,
        ),
        Choice("aspect_ratio", "Aspect ratio", "16:9", values=("16:9", "9:16")),
        Choice(
            "resolution",
            "Resolution",
            "720p",
            "360p is for drafts; 1080p and 4k are scaled up.",
            values=("360p", "720p", "1080p", "4k"),
        ),
    )


def _roles(omni: Omni) -> Mapping[Role, RoleLimit]:
    return immutabledict(
        {
            Role.FIRST_FRAME: RoleLimit(1, IMAGES),
            Role.LAST_FRAME: RoleLimit(1, IMAGES),
            Role.REFERENCE: RoleLimit(omni.references, IMAGES),
            Role.REFERENCE_CLIP: RoleLimit(3, CLIPS),
            Role.SOURCE_CLIP: RoleLimit(1, CLIPS),
            Role.EDITED_CLIP: RoleLimit(1, CLIPS),
        }
    )


def _rules(omni: Omni) -> tuple[Rule, ...]:
    return (
        Rule(
            Role.LAST_FRAME,
            "A last frame needs a first frame.",
            "Add a first frame, or give the picture as a reference.",
            lambda r: bool(r.inputs_as(Role.LAST_FRAME)) and not r.inputs_as(Role.FIRST_FRAME),
        ),
        Rule(
            "duration_s",
            f"Between a first and a last frame there are at most {LONGEST_TURN_S} s.",
            f"Allowed: {SHORTEST_S} to {LONGEST_TURN_S} s, or leave the last frame out.",
            lambda r: bool(r.inputs_as(Role.LAST_FRAME)) and _seconds(r) > LONGEST_TURN_S,
        ),
        Rule(
            Role.REFERENCE_CLIP,
            f"A reference clip is longer than {LONGEST_REFERENCE_CLIP_S:g} s.",
            f"Allowed: up to three clips of up to {LONGEST_REFERENCE_CLIP_S:g} s each. Cut it shorter.",
            lambda r: any(
                i.media.duration_s > LONGEST_REFERENCE_CLIP_S + ROUNDING_S
                for i in r.inputs_as(Role.REFERENCE_CLIP)
            ),
        ),
        Rule(
            "duration_s",
            f"An extension adds at most {LONGEST_TURN_S} s.",
            f"Allowed: {SHORTEST_S} to {LONGEST_TURN_S} s; extend the result again for more.",
            lambda r: bool(r.inputs_as(Role.SOURCE_CLIP)) and _seconds(r) > LONGEST_TURN_S,
        ),
        Rule(
            Role.SOURCE_CLIP,
            f"The clip and its extension are longer than {omni.longest_whole_s} s together.",
            f"Allowed: up to {omni.longest_whole_s} s in all. Ask for fewer seconds or extend another.",
            lambda r: any(
                i.media.duration_s + _seconds(r) > omni.longest_whole_s + ROUNDING_S
                for i in r.inputs_as(Role.SOURCE_CLIP)
            ),
        ),
        Rule(
            Role.EDITED_CLIP,
            "A run either extends a clip or edits one.",
            "Keep the clip to extend or the clip to edit, not both.",
            lambda r: bool(r.inputs_as(Role.SOURCE_CLIP) and r.inputs_as(Role.EDITED_CLIP)),
        ),
        Rule(
            Role.FIRST_FRAME,
            "A run that starts from a clip takes no first or last frame.",
            "Give the picture as a reference, or leave the clip out.",
            lambda r: bool(
                (r.inputs_as(Role.FIRST_FRAME) or r.inputs_as(Role.LAST_FRAME))
                and (r.inputs_as(Role.SOURCE_CLIP) or r.inputs_as(Role.EDITED_CLIP))
            ),
        ),
    )


def _seconds(request: GenerationRequest) -> int:
    value = request.settings.get("duration_s", 0)
    return value if isinstance(value, int) else 0


_TOKENS = "tokens of the input ($1.50 a million) and of the model's thinking ($9 a million) come on top"

OMNI_12 = Omni(
    id="gemini-omni-1.2-flash",
    label="Gemini Omni 1.2 Flash",
    longest_s=15,
    longest_whole_s=30,
    longest_upload_s=15,
    references=6,
    seed=SeedRange(0, 2**31 - 1),
    lifecycle=Lifecycle(since=date(2026, 11, 5)),
    price=OmniPrice(
        per_second=immutabledict(
            {
                "360p": micros("0.0232"),
                "720p": micros("0.0695"),
                "1080p": micros("0.1043"),
                "4k": micros("0.2085"),
            }
        ),
        source="inference.sh, quoting Google's list",
        read_on=date(2026, 11, 6),
        note=_TOKENS,
    ),
)

OMNI_11 = Omni(
    id="gemini-omni-1.1-flash",
    label="Gemini Omni 1.1 Flash",
    longest_s=10,
    longest_whole_s=40,
    longest_upload_s=10,
    references=3,
    tags=True,
    lifecycle=Lifecycle(since=date(2026, 8, 27)),
    price=OmniPrice(
        per_second=immutabledict(
            {"360p": micros("0.03"), "720p": micros("0.10"), "1080p": micros("0.15"), "4k": micros("0.30")}
        ),
        source="wavespeed.ai, rounded",
        read_on=date(2026, 11, 21),
        note=_TOKENS,
    ),
)

OMNIS = (OMNI_12, OMNI_11)

# id → (the day it ended, what to use instead)
RETIRED: Mapping[str, tuple[date, Omni]] = immutabledict(
    {"gemini-omni-flash-preview": (date(2026, 9, 30), OMNI_12)}
)


def retired(endpoint: str, name: str) -> Capabilities | None:
    """A model that is gone, so that whoever asks for it is told what to use instead."""
    if name not in RETIRED:
        return None
    ended, heir = RETIRED[name]
    gone = Lifecycle(Stage.RETIRED, ends_on=ended, successor=f"{endpoint}/{heir.id}")
    return Omni(
        id=name,
        label="Gemini Omni Flash (preview)",
        longest_s=OMNI_11.longest_s,
        longest_whole_s=OMNI_11.longest_whole_s,
        longest_upload_s=OMNI_11.longest_upload_s,
        references=OMNI_11.references,
        price=OMNI_11.price,
        lifecycle=gone,
    ).capabilities(endpoint)


_SOURCES = immutabledict(
    {
        "duration_s": "docs.cloud.google.com generate-videos (3-15 s); 10 s between two frames: second-hand",
        "resolution": "google-genai 3.4.0, videoresponseformat.py",
        "aspect_ratio": "google-genai 3.4.0, videoresponseformat.py",
        "sound": f"{GUIDE}: always there, no field turns it off; no limit in tokens is documented",
        "seed": "google-genai 3.4.0, generationconfig.py; only Google Cloud's pages document it for Omni",
        "negative_prompt": f"{GUIDE}: none; say it in the prompt",
        "last_frame": f"{GUIDE}: no field; a tag or a sentence of the prompt gives an image its role",
        "references": "up to 6 images on 1.2 (inference.sh, 2026-11-06) and 3 on 1.1 (docs.oxen.ai); "
        f"{GUIDE} shows six in an example",
        "reference_clip": f"{GUIDE}: up to three clips of up to 3 s, their sound is ignored",
        "source_clip": f"{GUIDE}: uploads up to 10 s, 40 s in all; 1.2: 30 s in all on this API "
        "(apidog.com, 2026-11), uploads up to 15 s (runware.ai). Not for uploads in the EEA, "
        "Switzerland and the UK",
        "edited_clip": f"{GUIDE}: previous_interaction_id, or an upload; the same regions are left out",
        "retention": "files 48 h (Google's Files API); the interaction 55 days on the paid tier (apidog.com)",
    }
)
