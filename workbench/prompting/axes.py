"""Axes along which a prompt is varied: phrases that can stand in a prompt, and how present ones are found."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.domain.run import Kind
from workbench.prompting import vocabulary as say
from workbench.prompting.vocabulary import words


@dataclass(frozen=True, slots=True)
class Axis:
    """``present`` finds what a prompt already says of it, as whole phrases in lower case. ``still`` are the
    phrases for a picture that does not move; where there are none the axis is one of clips only.
    """

    name: str
    label: str
    phrases: tuple[str, ...]
    present: re.Pattern[str]
    still: tuple[str, ...] = ()

    def phrases_for(self, kind: Kind) -> tuple[str, ...]:
        return self.still if kind is Kind.IMAGE else self.phrases


_HOW = r"(?:(?:very )?(?:slow|slowly|smooth|smoothly|gentle|gently|quick|fast|steady|low|subtle)[, ]+){0,2}"
_MOVE = "|".join(pattern.pattern for _, pattern in say.MOVES)
_WHITHER = r"(?: (?:in|out|up|down|left|right|around|along|across|through|towards?|forward|back|shot))*"
_LIGHTS = r"(?:light|lighting|lit|sunlight|glow|shadows)"

_VIEWS = (
    "eye-level view",
    "low angle looking up",
    "high angle looking down",
    "overhead top-down view",
    "three-quarter view",
    "seen from behind",
    "over-the-shoulder view",
    "side view in profile",
    "seen through a foreground frame",
    "worm's-eye view",
)

_LENSES = (
    "24mm wide-angle lens, deep focus",
    "35mm lens, natural perspective",
    "50mm lens, moderate depth of field",
    "85mm lens, shallow depth of field",
    "135mm telephoto lens, compressed background",
    "macro lens, razor-thin focus",
    "anamorphic lens, oval bokeh",
    "fisheye lens",
    "tilt-shift lens, miniature look",
    "vintage lens, soft edges",
)
_LIGHT = (
    "soft window light from the left",
    "hard side light with deep shadows",
    "warm backlight with a bright rim",
    "flat, even overcast light",
    "low-key lighting, one small source",
    "high-key lighting, almost no shadows",
    "cool moonlit light",
    "neon light in magenta and cyan",
    "flickering candlelight",
    "dappled light through leaves",
)
_TIMES = (
    "at dawn",
    "at sunrise",
    "in the early morning",
    "at midday",
    "in the late afternoon",
    "at golden hour",
    "at sunset",
    "at dusk",
    "at blue hour",
    "at night",
)
_WEATHER = (
    "under a clear sky",
    "under an overcast sky",
    "in light rain",
    "in heavy rain",
    "in thick fog",
    "in thin morning mist",
    "in falling snow",
    "in strong wind",
    "under gathering storm clouds",
    "just after rain, everything wet",
)
_STYLES = (
    "documentary style",
    "cinematic film look, fine grain",
    "clean commercial product film",
    "35mm film, muted colours",
    "black and white film noir",
    "hand-drawn watercolor animation",
    "stop-motion claymation",
    "photorealistic 3D render",
    "1970s vintage home video",
    "high-end fashion editorial",
)
_MOODS = (
    "calm mood",
    "joyful mood",
    "tense mood",
    "melancholic mood",
    "mysterious mood",
    "playful mood",
    "solemn mood",
    "intimate mood",
    "triumphant mood",
    "dreamlike mood",
)


def _axis(
    name: str, label: str, phrases: tuple[str, ...], others: re.Pattern[str], still: tuple[str, ...] = ()
) -> Axis:
    own = words(*(re.escape(phrase.lower()) for phrase in (*phrases, *still)))
    return Axis(name, label, phrases, re.compile(f"{own.pattern}|{others.pattern}"), still)


AXES = (
    _axis(
        "camera",
        "Camera",
        (
            "slow dolly in",
            "static shot",
            "slow pan left",
            "slow pan right",
            "orbit shot around the subject",
            "handheld camera",
            "crane up",
            "slow dolly out",
            "tracking shot alongside the subject",
            "aerial drone shot",
        ),
        re.compile(
            rf"\b{_HOW}(?:{_MOVE}|{say.STILL_CAMERA.pattern}){_WHITHER}(?!\w)|(?:(?<=, )|^)static(?=,|\.|$)"
        ),
        _VIEWS,
    ),
    _axis(
        "lens",
        "Lens",
        _LENSES,
        words(
            r"(?:\d{2,3} ?mm )?(?:wide-angle|telephoto|macro|anamorphic|vintage|tilt-shift|fish-?eye) lens",
            r"wide-angle|telephoto|fish-?eye|\d{2,3} ?mm lens",
            r"(?:very |extremely )?(?:shallow|deep|moderate) (?:depth of field|focus)",
        ),
        _LENSES,
    ),
    _axis(
        "light",
        "Light",
        _LIGHT,
        words(
            r"(?:(?:soft|hard|harsh|warm|cool|cold|natural|dramatic|diffused?|even|bright|dim|golden|studio|ambient"
            r"|low-key|high-key|cinematic|professional|volumetric|moody),? ){1,3}"
            r"(?:(?:side|back|rim|window|key|top|morning|evening|day|natural|studio) ?)?"
            + _LIGHTS
            + r"(?!-)",
            r"(?:side|back|rim|window|candle|lantern|neon|street|moon|spot)[ -]?light(?:ing|s)?",
            r"(?:by|in) (?:lantern|candle|fire|moon|lamp)[ -]?light",
        ),
        _LIGHT,
    ),
    _axis(
        "time of day",
        "Time of day",
        _TIMES,
        words(
            r"(?:at|in|during|before|after|around) (?:the )?(?:early |late |golden |blue |high )?"
            r"(?:dawn|sunrise|daybreak|morning|noon|midday|afternoon|evening|sunset|dusk|twilight|night|midnight"
            r"|hour|night-?time|daytime)(?! \w*light)",
            r"(?:golden|blue) hour",
            r"(?:early morning|late (?:afternoon|evening)|midnight|twilight)(?! \w*light)",
        ),
        _TIMES,
    ),
    _axis(
        "weather",
        "Weather",
        _WEATHER,
        words(
            r"(?:in|under|through|after|during) (?:an? |the )?(?:(?:light|heavy|thick|thin|falling|gentle"
            r"|strong|driving|clear|overcast|cloudy|stormy|blue|grey|morning) ){0,2}(?:rain|drizzle|downpour"
            r"|fog|mist|haze|snow|snowfall|blizzard|wind|storm|thunderstorm|sky|skies|sunshine|hail)",
        ),
        _WEATHER,
    ),
    _axis(
        "style",
        "Style",
        _STYLES,
        words(
            r"(?:[\w-]+ )?(?:style|aesthetic|film look|animation)",
            r"(?:black[ -]and[ -]white )?film noir|cinematic|documentary|(?:photo|hyper)-?realistic|anime"
            r"|claymation|stop[ -]motion|oil painting|water-?colou?r|cyberpunk|noir|monochrome|film grain",
        ),
        _STYLES,
    ),
    _axis(
        "mood",
        "Mood",
        _MOODS,
        words(
            r"(?:an? )?[a-z-]+ (?:mood|atmosphere)(?! of)",
            r"mood: [a-z-]+(?:(?:,| and) [a-z-]+){0,3}",
        ),
        _MOODS,
    ),
    _axis(
        "pace",
        "Pace",
        (
            "at a slow, unhurried pace",
            "at a brisk, energetic pace",
            "in slow motion",
            "in real time",
            "as a time-lapse",
            "slow at first, then suddenly fast",
            "fast at first, then coming to rest",
            "in a steady, even rhythm",
            "in a hypnotic, repeating rhythm",
            "in a halting, stop-and-go rhythm",
        ),
        words(
            r"(?:in )?(?:extreme )?slow[ -]?mo(?:tion)?|(?:in )?fast[ -]motion",
            r"(?:in )?real[ -]time(?: speed)?",
            r"(?:as )?(?:a )?(?:hyper|time)-?lapse",
            r"(?:(?:at|in) )?(?:an? )?(?:[a-z-]+, )?[a-z-]+ (?:pace|rhythm|tempo)",
        ),
    ),
)


def axis_named(name: str) -> Axis | None:
    wanted = name.strip().lower().replace("_", " ").replace("-", " ")
    return next((axis for axis in AXES if wanted == axis.name), None)
