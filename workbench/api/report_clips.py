"""The clips that lie inside a report: which, made how small, and how many of them fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.api.arms import Arm
from workbench.api.ranking import clip_name
from workbench.domain.errors import BadMedia
from workbench.domain.review import Review
from workbench.domain.run import Clip, Run
from workbench.media.cluster import CONNECT_S, connected
from workbench.media.lending import Lent
from workbench.settings.executor import LOCAL

if TYPE_CHECKING:
    from workbench.media.probe import Probe

MOST_AN_ARM: Final = 3
SIZES: Final = ((640, 28), (480, 30), (320, 32))  # longest side in pixels, CRF
POSTER_WIDTH: Final = 320
_AT_ONCE = 2  # the app's pages want the machine, too
_OVERHEAD = 600  # bytes of a clip's own words in the page


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip of an arm, and how often it was judged."""

    arm: str
    run: Run
    clip: Clip
    judged: int

    @property
    def name(self) -> str:
        """“seed 3”; never an id."""
        request = self.run.request
        told = f"take {request.take}" if request.seed is None else f"seed {request.seed}"
        return told if len(self.run.clips) == 1 else f"{told}, clip {self.clip.index + 1}"


@dataclass(frozen=True, slots=True)
class Embedded:
    candidate: Candidate
    content: bytes
    facts: Probe


@dataclass(frozen=True, slots=True)
class Reel:
    """What is shown, by arm. ``left_out`` says what is not, and why; empty where all is there."""

    clips: Mapping[str, Sequence[Embedded]] = field(default_factory=dict)
    posters: Mapping[str, bytes] = field(default_factory=dict)
    left_out: str = ""

    @property
    def in_page(self) -> int:
        """Bytes, about."""
        clips = sum(_in_page(one.content) for own in self.clips.values() for one in own)
        return clips + sum(map(_in_page, self.posters.values()))


def candidates(
    arms: Sequence[Arm], reviews: Sequence[Review], judged: Mapping[str, int], liked: Mapping[str, float]
) -> dict[str, list[Candidate]]:
    """Of each arm, in their order, its clips: those that were judged most first, then the most liked.

    ``judged`` and ``liked``: by ``clip_name``.
    """
    by_run = {run.id: (arm.label, run) for arm in arms for run in arm.runs}
    names = {clip_name(clip): clip for review in reviews for clip in review.clips}
    by_arm: dict[str, list[Candidate]] = {arm.label: [] for arm in arms}
    for name in sorted(names, key=lambda name: (-judged.get(name, 0), -liked.get(name, 0), name)):
        shown = names[name]
        if shown.run_id not in by_run:
            continue
        arm, run = by_run[shown.run_id]
        clip = next((one for one in run.clips if one.index == shown.position), None)
        if clip is not None and clip.media.is_video:
            by_arm[arm].append(Candidate(arm, run, clip, judged.get(name, 0)))
    return by_arm


class Maker:
    """Makes clips small, each size once. ``broken`` are those of which that failed."""

    def __init__(self, executor: Executor) -> None:
        self.broken: set[Path] = set()
        self._executor = executor
        self._made: dict[tuple[Path, int], Embedded] = {}

    def __call__(self, wanted: Sequence[Candidate], longest: int, quality: int) -> list[Embedded]:
        from workbench.media.probe import probe

        new = [one for one in wanted if (one.clip.path, longest) not in self._made]
        begun = [self._executor.submit(small_lent, str(one.clip.path), longest, quality) for one in new]
        for one, future in zip(new, begun, strict=True):
            try:
                content = _result(future, one.clip.path, longest, quality)
            except (BadMedia, FileNotFoundError):
                self.broken.add(one.clip.path)
            else:
                self._made[one.clip.path, longest] = Embedded(one, content, probe(content))
        return [made for one in wanted if (made := self._made.get((one.clip.path, longest)))]

    def of_each(
        self, by_arm: Mapping[str, Sequence[Candidate]], most: int, longest: int, quality: int
    ) -> list[Embedded]:
        """Of each arm the first ``most`` that can be made."""
        while True:
            wanted = [
                one
                for clips in by_arm.values()
                for one in [one for one in clips if one.clip.path not in self.broken][:most]
            ]
            made = self(wanted, longest, quality)
            if len(made) == len(wanted):
                return made


@contextmanager
def making(executor: str) -> Iterator[Maker]:
    """On this machine, or on the Dask cluster at ``executor``. Raises ``BadSetting`` where none answers."""
    if executor == LOCAL:
        with ThreadPoolExecutor(_AT_ONCE, "small") as threads:
            yield Maker(threads)
        return
    client = connected(executor)
    try:
        yield Maker(client.get_executor(pure=False, retries=0))
    finally:
        client.close(timeout=CONNECT_S)


