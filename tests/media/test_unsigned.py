"""Names that encoders write into the padding of sound."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from workbench.media.unsigned import nameless, unsigned

NAME = b"Lavc62.28.102"
SOUND = "001" + "0110" * 40  # a pair of channels, and bits that mean something


def frame(*elements: str) -> bytes:
    bits = "".join(elements) + SOUND
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def bits_of(content: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in content)


def fill(content: str) -> str:
    """A fill element of whole bytes; from 15 bytes on, its length is said in two parts."""
    count = len(content) // 8
    return "110" + (f"{count:04b}" if count < 15 else f"1111{count - 14:08b}") + content


def stream(content: bytes, *, before: int, aligned: bool) -> str:
    """A data stream element that begins behind so many bits."""
    count = len(content)
    head = "100" + "0000" + str(int(aligned))
    head += f"{count:08b}" if count < 255 else f"11111111{count - 255:08b}"
    return head + ("0" * (-(before + len(head)) % 8) if aligned else "") + bits_of(content)


SAID = "0000" + bits_of(NAME) + "0000"  # neither at a byte's start nor at its end
LONG = b"settings " * 30


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (frame(fill(SAID)), frame(fill("0" * len(SAID)))),
        (frame(fill("0010" + bits_of(NAME) + "1111")), frame(fill("0" * len(SAID)))),
        (frame(fill("0000" + bits_of(LONG[:200]) + "0000")), frame(fill("0" * 8 * 201))),
        (frame(fill(""), fill(SAID)), frame(fill(""), fill("0" * len(SAID)))),
        (frame(stream(NAME, before=0, aligned=False)), frame(stream(bytes(13), before=0, aligned=False))),
        (frame(stream(LONG, before=0, aligned=True)), frame(stream(bytes(270), before=0, aligned=True))),
        (
            frame(fill(SAID), stream(NAME, before=len(fill(SAID)), aligned=True)),
            frame(fill("0" * len(SAID)), stream(bytes(13), before=len(fill(SAID)), aligned=True)),
        ),
    ],
)
def test_padding_is_blanked_and_nothing_else(given: bytes, wanted: bytes) -> None:
    assert given != wanted
    assert unsigned(given, "aac") == wanted
    assert unsigned(wanted, "aac") == wanted


@pytest.mark.parametrize(
    "given",
    [
        b"",
        frame(),
        frame(fill("1101" + bits_of(NAME) + "0000")),  # widens the sound
        frame(fill("1011" + bits_of(NAME) + "0000")),  # levels it
        bytes([0b110_1111_1, 0b1111111_0]) + b"Lavc",  # claims more than there is
        bytes([0b100_0000_0, 255]),
        b"\xc0",
    ],
)
def test_what_sounds_or_is_not_understood_stays(given: bytes) -> None:
    assert unsigned(given, "aac") == given


@pytest.mark.parametrize("name", [b"LAME3.100", b"Lavc62.28", b"libfaac 1.30", b"Lavf62.12.102"])
def test_a_name_in_a_head_or_mp3_is_blanked(name: bytes) -> None:
    around = b"\xff\xfb\x90\x64%b\xaa\xbb"
    assert nameless(around % name) == unsigned(around % name, "mp3") == around % bytes(len(name))
    assert unsigned(around % name, "opus") == around % name


@pytest.mark.parametrize(("codec", "said"), [("aac", b"Lavc"), ("libmp3lame", b"LAME")])
def test_sound_of_a_real_encoder_is_decoded_to_the_same(tmp_path: Path, codec: str, said: bytes) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as target:
        out = target.add_stream(codec, rate=48_000, layout="stereo")
        noise = np.random.default_rng(1).normal(0, 0.1, (2, 480_000)).astype(np.float32)
        samples = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
        samples.sample_rate = 48_000
        target.mux([*out.encode(samples), *out.encode()])
    with av.open(str(path)) as container:
        (track,) = container.streams.audio
        packets = [bytes(packet) for packet in container.demux(track) if packet.size]
        name, head = track.codec_context.codec.canonical_name, track.codec_context.extradata
    bare = [unsigned(packet, name) for packet in packets]
    if codec == "aac":  # LAME signs only where it has bits to spare
        assert sum(said in packet for packet in packets) >= 2
    assert not any(said in packet for packet in bare)
    assert list(map(len, bare)) == list(map(len, packets))
    assert sum(one != other for one, other in zip(bare, packets, strict=True)) < 10
    assert decoded(bare, name, head) == decoded(packets, name, head)


def decoded(packets: list[bytes], codec: str, head: bytes | None) -> str:
    decoder = av.CodecContext.create(codec, "r")
    decoder.extradata = head
    sound = hashlib.sha256()
    for packet in packets:
        for one in decoder.decode(av.Packet(packet)):
            sound.update(one.to_ndarray().tobytes())
    return sound.hexdigest()
