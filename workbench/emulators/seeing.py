"""``answer``: what a model that reads would say – made of the files' own bytes and the question's own words.

Nobody looks here, but two pictures are told apart, what their pixels share is said alike, and the same
question about the same file gets the same answer.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.emulators.schemas import Wrong


@dataclass(frozen=True, slots=True)
class Shown:
    """One file of a question. ``label`` is the text that stood before it, if any."""

    label: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is made of one file: by its bytes ``subject`` and ``action``, the rest by its pixels."""

    label: str
    number: int
    subject: str
    action: str
    colour: str
    hex: str
    light: str
    mood: str
    composition: str


@dataclass(frozen=True, slots=True)
class _Ground:
    text: str
    scenes: tuple[_Scene, ...]
    defs: Mapping[str, Any]
    turn: int = 0  # which one of several answers to the same words

    @property
    def number(self) -> int:
        return _number(self.text.encode(), *(scene.subject.encode() for scene in self.scenes))


_SUBJECTS = (
    *("desk lamp", "fox", "raincoat", "lighthouse", "perfume bottle", "fishing boat", "cat", "wristwatch"),
    *("paper lantern", "bicycle", "loaf of bread", "stone bridge", "violin", "teapot", "kite", "tram"),
)
_KINDS = (
    *("small", "tall", "worn", "polished", "dusty", "striped", "heavy", "slender", "rusty", "painted"),
    *("folded", "gleaming", "crooked", "round", "narrow", "mossy"),
)
_ACTIONS = (
    *("turning slowly", "waiting at the edge", "moving towards the camera", "swaying in the wind"),
    *("crossing from left to right", "catching the light"),
)
_PLACES = (
    *("a harbour at dawn", "a bare studio", "a market street in the rain", "a kitchen in the afternoon"),
    *("a pine forest in fog", "a rooftop at night"),
)
_COLOURS = {
    "black": (20, 20, 20),
    "white": (240, 240, 240),
    "grey": (128, 128, 128),
    "red": (200, 40, 40),
    "orange": (230, 140, 40),
    "yellow": (235, 215, 90),
    "green": (60, 150, 70),
    "blue": (50, 90, 190),
    "violet": (130, 70, 170),
    "brown": (110, 75, 50),
    "slate blue": (95, 100, 150),
}
_TURNS = (
    *("static camera", "slow dolly in", "slow pan left", "handheld camera", "crane up"),
    *("low angle", "seen from above", "slow orbit"),
)
_FALLBACK_WORDS = ("a harbour at dawn", "a lighthouse", "fog over still water")
_NOTE = "An emulator wrote this from the words of the question; no model was asked."


def answer(schema: Mapping[str, Any], text: str, shown: Sequence[Shown] = ()) -> Any:
    """A value that ``schema`` allows, in OpenAPI's or in JSON Schema's words. Raises ``Wrong``."""
    scenes = tuple(_scene(one) for one in shown)
    return _value(schema, "", _Ground(text, scenes, schema.get("$defs", {})))


def words(text: str, shown: Sequence[Shown] = ()) -> str:
    """The same without a shape: a few sentences."""
    scenes = [_scene(one) for one in shown]
    told = [f"{scene.subject}, {scene.action}, in {scene.light}" for scene in scenes]
    return ". ".join(told or [_written(text)]).capitalize() + "."


# By shape


def _value(schema: Mapping[str, Any], name: str, ground: _Ground) -> Any:
    if "$ref" in schema:
        return _value(ground.defs[str(schema["$ref"]).rpartition("/")[2]], name, ground)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][ground.number % len(schema["enum"])]
    if choices := schema.get("anyOf") or schema.get("any_of"):
        return _value(next((one for one in choices if "null" not in _kinds(one)), choices[0]), name, ground)
    kinds = _kinds(schema)
    if "object" in kinds:
        return {key: _value(value, key, ground) for key, value in schema.get("properties", {}).items()}
    if "array" in kinds:
        return _list(schema, name, ground)
    if {"integer", "number"} & kinds:
        return _count(schema, ground)
    return ground.number % 2 == 0 if "boolean" in kinds else _string(schema, name, ground)


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    kind = schema.get("type")
    return {str(one).lower() for one in (kind if isinstance(kind, list) else [kind])}


def _list(schema: Mapping[str, Any], name: str, ground: _Ground) -> list[Any]:
    least = int(schema.get("minItems", schema.get("min_items", 0)))
    most = int(schema.get("maxItems", schema.get("max_items", 12)))
    items = schema.get("items", {})
    if "string" in _kinds(items) and not items.get("enum"):
        found: list[Any] = list(dict.fromkeys(_strings(name, ground)))
        found += [f"{name or 'one'} {number}" for number in range(len(found) + 1, least + 1)]
        return [_cut(items, text) for text in found[:most]]
    each = [replace(ground, scenes=(scene,)) for scene in ground.scenes] or [ground]
    exactly = re.search(r"\bexactly (\d+)", str(schema.get("description", "")), re.IGNORECASE)
    least = max(least, min(int(exactly[1]), most) if exactly else 0)
    each += [replace(each[-1], turn=number) for number in range(1, least - len(each) + 1)]
    return [_value(items, name, one) for one in each[:most]]


def _count(schema: Mapping[str, Any], ground: _Ground) -> int | float:
    least, most = schema.get("minimum", 0), schema.get("maximum", schema.get("minimum", 0) + 9)
    if "integer" in _kinds(schema):
        return int(least) + ground.number % (int(most) - int(least) + 1)
    return float(least) + (float(most) - float(least)) * (ground.number % 101) / 100


