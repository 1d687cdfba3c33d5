"""Images come in many sizes, each made when somebody first asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import AsyncClient
from PIL import Image
from sqlalchemy import select, update

from cms_core import CMS
from cms_media.models import MediaBlob, MediaVariant
from cms_media.service.inspecting import inspect_unknown
from cms_media.service.keeping import sweep
from cms_media.service.variants import drop_old_variants
from cms_media.workshop import workshop_of

from ..images.pictures import BLUE, RED, corners, decoded, encoded, nearly, quarters

if TYPE_CHECKING:
    from tests.library.conftest import Publish, Upload

    from cms_core.testing.drivers import WorkerDriver

MEDIA = "/api/v1/admin/media"
Stored = Callable[[], Awaitable[dict[str, int]]]

PHOTO = encoded(quarters(1000, 750), "JPEG")


@pytest.fixture
def media_settings() -> dict[str, Any]:
    return {"variant_widths": [320, 640, 1280], "variant_formats": ["webp", "jpeg"]}


async def variants_kept(cms: CMS) -> int:
    async with cms.db.snapshot() as session:
        return len((await session.scalars(select(MediaVariant.key))).all())


async def test_an_upload_tells_what_the_image_shows(upload: Upload) -> None:
    made = await upload(encoded(Image.new("RGB", (1000, 750), BLUE)), "sea.png")

    told = [made[name] for name in ("width", "height", "color", "animated", "focal_point")]
    assert told == [1000, 750, "#1e3cc8", False, None]


async def test_variants_are_ready_for_srcset(upload: Upload) -> None:
    made = await upload(PHOTO, "sea.jpg")

    listed = [(each["width"], each["height"], each["format"]) for each in made["variants"]]
    sizes = [(320, 240), (640, 480), (1000, 750)]
    assert listed == [(*size, format) for size in sizes for format in ("webp", "jpeg")]


async def test_a_text_has_no_variants(upload: Upload) -> None:
    made = await upload(b"Words", "words.txt")

    assert (made["width"], made["variants"]) == (None, [])


async def test_every_variant_is_what_it_says(upload: Upload, cms_client: AsyncClient) -> None:
    for listed in (await upload(PHOTO, "sea.jpg"))["variants"]:
        answer = await cms_client.get(listed["url"])

        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"image/{listed['format']}"
        assert decoded(answer.content).size == (listed["width"], listed["height"])


async def test_a_variant_of_a_private_file_needs_the_signature(
    upload: Upload, cms_client: AsyncClient
) -> None:
    url = (await upload(PHOTO, "sea.jpg"))["variants"][0]["url"]

    assert (await cms_client.get(url.partition("&s=")[0])).status_code == 404


async def test_posts_show_their_covers_in_all_sizes(
    upload: Upload, publish: Publish, cms_client: AsyncClient
) -> None:
    photo = await upload(PHOTO, "sea.jpg", alt="The sea")
    post = await publish(cover=photo["id"])

    cover = (await cms_client.get(f"/api/v1/posts/{post['slug']}")).json()["cover"]
    answer = await cms_client.get(cover["variants"][0]["url"])

    assert (cover["width"], cover["height"], len(cover["variants"])) == (1000, 750, 6)
    assert "&s=" not in cover["variants"][0]["url"]
    assert answer.headers["cache-control"].startswith("public")


async def test_a_variant_is_made_once(
    upload: Upload, cms_client: AsyncClient, stored: Stored
) -> None:
    url = (await upload(PHOTO, "sea.jpg"))["variants"][0]["url"]

    answers = await asyncio.gather(*(cms_client.get(url) for _ in range(10)))
    again = await cms_client.get(url)

    assert len({answer.content for answer in (*answers, again)}) == 1
    assert len(await stored()) == 2


async def test_equal_images_share_their_variants(
    upload: Upload, cms_client: AsyncClient, stored: Stored
) -> None:
    for name in ("one.jpg", "two.jpg"):
        await cms_client.get((await upload(PHOTO, name))["variants"][0]["url"])

    assert len(await stored()) == 2


async def test_a_variant_is_resumed_and_validated_like_a_file(
    upload: Upload, cms_client: AsyncClient
) -> None:
    url = (await upload(PHOTO, "sea.jpg"))["variants"][0]["url"]
    whole = await cms_client.get(url)

    part = await cms_client.get(url, headers={"Range": "bytes=10-19"})
    same = await cms_client.get(url, headers={"If-None-Match": whole.headers["etag"]})

    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert same.status_code == 304


@pytest.mark.parametrize("v", ["641.webp", "640.avif", "640x480.webp", "", "640", "AAAA"])
async def test_nobody_gets_other_sizes_unsigned(
    upload: Upload, cms_client: AsyncClient, v: str
) -> None:
    url = (await upload(PHOTO, "sea.jpg"))["signed_url"]

    assert (await cms_client.get(url, params={"v": v})).status_code == 404


async def test_authors_get_any_size_signed(
    upload: Upload, ada: AsyncClient, cms_client: AsyncClient
) -> None:
    photo = await upload(PHOTO, "sea.jpg")
    wanted: dict[str, Any] = {"width": 200, "height": 200, "fit": "cover"}

    variant = (await ada.get(f"{MEDIA}/{photo['id']}/variants/jpeg", params=wanted)).json()
    answer = await cms_client.get(variant["url"])

    assert (variant["width"], variant["height"]) == (200, 200)
    assert decoded(answer.content).size == (200, 200)


async def test_a_signature_is_good_for_one_image(
    upload: Upload, ada: AsyncClient, cms_client: AsyncClient
) -> None:
    photo, other = await upload(PHOTO, "a.jpg"), await upload(PHOTO, "b.jpg")
    url = f"{MEDIA}/{photo['id']}/variants/webp"
    variant = (await ada.get(url, params={"width": 200})).json()

    v = variant["url"].partition("?v=")[2].partition("&")[0]

    assert (await cms_client.get(f"{other['signed_url']}&v={v}")).status_code == 404


async def test_a_crop_follows_the_focal_point(
    upload: Upload, ada: AsyncClient, cms_client: AsyncClient
) -> None:
    photo = await upload(PHOTO, "sea.jpg")
    url = f"{MEDIA}/{photo['id']}"
    wanted: dict[str, Any] = {"width": 100, "height": 200, "fit": "cover"}

    edited = await ada.patch(url, json={"focal_point": {"x": 0.1, "y": 0.5}})
    variant = (await ada.get(f"{url}/variants/jpeg", params=wanted)).json()
    shown = decoded((await cms_client.get(variant["url"])).content)

    assert edited.json()["focal_point"] == {"x": 0.1, "y": 0.5}
    assert nearly(corners(shown), [RED, RED, BLUE, BLUE])


async def test_a_focal_point_can_be_taken_back(upload: Upload, ada: AsyncClient) -> None:
    url = f"{MEDIA}/{(await upload(PHOTO, 'sea.jpg'))['id']}"
    await ada.patch(url, json={"focal_point": {"x": 0.1, "y": 0.5}})

    assert (await ada.patch(url, json={"focal_point": None})).json()["focal_point"] is None


@pytest.mark.parametrize(
    "wanted", [{"width": 0}, {"width": 5000}, {"width": 10, "fit": "cover"}, {"size": 10}]
)
async def test_sizes_that_make_no_sense_are_refused(
    upload: Upload, ada: AsyncClient, wanted: dict[str, Any]
) -> None:
    photo = await upload(PHOTO, "sea.jpg")

    answer = await ada.get(f"{MEDIA}/{photo['id']}/variants/webp", params=wanted)

    assert answer.status_code == 422


async def test_without_a_size_an_image_is_as_large_as_it_is(
    upload: Upload, ada: AsyncClient
) -> None:
    photo = await upload(PHOTO, "sea.jpg")

    variant = (await ada.get(f"{MEDIA}/{photo['id']}/variants/avif")).json()

    assert (variant["width"], variant["height"], variant["format"]) == (1000, 750, "avif")


async def test_a_text_has_no_picture_of_any_size(upload: Upload, ada: AsyncClient) -> None:
    text = await upload(b"Words", "words.txt")

    answer = await ada.get(f"{MEDIA}/{text['id']}/variants/webp", params={"width": 100})

    assert (answer.status_code, answer.json()["code"]) == (422, "no-variants")


async def test_a_broken_image_is_refused_and_not_stored(ada: AsyncClient, stored: Stored) -> None:
    answer = await ada.post(MEDIA, files={"file": ("sea.jpg", PHOTO[:5000])})

    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable-image")
    assert await stored() == {}


def placed() -> bytes:
    """A photo that says where it was taken, and has to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRET maker"
    exif.get_ifd(0x8825)[1] = "N"
    return encoded(quarters(80, 40), "JPEG", exif=exif, comment=b"SECRET place")


