from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from cms_core import CMS, Settings
from cms_media.workshop import workshop_of

SignIn = Callable[..., Awaitable[AsyncClient]]
Upload = Callable[..., Awaitable[dict[str, Any]]]
Publish = Callable[..., Awaitable[dict[str, Any]]]

MEDIA = "/api/v1/admin/media"
POSTS = "/api/v1/admin/posts"
#: The smallest PNG: one transparent pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)


@pytest.fixture
def png() -> bytes:
    """The smallest image there is."""
    return PNG


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts", "media"]


@pytest.fixture
def media_settings() -> dict[str, Any]:
    """Override this: settings of media."""
    return {}


@pytest.fixture
def cms_settings(
    cms_settings: Settings,
    cms_engine: str,
    request: pytest.FixtureRequest,
    media_settings: dict[str, Any],
) -> Settings:
    """Local files beside SQLite, S3 beside PostgreSQL."""
    url = "" if cms_engine == "sqlite" else request.getfixturevalue("s3_url")
    changed = {"media_storage_url": url, "plugin_settings": {"media": media_settings}}
    return cms_settings.model_copy(update=changed)


@pytest.fixture
async def ada(cms_sign_in: SignIn) -> AsyncClient:
    """An author."""
    return await cms_sign_in("author", name="Ada")


@pytest.fixture
def upload(ada: AsyncClient) -> Upload:
    """``await upload(b"…", "name.png", alt="…")``: a file of Ada's."""

    async def upload(content: bytes = PNG, name: str = "sea.png", **details: str) -> dict[str, Any]:
        answer = await ada.post(MEDIA, files={"file": (name, content)}, data=details)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return upload


@pytest.fixture
def publish(ada: AsyncClient) -> Publish:
    """``await publish(cover=id)``: a live post of Ada's."""

    async def publish(**content: Any) -> dict[str, Any]:
        made = await ada.post(POSTS, json={"title": "Post", **content})
        assert made.status_code == 201, made.text
        published = await ada.post(f"{POSTS}/{made.json()['id']}/publish", json={})
        assert published.status_code == 200, published.text
        post: dict[str, Any] = published.json()
        return post

    return publish


@pytest.fixture
def stored(cms_app: CMS, cms_api: FastAPI) -> Callable[[], Awaitable[dict[str, int]]]:
    """``await stored()``: the size of everything that is stored, by key, once all is done."""

    async def stored() -> dict[str, int]:
        workshop = workshop_of(cms_app)
        await workshop.background.settle()
        return {each.key: each.size async for each in workshop.storage.objects()}

    return stored
