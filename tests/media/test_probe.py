"""Clips are known by their bytes; what is no clip gets one sentence."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.footage import turn_clockwise, write_clip, write_clip_apart, write_sound
from workbench.domain.errors import BadMedia
from workbench.media import probe as probing
from workbench.media.probe import Probe, probe, read_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", sound=True)


def told(source: Path | bytes, name: str = "lion.mp4") -> str:
    with pytest.raises(BadMedia) as caught:
        read_clip(source, name)
    sentence = str(caught.value)
    assert sentence.startswith("lion.mp4 ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_the_facts_of_a_clip(clip: Path) -> None:
    expected = Probe(
        mime="video/mp4",
        size_bytes=clip.stat().st_size,
        width=320,
        height=180,
        duration_s=1.0,
        fps=24.0,
        codec="h264",
        pix_fmt="yuv420p",
        has_audio=True,
        frames=24,
    )
    assert probe(clip) == expected
    assert probe(clip.read_bytes()) == expected
    assert read_clip(clip, "anything.txt") == expected


@pytest.mark.parametrize(
    ("codec", "name", "pix_fmt", "options"),
    [
        ("libx265", "hevc", "yuv420p10le", {"preset": "ultrafast", "x265-params": "log-level=none"}),
        ("libsvtav1", "av1", "yuv420p", {"preset": "12", "svtav1-params": "logical-processors=1"}),
        ("libvpx-vp9", "vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
    ],
)
def test_every_allowed_codec(
    tmp_path: Path, codec: str, name: str, pix_fmt: str, options: dict[str, str]
) -> None:
    path = tmp_path / "clip.mp4"
    write_clip_apart(path, codec=codec, pix_fmt=pix_fmt, options=options, frames=6)
    facts = read_clip(path, "clip")
    assert (facts.codec, facts.pix_fmt, facts.has_audio) == (name, pix_fmt, False)
    assert facts.duration_s == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("movflags", ["+faststart", "frag_keyframe+empty_moov"])
def test_every_layout_of_the_file(tmp_path: Path, movflags: str) -> None:
    facts = read_clip(write_clip(tmp_path / "clip.mp4", movflags=movflags), "clip")
    assert (facts.width, facts.fps, facts.frames) == (320, 24.0, 24)
    assert facts.duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_rotation_counts_in_the_size(tmp_path: Path, quarters: int) -> None:
    path = turn_clockwise(write_clip(tmp_path / "phone.mp4", frames=2), quarters)
    facts = probe(path)
    assert (facts.width, facts.height) == ((180, 320) if quarters % 2 else (320, 180))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert facts.turns == round(frame.rotation / 90) % 4 == -quarters % 4


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty (0 bytes)"),
        (b"not a clip at all\n" * 10, "is text, not an MP4 clip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "is PNG, not an MP4 clip"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0" + bytes(99), "is QuickTime, not an MP4 clip"),
        (b"\x1aE\xdf\xa3" + bytes(99), "is Matroska or WebM, not an MP4 clip"),
        (bytes(200), "is of unknown type, not an MP4 clip"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "is cut short"),
    ],
)
def test_what_is_no_clip_is_told(data: bytes, says: str, tmp_path: Path) -> None:
    assert says in told(data)
    path = tmp_path / "lion.mp4"
    path.write_bytes(data)
    assert says in told(path)


@pytest.mark.parametrize("movflags", ["", "+faststart"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_truncated_clip_is_told(tmp_path: Path, movflags: str, share: float) -> None:
    data = write_clip(tmp_path / "clip.mp4", movflags=movflags).read_bytes()
    assert "is cut short" in told(data[: int(len(data) * share)])


def test_sound_alone_is_told(tmp_path: Path) -> None:
    assert "holds no moving picture" in told(write_sound(tmp_path / "sound.mp4"))


def test_a_clip_with_ruined_pictures_is_told(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=2)
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[at:end] = bytes(end - at)
    assert "can be decoded" in told(bytes(data)) or "damaged" in told(bytes(data))


def test_other_codecs_are_told(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "old.mp4", codec="mpeg4", frames=4)
    assert "is coded as mpeg4; allowed is MP4 with H.264, HEVC, AV1 or VP9" in told(path)
    assert probe(path).codec == "mpeg4"


def test_too_long_and_too_small_are_told(tmp_path: Path) -> None:
    long = write_clip(tmp_path / "long.mp4", width=64, height=64, frames=660, fps=1)
    assert "lasts 11.0 minutes" in told(long)
    assert "is 64 × 32 pixels" in told(write_clip(tmp_path / "tiny.mp4", width=64, height=32, frames=2))


def test_too_many_bytes_are_told_without_reading_them(tmp_path: Path) -> None:
    path = tmp_path / "big.mp4"
    with path.open("wb") as handle:
        handle.truncate(2 * 1024**3)
    assert "has 2,048 MB" in told(path)


def test_what_is_not_a_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.mp4", tmp_path, Path("/dev/zero")):
        assert "give the path of an MP4" in told(path)


def test_millions_of_empty_boxes_do_not_take_long() -> None:
    data = b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08free" * 3_000_000
    started = time.perf_counter()
    assert "too many pieces" in told(data)
    assert time.perf_counter() - started < 2


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_never_crash(data: bytes, is_dressed_up: bool) -> None:
    with pytest.raises(BadMedia):
        probe(b"\0\0\0\x10ftypisom\0\0\0\0" + data if is_dressed_up else data, "x")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_give_facts_or_a_sentence(clip: Path, changes: list[tuple[float, int]]) -> None:
    data = bytearray(clip.read_bytes())
    for where, value in changes:
        data[min(int(where * len(data)), len(data) - 1)] = value
    try:
        facts = read_clip(bytes(data), "x")
    except BadMedia as error:
        assert str(error).endswith(".")
    else:
        assert facts.codec in probing.CODECS


def test_a_probe_costs_little_more_than_opening_the_file(clip: Path) -> None:
    def bare() -> None:
        with av.open(str(clip)) as container:
            assert container.streams.video[0].width

    def median_s(call: object) -> float:
        times = []
        for _ in range(15):
            started = time.perf_counter()
            call()  # type: ignore[operator]
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    assert median_s(lambda: probe(clip)) < 4 * median_s(bare) + 0.005
