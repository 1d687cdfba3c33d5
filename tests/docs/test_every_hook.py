"""The plugin whose functions are the examples of the reference implements every hook, and works."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import AsyncClient

from cms_core import CMS, Settings, hookspecs
from cms_core.plugins.contributions import Plugin

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
