"""``plan(request) → ShotPlan``: what the engine will draw, and the words of the prompt that it won't."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace

from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Json
from workbench.providers.animatic import lexicon

_FALLING = frozenset({"rain", "storm", "snow"})
AMOUNTS: Mapping[str, float] = {"slow": 0.65, "normal": 1.0, "fast": 1.7}


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """One shot as a value. ``amount`` scales the camera's speed; 1 is the usual pace.

    ``starts_at_s`` is where on the shot's own clock the clip begins: an extension goes on where its
    parent ended. ``without`` lists the extras that the negative prompt took away.
    """

    scene: str = "abstract"
    subject: str = ""
    time: str = "day"
    weather: str = "clear"
    palette: str = "natural"
    style: str = "plain"
    move: str = "static"
    amount: float = 1.0
    easing: str = "ease_in"
    tint: str = ""
    seed: int = 0
    starts_at_s: float = 0.0
    without: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def has(self, extra: str) -> bool:
        """Whether the scene may add ``extra`` (one of ``lexicon.EXTRAS``)."""
        return extra not in self.without

    def to_json(self) -> dict[str, object]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Json) -> ShotPlan:
        """The plan that ``to_json`` wrote; fields that this version does not know are left out."""
        known = {f.name for f in fields(cls)}
        given = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items() if k in known}
        return cls(**given)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Hit:
    """One word or phrase of the text, with what it means in one category."""

    category: str
    value: str
    word: str
    position: int
    words: int


def plan(request: GenerationRequest, parent: ShotPlan | None = None, parent_ended_s: float = 0.0) -> ShotPlan:
    """The shot plan of ``request``.

    ``parent`` is the plan of the clip that is extended and ``parent_ended_s`` its end on the shot's
    clock: the picture stays, and only what the new prompt says about the camera is taken from it.
    """
    words = _words(request.prompt)
    hits = tuple(_hits(words))
    unwanted = tuple(_hits(_words(request.negative_prompt)))
    wanted, removed = _without(hits, unwanted)
    drawn = _drawn(wanted)
    chosen = {hit.category: hit.value for hit in drawn}
    shot = ShotPlan(
        scene=_scene(chosen),
        subject=chosen.get("subject", ""),
        time=_time(chosen),
        weather=chosen.get("weather", "clear"),
        palette=chosen.get("palette", "natural"),
        style=chosen.get("style", "plain"),
        move=chosen.get("move") or _default_move(request, chosen, unwanted),
        amount=AMOUNTS[chosen.get("pace", "normal")],
        tint=_tint(words),
        seed=request.seed if request.seed is not None else request.take - 1,
        without=_extras(_words(request.negative_prompt)),
        removed=removed,
    )
    drawn_words = _rendered(shot, (hit for hit in wanted if parent or _follows(request, hit)))
    shot = replace(shot, matched=drawn_words, unmatched=_unmatched(words, drawn_words, hits))
    if parent is None:
        return shot
    return _continued(parent, shot, chosen, parent_ended_s)


def _words(text: str) -> tuple[str, ...]:
    return tuple(w.strip("'-") for w in re.findall(r"[^\W_][\w'&-]*", text.lower()) if w.strip("'-"))


def _phrases() -> dict[tuple[str, ...], tuple[tuple[str, str], ...]]:
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for category, meanings in lexicon.CATEGORIES.items():
        for value, phrases in meanings.items():
            for phrase in phrases:
                found.setdefault(tuple(phrase.split()), []).append((category, value))
    return {k: tuple(v) for k, v in found.items()}


_PHRASES = _phrases()
_LONGEST = max(len(p) for p in _PHRASES)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _hits(words: tuple[str, ...]) -> Iterator[_Hit]:
    """Every phrase of the lexicon in ``words``, longest first, each word used once."""
    at = 0
    while at < len(words):
        for count in range(min(_LONGEST, len(words) - at), 0, -1):
            phrase = words[at : at + count]
            meanings = _PHRASES.get(phrase) or _PHRASES.get((*phrase[:-1], _singular(phrase[-1])))
            if meanings:
                for category, value in meanings:
                    yield _Hit(category, value, " ".join(phrase), at, count)
                at += count
                break
        else:
            parts = tuple(words[at].split("-"))
            if len(parts) > 1:  # "rain-slicked" still means rain
                for hit in _hits(parts):
                    yield replace(hit, word=words[at], position=at, words=1)
            at += 1


def _without(hits: tuple[_Hit, ...], unwanted: tuple[_Hit, ...]) -> tuple[tuple[_Hit, ...], tuple[str, ...]]:
    refused = {(hit.category, hit.value) for hit in unwanted}
    kept = tuple(hit for hit in hits if (hit.category, hit.value) not in refused)
    removed = tuple(dict.fromkeys(hit.word for hit in hits if (hit.category, hit.value) in refused))
    return kept, removed


def _drawn(hits: tuple[_Hit, ...]) -> tuple[_Hit, ...]:
    """The one hit of each category that the picture follows: the first, but a subject in the way of
    animals and people ("lion by a tree") goes before scenery."""
    best: dict[str, _Hit] = {}
    for hit in hits:
        held = best.get(hit.category)
        if held is None or (hit.category == "subject" and held.value == "tree" and hit.value != "tree"):
            best[hit.category] = hit
    return tuple(best.values())


def _scene(chosen: Mapping[str, str]) -> str:
    subject = chosen.get("subject", "")
    if subject in lexicon.TABLE_SUBJECTS:
        return "studio"
    if "scene" in chosen:
        return chosen["scene"]
    if subject:
        return lexicon.HOMES[subject]
    if chosen.get("palette") == "neon":
        return "city"
    if chosen.get("weather") == "snow":
        return "snowfield"
    return "mountains" if {"time", "weather"} & chosen.keys() else "abstract"


def _time(chosen: Mapping[str, str]) -> str:
    """Neon beats the hour: neon light needs the dark."""
    if chosen.get("palette") == "neon":
        return "night"
    return chosen.get("time") or ("night" if chosen.get("style") == "noir" else "day")


def _default_move(request: GenerationRequest, chosen: Mapping[str, str], unwanted: tuple[_Hit, ...]) -> str:
    if any(hit.category == "move" for hit in unwanted):
        return "static"
    if request.inputs_as(Role.LAST_FRAME):
        return "static"
    return "orbit_right" if _scene(chosen) == "studio" else "dolly_in"


def _tint(words: tuple[str, ...]) -> str:
    for word in words:
        for name, synonyms in lexicon.GEM_COLOURS.items():
            if word in synonyms:
                return name
    return ""


def _extras(words: tuple[str, ...]) -> tuple[str, ...]:
    text = f" {' '.join(_singular(w) for w in words)} "
    return tuple(
        extra
        for extra, phrases in lexicon.EXTRAS.items()
        if any(f" {' '.join(_singular(w) for w in phrase.split())} " in text for phrase in phrases)
    )


def _follows(request: GenerationRequest, hit: _Hit) -> bool:
    """Whether the picture can follow the word: over given pictures only camera, look and what falls."""
    if not request.inputs or hit.category in ("palette", "style"):
        return True
    if request.inputs_as(Role.LAST_FRAME):
        return False
    return hit.category in ("move", "pace") or hit.value in _FALLING


def _rendered(shot: ShotPlan, hits: Iterable[_Hit]) -> tuple[str, ...]:
    """The words of ``hits`` that the finished plan really follows, also where two say the same."""
    state = {
        "scene": shot.scene,
        "time": shot.time,
        "subject": shot.subject,
        "weather": shot.weather,
        "palette": shot.palette,
        "style": shot.style,
        "move": shot.move,
    }
    pace = next((name for name, amount in AMOUNTS.items() if amount == shot.amount), "")
    followed = (h for h in hits if {**state, "pace": pace}.get(h.category) == h.value)
    ordered = sorted(followed, key=lambda h: h.position)
    words = [h.word for h in ordered if _singular(h.word) not in lexicon.STAND_INS]
    return tuple(dict.fromkeys(words))


def _unmatched(words: tuple[str, ...], matched: tuple[str, ...], hits: tuple[_Hit, ...]) -> tuple[str, ...]:
    """Words of the prompt that stay undrawn, in order, phrases of the lexicon kept together."""
    done = {hit.position + i for hit in hits for i in range(hit.words) if hit.word in matched}
    phrases = {hit.position: hit for hit in hits if hit.words > 1 and hit.word not in matched}
    inside = {p + i for p, hit in phrases.items() for i in range(1, hit.words)}
    left = [
        phrases[i].word if i in phrases else word
        for i, word in enumerate(words)
        if i not in done and i not in inside and (i in phrases or word not in lexicon.SILENT)
    ]
    return tuple(dict.fromkeys(left))


def _continued(parent: ShotPlan, shot: ShotPlan, chosen: Mapping[str, str], ended_s: float) -> ShotPlan:
    """The parent's picture, later on its clock. Another camera move would jump, so the move stays too."""
    return replace(
        parent,
        starts_at_s=ended_s,
        matched=tuple(w for w in shot.matched if _same(parent, chosen, w)),
        unmatched=tuple(
            dict.fromkeys((*shot.unmatched, *(w for w in shot.matched if not _same(parent, chosen, w))))
        ),
        removed=(),
    )


def _same(parent: ShotPlan, chosen: Mapping[str, str], word: str) -> bool:
    """Whether ``word`` asks for what the parent's plan already draws."""
    return any(
        chosen.get(hit.category) == hit.value and getattr(parent, hit.category, None) == hit.value
        for hit in _hits(tuple(word.split()))
    )
