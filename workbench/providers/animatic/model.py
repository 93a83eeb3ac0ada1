"""What the embedded engine accepts, as data."""

from __future__ import annotations

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
    Stage,
    Toggle,
    Whole,
)
from workbench.domain.media import Role
from workbench.domain.price import FREE
from workbench.domain.request import GenerationRequest

LONGEST_S = 30  # of an extended clip, parent included
SHORT_SIDES = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080}
RATIOS = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}


def frame_size(resolution: str, aspect_ratio: str) -> tuple[int, int]:
    """(width, height) in pixels, both multiples of 8.

    At 854 × 480 x264 gave a few of a hundred encodes of the same pictures other bytes: it reads past the end
    of rows of chroma whose length is odd. At multiples of 8 all were the same.
    """
    short = SHORT_SIDES[resolution]
    across, down = RATIOS[aspect_ratio]
    side = min(across, down)
    return _rounded(short * across / side), _rounded(short * down / side)


def _rounded(length: float) -> int:
    return 8 * round(length / 8)


def _extends_with_stills(request: GenerationRequest) -> bool:
    stills = (Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE)
    return bool(request.inputs_as(Role.SOURCE_CLIP)) and any(request.inputs_as(r) for r in stills)


def _extends_too_far(request: GenerationRequest) -> bool:
    more = request.settings.get("duration_s", 0)
    return isinstance(more, int) and any(
        source.media.duration_s + more > LONGEST_S + 0.5 for source in request.inputs_as(Role.SOURCE_CLIP)
    )


PREVIEW = Capabilities(
    model="animatic/preview",
    label="Animatic preview",
    summary="Embedded and free: camera, timing, light, your own references. It does not understand content.",
    settings=(
        Whole("duration_s", "Duration", 4, "Length of the clip; of the new part when extending.", "s", 1, 12),
        Choice("aspect_ratio", "Aspect ratio", "16:9", "Shape of the frame.", values=tuple(RATIOS)),
        Choice("resolution", "Resolution", "480p", "Length of the short side.", values=tuple(SHORT_SIDES)),
        Toggle("generate_audio", "Sound", True, "A quiet sound bed that fits the scene."),
    ),
    roles=immutabledict(
        {
            Role.FIRST_FRAME: RoleLimit(1, IMAGES),
            Role.LAST_FRAME: RoleLimit(1, IMAGES),
            Role.REFERENCE: RoleLimit(3, IMAGES),
            Role.SOURCE_CLIP: RoleLimit(1, CLIPS),
        }
    ),
    rules=(
        Rule(
            Role.LAST_FRAME,
            "A last frame is given without a first frame.",
            "Give a first frame too, or use the picture as a reference image.",
            lambda r: bool(r.inputs_as(Role.LAST_FRAME)) and not r.inputs_as(Role.FIRST_FRAME),
        ),
        Rule(
            Role.SOURCE_CLIP,
            "A clip to extend can't be combined with first frame, last frame or reference images.",
            "Take either the clip or the images away.",
            _extends_with_stills,
        ),
        Rule(
            Role.SOURCE_CLIP,
            f"The extended clip would be longer than {LONGEST_S} s.",
            f"Allowed: up to {LONGEST_S} s with the clip that is extended. Choose a shorter duration.",
            _extends_too_far,
        ),
    ),
    lifecycle=Lifecycle(Stage.LIVE, since=date(2026, 11, 21)),
    prompt_required=True,
    sound=True,
    price=FREE,
    resubmit_is_safe=True,
    can_cancel=True,
    local=True,
    sources=immutabledict({"everything": "this package"}),
)
