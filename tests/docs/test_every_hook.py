"""The plugin whose functions are the examples of the reference implements every hook, and works."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core import CMS, Settings, hookspecs
from cms_core.plugins.contributions import Plugin
from cms_posts import ForeignFile
from cms_posts.files import file_importer_of

if TYPE_CHECKING:
    from cms_core.testing.drivers import MigrationsDriver, WorkerDriver


@pytest.fixture
def bookmarks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    monkeypatch.syspath_prepend(request.path.parent)
    module = importlib.import_module("bookmarks.plugin")
    return Plugin("bookmarks", module, "", "0", requires=("posts",))


@pytest.fixture
def cms_plugins(bookmarks: Plugin) -> list[object]:
    return ["posts", bookmarks]


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    secret = {"bookmarks": {"feed_token": "abc"}}
    return cms_settings.model_copy(update={"plugin_settings": secret})


def test_it_implements_every_hook(cms_app: CMS, bookmarks: Plugin) -> None:
    specs = {name for name, spec in vars(hookspecs).items() if hasattr(spec, "cms_spec")}
    specs |= cms_app.contributions.extensions.keys()
    specs.discard("register_blocked_hosts")

    assert [name for name in sorted(specs) if not hasattr(bookmarks.module, name)] == []


async def test_its_tables_are_as_its_models_say(cms_migrations: MigrationsDriver) -> None:
    assert await cms_migrations.check() == {}


async def test_a_published_post_becomes_a_bookmark(
    cms_client: AsyncClient, cms_login: Callable[..., dict[str, str]], cms_worker: WorkerDriver
) -> None:
    editor, path = cms_login("editor"), "/api/v1/admin/posts"
    extensions: Any = {"bookmarks": {"url": "https://www.python.org"}}
    draft = {"title": "Snakes", "extensions": extensions}
    post = (await cms_client.post(path, json=draft, headers=editor)).json()
    await cms_client.post(f"{path}/{post['id']}/publish", headers=editor)
    await cms_worker.tick()

    answer = await cms_client.get("/api/v1/bookmarks/count")

    assert answer.json() == {"bookmarks": 1}
    assert (await cms_client.get("/api/v1/posts/snakes")).json()["extensions"] == {
        "bookmarks": {"url": "https://www.python.org/"}
    }


async def test_its_token_lets_a_browser_in(cms_client: AsyncClient) -> None:
    path, body = "/api/v1/admin/bookmarks", {"url": "https://www.python.org"}
    right, wrong = ({"Authorization": f"Bookmarks {token}"} for token in ("abc", "abd"))

    assert (await cms_client.post(path, json=body, headers=right)).status_code == 204
    assert (await cms_client.post(path, json=body, headers=wrong)).status_code == 401


async def test_a_file_of_an_import_becomes_a_bookmark(
    cms_app: CMS, cms_client: AsyncClient
) -> None:
    now, importer = datetime.now(UTC), file_importer_of(cms_app)
    assert importer is not None
    file = ForeignFile(UUID(int=2), UUID(int=0), "sea.png", "wordpress", "Sea", "", now, now)

    await importer.import_file(file, BytesIO(b"sea"))

    assert (await cms_client.get("/api/v1/bookmarks/count")).json() == {"bookmarks": 1}


class TestAmongFiles:
    @pytest.fixture
    def cms_plugins(self, bookmarks: Plugin) -> list[object]:
        # Media keeps the files of imports itself, and no two may.
        parts = vars(bookmarks.module).copy()
        del parts["register_file_importer"]
        return ["posts", "media", replace(bookmarks, module=SimpleNamespace(**parts))]

    async def test_a_shortcut_is_no_file(
        self, cms_client: AsyncClient, cms_login: Callable[..., dict[str, str]]
    ) -> None:
        shortcut = b"[InternetShortcut]\r\nURL=https://www.python.org\r\n"
        file: Any = {"file": ("python.txt", shortcut)}

        path, author = "/api/v1/admin/media", cms_login("author")
        answer = await cms_client.post(path, files=file, headers=author)

        assert (answer.status_code, answer.json()["code"]) == (422, "unwanted-file")
        assert answer.json()["detail"].startswith("bookmarks found a shortcut")
