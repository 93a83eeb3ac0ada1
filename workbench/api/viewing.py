"""How a model is shown two clips of a review: what goes along, under which words, and in which order.

Blind as people are: the copies without metadata that a review makes, or frames of these, called left and
right; beside them the question, and the prompt and pictures that all clips of the review share.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.api.looking import LONGEST_SIDE
from workbench.api.reading import bytes_of, tokens_of_clip
from workbench.domain.judge import ModelJudge, Verdict
from workbench.domain.media import Media
from workbench.media.files import MediaFiles

if TYPE_CHECKING:
    from workbench.prompting.asking import Asking
    from workbench.providers.readers import Question, Shown

FRAMES = 8  # of each clip, for a model that takes no clips


@dataclass(frozen=True, slots=True)
class Part:
    """A file that goes along, by the name that the words give it; of a clip the picture ``at_s``, or all."""

    label: str
    media: Media
    at_s: float | None = None

    @property
    def mime(self) -> str:
        return self.media.mime if self.at_s is None else "image/jpeg"


@dataclass(frozen=True, slots=True)
class Viewing:
    """One question about two clips. ``question`` has no files yet: ``opened`` makes them."""

    question: Question
    parts: tuple[Part, ...]

    @property
    def contents(self) -> list[str]:
        return [part.media.sha256 for part in self.parts]

    @property
    def pictures(self) -> int:
        return sum(part.mime.startswith("image/") for part in self.parts)

    @property
    def clip_tokens(self) -> int:
        clips = [part.media for part in self.parts if part.mime.startswith("video/")]
        return sum(tokens_of_clip(clip.size_bytes, clip.duration_s) for clip in clips)

    @property
    def text_bytes(self) -> int:
        return bytes_of(self.question.instructions, self.question.text)


@dataclass(frozen=True, slots=True)
class PairAsked:
    """Two clips by their places among those that people judged, and the questions about them both ways round.

    ``name`` is how a sentence calls it, ``told`` what the log holds of the answers.
    """

    pair: tuple[int, int]
    name: str
    viewings: tuple[Viewing, Viewing]
    told: tuple[Verdict | None, Verdict | None]

    @property
    def answers(self) -> list[Verdict]:
        return [one for one in self.told if one is not None]

    @property
    def unanswered(self) -> list[Viewing]:
        return [one for one, told in zip(self.viewings, self.told, strict=True) if told is None]


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is asked of each pair of one review, whose clips were all made from ``pictures``."""

    model: str
    asking: Asking
    pictures: tuple[Media, ...]
    sees_clips: bool

    @classmethod
    def of(
        cls,
        judge: ModelJudge,
        question: str,
        prompt: str,
        pictures: Sequence[Media],
        *,
        sees_clips: bool,
    ) -> Task:
        from workbench.prompting.judging import ask_verdict

        asking = ask_verdict(judge.rubric, question, prompt, in_frames=not sees_clips)
        return cls(judge.model, asking, tuple(pictures), sees_clips)

    def viewings(self, one: Media, other: Media) -> tuple[Viewing, Viewing]:
        """With the one on the left, then with the other."""
        return self._viewing(one, other), self._viewing(other, one)

    def _viewing(self, left: Media, right: Media) -> Viewing:
        from workbench.prompting.judging import LEFT, RIGHT
        from workbench.providers.readers import Question, Shown

        parts = [Part(f"what was given, {n}", picture) for n, picture in enumerate(self.pictures, 1)]
        times: Sequence[float | None] = [None] if self.sees_clips else _times(left, right)
        for label, clip in ((LEFT, left), (RIGHT, right)):
            parts += [Part(label if at_s is None else f"{label} at {at_s} s", clip, at_s) for at_s in times]
        shown = tuple(Shown(Path(), part.mime, part.label) for part in parts)
        question = Question(self.model, self.asking.instructions, self.asking.text, self.asking.shape, shown)
        return Viewing(question, tuple(parts))


def _times(left: Media, right: Media) -> Sequence[float]:
    """The same for both: evenly over the shorter one, whose first and last pictures are in it."""
    end_s = min(left.duration_s, right.duration_s)
    return list(dict.fromkeys(round(end_s * n / (FRAMES - 1), 2) for n in range(FRAMES)))


@dataclass(frozen=True, slots=True)
class Clips:
    """Where files lie: all of them as they are stored, clips as they may be shown, in folder ``blind``."""

    files: MediaFiles
    blind: Path

    def shown(self, media: Media) -> Path:
        """Raises ``BadMedia`` where a clip can't be copied."""
        from workbench.media.blind import kept_blind

        path = self.files.path(media)
        return kept_blind(path, media.sha256, self.blind) if media.is_video else path


def opened(viewings: Sequence[Viewing], folder: Path, clips: Clips) -> list[Question]:
    """The questions with their files, made once for all in ``folder``; no clip's name there tells anything.

    Raises ``BadMedia``.
    """
    nameless = dict.fromkeys(replace(part, label="") for viewing in viewings for part in viewing.parts)
    by_media: dict[Media, list[Part]] = {}
    for part in nameless:
        by_media.setdefault(part.media, []).append(part)
    files: dict[Part, Shown] = {}
    for number, (media, parts) in enumerate(by_media.items(), 1):
        files |= zip(parts, _made(parts, clips.shown(media), folder, number), strict=True)
    return [replace(viewing.question, shown=_shown(viewing.parts, files)) for viewing in viewings]


def _shown(parts: Sequence[Part], files: Mapping[Part, Shown]) -> tuple[Shown, ...]:
    return tuple(replace(files[replace(part, label="")], label=part.label) for part in parts)


def _made(parts: Sequence[Part], source: Path, folder: Path, number: int) -> Iterator[Shown]:
    """Of parts of one file, of which ``source`` is what may be shown."""
    from workbench.media import frames
    from workbench.media.shrink import shrunk
    from workbench.providers.readers import Shown

    media = parts[0].media
    if not media.is_video:
        smaller = shrunk(media, source, LONGEST_SIDE, folder)
        yield Shown(smaller.path, smaller.media.mime, "") if smaller else Shown(source, media.mime, "")
    elif parts[0].at_s is None:
        copy = folder / f"{number}.mp4"
        shutil.copyfile(source, copy)  # one that is uploaded goes by its file's name
        yield Shown(copy, media.mime, "", media.duration_s)
    else:
        times = [part.at_s for part in parts if part.at_s is not None]
        for place, frame in enumerate(frames.at(source, times)):
            target = folder / f"{number}-{place}.jpg"
            target.write_bytes(frame.jpeg)
            yield Shown(target, "image/jpeg", "")
