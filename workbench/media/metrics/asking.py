"""What a run has asked its clip to be, as far as it says so: by its settings, words and pictures."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Run
from workbench.media.files import MediaFiles
from workbench.media.metrics.asked import Asked, Move

_LINES = re.compile(r"([1-9][0-9]{2,3})p", re.I)
_RATIO = re.compile(r"([1-9][0-9]{0,3}):([1-9][0-9]{0,3})")
_FOUR_K_LINES = 2_160

_HOW = r"(?:[ -](?:very |more )?(?:slow|slight|gentl|smooth|quick|stead|rapid|gradual)[a-z]*)?"
_TO = r"(?:[ -]to)?(?:[ -]the)?[ -]"
_DOLLY = "doll(?:y|ies|ied|ying)(?:ing)?"
_SAID: tuple[tuple[Move, str], ...] = (
    *(
        (move, rf"(?:pan|truck)(?:s|ned|ning|ing|ed)?{_HOW}{_TO}{side}(?:wards?)?")
        for move, side in ((Move.PAN_LEFT, "left"), (Move.PAN_RIGHT, "right"))
    ),
    *(
        (move, rf"(?:tilt|crane|pedestal)(?:s|ed|ing)?{_HOW}[ -]{way}(?:wards?)?")
        for move, way in ((Move.TILT_UP, "up"), (Move.TILT_DOWN, "down"))
    ),
    (Move.DOLLY_IN, rf"(?:{_DOLLY}|push(?:es|ed|ing)?){_HOW}[ -](?:in|forwards?)"),
    (
        Move.DOLLY_OUT,
        rf"(?:{_DOLLY}{_HOW}[ -]out|(?:{_DOLLY}|pull(?:s|ed|ing)?){_HOW}[ -]back(?:wards?)?|pull[ -]out)",
    ),
    (Move.ZOOM_IN, rf"zoom(?:s|ed|ing)?{_HOW}[ -]in"),
    (Move.ZOOM_OUT, rf"zoom(?:s|ed|ing)?{_HOW}[ -]out"),
    (
        Move.STATIC,
        r"(?:static|fixed|still|locked|motionless|stationary)(?:[ -]off)? (?:camera|shot)|locked[ -]off"
        r"|camera (?:is|stays|remains|holds) (?:completely |perfectly )?"
        r"(?:still|static|fixed|locked|motionless)",
    ),
)
_MOVES = tuple((move, re.compile(rf"\b(?:{pattern})\b", re.I)) for move, pattern in _SAID)
# With these the camera goes in ways that have no sign; a move beside them is not judged either.
_UNSIGNED = re.compile(
    r"\b(?:hand[ -]?held|shaky|orbit(?:s|ing)?|arc shot|circl(?:es|ing) around|aerial|drone|fly(?:ing)? over"
    r"|flyover|whip pan)\b",
    re.I,
)


def asked_of(run: Run, files: MediaFiles) -> Asked:
    """What is held against the clip. A run that goes on from a clip is not asked for a length of its own."""
    request, settings = run.request, run.request.settings
    width, height = _size(request)
    goes_on = request.inputs_as(Role.SOURCE_CLIP) or request.inputs_as(Role.EDITED_CLIP)

    def pictures(role: Role) -> list[Path]:
        return [files.path(given.media) for given in request.inputs_as(role)]

    sound = settings.get("generate_audio")
    return Asked(
        width=width,
        height=height,
        fps=_positive(settings.get("fps")),
        duration_s=None if goes_on else _positive(settings.get("duration_s")),
        audio=sound if isinstance(sound, bool) else None,
        moves=moves_said(request.prompt),
        first_frame=next(iter(pictures(Role.FIRST_FRAME)), None),
        last_frame=next(iter(pictures(Role.LAST_FRAME)), None),
        references=tuple(pictures(Role.REFERENCE)),
    )


def moves_said(prompt: str) -> tuple[Move, ...]:
    """The moves that a prompt asks the camera for by name and direction: “a pan” alone has no sign."""
    if _UNSIGNED.search(prompt):
        return ()
    return tuple(move for move, pattern in _MOVES if pattern.search(prompt))


def _size(request: GenerationRequest) -> tuple[int | None, int | None]:
    """Width and height in pixels; a side that ratio and lines do not give whole is each model's own."""
    resolution = str(request.settings.get("resolution", ""))
    lines = _LINES.fullmatch(resolution)
    short = _FOUR_K_LINES if resolution.lower() == "4k" else int(lines[1]) if lines else None
    ratio = _RATIO.fullmatch(str(request.settings.get("aspect_ratio", "")))
    if short is None or ratio is None:
        return None, None
    across, down = int(ratio[1]), int(ratio[2])
    longer, rest = divmod(short * max(across, down), min(across, down))
    long = longer if rest == 0 and longer % 2 == 0 else None
    return (long, short) if across >= down else (short, long)


def _positive(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value > 0 else None  # type: ignore[operator, arg-type]
