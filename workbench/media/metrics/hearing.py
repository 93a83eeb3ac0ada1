"""The one pass over a clip's sound, within limits; whatever the file claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from workbench.media.metrics.loudness import Samples
from workbench.media.walk import MOST_S

MOST_SAMPLES = 24_000_000  # of all channels: a minute of 7.1 at 48 kHz
MOST_CHANNELS = 8
MOST_RATE = 192_000


@dataclass(frozen=True, slots=True)
class Heard:
    """``channels`` are their names, one for each row of ``sound``. ``whole``: to the end."""

    sound: Samples
    rate: int
    channels: tuple[str, ...]
    whole: bool

    @property
    def seconds(self) -> float:
        return int(self.sound.shape[1]) / self.rate


def hear(path: Path) -> Heard | None:
    """The first track of sound, as floats; ``None`` where there is none that can be decoded.

    Ends after ``MOST_S`` seconds or ``MOST_SAMPLES``, or where the rest can't be decoded.
    """
    parts: list[Samples] = []
    rate, whole = 0, True
    channels: tuple[str, ...] = ()
    try:
        with av.open(str(path), "r", format="mp4", metadata_errors="replace") as container:
            if not container.streams.audio:
                return None
            count = 0
            resampler: AudioResampler | None = None
            for frame in container.decode(container.streams.audio[0]):
                if resampler is None:
                    rate = frame.sample_rate
                    channels = tuple(channel.name for channel in frame.layout.channels)
                    if not 0 < rate <= MOST_RATE or not 0 < len(channels) <= MOST_CHANNELS:
                        return None
                    resampler = AudioResampler(format="fltp", layout=frame.layout, rate=rate)
                if frame.sample_rate != rate or len(frame.layout.channels) != len(channels):
                    whole = False  # another kind of sound from here on
                    break
                for part in _floats(resampler, frame):
                    parts.append(part)
                    count += part.shape[1]
                if count >= MOST_S * rate or count * len(channels) >= MOST_SAMPLES:
                    whole = False
                    break
    except (av.FFmpegError, OSError, ValueError, MemoryError):
        whole = False
    if not parts:
        return None
    sound = np.nan_to_num(np.concatenate(parts, axis=1), nan=0.0, posinf=1.0, neginf=-1.0)
    return Heard(np.clip(sound, -8.0, 8.0), rate, channels, whole)


def _floats(resampler: AudioResampler, frame: AudioFrame) -> Iterator[Samples]:
    for part in resampler.resample(frame):
        yield np.asarray(part.to_ndarray(), np.float32)
