"""The lint's rules that are data: what a prompt should say, what contradicts, what is a setting."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.domain.media import Role
from workbench.domain.run import Kind
from workbench.prompting import vocabulary as say
from workbench.prompting.vocabulary import words

WORDS_A_SECOND = 2.5  # of unhurried speech; a rule of thumb, not a limit of any model
SECONDS_A_MOVE = 2.0  # below this a camera move reads as a jerk; the same
FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that a prompt should say. ``addition`` is one example of it, ``""`` where none is fair.

    ``given_by`` are the roles of inputs that say it instead of words.
    """

    name: str
    patterns: tuple[re.Pattern[str], ...]
    message: str
    addition: str = ""
    given_by: frozenset[Role] = frozenset()
    kinds: frozenset[Kind] = frozenset({Kind.VIDEO})


STYLE = Wanted(
    "style",
    (say.STYLE,),
    "Nothing says in which style it should look.",
    addition="documentary style",
    given_by=frozenset({Role.FIRST_FRAME, Role.REFERENCE, Role.STYLE, Role.SOURCE_CLIP}),
    kinds=frozenset(Kind),
)
CAMERA = Wanted(
    "camera",
    (say.FRAMING, say.STILL_CAMERA, *(pattern for _, pattern in say.MOVES)),
    "Nothing says how the camera moves or where it stands.",
    addition="slow dolly in",
)
WANTED = (STYLE, CAMERA)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things that one moment can't have. ``apart`` allows them in different sentences."""

    one: re.Pattern[str]
    other: re.Pattern[str]
    why: str
    apart: bool = False


ANY_MOVE = re.compile("|".join(pattern.pattern for _, pattern in say.MOVES))
_STATIC_TERM = re.compile(rf"{say.STILL_CAMERA.pattern}|(?:(?<=, )|^)static(?=,|\.|$)")

