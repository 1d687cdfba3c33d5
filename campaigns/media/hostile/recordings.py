"""Sound and film, as short as they can be: nobody here decodes them."""

from __future__ import annotations

import random
import wave
from functools import cache
from io import BytesIO

from campaigns.media.hostile.specimens import Seed

_RATE = 44_100
#: A frame of MP3 at 128 kbit/s: its mark, and its length in bytes.
_FRAME, _FRAME_BYTES = b"\xff\xfb\x90\x64", 417


@cache
def recordings() -> tuple[Seed, ...]:
    """One of each type, and of some two."""
    noise = random.Random("noise").randbytes(4096)
    frames = (_FRAME + noise[: _FRAME_BYTES - 4]) * 4
    return (
        Seed("audio/wav", ".wav", _wav(noise)),
        Seed("audio/mpeg", ".mp3", frames),
        Seed("audio/mpeg", ".mp3", b"ID3\4\0\0\0\0\0\x0fTIT2\0\0\0\5\0\0\3Song" + frames),
        Seed("audio/ogg", ".ogg", _ogg(b"\x01vorbis" + bytes(23)) + noise),
        Seed("audio/ogg", ".opus", _ogg(b"OpusHead\1\2" + bytes(9)) + noise),
        Seed("audio/flac", ".flac", b"fLaC\x80\0\0\x22" + bytes(34) + noise),
        Seed("audio/mp4", ".m4a", _iso(b"M4A ", noise)),
        Seed("video/mp4", ".mp4", _iso(b"isom", noise)),
        Seed("video/quicktime", ".mov", _iso(b"qt  ", noise)),
        Seed("video/webm", ".webm", _webm(noise)),
    )


def _wav(noise: bytes) -> bytes:
    output = BytesIO()
    with wave.open(output, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(noise)
    return output.getvalue()


def _ogg(packet: bytes) -> bytes:
    """A page that begins a stream."""
    return b"OggS\0\2" + bytes(20) + b"\1" + bytes((len(packet),)) + packet


def _box(name: bytes, *content: bytes) -> bytes:
    inner = b"".join(content)
    return (8 + len(inner)).to_bytes(4, "big") + name + inner


def _iso(brand: bytes, noise: bytes) -> bytes:
    head = _box(b"ftyp", brand, bytes(4), brand)
    return head + _box(b"moov", _box(b"mvhd", bytes(100))) + _box(b"mdat", noise)


def _webm(noise: bytes) -> bytes:
    head = b"\x42\x86\x81\1\x42\xf7\x81\1\x42\x82\x84webm\x42\x87\x81\4"
    segment = b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"  # of unknown length
    return b"\x1a\x45\xdf\xa3" + bytes((0x80 + len(head),)) + head + segment + noise
