"""Sound, film and image formats that are told by more than one fixed signature."""

import re

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B "})
_VIDEO_BRANDS = frozenset(
    {b"avc1", b"dash", b"isom", b"M4V ", b"M4VH", b"M4VP", b"mp41", b"mp42", b"MSNV"}
    | {b"iso%d" % number for number in range(2, 10)}
)
_OGG_CODECS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
# The element DocType of the header, with its size, which may have up to 8 bytes.
_WEBM = re.compile(rb"\x1a\x45\xdf\xa3.{1,60}?\x42\x82.{1,8}?webm", re.DOTALL)
_ID3 = re.compile(rb"ID3[\x02-\x04][^\xff]")

_MPEG_1 = 3
_BITRATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
#: Samples per second by the version's two bits: MPEG 2.5, (reserved), 2 and 1.
_RATES = {0: (11025, 12000, 8000), 2: (22050, 24000, 16000), 3: (44100, 48000, 32000)}


def sniff_riff(head: bytes) -> str | None:
    """WebP and WAV."""
    return _RIFF.get(head[8:12]) if head.startswith(b"RIFF") else None


def sniff_iso(head: bytes) -> str | None:
    """AVIF, MP4, M4A and QuickTime, by the brands that the file says it conforms to."""
    if head[4:8] != b"ftyp":
        return None
    size = int.from_bytes(head[:4], "big")
    major, compatible = head[8:12], {head[at : at + 4] for at in range(16, min(size, 256), 4)}
    # Of an image in this container only the brand says whether browsers can show it.
    if major in _AVIF_BRANDS or (major in (b"mif1", b"msf1") and compatible & _AVIF_BRANDS):
        return "image/avif"
    if major == b"qt  ":
        return "video/quicktime"
    if major in _AUDIO_BRANDS:
        return "audio/mp4"
    return "video/mp4" if major in _VIDEO_BRANDS else None


def sniff_ogg(head: bytes) -> str | None:
    """Ogg whose first stream is sound."""
    codec = head[28:36]
    return "audio/ogg" if head.startswith(b"OggS") and codec.startswith(_OGG_CODECS) else None


def sniff_ebml(head: bytes) -> str | None:
    """WebM, told from the rest of Matroska."""
    return "video/webm" if _WEBM.match(head) else None


def sniff_mp3(head: bytes) -> str | None:
    """MP3, by its tag or by two frames in a row: the mark of one frame is only eleven bits."""
    if _ID3.match(head):
        return "audio/mpeg"
    length = _frame_length(head[:4])
    return "audio/mpeg" if length and _frame_length(head[length : length + 4]) else None


def _frame_length(header: bytes) -> int:
    """Bytes in the frame of layer III that starts with this header; 0 when there is none."""
    bits = int.from_bytes(header, "big")
    if len(header) < 4 or bits >> 21 != 0x7FF or bits >> 17 & 3 != 1:
        return 0
    version, rate, speed = bits >> 19 & 3, bits >> 12 & 15, bits >> 10 & 3
    if version not in _RATES or rate in (0, 15) or speed == 3:
        return 0
    is_first = version == _MPEG_1
    per_kilobit = 144_000 if is_first else 72_000
    return per_kilobit * _BITRATES[is_first][rate] // _RATES[version][speed] + (bits >> 9 & 1)
