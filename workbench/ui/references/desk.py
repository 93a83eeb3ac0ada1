"""``Desk``: what the References page is working on, as one frozen value: picked, seen, written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from immutabledict import immutabledict

from workbench.api.scripting import MOST_PICTURES
from workbench.domain.brief import Brief
from workbench.domain.media import Media
from workbench.domain.request import Settings
from workbench.domain.writing import Written
from workbench.prompting.use_cases import GENERAL


@dataclass(frozen=True, slots=True)
class Words:
    """A prompt and negative prompt as they stand, ``by`` whom they were written, and what was told then."""

    prompt: str = ""
    negative_prompt: str = ""
    by: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, written: Written) -> Words:
        return cls(written.prompt, written.negative_prompt, written.by, written.notes)


@dataclass(frozen=True, slots=True)
class Desk:
    """``picks`` are the pictures and the clip to look at, the clip last: the first is “image 1”.

    ``seen`` is what was seen, ``brief`` what a person has made of it, ``before`` the one before that look.
    ``looking`` and ``writing`` are errands under way. ``earlier`` are the words that stood there before
    ``words`` were written. ``run_id`` is the run that was made from here last.
    """

    picks: tuple[Media, ...] = ()
    look_by: str = ""
    looking: str = ""
    seen: Brief | None = None
    brief: Brief | None = None
    before: Brief | None = None
    use_case: str = GENERAL
    model: str = ""
    settings: Settings = field(default_factory=immutabledict)
    extra: str = ""
    write_by: str = ""
    writing: str = ""
    words: Words = field(default_factory=Words)
    earlier: Words = field(default_factory=Words)
    run_id: str = ""

    @property
    def pictures(self) -> tuple[Media, ...]:
        return tuple(media for media in self.picks if not media.is_video)

    @property
    def clip(self) -> Media | None:
        return next((media for media in self.picks if media.is_video), None)

    def with_pick(self, media: Media) -> Desk:
        """One more; pictures stand in the order of picking, the clip behind them."""
        others = [one for one in self.picks if one.sha256 != media.sha256]
        return replace(self, picks=tuple(sorted([*others, media], key=lambda one: one.is_video)))

    def without_pick(self, sha256: str) -> Desk:
        return replace(self, picks=tuple(one for one in self.picks if one.sha256 != sha256))

    def why_full(self, media: Media) -> str:
        """Why ``media`` can't be picked as well; empty where it can."""
        if media.is_video and self.clip is not None:
            return "One clip can be looked at, and one is picked. Take it off first."
        if not media.is_video and len(self.pictures) >= MOST_PICTURES:
            return f"{MOST_PICTURES} pictures are picked, which is as many as are looked at together. " + (
                "Take one off first."
            )
        return ""

    @property
    def is_of_picks(self) -> bool:
        """What was seen was seen in just what is picked."""
        return self.brief is not None and self.brief.references == tuple(one.sha256 for one in self.picks)

    def looked(self, brief: Brief) -> Desk:
        """With a new look; what a person had written into the one before is put aside."""
        before = self.brief if self.brief != self.seen else self.before
        return replace(self, seen=brief, brief=brief, before=before, looking="")

    def written(self, words: Words) -> Desk:
        """With new words, those that stood there put aside."""
        earlier = self.words if self.words.prompt.strip() else self.earlier
        return replace(self, words=words, earlier=earlier, writing="")


def to_draft(desk: Desk) -> dict[str, object]:
    """As the drafts table keeps it: JSON, files by hash."""
    return {
        "picks": [media.sha256 for media in desk.picks],
        "look_by": desk.look_by,
        "looking": desk.looking,
        **{name: brief.to_json() for name, brief in _briefs(desk) if brief},
        "use_case": desk.use_case,
        "model": desk.model,
        "settings": dict(desk.settings),
        "extra": desk.extra,
        "write_by": desk.write_by,
        "writing": desk.writing,
        "words": _words_json(desk.words),
        "earlier": _words_json(desk.earlier),
        "run_id": desk.run_id,
    }


def from_draft(draft: Mapping[str, Any], media: Callable[[str], Media | None]) -> Desk:
    """What ``to_draft`` wrote; files that are gone by now are left out."""
    return Desk(
        picks=_known(draft.get("picks", ()), media),
        look_by=draft.get("look_by", ""),
        looking=draft.get("looking", ""),
        seen=_brief(draft.get("seen")),
        brief=_brief(draft.get("brief")),
        before=_brief(draft.get("before")),
        use_case=draft.get("use_case", GENERAL),
        model=draft.get("model", ""),
        settings=immutabledict(draft.get("settings", {})),
        extra=draft.get("extra", ""),
        write_by=draft.get("write_by", ""),
        writing=draft.get("writing", ""),
        words=_words(draft.get("words")),
        earlier=_words(draft.get("earlier")),
        run_id=draft.get("run_id", ""),
    )


def _briefs(desk: Desk) -> tuple[tuple[str, Brief | None], ...]:
    return ("seen", desk.seen), ("brief", desk.brief), ("before", desk.before)


def _brief(content: Mapping[str, Any] | None) -> Brief | None:
    return Brief.of_json(content) if content else None


def _known(hashes: Sequence[str], media: Callable[[str], Media | None]) -> tuple[Media, ...]:
    return tuple(found for sha256 in hashes if (found := media(sha256)))


def _words_json(words: Words) -> list[object]:
    return [words.prompt, words.negative_prompt, words.by, list(words.notes)]


def _words(content: Sequence[Any] | None) -> Words:
    return Words(content[0], content[1], content[2], tuple(content[3])) if content else Words()
