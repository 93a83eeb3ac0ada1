"""Looking at references: each file is measured here, and seen by a model where one is asked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from immutabledict import immutabledict

from workbench.api.reading import Estimate, Reading, bytes_of, tokens_of_clip
from workbench.domain.brief import BY_MEASURE, Brief, Facet, Look
from workbench.domain.media import Media
from workbench.domain.request import digest
from workbench.media.files import MediaFiles
from workbench.store import Store
from workbench.store.asks import Ask

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.providers.readers import Shown
    from workbench.runner.clock import Clock

AT_ONCE = 4  # files that are looked at side by side
FRAMES = 8  # of a clip, for a model that takes no clips
LONGEST_SIDE = 2_048  # pixels; models look at no more
MEASURING = 1  # a new number where the measures change: what was measured before is measured again


class Looking:
    """What is seen in the files of one folder; everything is kept by content and model."""

    def __init__(self, store: Store, files: MediaFiles, reading: Reading, clock: Clock) -> None:
        self._store = store
        self._files = files
        self._reading = reading
        self._clock = clock

    def brief(self, media: Sequence[Media], model: str, *, anew: bool = False) -> Brief:
        """All of them looked at by ``model`` and merged; beside pictures, a clip tells its motion only.

        Raises what ``Reading.ask`` does.
        """
        from workbench.prompting.brief import merge

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look") as pool:
            looks = list(pool.map(lambda one: self.look(one, model, anew=anew), media))
        if not all(one.is_video for one in media):
            looks = [_motion(look) if one.is_video else look for one, look in zip(media, looks, strict=True)]
        return merge(looks)

    def price(self, media: Sequence[Media], model: str) -> Estimate:
        """What a look at all of them should cost at most. Raises ``UnknownModel``."""
        from workbench.prompting.looking import ask_look

        askings = [ask_look(is_clip=one.is_video) for one in media]
        text_bytes = sum(bytes_of(asking.instructions, asking.text) for asking in askings)
        sees_clips = any(known.model == model and known.sees_clips for known in self._reading.models())
        clips = [one for one in media if one.is_video]
        pictures = len(media) - len(clips) + (0 if sees_clips else FRAMES * len(clips))
        seen = clips if sees_clips else []
        clip_tokens = sum(tokens_of_clip(clip.size_bytes, clip.duration_s) for clip in seen)
        return self._reading.price(
            model, text_bytes, pictures=pictures, clip_tokens=clip_tokens, questions=len(media)
        )

    def look(self, media: Media, model: str, *, anew: bool = False) -> Look:
        measured = self._measured(media)
        if model == BY_MEASURE:
            return measured
        return _completed(self._asked(media, model, measured, anew), measured)

    def _measured(self, media: Media) -> Look:
        key = digest(["measure", MEASURING, media.sha256])
        known = self._store.asks.answer(key, BY_MEASURE)
        if known is not None:
            return Look.of_json(known)
        from workbench.media.look import measure
        from workbench.prompting.measured import look_of

        look = look_of(measure(self._files.path(media), media.mime), media.sha256)
        self._store.asks.keep(Ask("measure", BY_MEASURE, "local", key, 0), look.to_json(), self._now())
        return look

    def _asked(self, media: Media, model: str, measured: Look, anew: bool) -> Look:
        from workbench.prompting.looking import ask_look, read_look
        from workbench.providers.readers import Question

        known, _ = self._reading.named(model)
        asking = ask_look(is_clip=media.is_video)
        with self._files.workspace() as folder:
            shown = self._shown(media, folder, sees_clips=known.sees_clips)
            question = Question(model, asking.instructions, asking.text, asking.shape, shown)
            asked = self._reading.ask("look", question, [media.sha256] * len(shown), anew=anew)
        return read_look(asked.parsed, media.sha256, model, measured.palette)

    def _shown(self, media: Media, folder: Path, *, sees_clips: bool) -> tuple[Shown, ...]:
        from workbench.media.frames import sample
        from workbench.media.shrink import shrunk
        from workbench.providers.readers import Shown

        path = self._files.path(media)
        if not media.is_video:
            smaller = shrunk(media, path, LONGEST_SIDE, folder)
            return (
                (Shown(smaller.path, "image/jpeg", "the picture"),)
                if smaller
                else (Shown(path, media.mime, "the picture"),)
            )
        if sees_clips:
            return (Shown(path, media.mime, "the clip", media.duration_s),)
        frames = []
        for number, frame in enumerate(sample(path, FRAMES)):
            target = folder / f"frame-{number}.jpg"
            target.write_bytes(frame.jpeg)
            frames.append(Shown(target, "image/jpeg", f"the frame at {frame.at_s:.1f} s"))
        return tuple(frames)

    def _now(self) -> datetime:
        return self._clock.now()


def _motion(look: Look) -> Look:
    """How it should look is for the pictures to say, how it should move for the clip."""
    kept = {f: found for f, found in look.findings.items() if f.is_motion or f is Facet.CAMERA}
    return replace(look, findings=immutabledict(kept), palette=(), unseen=())


def _completed(look: Look, measured: Look) -> Look:
    """With the motion that was measured, where the model saw none."""
    motion = {f: found for f, found in measured.findings.items() if f.is_motion and not look.findings.get(f)}
    return replace(look, findings=immutabledict({**look.findings, **motion})) if motion else look
