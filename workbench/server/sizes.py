"""``size`` and ``seconds`` of ``/v1/videos`` ↔ the settings that a model has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.domain.capabilities import Capabilities, Choice
from workbench.domain.errors import Fault, InvalidRequest
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.run import Run

_SIZE = re.compile(r"(\d{2,5})\s*[xX×*]\s*(\d{2,5})")
_RATIO = re.compile(r"(\d{1,3}):(\d{1,3})")
_LINES = {"2k": 1440, "4k": 2160, "8k": 4320}
_SLACK = 0.03  # services round sides to what their codecs like: 854 × 480, 848 × 480 and 832 × 480 are 16:9


def chosen(size: object, model: Capabilities) -> dict[str, Scalar]:
    """The settings that mean ``1280x720``. Raises ``InvalidRequest`` with every size that there is."""
    match = _SIZE.fullmatch(size.strip()) if isinstance(size, str) else None
    if match is None:
        raise _impossible(size, model)
    width, height = int(match[1]), int(match[2])
    by_ratio = _choices(model, "aspect_ratio")
    by_lines = _choices(model, "resolution")
    fits = [
        (abs(width / height / ratio - 1), resolution, text)
        for text, ratio in _ratios(by_ratio)
        for resolution in by_lines or [""]
        if not by_lines or lines(resolution) == min(width, height)
    ]
    off, resolution, ratio_text = min(fits, default=(1.0, "", ""))
    if off > _SLACK:
        raise _impossible(size, model)
    return {"aspect_ratio": ratio_text, **({"resolution": resolution} if resolution else {})}


def possible(model: Capabilities) -> list[str]:
    """Every size that ``chosen`` takes, in the order of the model's own settings."""
    return [
        pixels(resolution, text)
        for resolution in _choices(model, "resolution")
        if lines(resolution)
        for text, _ in _ratios(_choices(model, "aspect_ratio"))
    ]


def size_of(run: Run) -> str:
    """Of the clip; before there is one, what the settings promise. Empty where they promise nothing."""
    if run.clip:
        return f"{run.clip.media.width}x{run.clip.media.height}"
    return _promised(run.request)


def seconds_of(run: Run) -> str:
    """The length that was asked for; of a clip that was extended, the whole of it."""
    asked = run.request.settings.get("duration_s")
    if run.clip and (asked is None or run.request.inputs_as(Role.SOURCE_CLIP)):
        return str(round(run.clip.media.duration_s))
    return "" if asked is None else str(asked)


def lines(resolution: str) -> int | None:
    """The short side in pixels of ``720p`` or ``4k``."""
    text = resolution.strip().lower()
    return int(text[:-1]) if re.fullmatch(r"\d{3,4}p", text) else _LINES.get(text)


def pixels(resolution: str, ratio: str) -> str:
    """``1280x720`` for ``720p`` and ``16:9``, both sides even; empty where that can't be told."""
    short, shape = lines(resolution), _RATIO.fullmatch(ratio)
    if not short or not shape:
        return ""
    across, down = int(shape[1]), int(shape[2])
    width, height = (2 * round(short * side / min(across, down) / 2) for side in (across, down))
    return f"{width}x{height}"


def _promised(request: GenerationRequest) -> str:
    return pixels(str(request.settings.get("resolution", "")), str(request.settings.get("aspect_ratio", "")))


def _choices(model: Capabilities, name: str) -> list[str]:
    setting = model.setting(name)
    return [str(value) for value in setting.values] if isinstance(setting, Choice) else []


def _ratios(texts: list[str]) -> Iterator[tuple[str, float]]:
    for text in texts:
        if match := _RATIO.fullmatch(text):
            yield text, int(match[1]) / int(match[2])


def _impossible(size: object, model: Capabilities) -> InvalidRequest:
    sizes, ratios = possible(model), ", ".join(_choices(model, "aspect_ratio"))
    allowed = f"Allowed: {', '.join(sizes)}." if sizes else f"Leave it out; aspect_ratio may be {ratios}."
    if not sizes and not ratios:
        allowed = "Leave it out."
    return InvalidRequest([Fault("size", f"{model.label} can't make the size {size!r:.60}.", allowed)])
