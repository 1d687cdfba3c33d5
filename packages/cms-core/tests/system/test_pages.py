from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from httpx2 import AsyncClient

from cms_core.problems import catalog
from cms_core.system.pages.markup import Html, element, prose

VOID = {"meta", "input", "br", "hr", "link"}
PAGES = ["/", "/docs", "/problems", "/problems/not-found"]


@pytest.fixture
def cms_engine() -> str:
    """No page depends on the database."""
    return "sqlite"


class Checker(HTMLParser):
    """Notes what a page loads, what it links to, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert not any(name.startswith("on") or name == "style" for name in found)
        self.loaded += [found["src"]] if "src" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.ids += [found["id"]] if "id" in found else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    return checker


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole_and_loads_nothing(cms_client: AsyncClient, path: str) -> None:
    answer = await cms_client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = checked(answer.text)
    assert page.loaded == []
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (await cms_client.get(link.partition("#")[0])).status_code == 200


@pytest.mark.parametrize("path", PAGES)
async def test_the_policy_allows_what_is_in_the_page_and_nothing_else(
    cms_client: AsyncClient, path: str
) -> None:
    answer = await cms_client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        [text] = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


async def test_the_description_is_served_and_cached(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/openapi.json")
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.headers["access-control-allow-origin"] == "*"
    again = await cms_client.get("/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_every_operation_and_schema_can_be_read(cms_client: AsyncClient) -> None:
    schema = (await cms_client.get("/openapi.json")).json()
    page = checked((await cms_client.get("/docs")).text)
    operations = [each for path in schema["paths"].values() for each in path.values()]
    assert {each["operationId"] for each in operations} <= set(page.ids)
    assert {f"schema-{name}" for name in schema["components"]["schemas"]} <= set(page.ids)


async def test_every_code_is_explained(cms_client: AsyncClient) -> None:
    index = (await cms_client.get("/problems")).text
    for code, kind in catalog().items():
        assert f'href="/problems/{code}"' in index
        page = (await cms_client.get(f"/problems/{code}")).text
        assert f"Status {kind.status}" in page
        assert "What to do" in page


async def test_the_type_of_a_problem_leads_to_its_page(cms_client: AsyncClient) -> None:
    problem = (await cms_client.get("/nowhere")).json()
    assert (await cms_client.get(problem["type"])).status_code == 200


async def test_a_code_that_is_none_is_404(cms_client: AsyncClient) -> None:
    assert (await cms_client.get("/problems/<script>")).json()["code"] == "problem-unknown"


async def test_the_first_page_offers_only_what_is_there(cms_client: AsyncClient) -> None:
    page = (await cms_client.get("/")).text
    # The core is alone here: there is no sign-in and there are no posts.
    assert 'href="/docs#authoring"' in page
    for absent in ('href="/docs#delivery"', "/api/v1/auth/login", "data-recent="):
        assert absent not in page


def test_text_is_escaped_in_every_place() -> None:
    hostile = "<b>\"'&"
    shown = element("p", hostile, [hostile], class_=hostile, hidden=False)
    assert "<b>" not in shown
    assert json.dumps(shown).count("&lt;b&gt;") == 3
    assert prose("a `<b>` c\n\nd") == "<p>a <code>&lt;b&gt;</code> c</p><p>d</p>"
    assert element("p", Html("<b>")) == "<p><b></p>"