async def test_readers_get_photos_without_metadata(upload: Upload, cms_client: AsyncClient) -> None:
    photo = placed()
    made = await upload(photo, "sea.jpg")

    served = (await cms_client.get(made["signed_url"])).content

    assert b"SECRET" not in served
    assert decoded(served).tobytes() == decoded(photo).tobytes()
    assert (len(served), made["width"], made["height"]) == (len(photo), 40, 80)


async def test_an_image_that_is_a_page_too_is_refused(ada: AsyncClient, stored: Stored) -> None:
    answer = await ada.post(MEDIA, files={"file": ("sea.jpg", PHOTO + b"<script>alert()</script>")})

    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable-image")
    assert await stored() == {}


class TestKeptMetadata:
    @pytest.fixture
    def media_settings(self) -> dict[str, Any]:
        return {"keep_metadata": True}

    async def test_originals_stay_as_they_are(
        self, upload: Upload, cms_client: AsyncClient
    ) -> None:
        photo = placed()
        made = await upload(photo, "sea.jpg")

        assert (await cms_client.get(made["signed_url"])).content == photo

    async def test_variants_have_none(self, upload: Upload, cms_client: AsyncClient) -> None:
        made = await upload(placed(), "sea.jpg")

        for variant in made["variants"]:
            assert b"SECRET" not in (await cms_client.get(variant["url"])).content

    async def test_what_else_it_is_is_refused_all_the_same(self, ada: AsyncClient) -> None:
        page = PHOTO + b"<script>alert()</script>"

        answer = await ada.post(MEDIA, files={"file": ("sea.jpg", page)})

        assert answer.status_code == 422