CONTRADICTIONS = (
    Contradiction(_STATIC_TERM, ANY_MOVE, "a camera can't stand still and move at once"),
    Contradiction(say.DAY, say.NIGHT, "it can't be day and night at once"),
    Contradiction(say.SUNRISE, say.SUNSET, "the sun can't rise and set at once"),
    Contradiction(say.SLOW_MOTION, say.FAST_MOTION, "time can't run slower and faster at once"),
    Contradiction(say.COLOURLESS, say.COLOURFUL, "a picture without colour can't be colourful"),
    Contradiction(say.CLOSE, say.WIDE, "one shot can't be close and wide at once", apart=True),
    Contradiction(
        words(r"zoom(?:s|ing)? in|dolly(?:ing)? in|push(?:es|ing)?[ -]in"),
        words(r"zoom(?:s|ing)? out|dolly(?:ing)? out|pull(?:s|ing)?[ -](?:out|back)"),
        "the camera can't go in and out at once",
        apart=True,
    ),
    Contradiction(
        words(r"pan(?:s|ning)? left|truck(?:s|ing)? left"),
        words(r"pan(?:s|ning)? right|truck(?:s|ing)? right"),
        "the camera can't go left and right at once",
        apart=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A setting said in words. ``meaning`` brings what was said and what is chosen to one form."""

    setting: str
    pattern: re.Pattern[str]
    meaning: Callable[[str], str]


def agree(said: str, chosen: str) -> bool:
    """Whether two meanings are one; a named orientation agrees with every ratio of it."""
    if said in _SHAPES.values():
        return _shape_of(chosen) == said
    return said == chosen


def _ratio(text: str) -> str:
    """``w:h`` without spaces; a named orientation is its name."""
    found = _RATIO.search(text)
    if found:
        return f"{found[1]}:{found[2]}"
    low = text.lower()
    return next((shape for word, shape in _SHAPES.items() if word in low), "")


def _shape_of(ratio: str) -> str:
    """``landscape``, ``portrait`` or ``square`` for a ratio; the text itself otherwise."""
    found = _RATIO.fullmatch(ratio)
    if not found:
        return ratio
    width, height = float(found[1]), float(found[2])
    return "square" if width == height else "landscape" if width > height else "portrait"


def _height(text: str) -> str:
    """Lines of picture: ``1080`` for ``Full HD``, ``1080p`` or ``1920x1080``."""
    low = text.lower()
    if size := _PIXELS.search(low):
        return str(min(int(size[1]), int(size[2])))
    for name, lines in _NAMED_HEIGHTS.items():
        if name in low:
            return lines
    found = re.search(r"(\d{3,4})", low)
    return found[1] if found else ""


def _number(text: str) -> str:
    found = re.search(r"\d{1,6}(?:\.\d{1,6})?", text)
    if found:
        return f"{float(found[0]):g}"
    low = text.lower()
    return next((str(n) for n, name in enumerate(_NUMBERS) if low.startswith(name)), "")


_RATIO = re.compile(r"(\d{1,2}(?:\.\d{1,2})?) ?[:×x] ?(\d{1,2})")
_PIXELS = re.compile(r"(\d{3,4}) ?[x×] ?(\d{3,4})")
_SHAPES: Mapping[str, str] = {
    "vertical": "portrait",
    "portrait": "portrait",
    "horizontal": "landscape",
    "landscape": "landscape",
    "widescreen": "landscape",
    "square": "square",
}
_NAMED_HEIGHTS: Mapping[str, str] = {
    "4k": "2160",
    "ultra hd": "2160",
    "uhd": "2160",
    "8k": "4320",
    "2k": "1440",
    "full hd": "1080",
    "fhd": "1080",
}
_NUMBERS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_COUNT = rf"(?:\d{{1,3}}(?:\.\d{{1,2}})?|{'|'.join(_NUMBERS[1:])})"
_FILM = r"(?:video|clip|film|footage|movie|shot|animation|scene)"

SPOKEN = (
    Spoken(
        "aspect_ratio",
        words(
            r"(?:in )?(?:aspect ratio(?: of|:)? )?"
            r"(?:16 ?: ?9|9 ?: ?16|1 ?: ?1|4 ?: ?3|3 ?: ?4|21 ?: ?9|2\.3[59] ?: ?1)"
            r"(?: aspect ratio| ratio| format)?(?! ?[ap]\.?m)",
            r"(?:in )?(?:vertical|horizontal|portrait|landscape|square) (?:format|orientation|aspect ratio)",
            r"(?:vertical|portrait|landscape|square)(?= (?:video|clip))|(?:vertical|horizontal)(?= shot)",
            r"widescreen",
        ),
        _ratio,
    ),
    Spoken(
        "aspect_ratio",
        re.compile(r"(?:(?<=, )|^)(?:vertical|horizontal|landscape)(?=,|\.|$)"),
        _ratio,
    ),
    Spoken(
        "resolution",
        words(
            r"(?:in )?(?:[248]k|u-?hd|ultra hd|full hd|fhd|(?:360|480|540|720|1080|1440|2160)p"
            r"|1920 ?[x×] ?1080|1280 ?[x×] ?720)(?: resolution| quality)?"
        ),
        _height,
    ),
    Spoken(
        "duration_s",
        words(
            rf"{_COUNT}[ -]?(?:s|secs?|seconds?)(?: |-)long",
            rf"{_COUNT}[ -]?(?:s|secs?|seconds?)(?= (?:long )?{_FILM})",
            rf"duration(?: of|:)? {_COUNT} ?(?:s|secs?|seconds?)",
        ),
        lambda text: _number(re.sub(r"^duration(?: of|:)? ", "", text, flags=re.IGNORECASE)),
    ),
    Spoken("fps", words(r"(?:at |in )?\d{2,3} ?(?:fps|frames per second)"), _number),
)

MOMENT = words(
    rf"(?:after|at|from|until|for|in) (?:the )?({_COUNT}) ?(?:s|secs?|seconds?)(?! (?:long )?{_FILM})"
)


def seconds_of(text: str) -> float:
    """The number that a matched count (``"8"``, ``"eight"``) means."""
    return float(_number(text) or 0)


# Longest first: "do not show any text" has to lose all of its first four words.
NEGATION = re.compile(
    r"(?:please )?(?:no|not|without|never|avoid|exclude|excluding|remove|do not|don[’']?t"
    r"|does not|doesn[’']?t|should not|shouldn[’']?t|must not|mustn[’']?t|can[’']?t|cannot|won[’']?t)(?=\W|$)"
    r"(?: (?:be|show|include|have|add|use|put|make|display|draw|render|contain|want|need)(?=\W|$))?"
    r"(?: (?:any|a|an|the)(?=\W|$))?",
    re.IGNORECASE,
)
NEGATED_BEFORE = re.compile(r"(?:\bno|\bnot|\bwithout|\bnever|n[’']t|\bavoid)(?: \w+){0,2} $", re.IGNORECASE)

SPEECH = words(
    r"says?|saying|said|speaks?|speaking|shouts?|shouting|whispers?|whispering|yells?|asks?|asking",
    r"repl(?:y|ies)|exclaims?|announces?|murmurs?|mutters?|tells?|screams?|calls out",
    r"dialogue|voice-?over|narrat(?:or|es|ion)",
)
UNQUOTED = re.compile(
    r"(?<![\w-])(?:"
    r"(?:says|saying|said)[,:]? (?!(?:that|nothing|something|anything|so|it|how|what|why|a few)\b)"
    r"|(?:shouts|whispers|yells|asks|replies|exclaims|announces|murmurs|narrator|voice-?over|dialogue): "
    r")(?=\w)",
    re.IGNORECASE,
)
SAID_UNTIL = re.compile(
    r"[.,;!?\n]"
    r"| (?=(?:while|as (?:he|she|they|the)|(?:to|at) (?:the|a|an|his|her|their|him|them|someone|us))\b)",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"\"[^\"]{1,2000}\"|“[^”]{1,2000}”|„[^“”]{1,2000}[“”]|«[^»]{1,2000}»|「[^」]{1,2000}」"
    r"|(?<![\w’'])'[^'\n]{1,500}'(?!\w)|(?<!\w)‘[^’\n]{1,500}’(?!\w)"
)
WRITTEN = words(
    r"signs?|reading|reads|labell?ed|titles?|titled|text|logo|written|letters|named|called|word|words"
)