def small_lent(path: str, longest: int, quality: int) -> bytes:
    """What a worker does, here or on a cluster. Raises ``BadMedia``, or ``FileNotFoundError``."""
    from workbench.media.small import small_clip

    with Lent() as lent:
        return small_clip(lent(path), longest, quality)


def reel(
    clips: Mapping[str, Sequence[Candidate]], room_bytes: int, make: Maker, *, unit: str, limit: str
) -> Reel:
    """What fits into ``room_bytes`` of a page: fewer clips an arm first, then smaller ones, then stills.

    ``clips``: of each arm. ``limit`` says in words what must not be exceeded, ``unit`` what people gave.
    """
    by_arm = {arm: own for arm, own in clips.items() if own}
    posters = _posters(by_arm)
    room = room_bytes - sum(map(_in_page, posters.values()))
    none = f"No clip is in this file: even one an arm would make it larger than {limit}."
    if room < 0:
        return Reel(left_out=f"{none} There is no room for stills either.")
    for longest, quality in SIZES:
        made = make.of_each(by_arm, 1, longest, quality)
        if not made:
            return Reel(posters=posters, left_out=_broken(make, by_arm))
        if _bytes(made) > room:
            continue
        is_cut = False
        for count in range(2, MOST_AN_ARM + 1):
            if is_cut := _estimate(by_arm, made, count) > room:
                break
            more = make.of_each(by_arm, count, longest, quality)
            if is_cut := _bytes(more) > room:
                break
            made = more
        shown = {arm: [one for one in made if one.candidate.arm == arm] for arm in by_arm}
        bound = limit if is_cut or longest < SIZES[0][0] else ""
        told = _told(by_arm, made, longest, unit, bound)
        return Reel(shown, posters, f"{told} {_broken(make, by_arm)}".strip())
    return Reel(posters=posters, left_out=f"{none} Stills stand for them.")


def _result(future: Future[bytes], path: Path, longest: int, quality: int) -> bytes:
    """What a cluster fails to do is done here."""
    try:
        return future.result()
    except BadMedia:
        raise
    except Exception:  # noqa: BLE001 - a worker that is lost, or has no such file, says so in many ways
        return small_lent(str(path), longest, quality)


def _posters(by_arm: Mapping[str, Sequence[Candidate]]) -> dict[str, bytes]:
    from workbench.media.poster import poster

    found = {}
    for arm, clips in by_arm.items():
        for one in clips:
            try:
                found[arm] = poster(one.clip.path, POSTER_WIDTH)
            except BadMedia:
                continue
            break
    return found


def _estimate(by_arm: Mapping[str, Sequence[Candidate]], made: Sequence[Embedded], count: int) -> float:
    """In bytes of the page: an arm's clips need as much a second as those that are made."""
    whole = 0.0
    for arm, clips in by_arm.items():
        own = [one for one in made if one.candidate.arm == arm]
        seconds = sum(one.facts.duration_s for one in own)
        if seconds:
            rate = _bytes(own) / seconds
            whole += rate * sum(one.clip.media.duration_s for one in clips[:count])
    return whole


def _bytes(made: Sequence[Embedded]) -> int:
    return sum(_in_page(one.content) for one in made)


def _in_page(content: bytes) -> int:
    return -(-len(content) // 3) * 4 + _OVERHEAD


def _told(
    by_arm: Mapping[str, Sequence[Candidate]], made: Sequence[Embedded], longest: int, unit: str, limit: str
) -> str:
    whole = sum(map(len, by_arm.values()))
    if len(made) == whole and longest == SIZES[0][0]:
        return ""
    most = max(Counter(one.candidate.arm for one in made).values())
    told = (
        f"{len(made)} of {whole} clips are in this file, up to {most} an arm, "
        f"those with the most {unit}s first"
    )
    if longest < SIZES[0][0]:
        told += f", at up to {longest} pixels instead of {SIZES[0][0]}"
    return f"{told}: more would make it larger than {limit}." if limit else f"{told}."


def _broken(make: Maker, by_arm: Mapping[str, Sequence[Candidate]]) -> str:
    count = sum(one.clip.path in make.broken for clips in by_arm.values() for one in clips)
    if not count:
        return ""
    are = " is" if count == 1 else "s are"
    return f"{count} clip{are} missing here: no longer in the data folder, or damaged."
