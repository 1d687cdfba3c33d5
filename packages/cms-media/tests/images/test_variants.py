import pytest

from cms_media.images.facts import ImageFacts
from cms_media.images.variants import Variant, is_preset, presets
from cms_media.settings import MediaSettings

SETTINGS = MediaSettings(variant_widths=(640, 320), variant_formats=("webp", "jpeg"))


def image(width: int, height: int, *, animated: bool = False) -> ImageFacts:
    return ImageFacts(width, height, "#ffffff", animated)


@pytest.mark.parametrize(
    "name", ["640.webp", "640x480.jpeg", "x480.avif", "640x480@0.500,0.250.avif"]
)
def test_a_name_is_read_as_it_is_written(name: str) -> None:
    variant = Variant.named(name)

    assert variant is not None
    assert variant.name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".webp", "0.webp", "640", "640.png", "99999.webp", "640x.webp", "640.webp\n"),
        *("x.webp", "640@0.500,0.500.webp", "640x480@2.000,0.500.webp", "٣٢٠.webp"),
    ],
)
def test_what_is_no_name_is_told(name: str) -> None:
    assert Variant.named(name) is None


@pytest.mark.parametrize(
    ("variant", "size"),
    [
        (Variant(400, None, "webp"), (400, 300)),
        (Variant(None, 300, "webp"), (400, 300)),
        (Variant(400, 100, "webp"), (133, 100)),
        (Variant(1600, None, "webp"), (800, 600)),
        (Variant(200, 200, "webp", (0.5, 0.5)), (200, 200)),
        (Variant(1200, 1200, "webp", (0.5, 0.5)), (600, 600)),
        (Variant(1, None, "webp"), (1, 1)),
    ],
)
def test_an_image_is_never_enlarged_nor_distorted(variant: Variant, size: tuple[int, int]) -> None:
    assert variant.cut(image(800, 600)).size == size


def test_a_very_long_image_stays_within_what_formats_can_hold() -> None:
    assert Variant(320, None, "webp").cut(image(100, 50_000)).size == (8, 4096)


@pytest.mark.parametrize(
    ("focus", "box"),
    [
        ((0.5, 0.5), (100, 0, 700, 600)),
        ((0.0, 0.0), (0, 0, 600, 600)),
        ((1.0, 1.0), (200, 0, 800, 600)),
        ((0.4, 0.9), (20, 0, 620, 600)),
    ],
)
def test_a_crop_keeps_the_focal_point(
    focus: tuple[float, float], box: tuple[int, int, int, int]
) -> None:
    assert Variant(300, 300, "webp", focus).cut(image(800, 600)).box == pytest.approx(box)


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (1000, ["320.webp", "320.jpeg", "640.webp", "640.jpeg"]),
        (500, ["320.webp", "320.jpeg", "640.webp", "640.jpeg"]),
        (320, ["320.webp", "320.jpeg"]),
        (10, ["320.webp", "320.jpeg"]),
    ],
)
def test_presets_end_with_the_width_of_the_image(width: int, names: list[str]) -> None:
    assert [each.name for each in presets(SETTINGS, image(width, 300))] == names


def test_an_image_that_moves_has_no_presets() -> None:
    assert list(presets(SETTINGS, image(800, 600, animated=True))) == []


@pytest.mark.parametrize("variant", [*presets(SETTINGS, image(800, 600))])
def test_presets_need_no_signature(variant: Variant) -> None:
    assert is_preset(SETTINGS, variant)


@pytest.mark.parametrize("name", ["321.webp", "320.avif", "320x200.webp", "x320.webp"])
def test_everything_else_does(name: str) -> None:
    variant = Variant.named(name)

    assert variant is not None
    assert not is_preset(SETTINGS, variant)
