"""What is compared, as a link says it: ``?clips=RUN~RUN.2~RUN``. The first is the base of the others.

``RUN.2`` is a run's second clip. ``player=`` beside it is how the player stands. Links of before, with
``a=RUN&b=RUN``, open the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.api import Workbench
from workbench.domain.errors import UnknownRun
from workbench.domain.run import Clip, Run
from workbench.player import MOST_CLIPS

LEAST_CLIPS = 2
CLIPS, PLAYER = "clips", "player"
_APART = "~"
_QUOTED = 40  # characters of a wrong address that are repeated
_NAMED = 200  # addresses of a link that are looked at


@dataclass(frozen=True, slots=True)
class Shown:
    """One clip of a comparison."""

    run: Run
    clip: Clip

    @property
    def address(self) -> str:
        """As the link names it."""
        return self.run.id + (f".{self.clip.index + 1}" if self.clip.index else "")


@dataclass(frozen=True, slots=True)
class Found:
    """What a link names: clips that can be shown, and one sentence about what can't."""

    clips: tuple[Shown, ...] = ()
    complaint: str = ""


def clips_of(run: Run) -> tuple[Shown, ...]:
    """All that a run can bring into a comparison."""
    return tuple(Shown(run, clip) for clip in run.clips if _plays(clip))


def compared(clips: Iterable[Shown]) -> dict[str, str]:
    """The query of a link to these clips."""
    return {CLIPS: _APART.join(clip.address for clip in clips)}


def compared_runs(runs: Iterable[Run]) -> dict[str, str]:
    """The query of a link to the first clip of each run that has one."""
    return compared(clips[0] for run in runs if (clips := clips_of(run)))


def addresses(query: Mapping[str, str]) -> list[str]:
    """What the link names, in order."""
    named = query.get(CLIPS, "").replace(",", _APART).split(_APART)[:_NAMED]
    return [address for address in (*named, query.get("a", ""), query.get("b", "")) if address.strip()]


def find(bench: Workbench, named: Sequence[str]) -> Found:
    """At most six clips; whatever else was named is told in one sentence."""
    clips: dict[str, Shown] = {}
    complaints: list[str] = []
    unread = 0
    for number, address in enumerate(named):
        if len(clips) == MOST_CLIPS:
            complaints.append(
                f"The link names {len(named)} clips; {MOST_CLIPS} can be compared, the first are shown."
            )
            break
        if len(complaints) > MOST_CLIPS:  # nobody meant the rest
            unread = len(named) - number
            break
        found = _find(bench, address)
        if isinstance(found, str):
            complaints.append(found)
        elif found.address in clips:
            complaints.append(f"The link names {found.address} twice; it is shown once.")
        else:
            clips[found.address] = found
    return Found(tuple(clips.values()), _one_sentence(complaints, unread))


def _find(bench: Workbench, address: str) -> Shown | str:
    run_id, _, number = address.strip().partition(".")
    try:
        run = bench.run(run_id)
    except UnknownRun:
        return f"The log holds no run {_quoted(run_id)}."
    wanted = int(number) - 1 if number.isascii() and number.isdecimal() and len(number) < 4 else 0
    clip = next((clip for clip in run.clips if clip.index == wanted), None)
    if clip is None:
        which = f"no clip {wanted + 1}" if run.clips else "no clip"
        return f"Run {run.id} is {run.status} and has {which}."
    if not clip.media.is_video:
        return f"Run {run.id} made a still; only clips can be compared."
    if not _plays(clip):
        return f"The length of the clip of run {run.id} is not known, so it can’t be held beside others."
    return Shown(run, clip)


def _plays(clip: Clip) -> bool:
    media = clip.media
    return media.is_video and min(media.fps, media.duration_s, media.width, media.height) > 0


def _quoted(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _one_sentence(complaints: Sequence[str], unread: int) -> str:
    if len(complaints) < 2:
        return "".join(complaints)
    more = len(complaints) - 1 + unread
    return f"{complaints[0][:-1]}; {more} more of what the link names can’t be shown either."