def _string(schema: Mapping[str, Any], name: str, ground: _Ground) -> str:
    found = list(dict.fromkeys(_strings(name, ground))) or ["none"]
    text = found[0] if len(found) == 1 else _joined(found, ground)
    pattern = schema.get("pattern")
    if not pattern:
        return _cut(schema, text)
    fitting = [ground.scenes[0].hex if ground.scenes else "#405a90", "1", "16:9", "en", "harbour", text]
    for one in fitting:
        if re.search(pattern, one):
            return one
    raise Wrong(f"This emulator knows no text for the pattern {pattern!r}")


def _joined(found: Sequence[str], ground: _Ground) -> str:
    """Of several files each under its name, where they differ."""
    labels = [scene.label for scene in ground.scenes]
    if len(labels) == len(found) and all(labels):
        return "; ".join(f"{label}: {text}" for label, text in zip(labels, found, strict=True))
    return ", ".join(found)


def _cut(schema: Mapping[str, Any], text: str) -> str:
    most = schema.get("maxLength") or schema.get("max_length")
    return text[: int(most)].rstrip() if most else text


# By name


def _strings(name: str, ground: _Ground) -> list[str]:
    """What is said under that name: one text a file, or what follows from the words alone."""
    key = name.lower()
    if key in ("text", "unseen", "texts"):
        return []
    if "negative" in key or key == "avoid":
        return ["text", "watermark", "extra limbs"]
    if "note" in key:
        return [_NOTE]
    if "prompt" in key or not ground.scenes:
        turn = f", {_TURNS[ground.turn % len(_TURNS)]}" if ground.turn else ""
        return [f"{_written(ground.text)}{turn}"]
    return [_said(key, scene, ground) for scene in ground.scenes]


def _said(key: str, scene: _Scene, ground: _Ground) -> str:
    """``setting``, ``lens`` and the like follow from the question: files of one question agree on them."""
    asked = _number(ground.text.encode())
    match key:
        case "subject":
            return scene.subject
        case "keep":
            return f"the {scene.colour} of {scene.subject}"
        case "action" | "direction":
            return scene.action
        case "light" | "lighting":
            return scene.light
        case "mood":
            return scene.mood
        case "composition":
            return scene.composition
        case "palette" | "colour" | "color" | "colors" | "colours":
            return scene.colour
        case "hex":
            return scene.hex
        case "setting":
            return _PLACES[asked % len(_PLACES)]
        case "lens":
            return ("35 mm, deep focus", "85 mm, shallow focus")[asked % 2]
        case "style":
            return ("documentary film, natural colours", "studio photograph, clean finish")[asked % 2]
        case "camera" | "camera_path":
            return ("a static shot at eye level", "a slow dolly in")[scene.number % 2]
        case "speed":
            return ("slow", "at walking pace")[scene.number % 2]
        case "rhythm":
            return "steady, without a cut"
    return f"{key.replace('_', ' ') or 'seen'}: {scene.subject} in {scene.light}"


def _written(text: str) -> str:
    """The prompt that the question is about, else one out of the phrases that it quotes, or of its words."""
    if given := re.search(r'"prompt":\s*("(?:[^"\\]|\\.)+")', text):
        return f"{json.loads(given[1]).rstrip('. ')}, in soft morning light"
    quoted = re.findall(r'"([^"\n]{12,200})"(?!\s*:)', text)
    phrases = [re.sub(r"\s*\[[^\]]*\]$", "", one) for one in quoted if " " in one and not one.endswith(":")]
    if not phrases:
        plain = re.findall(r"[A-Za-z][A-Za-z'’-]+", text)
        phrases = [" ".join(plain[:24])] if len(plain) > 3 else list(_FALLBACK_WORDS)
    return ", ".join(dict.fromkeys(phrases[:6]))[:700]


# By content


def _scene(shown: Shown) -> _Scene:
    number = _number(shown.content)
    red, green, blue, composition = _pixels(shown, number)
    brightness = 0.3 * red + 0.6 * green + 0.1 * blue
    subject = f"a {_KINDS[number // 16 % len(_KINDS)]} {_SUBJECTS[number % len(_SUBJECTS)]}"
    lights = ("low, dim light from one side", "soft, even daylight", "bright, hard light from above")
    return _Scene(
        label=shown.label,
        number=number,
        subject=subject,
        action=_ACTIONS[number // 256 % len(_ACTIONS)],
        colour=min(_COLOURS, key=lambda name: _distance(_COLOURS[name], (red, green, blue))),
        hex=f"#{red:02x}{green:02x}{blue:02x}",
        light=lights[min(2, int(brightness / 86))],
        mood="warm and calm" if red >= blue else "cool and quiet",
        composition=composition,
    )


def _pixels(shown: Shown, number: int) -> tuple[int, int, int, str]:
    """The mean colour and the framing; of a clip (nobody decodes it here) by its bytes."""
    if not shown.mime.startswith("image/"):
        return number % 256, number // 256 % 256, number // 65_536 % 256, "a wide shot"
    from PIL import Image

    try:
        with Image.open(io.BytesIO(shown.content)) as picture:
            width, height = picture.size
            red, green, blue = picture.convert("RGB").resize((1, 1)).tobytes()
    except (OSError, ValueError) as error:
        raise Wrong("Unable to process input image") from error
    shape = "a wide shot" if width > height else "an upright shot" if height > width else "a square shot"
    return red, green, blue, f"{shape}, the subject in the middle"


def _distance(one: Sequence[int], other: Sequence[int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _number(*parts: bytes) -> int:
    """The same for the same bytes, wherever it runs."""
    return int.from_bytes(hashlib.blake2b(b"\0".join(parts), digest_size=6).digest())
