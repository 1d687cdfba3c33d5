"""What the filter promises for images of every format."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cms_media.content.kinds import KINDS
from cms_media.content.metadata import stripper
from cms_media.content.metadata.window import MAX_PARTS

from .images import (
    ICC,
    SECRET,
    XMP,
    animated,
    encoded,
    orientation_of,
    picture,
    profile_of,
    secret_exif,
    shown,
    strip,
    translucent,
)
from .test_png import chunk

JPEG, PNG, GIF, WEBP, AVIF = (f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "avif"))
EXIF = secret_exif(6)
TELLING = {"exif": EXIF, "xmp": XMP, "icc_profile": ICC}
SAMPLES = {
    "jpeg": (JPEG, encoded("JPEG", comment=SECRET, **TELLING)),
    "progressive": (JPEG, encoded("JPEG", progressive=True, comment=SECRET, **TELLING)),
    "png": (PNG, encoded("PNG", **TELLING)),
    "apng": (PNG, animated("PNG", **TELLING)),
    "gif": (GIF, encoded("GIF", comment=SECRET)),
    "animated gif": (GIF, animated("GIF", loop=3, comment=SECRET)),
    "webp": (WEBP, encoded("WEBP", **TELLING)),
    "animated webp": (WEBP, animated("WEBP", loop=3, **TELLING)),
    "avif": (AVIF, encoded("AVIF", **TELLING)),
    "animated avif": (AVIF, animated("AVIF", **TELLING)),
}
INTERLACED = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\2\0\0\1")
    + chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
    + chunk(b"IEND")
)
PLAIN = {
    "jpeg": (JPEG, encoded("JPEG", icc_profile=ICC, dpi=(300, 300))),
    "restart markers": (JPEG, encoded("JPEG", restart_marker_blocks=1)),
    "progressive": (JPEG, encoded("JPEG", progressive=True)),
    "grey": (JPEG, encoded("JPEG", picture("L"))),
    "cmyk": (JPEG, encoded("JPEG", picture("CMYK"))),
    "large profile": (JPEG, encoded("JPEG", icc_profile=bytes(range(256)) * 600)),
    "png": (PNG, encoded("PNG", icc_profile=ICC, dpi=(300, 300))),
    "palette": (PNG, encoded("PNG", picture("P"), transparency=0)),
    "16 bits": (PNG, encoded("PNG", picture("I;16"))),
    "interlaced": (PNG, INTERLACED),
    "apng": (PNG, animated("PNG", loop=3)),
    "gif": (GIF, encoded("GIF", transparency=0)),
    "animated gif": (GIF, animated("GIF", loop=3)),
    "lossy webp": (WEBP, encoded("WEBP", translucent(), icc_profile=ICC)),
    "lossless webp": (WEBP, encoded("WEBP", lossless=True)),
    "animated webp": (WEBP, animated("WEBP", loop=3)),
    "avif": (AVIF, encoded("AVIF", translucent(), icc_profile=ICC)),
    "animated avif": (AVIF, animated("AVIF")),
}
CUTS = st.lists(st.integers(0, 8_000), max_size=20)

every_sample = pytest.mark.parametrize(("media_type", "content"), SAMPLES.values(), ids=SAMPLES)


@st.composite
def broken_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample in which something was changed, cut out or put in, here and there."""
    media_type, content = SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))]
    for _ in range(draw(st.integers(1, 8))):
        # Most of what can be misunderstood is near the beginning.
        most = draw(st.sampled_from([64, 1024, len(content)]))
        at, length = draw(st.integers(0, min(most, len(content)))), draw(st.integers(0, 8))
        content = content[:at] + draw(st.binary(max_size=8)) + content[at + length :]
    return media_type, content[: draw(st.integers(0, 16_000))]


@every_sample
def test_metadata_is_taken_out(media_type: str, content: bytes) -> None:
    assert SECRET in content

    assert SECRET not in strip(media_type, content)