async def test_a_deleted_image_takes_its_variants_along(
    upload: Upload,
    ada: AsyncClient,
    cms_client: AsyncClient,
    cms_app: CMS,
    stored: Stored,
    cms_worker: WorkerDriver,
) -> None:
    photo = await upload(PHOTO, "sea.jpg")
    url = photo["variants"][0]["url"]
    await cms_client.get(url)

    await ada.delete(f"{MEDIA}/{photo['id']}")
    answer = await cms_client.get(url)
    await cms_worker.run("core:outbox")

    assert answer.status_code == 404
    assert await stored() == {}


async def test_a_variant_that_is_lost_is_made_again(
    upload: Upload, cms_client: AsyncClient, cms_app: CMS, stored: Stored
) -> None:
    url = (await upload(PHOTO, "sea.jpg"))["variants"][0]["url"]
    first = await cms_client.get(url)
    (lost,) = [key for key in await stored() if key.startswith("variants/")]
    await workshop_of(cms_app).storage.delete(lost)

    again = await cms_client.get(url)

    assert (again.status_code, again.content) == (200, first.content)


async def test_old_variants_go_and_come_back(
    upload: Upload, cms_client: AsyncClient, cms_app: CMS, stored: Stored
) -> None:
    url = (await upload(PHOTO, "sea.jpg"))["variants"][0]["url"]
    await cms_client.get(url)

    dropped = await drop_old_variants(cms_app, workshop_of(cms_app), timedelta())

    assert (dropped, len(await stored())) == (1, 1)
    assert (await cms_client.get(url)).status_code == 200


async def test_young_variants_stay(upload: Upload, cms_client: AsyncClient, cms_app: CMS) -> None:
    await cms_client.get((await upload(PHOTO, "sea.jpg"))["variants"][0]["url"])

    assert await drop_old_variants(cms_app, workshop_of(cms_app), timedelta(days=1)) == 0


async def test_a_sweep_leaves_variants_alone(
    upload: Upload, cms_client: AsyncClient, cms_app: CMS
) -> None:
    await cms_client.get((await upload(PHOTO, "sea.jpg"))["variants"][0]["url"])

    swept = await sweep(cms_app, workshop_of(cms_app).storage, timedelta())

    assert swept.orphans == 0


async def forget_images(cms: CMS) -> None:
    """Make all images look as if they had come while Pillow was not installed."""
    nothing = update(MediaBlob).values(width=None, height=None, color=None, animated=None)
    async with cms.db.transaction() as session:
        await session.execute(nothing)


async def test_what_was_never_decoded_has_no_variants(
    upload: Upload, ada: AsyncClient, cms_client: AsyncClient, cms_app: CMS
) -> None:
    photo = await upload(PHOTO, "sea.jpg")
    await forget_images(cms_app)

    shown = (await ada.get(f"{MEDIA}/{photo['id']}")).json()
    answer = await cms_client.get(photo["variants"][0]["url"])

    assert (shown["width"], shown["variants"], answer.status_code) == (None, [], 404)


async def test_another_name_leads_to_the_present_variant(
    upload: Upload, ada: AsyncClient, cms_client: AsyncClient
) -> None:
    photo = await upload(PHOTO, "sea.jpg")
    url = photo["variants"][0]["url"]
    await ada.patch(f"{MEDIA}/{photo['id']}", json={"filename": "ocean.jpg"})

    moved = await cms_client.get(url, follow_redirects=False)
    answer = await cms_client.get(moved.headers["location"])

    assert moved.status_code == 308
    assert 'filename="ocean.webp"' in answer.headers["content-disposition"]


async def test_images_can_be_decoded_later(
    upload: Upload, publish: Publish, cms_client: AsyncClient, cms_app: CMS
) -> None:
    post = await publish(cover=(await upload(PHOTO, "sea.jpg"))["id"])
    await upload(b"Words", "words.txt")
    await forget_images(cms_app)
    url = f"/api/v1/posts/{post['slug']}"
    before = (await cms_client.get(url)).json()["cover"]

    found = [each.fault async for each in inspect_unknown(cms_app, workshop_of(cms_app))]
    again = [each async for each in inspect_unknown(cms_app, workshop_of(cms_app))]
    after = (await cms_client.get(url)).json()["cover"]

    assert (found, again) == ([None], [])
    assert (before["width"], after["width"], len(after["variants"])) == (None, 1000, 6)


async def test_an_image_that_is_lost_is_told_when_it_is_to_be_decoded(
    upload: Upload, cms_app: CMS, stored: Stored
) -> None:
    await upload(PHOTO, "sea.jpg")
    await forget_images(cms_app)
    (key,) = await stored()
    await workshop_of(cms_app).storage.delete(key)

    found = [each.fault async for each in inspect_unknown(cms_app, workshop_of(cms_app))]

    assert found == ["The storage doesn't have this file."]
