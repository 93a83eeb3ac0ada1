"""What was measured in a file, as findings that can stand in a prompt. Nothing is guessed."""

from __future__ import annotations

from itertools import pairwise
from math import atan2, pi

from immutabledict import immutabledict

from workbench.domain.brief import BY_MEASURE, Facet, Look
from workbench.media.layout import Layout
from workbench.media.look import Measured
from workbench.media.motion import CameraPath, Motion
from workbench.media.rhythm import Pace

# What only somebody, or a model, who looks can say.
_NEEDS_EYES = (
    *(Facet.SUBJECT, Facet.KEEP, Facet.ACTION, Facet.SETTING, Facet.LENS),
    *(Facet.STYLE, Facet.MOOD, Facet.TEXT, Facet.AVOID),
)
_COLOURLESS, _MUTED, _VIVID = 4.0, 20.0, 75.0  # Hasler and Süsstrunk's scale, nearly
_LOW_KEY, _HIGH_KEY = 0.26, 0.74  # mean lightness
_FLAT, _HARD = 0.3, 0.72  # span of lightness
_WARM, _VERY_WARM = 8.0, 20.0
_HEAVY = 0.24  # weight of one cell of nine that draws the eye
_SIDE_HEAVY = 0.45  # of one third
_EMPTY = 0.3
_HORIZON_HIGH, _HORIZON_LOW = 0.42, 0.58
# Frame widths a second, of what moves by itself.
_SPEEDS = ((0.03, "very slow movement"), (0.1, "slow movement"), (0.3, "moderate speed"), (0.8, "fast"))
_CAMERA_SPEEDS = ((0.06, "slow "), (0.25, ""), (0.8, "fast "))  # frames, or scale, a second
_SECOND = 0.6  # a second move is told from this share of the first
_ROLL = 2.0  # degrees a second
_SHOTS_TOLD = 4
_MANY_CUTS_S = 1.5
_COLUMNS = ("on the left", "along the middle", "on the right")
_ROWS = ("in the upper part", "across the middle", "in the lower part")
_WAYS = (
    *("to the right", "down and to the right", "downwards", "down and to the left"),
    *("to the left", "up and to the left", "upwards", "up and to the right"),
)


def look_of(measured: Measured, media_sha256: str) -> Look:
    """The look that needs no model. Of a clip, how it moves as well."""
    found = {Facet.LIGHT: _light(measured), Facet.COMPOSITION: ""}
    motion = measured.motion
    if motion is None or not motion.cuts:  # several shots have no one composition
        found[Facet.COMPOSITION] = _composition(measured.layout)
    if motion is not None:
        found[Facet.CAMERA] = _camera(motion)
        found[Facet.CAMERA_PATH] = _camera_path(motion)
        found[Facet.SPEED] = _speed(motion)
        found[Facet.DIRECTION] = _direction(motion)
        found[Facet.RHYTHM] = _rhythm(motion)
    findings = {facet: (text,) for facet, text in found.items() if text}
    return Look(media_sha256, BY_MEASURE, immutabledict(findings), measured.palette, _unseen(measured))


def _light(measured: Measured) -> str:
    light = measured.light
    words = []
    if light.lightness < _LOW_KEY:
        words.append("dark, low-key light")
    elif light.lightness > _HIGH_KEY:
        words.append("bright, high-key light")
    else:
        words.append("balanced exposure")
    if light.contrast < _FLAT:
        words.append("low contrast")
    elif light.contrast > _HARD:
        words.append("strong contrast")
    if measured.colourfulness < _COLOURLESS:
        return ", ".join([*words, "black and white"])
    if abs(light.warmth) >= _WARM:
        strongly = "strongly " if abs(light.warmth) >= _VERY_WARM else ""
        words.append(f"{strongly}{'warm' if light.warmth > 0 else 'cool'} colours")
    if measured.colourfulness < _MUTED:
        words.append("muted saturation")
    elif measured.colourfulness > _VIVID:
        words.append("vivid saturation")
    return ", ".join(words)


def _composition(layout: Layout) -> str:
    words = [*_weight(layout), *_space(layout)]
    if layout.horizon is not None:
        is_high, is_low = layout.horizon < _HORIZON_HIGH, layout.horizon > _HORIZON_LOW
        words.append(f"{'high' if is_high else 'low' if is_low else 'central'} horizon line")
    return ", ".join(words)


