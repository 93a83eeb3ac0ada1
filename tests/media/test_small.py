"""``small_clip``: what becomes smaller, and what stays as it was."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.player_reels import Reel, shoot
from workbench.domain.errors import BadMedia
from workbench.media.probe import probe
from workbench.media.small import small_clip

REELS = (
    Reel("film", frames=60, hertz=440),
    Reel("ntsc", frames=45, fps="30000/1001", width=1280, height=720, hertz=220, noise=6),
    Reel("tall", frames=25, fps="25", width=720, height=1280),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    shoot(folder, *REELS)
    return folder


@pytest.mark.parametrize("reel", REELS, ids=lambda reel: reel.name)
@pytest.mark.parametrize("longest", [640, 321])
def test_smaller_and_every_picture_at_its_time(
    reel: Reel, longest: int, folder: Path, tmp_path: Path
) -> None:
    source = folder / f"{reel.name}.mp4"
    small = tmp_path / "small.mp4"
    small.write_bytes(small_clip(source, longest))
    before, after = probe(source), probe(small)
    assert max(after.width, after.height) <= min(longest, max(reel.width, reel.height)) + 1
    assert after.width % 2 == after.height % 2 == 0
    assert after.width / after.height == pytest.approx(reel.width / reel.height, rel=0.02)
    assert (after.codec, after.pix_fmt, after.has_audio) == ("h264", "yuv420p", bool(reel.hertz))
    assert (after.frames, after.fps) == (reel.frames, before.fps)
    assert times(small) == pytest.approx(times(source), abs=1e-4)
    if reel.width > longest or reel.height > longest:
        assert after.size_bytes < before.size_bytes
    assert small.read_bytes().find(b"moov") < small.read_bytes().find(b"mdat"), "it starts at once"


def test_the_sound_is_the_same_in_one_channel(folder: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.mp4"
    small.write_bytes(small_clip(folder / "film.mp4"))
    with av.open(str(small)) as container:
        (stream,) = container.streams.audio
        assert (stream.codec_context.name, stream.layout.name, stream.rate) == ("aac", "mono", 48_000)
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(sound) / 48_000 == pytest.approx(2.5, abs=0.1)
    middle = sound[24_000:72_000]
    assert np.argmax(np.abs(np.fft.rfft(middle))) == 440, "in one second, its hertz"


def test_pictures_are_what_they_were(folder: Path, tmp_path: Path) -> None:
    """Each shows its number in blocks: none is exchanged, and black and white stay so."""
    small = tmp_path / "small.mp4"
    small.write_bytes(small_clip(folder / "ntsc.mp4", 320))
    with av.open(str(small)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            pixels = frame.to_ndarray(format="gray")
            row = pixels[int(len(pixels) * 0.95)]
            bits = [row[int(len(row) * (bit + 0.5) / 10)] > 127 for bit in range(10)]
            assert int("".join("01"[int(bit)] for bit in bits), 2) == number


def test_a_clip_that_lies_on_its_side_stands_up(folder: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    for turns in range(1, 4):
        write_turned(folder / "film.mp4", turned, turns)
        assert probe(turned).turns == turns
        facts = probe(small_clip(turned, 200))
        assert facts.turns == 0
        assert (facts.width > facts.height) == (turns == 2)
        small = tmp_path / "small.mp4"
        small.write_bytes(small_clip(turned, 200))
        upright, wanted = first(small), np.rot90(first(folder / "film.mp4"), turns)
        step = wanted.shape[0] / upright.shape[0]
        rows = (np.arange(upright.shape[0]) * step).astype(int)
        columns = (np.arange(upright.shape[1]) * wanted.shape[1] / upright.shape[1]).astype(int)
        near = np.abs(upright.astype(int) - wanted[rows][:, columns]).mean()
        far = np.abs(upright[::-1, ::-1].astype(int) - wanted[rows][:, columns]).mean()
        assert near < 8 < far


def test_it_tells_nothing_else(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "told.mp4"
    with av.open(str(folder / "film.mp4")) as container, av.open(str(source), "w", format="mp4") as target:
        target.metadata["title"] = "ARM-B-SEED-3"
        stream = container.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in container.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    assert b"ARM-B-SEED-3" in source.read_bytes()
    assert b"ARM-B-SEED-3" not in small_clip(source)


@pytest.mark.parametrize("content", [b"", b"no clip at all", None], ids=["empty", "text", "cut"])
def test_what_is_damaged_is_told(content: bytes | None, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    whole = (folder / "film.mp4").read_bytes()
    path.write_bytes(whole[:3000] if content is None else content)
    with pytest.raises(BadMedia, match=r"bad\.mp4"):
        small_clip(path)


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        start = float((stream.start_time or 0) * (stream.time_base or 0))
        return [float(frame.time or 0) - start for frame in container.decode(video=0)]


def first(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="gray")


def write_turned(source: Path, target: Path, turns: int) -> None:
    """The clip with a matrix in its track header that turns it counter-clockwise."""
    one = 65_536
    matrices = {1: (0, -one, one, 0), 2: (-one, 0, 0, -one), 3: (0, one, -one, 0)}
    a, b, c, d = (number.to_bytes(4, "big", signed=True) for number in matrices[turns])
    content = bytearray(source.read_bytes())
    place = content.index(b"tkhd") + 4 + 40
    content[place : place + 8] = a + b
    content[place + 12 : place + 20] = c + d
    target.write_bytes(content)
