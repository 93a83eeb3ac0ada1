"""``small_clip``: a clip made small enough to lie inside a document.

Every picture keeps its time, so clips that are compared stay comparable to the frame. H.264 with 4:2:0 and
AAC play in every browser.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.video.stream import VideoStream

from workbench.media.probe import Probe, damaged_as, picture_stream, probe, sound_stream
from workbench.media.sniff import shown

LONGEST, QUALITY = 640, 28  # pixels of the long side; CRF
_SAMPLE_RATE, _SOUND_BITS_PER_S = 48_000, 96_000
_UPRIGHT: Final = {0: (), 1: (("transpose", "cclock"),), 2: (("hflip", ""), ("vflip", ""))} | {
    3: (("transpose", "clock"),)
}
_MUXING = {"movflags": "+faststart", "fflags": "+bitexact"}
_COLOURS = ("color_primaries", "color_trc", "colorspace", "color_range")


def small_clip(source: Path, longest: int = LONGEST, quality: int = QUALITY) -> bytes:
    """``source`` as an MP4 with a long side of at most ``longest`` pixels; sound in one channel.

    Upright, with nothing of the source but pictures and sound: no metadata. ``quality`` is x264's CRF.
    Raises ``BadMedia``.
    """
    facts = probe(source)
    with (
        damaged_as(_damaged(source)),
        NamedTemporaryFile(
            prefix="workbench-small-", suffix=".mp4"
        ) as file,  # an index in front needs a name
        av.open(str(source), "r", format="mp4", metadata_errors="replace") as container,
        av.open(file.name, "w", format="mp4", options=_MUXING) as target,
    ):
        stream = picture_stream(container)
        assert stream is not None, "probe has found one"
        pictures = _Pictures(stream, target, facts, longest, quality)
        heard = sound_stream(container)
        sound = _Sound(heard, target) if heard is not None else None
        for packet in container.demux([stream] if heard is None else [stream, heard]):
            if packet.stream is stream:
                pictures.take(packet.decode())
            elif sound is not None:
                sound.take(packet.decode())
        if not pictures.count:
            raise ValueError("no picture")
        pictures.end()
        if sound is not None:
            sound.end()
        target.close()
        return Path(file.name).read_bytes()


class _Pictures:
    """``count`` is how many were taken."""

    def __init__(
        self, stream: VideoStream, target: OutputContainer, facts: Probe, longest: int, quality: int
    ) -> None:
        self.count = 0
        self._target = target
        self._start = stream.start_time or 0
        self._time_base = stream.time_base or Fraction(1, 90_000)
        scale = min(1.0, longest / max(facts.width, facts.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (facts.width, facts.height))
        self._graph = _graph(stream, facts.turns, width, height)
        self._out: Any = target.add_stream(
            "libx264", rate=stream.average_rate or 24, options={"preset": "veryfast", "crf": f"{quality}"}
        )
        self._out.width, self._out.height, self._out.pix_fmt = width, height, "yuv420p"
        coded = self._out.codec_context
        coded.time_base = self._time_base
        for name in _COLOURS:  # its numbers stay what they mean
            setattr(coded, name, getattr(stream.codec_context, name))

    def take(self, frames: list[Any]) -> None:
        for frame in frames:
            if frame.pts is None:
                continue
            self._graph.push(frame)
            self._write(self._graph.pull())

    def end(self) -> None:
        self._target.mux(self._out.encode())

    def _write(self, frame: Any) -> None:
        frame.pts -= self._start
        frame.time_base = self._time_base
        frame.pict_type = 0  # the source's choice of keyframes is no wish
        self._target.mux(self._out.encode(frame))
        self.count += 1


class _Sound:
    def __init__(self, stream: AudioStream, target: OutputContainer) -> None:
        self._target = target
        self._resampler = AudioResampler(format="fltp", layout="mono", rate=_SAMPLE_RATE)
        self._out: Any = target.add_stream("aac", rate=_SAMPLE_RATE, layout="mono")
        self._out.bit_rate = _SOUND_BITS_PER_S

    def take(self, frames: list[Any]) -> None:
        for frame in frames:
            self._write(self._resampler.resample(frame))

    def end(self) -> None:
        self._write(self._resampler.resample(None))
        self._target.mux(self._out.encode())

    def _write(self, frames: list[Any]) -> None:
        for frame in frames:
            self._target.mux(self._out.encode(frame))


def _graph(stream: VideoStream, turns: int, width: int, height: int) -> Graph:
    graph = Graph()
    steps = [graph.add_buffer(template=stream)]
    scale = ("scale", f"{width}:{height}:flags=area")
    for name, arguments in (*_UPRIGHT[turns % 4], scale, ("format", "yuv420p")):
        steps.append(graph.add(name, arguments or None))
    steps.append(graph.add("buffersink"))
    graph.link_nodes(*steps).configure()
    return graph


def _damaged(path: Path) -> str:
    return (
        f"{shown(path.name)} can't be decoded to its end, so no small copy of it can be made; check that "
        "it plays, or fetch it once more."
    )
