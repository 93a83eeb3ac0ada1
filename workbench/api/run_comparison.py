"""Clips in step inside a notebook cell: small copies in a document that asks the network for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Final

from workbench.api.arms import arms_of
from workbench.api.results import data_url
from workbench.domain.errors import RequestError
from workbench.player import MOST_CLIPS, PlayerClip, beginning, standalone

if TYPE_CHECKING:
    from workbench.domain.run import Clip, Run
    from workbench.player import Layout

SIZES: Final = ((640, 28), (480, 30), (320, 32))  # longest side in pixels, CRF
_HEIGHT: Final = 620
_BASE64: Final = 4 / 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """``document`` is the player as one HTML document; ``labels`` name its clips; ``left_out`` says in words
    what is not in it, and is empty where all is; ``hashes`` are of the clips that are.

    In a notebook that is not trusted, scripts don't run: then its words show, and the player comes with
    “Trust Notebook”.
    """

    document: str
    labels: tuple[str, ...]
    left_out: str = ""
    hashes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        told = f"<Comparison of {', '.join(self.labels)}>"
        return f"{told} {self.left_out}".strip()

    def _repr_html_(self) -> str:
        names = " · ".join(map(escape, self.labels))
        told = f"<p>{names}</p>" + (f"<p>{escape(self.left_out)}</p>" if self.left_out else "")
        return (
            f'<iframe srcdoc="{escape(self.document)}" title="Clips on one timeline" '
            f'style="width:100%;height:{_HEIGHT}px;border:0" allow="fullscreen"></iframe>{told}'
        )


def compared(runs: Iterable[Run], layout: Layout, max_bytes: int, *, all_of_them: bool) -> Comparison:
    """Raises ``RequestError``. ``all_of_them``: more than a player takes are refused rather than cut."""
    with_clip = (run for run in runs if run.clip and run.clip.media.is_video)
    chosen = list(islice(with_clip, MOST_CLIPS + 1))
    if not chosen:
        raise RequestError("None of these runs has a clip to show. Wait for one, or choose others.")
    if all_of_them and len(chosen) > MOST_CLIPS:
        raise RequestError(f"The player takes up to {MOST_CLIPS} clips. Name fewer runs.")
    chosen = chosen[:MOST_CLIPS]
    contents = _fitting([run.clip for run in chosen if run.clip], max_bytes)
    if not contents:
        raise RequestError(f"Not even one clip fits into {max_bytes:,} bytes. Allow more by max_bytes.")
    labels = _labels(chosen)
    clips = [_told(label, content) for label, content in zip(labels, contents, strict=False)]
    left = labels[len(contents) :]
    left_out = f"Left out to stay under {max_bytes / 1e6:g} MB: {', '.join(left)}." if left else ""
    state = replace(beginning(len(clips)), layout=layout)
    document = standalone(clips, state=state, label="Clips on one timeline")
    shown = [run.clip.media.sha256 for run in chosen[: len(contents)] if run.clip]
    return Comparison(document, labels[: len(contents)], left_out, tuple(shown))


def _fitting(clips: Sequence[Clip], max_bytes: int) -> list[bytes]:
    """All, in the best size that fits; else as many of the smallest as fit, in order."""
    from workbench.media.small import small_clip

    made: list[bytes] = []
    for longest, quality in SIZES:
        made = []
        for clip in clips:
            made.append(small_clip(clip.path, longest, quality))
            if sum(map(len, made)) * _BASE64 > max_bytes:
                break
        else:
            return made
    return made[:-1]


def _labels(runs: Sequence[Run]) -> tuple[str, ...]:
    arm = {run.id: found for found in arms_of(runs) for run in found.runs}
    return tuple(f"{arm[run.id].label} · {arm[run.id].title} · {_take(run)}" for run in runs)


def _take(run: Run) -> str:
    return f"take {run.request.take}" if run.request.seed is None else f"seed {run.request.seed}"


def _told(label: str, content: bytes) -> PlayerClip:
    from workbench.media.probe import probe

    facts = probe(content)
    return PlayerClip(
        data_url(content, "video/mp4"),
        label,
        facts.fps,
        facts.duration_s,
        facts.width,
        facts.height,
        has_audio=facts.has_audio,
    )
