"""A copy that plays as its clip does, and tells nothing."""

from __future__ import annotations

import hashlib
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet

from tests.media.boxed import box, boxes, changed, with_more
from tests.media.footage import turn_clockwise, write_clip, write_clip_apart, write_sound
from tests.providers.test_animatic import rendered, submission
from workbench.domain.errors import BadMedia
from workbench.media import blind as module
from workbench.media.blind import blind_copy, kept_blind
from workbench.media.probe import probe

CODERS = ("libx264", "libx265", "libsvtav1", "libvpx-vp9")
PROMPT = "A lion walks through tall grass at dawn"
TOLD = {
    "title": PROMPT,
    "comment": '{"model": "veo-3.1-generate-001", "seed": 4711}',
    "artist": "Somebody Särskild",
    "creation_time": "2026-03-04T05:06:07.000000Z",
    "make": "Nobody’s Camera",
}
HANDLER = "vendor-of-pictures"
CHAPTER = "the lion turns round"
MANIFEST = b"c2pa.manifest made by model-of-arm-B"
TELLING = (
    *(word.encode() for word in (*TOLD.values(), HANDLER, CHAPTER, "veo-3.1", "4711", "2026-03-04", "told")),
    *(b"c2pa", b"arm-B", b"free-words", b"udta-words", b"private-words"),
    *(b"x264", b"x265", b"H.265", b"Lavf", b"Lavc", b"SVT", b"options:", b"VideoHandler", b"SoundHandler"),
    *(b"uuid", b"udta", b"free", b"meta", b"ilst", b"chpl", b"tref", b"text", b"iods"),
)
EPOCH_S = 2_082_844_800  # seconds from 1904 to 1970
CREATED = struct.pack(">I", 1_772_600_767 + EPOCH_S)  # the date above, as an index writes it
BOXES_BY_PICTURES = frozenset({b"ctts", b"stss"})  # when they come in another order; when not all are whole