@every_sample
def test_the_image_and_its_colours_stay(media_type: str, content: bytes) -> None:
    stripped = strip(media_type, content)

    assert shown(stripped) == shown(content)
    assert profile_of(stripped) == profile_of(content)


@pytest.mark.parametrize("name", ["jpeg", "progressive", "webp", "animated webp", "avif"])
def test_which_way_up_the_image_is_stays(name: str) -> None:
    media_type, content = SAMPLES[name]

    assert orientation_of(strip(media_type, content)) == orientation_of(content) == 6


@every_sample
def test_decoders_find_no_other_exif(media_type: str, content: bytes) -> None:
    with Image.open(BytesIO(strip(media_type, content))) as image:
        assert set(image.getexif()) <= {0x0112}


@pytest.mark.parametrize(("media_type", "content"), PLAIN.values(), ids=PLAIN)
def test_an_image_without_metadata_passes_as_it_is(media_type: str, content: bytes) -> None:
    assert strip(media_type, content) == content


@every_sample
def test_what_comes_after_the_image_is_blanked(media_type: str, content: bytes) -> None:
    script = b"\0\0\0\x20<script>SECRET</script>" + bytes(7)

    stripped = strip(media_type, content + script)

    assert stripped.removeprefix(strip(media_type, content)).strip(b"\0") in (b"", b" free")


@given(st.sampled_from(sorted(SAMPLES)), CUTS)
def test_how_a_file_is_cut_makes_no_difference(name: str, cuts: list[int]) -> None:
    media_type, content = SAMPLES[name]

    assert strip(media_type, content, *cuts) == strip(media_type, content)


@given(broken_files(), CUTS)
def test_of_a_broken_file_no_byte_gets_lost_however_it_is_cut(
    broken: tuple[str, bytes], cuts: list[int]
) -> None:
    media_type, content = broken

    stripped = strip(media_type, content, *cuts)

    assert len(stripped) == len(content)
    assert stripped == strip(media_type, content)


@given(broken_files())
def test_stripping_twice_is_stripping_once(broken: tuple[str, bytes]) -> None:
    media_type, content = broken
    stripped = strip(media_type, content)

    assert strip(media_type, stripped) == stripped


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 16_000))
def test_a_file_that_breaks_off_tells_no_secret(name: str, length: int) -> None:
    media_type, content = SAMPLES[name]

    assert SECRET not in strip(media_type, content[:length])


@pytest.mark.parametrize("media_type", sorted({media_type for media_type, _ in SAMPLES.values()}))
def test_only_little_of_a_large_image_is_held(media_type: str) -> None:
    noise = Image.effect_noise((1000, 1000), 80).convert("RGB")
    content = encoded(media_type.removeprefix("image/").upper(), noise, quality=95, exif=EXIF)
    filter_ = stripper(media_type)
    assert filter_
    held = most = 0
    for at in range(0, len(content), 4096):
        piece = content[at : at + 4096]
        held += len(piece) - len(filter_.feed(piece))
        most = max(most, held)

    assert most <= 64 * 1024 < len(content) / 4


@pytest.mark.parametrize(
    ("media_type", "head", "part"),
    [(JPEG, b"\xff\xd8", b"\xff\xfe\0\3x"), (GIF, b"GIF89a" + bytes(7) + b"!\xfe", b"\1x")],
    ids=["jpeg", "gif"],
)
def test_what_comes_after_more_parts_than_any_image_has_is_blanked(
    media_type: str, head: bytes, part: bytes
) -> None:
    stripped = strip(media_type, head + part * MAX_PARTS + SECRET * 1000)

    assert stripped.count(part[:-1]) > MAX_PARTS - 3
    assert SECRET not in stripped


@pytest.mark.parametrize("media_type", sorted(KINDS.keys() - {JPEG, PNG, GIF, WEBP, AVIF}))
def test_files_of_other_types_have_no_filter(media_type: str) -> None:
    assert stripper(media_type) is None