def _weight(layout: Layout) -> list[str]:
    """Where the eye goes, if to one place."""
    cells = layout.cells
    heaviest = max(range(9), key=lambda i: cells[i])
    columns = [cells[i] + cells[i + 3] + cells[i + 6] for i in range(3)]
    rows = [sum(cells[i : i + 3]) for i in range(0, 9, 3)]
    if cells[heaviest] >= _HEAVY:
        row, column = ("upper", "", "lower")[heaviest // 3], ("left", "", "right")[heaviest % 3]
        where = " ".join(part for part in (row, column) if part)
        return [f"main interest in the {where} third" if where else "main interest in the centre"]
    for thirds, names in ((columns, _COLUMNS), (rows, _ROWS)):
        if max(thirds) >= _SIDE_HEAVY:
            return [f"weight {names[thirds.index(max(thirds))]}"]
    return ["detail spread across the whole frame"] if max(cells) - min(cells) < 0.1 else []


def _space(layout: Layout) -> list[str]:
    sides = (("left", layout.left), ("above", layout.top), ("right", layout.right), ("below", layout.bottom))
    empty = [name for name, depth in sides if depth >= _EMPTY]
    if len(empty) >= 3 or {"left", "right"} <= set(empty):
        return ["empty space around it"]
    named = {"left": "on the left", "above": "above", "right": "on the right", "below": "below"}
    return [f"empty space {' and '.join(named[name] for name in empty)}"] if empty else []


def _camera(motion: Motion) -> str:
    """How it is held, which ``CAMERA_PATH`` does not say."""
    cameras = [shot.camera for shot in motion.shots]
    if all(camera.is_shaky for camera in cameras):
        return "handheld camera"
    if not any(camera.is_shaky or camera.is_moving for camera in cameras):
        return "static, locked-off camera"
    if all(camera.is_moving and not camera.is_shaky for camera in cameras):
        return "steady, moving camera"
    return ""


def _camera_path(motion: Motion) -> str:
    ways = [_way(shot.camera) for shot in motion.shots]
    if len(set(ways)) == 1:
        return "" if ways[0] in (_STATIC, _SWAY) else ways[0]  # told as how it is held
    told = [ways[0], *(way for before, way in pairwise(ways) if way != before)]
    return ", then ".join(told[:_SHOTS_TOLD])


_STATIC, _SWAY = "static camera", "handheld sway"


def _way(camera: CameraPath) -> str:
    """One shot's: its strongest move, and a second that is nearly as strong."""
    moves = [
        (abs(camera.pan), "pan right" if camera.pan > 0 else "pan left"),
        (abs(camera.tilt), "tilt up" if camera.tilt > 0 else "tilt down"),
        (abs(camera.push), "push in" if camera.push > 0 else "pull out"),
    ]
    moves.sort(key=lambda move: -move[0])
    rolls = abs(camera.roll) >= _ROLL
    roll = f"roll {'clockwise' if camera.roll > 0 else 'counter-clockwise'}"
    if not camera.is_moving or (camera.is_shaky and camera.jitter > moves[0][0]):
        return _SWAY if camera.is_shaky else _STATIC
    first = moves[0][0]
    told = [name for size, name in moves if size >= max(_SECOND * first, 0.01)][:2]
    told += [roll] if rolls or not told else []
    pace = next((word for most, word in _CAMERA_SPEEDS if first < most), "very fast ")
    return pace + " with ".join(told) if told != [roll] else f"slow {roll}"


def _speed(motion: Motion) -> str:
    if not motion.moving_share:
        return "almost no movement in the scene"
    return next((words for most, words in _SPEEDS if motion.speed < most), "very fast")


def _direction(motion: Motion) -> str:
    if motion.direction is None:
        return ""
    right, down = motion.direction
    return f"movement {_WAYS[round(atan2(down, right) / (pi / 4)) % 8]}"


def _rhythm(motion: Motion) -> str:
    words = {
        Pace.STILL: "",
        Pace.STEADY: "steady pace",
        Pace.QUICKENING: "speeds up towards the end",
        Pace.SLOWING: "slows down towards the end",
        Pace.PULSING: f"pulsing, a beat about every {motion.rhythm.beat_s or 0:g} s",
        Pace.UNEVEN: "uneven, in fits and starts",
    }[motion.rhythm.pace]
    count = len(motion.cuts)
    if not count:
        return words
    seconds = motion.shots[-1].end_s / (count + 1)
    cut = "fast cutting" if seconds < _MANY_CUTS_S else "one hard cut" if count == 1 else f"{count} hard cuts"
    return ", ".join(part for part in (words, cut) if part)


def _unseen(measured: Measured) -> tuple[str, ...]:
    names = [facet.label[0].lower() + facet.label[1:] for facet in _NEEDS_EYES]
    what = "in the clip" if measured.motion is not None or measured.duration_s else "in the picture"
    told = [
        f"Without a model nobody could say what is shown {what}: {', '.join(names)} stay open.",
        "No faces were looked for.",
    ]
    if measured.looked_s and measured.duration_s > measured.looked_s + 0.5:
        told.append(f"Only the first {measured.looked_s:.0f} s of {measured.duration_s:.0f} s were measured.")
    if measured.duration_s and measured.motion is None:
        told.append("The clip has one picture only, so nothing could be said about movement.")
    return tuple(told)