@pytest.fixture(scope="module", params=CODERS)
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with sound, once by each encoder."""
    path = tmp_path_factory.mktemp("plain") / f"{request.param}.mp4"
    return write_clip_apart(path, codec=request.param, sound=True, frames=48, gop=12)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", sound=True, frames=48, gop=12)


def pictures(path: Path) -> list[tuple[float | None, str]]:
    with av.open(str(path)) as container:
        return [(frame.time, digest(frame.to_ndarray())) for frame in container.decode(video=0)]


def sounds(path: Path) -> list[tuple[float | None, str]]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [(frame.time, digest(frame.to_ndarray())) for frame in container.decode(audio=0)]


def digest(content: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
    return hashlib.sha256(content.tobytes()).hexdigest()


def messages(codec: str, words: bytes) -> bytes:
    """A message to decoders that says ``words``, as a picture of an MP4 may begin with it."""
    if codec == "av1":  # metadata OBU, of the private kind
        body = bytes([31]) + words + b"\x80"
        return bytes([5 << 3 | 2, len(body)]) + body
    if codec == "vp9":
        return b""
    payload = bytes([5, 16 + len(words)]) + b"0123456789abcdef" + words + b"\x80"
    nal = (bytes([6]) if codec == "h264" else bytes([39 << 1, 1])) + payload
    return struct.pack(">I", len(nal)) + nal


def telling(source: Path, path: Path) -> Path:
    """The clip with all that a maker could write into it, in every place."""
    options = {"movflags": "+use_metadata_tags"}
    with av.open(str(source)) as container, av.open(str(path), "w", format="mp4", options=options) as target:
        target.metadata.update(TOLD)
        target.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 500,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": CHAPTER},
                }
            ]
        )
        codec = container.streams.video[0].codec_context.codec.canonical_name
        out = {}
        for stream in (*container.streams.video, *container.streams.audio):
            out[stream.index] = target.add_stream_from_template(stream, opaque=True)
            out[stream.index].metadata["handler_name"] = HANDLER
        for packet in container.demux():
            if not packet.size:
                continue
            if packet.stream.type == "video":
                told = Packet(messages(codec, b"private-words") + bytes(packet))
                told.pts, told.dts, told.duration = packet.pts, packet.dts, packet.duration
                told.time_base, told.is_keyframe = packet.time_base, packet.is_keyframe
            else:
                told = packet
            told.stream = out[packet.stream.index]
            target.mux(told)
    data = with_more(path.read_bytes(), b"moov", box(b"udta", box(b"XMP_", b"udta-words")))
    path.write_bytes(data + box(b"uuid", bytes(range(16)) + MANIFEST) + box(b"free", b"free-words"))
    return path


def spelled(word: bytes) -> Iterator[bytes]:
    text = word.decode()
    yield from (text.encode(code) for code in ("utf-8", "utf-16-be", "utf-16-le"))


def shape(data: bytes) -> list[tuple[bytes, ...]]:
    """The types of all boxes, with those that they stand in."""
    parents = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf")

    def walk(body: bytes, above: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
        for name, inner in boxes(body):
            yield (*above, name)
            if name in parents:
                yield from walk(inner, (*above, name))

    return [path for path in walk(data, ()) if path[-1] not in BOXES_BY_PICTURES]


def dates(data: bytes) -> list[bytes]:
    found: list[bytes] = []

    def look(name: bytes, body: bytes) -> None:
        if name in (b"mvhd", b"tkhd", b"mdhd"):
            found.append(body[4:12])

    changed(data, look)
    return found


# It plays as its clip does


def test_every_picture_and_sound_is_the_same(plain: Path, tmp_path: Path) -> None:
    blind_copy(telling(plain, tmp_path / "told.mp4"), tmp_path / "copy")
    copy = tmp_path / "copy"
    assert pictures(copy) == pictures(plain)
    assert sounds(copy) == sounds(plain)
    assert len(sounds(copy)) > 90
    facts, wanted = probe(copy), probe(plain)
    assert (facts.codec, facts.width, facts.height, facts.frames, facts.fps) == (
        *(wanted.codec, wanted.width, wanted.height, wanted.frames, wanted.fps),
    )
    assert abs(facts.duration_s - wanted.duration_s) < 1 / wanted.fps


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_it_is_as_upright(tmp_path: Path, quarters: int) -> None:
    turned = turn_clockwise(write_clip(tmp_path / "clip.mp4", frames=4), quarters)
    blind_copy(turned, tmp_path / "copy")
    assert probe(tmp_path / "copy").turns == probe(turned).turns == 4 - quarters


def test_a_clip_in_fragments_and_without_sound(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", movflags="+frag_keyframe+empty_moov", gop=6)
    blind_copy(clip, tmp_path / "copy")
    assert pictures(tmp_path / "copy") == pictures(clip)
    assert {name for name, _ in boxes((tmp_path / "copy").read_bytes())} == {b"ftyp", b"moov", b"mdat"}


def cut(data: bytes, *parts: tuple[int | None, int]) -> bytes:
    """Only these parts of the pictures are shown: first tick (512 a picture; None: nothing), milliseconds."""
    edits = b"".join(
        struct.pack(">IiHH", lasts_ms, -1 if start is None else 1024 + start, 1, 0)
        for start, lasts_ms in parts
    )
    instead = [box(b"edts", box(b"elst", struct.pack(">II", 0, len(parts)) + edits))]
    return changed(data, lambda name, _: instead.pop() if name == b"edts" and instead else None)


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ([(0, 1000)], 24),
        ([(512 * 5, 1000)], 24),
        ([(512 * 12, 1500)], 36),
        ([(0, 1042)], 26),  # a third of a millisecond of the last one
        ([(None, 500), (0, 1000)], 24),
        ([(None, 250), (512 * 12, 500)], 12),
    ],
)
def test_what_was_cut_off_is_not_shown(
    clip: Path, tmp_path: Path, parts: list[tuple[int | None, int]], count: int
) -> None:
    trimmed = tmp_path / "trimmed.mp4"
    trimmed.write_bytes(cut(clip.read_bytes(), *parts))
    assert len(pictures(trimmed)) == count
    blind_copy(trimmed, tmp_path / "copy")
    assert pictures(tmp_path / "copy") == pictures(trimmed)
    assert sounds(tmp_path / "copy") == sounds(trimmed)
    assert abs(probe(tmp_path / "copy").duration_s - probe(trimmed).duration_s) < 1 / 24


# It tells nothing


def test_nothing_of_what_was_told_is_left(plain: Path, tmp_path: Path) -> None:
    told = telling(plain, tmp_path / "told.mp4")
    before = told.read_bytes()
    assert sum(spelling in before for word in TELLING for spelling in spelled(word)) >= 20
    assert CREATED in before
    assert before.count(b"private-words") == (0 if probe(plain).codec == "vp9" else 48)
    blind_copy(told, tmp_path / "copy")
    data = (tmp_path / "copy").read_bytes()
    assert [word for word in TELLING for spelling in spelled(word) if spelling in data] == []
    assert set(dates(data)) == {bytes(8)}
    with av.open(str(tmp_path / "copy")) as container:
        assert container.chapters() == []
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        said = {**container.metadata, **container.streams[0].metadata, **container.streams[1].metadata}
    brand = {"major_brand": "isom", "minor_version": "512", "compatible_brands": "isomiso2avc1mp41"}
    assert {key: said[key] for key in said if key not in ("language", "vendor_id", "handler_name")} == brand


def test_what_was_told_changes_no_byte(plain: Path, tmp_path: Path) -> None:
    for name, source in (("bare", plain), ("told", telling(plain, tmp_path / "told.mp4"))):
        blind_copy(source, tmp_path / name)
    again = tmp_path / "elsewhere"
    again.mkdir()
    blind_copy(tmp_path / "told.mp4", again / "another name")
    copies = [tmp_path / "bare", tmp_path / "told", again / "another name", tmp_path / "twice"]
    blind_copy(tmp_path / "bare", tmp_path / "twice")
    assert len({copy.read_bytes() for copy in copies}) == 1


def test_all_encoders_come_in_one_shape(clip: Path, tmp_path: Path) -> None:
    sources = [clip]
    for coder in CODERS[1:]:
        sources.append(
            write_clip_apart(tmp_path / f"{coder}.mp4", codec=coder, sound=True, frames=48, width=640)
        )
    options = {"bf": "0", "profile": "baseline", "x264-params": "aud=1:nal-hrd=cbr:filler=1"}
    rate = {"b": "2M", "maxrate": "2M", "bufsize": "2M"}
    baseline = write_clip(
        tmp_path / "baseline.mp4", sound=True, frames=30, fps=30, options={**options, **rate}
    )
    intra = write_clip(tmp_path / "intra.mp4", sound=True, gop=1, movflags="+faststart")
    fragments = write_clip(
        tmp_path / "f.mp4", sound=True, movflags="+frag_keyframe+empty_moov+default_base_moof"
    )
    sources += [baseline, intra, fragments, telling(clip, tmp_path / "told.mp4")]
    before, after, heads = set(), set(), set()
    for number, source in enumerate(sources):
        copy = tmp_path / f"copy {number}"
        blind_copy(source, copy)
        before.add(tuple(shape(source.read_bytes())))
        after.add(tuple(shape(copy.read_bytes())))
        heads.add(copy.read_bytes()[:32])
        assert set(scales(copy.read_bytes())) == {120_000, 48_000}
    assert len(before) > 3
    assert len(after) == len(heads) == 1
    assert [path[0] for path in after.pop() if len(path) == 1] == [b"ftyp", b"moov", b"mdat"]
    assert (tmp_path / "copy 4").stat().st_size < baseline.stat().st_size / 4  # no filling


def scales(data: bytes) -> list[int]:
    found: list[int] = []

    def look(name: bytes, body: bytes) -> None:
        if name in (b"mvhd", b"mdhd"):
            found.append(int.from_bytes(body[12:16]))

    changed(data, look)
    return found


def test_a_clip_of_the_embedded_engine(tmp_path: Path) -> None:
    fetched, _ = rendered(tmp_path, submission("A1", PROMPT))
    blind_copy(fetched.clip, tmp_path / "copy")
    data = (tmp_path / "copy").read_bytes()
    words = (*TELLING, PROMPT.encode(), b"lion", b"nimatic", b"A1", fetched.clip.name.encode())
    assert [word for word in words for spelling in spelled(word) if len(word) > 2 and spelling in data] == []
    assert pictures(tmp_path / "copy") == pictures(fetched.clip)
    assert sounds(tmp_path / "copy") == sounds(fetched.clip)


# What can't be copied


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_another_codec_is_named(tmp_path: Path, codec: str) -> None:
    options = {"strict": "unofficial"} if codec == "mjpeg" else {}
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    clip = write_clip(tmp_path / "clip.mp4", codec=codec, frames=3, pix_fmt=pix_fmt, options=options)
    with pytest.raises(BadMedia, match=rf"clip.mp4 is coded as {codec}; .* H.264, HEVC, AV1, VP9, so"):
        blind_copy(clip, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_clip_that_is_broken_or_pieced_together(clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    bad = {
        "empty.mp4": b"",
        "text.mp4": b"no clip",
        "short.mp4": whole[: len(whole) // 2],
        "parts.mp4": cut(whole, (0, 500), (512 * 30, 500)),
        "late.mp4": cut(whole, (None, 250), (512 * 7, 500)),  # from between two whole pictures, after a pause
        "sound.mp4": write_sound(tmp_path / "sound.mp4").read_bytes(),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadMedia, match=name):
            blind_copy(tmp_path / name, tmp_path / "copy")
        assert not (tmp_path / "copy").exists(), name
    assert {path.name for path in tmp_path.iterdir()} == bad.keys()


# Kept


def test_it_is_made_once_however_many_ask(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(source: Path, target: Path) -> None:
        made.append(threading.get_ident())
        blind_copy(source, target)

    monkeypatch.setattr(module, "blind_copy", counted)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: kept_blind(clip, "ab" * 32, tmp_path / "blind"), range(8)))
    assert len(found) == len(made) == 1
    (kept,) = (tmp_path / "blind").iterdir()
    assert found == {kept}
    assert pictures(kept) == pictures(clip)
    clip_gone = tmp_path / "gone.mp4"
    assert kept_blind(clip_gone, "ab" * 32, tmp_path / "blind") == kept


def test_what_can_not_be_kept_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="no longer in the data folder"):
        kept_blind(tmp_path / "gone.mp4", "ab" * 32, tmp_path / "blind")
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    with pytest.raises(BadMedia, match=r"broken\.mp4"):
        kept_blind(tmp_path / "broken.mp4", "ab" * 32, tmp_path / "blind")
    assert not list(tmp_path.glob("blind/*"))
    (tmp_path / "in the way").write_text("")
    with pytest.raises(BadMedia, match=r"can't be written to .* Make room there"):
        kept_blind(clip, "ab" * 32, tmp_path / "in the way")
