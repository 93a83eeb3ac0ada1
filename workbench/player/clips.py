"""What a player is given: its clips, the marks on its scrubber, and all of it as JSON for the script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from workbench.player.state import PlayerState

MOST_CLIPS: Final = 6


@dataclass(frozen=True, slots=True)
class PlayerClip:
    """One clip, and what must be known of it before it is loaded.

    ``url`` and ``poster`` may be addresses on this server, ``data:`` or ``file:`` URLs; a server must
    answer Range requests, or nothing can be sought. ``fps`` is the constant rate of its frames.
    """

    url: str
    label: str
    fps: float
    duration_s: float
    width: int
    height: int
    has_audio: bool = False
    poster: str | None = None

    def __post_init__(self) -> None:
        if not (self.fps > 0 and self.duration_s > 0 and self.width > 0 and self.height > 0):
            raise ValueError(
                f"The clip “{self.label}” has {self.width} × {self.height} pixels, {self.fps} frames a "
                f"second and {self.duration_s} s; all four must be above 0."
            )


@dataclass(frozen=True, slots=True)
class Note:
    """A mark on the scrubber: at ``at_s`` of the clip, and moved with it; without one, of the timeline."""

    at_s: float
    text: str
    clip: int | None = None


def told(
    clips: Sequence[PlayerClip],
    state: PlayerState,
    notes: Sequence[Note],
    *,
    label: str,
    edition: str,
    page_keys: bool,
    taken: str = "",
    blind: bool = False,
) -> dict[str, Any]:
    if not 1 <= len(clips) <= MOST_CLIPS:
        raise ValueError(f"A player takes 1 to {MOST_CLIPS} clips, not {len(clips)}.")
    if len(state.offsets_s) != len(clips):
        raise ValueError(f"The state is one of {len(state.offsets_s)} clips; the player has {len(clips)}.")
    return {
        "clips": [asdict(clip) for clip in clips],
        "state": state.link,
        "marks": [asdict(note) for note in notes],
        "label": label,
        "edition": edition,
        "page_keys": page_keys,
        "taken": taken,
        "blind": blind,
    }
