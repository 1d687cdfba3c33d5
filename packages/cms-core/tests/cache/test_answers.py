"""What readers get of a kept answer, on the way through the application."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from httpx2 import ASGITransport, AsyncClient

from cms_core.api import create_api
from cms_core.app import CMS, build_cms

if TYPE_CHECKING:
    from tests.cache.conftest import Shelf, Store

#: For what has nothing to do with the database.
on_one = pytest.mark.parametrize("cms_engine", ["sqlite"])
A = "/api/v1/things/a"
LONG = "word " * 1000
HIT, STORED, PASSED = "cms; hit", "cms; fwd=miss; stored", "cms; fwd=miss"


@pytest.fixture
async def client(store: Store, cms_client: AsyncClient) -> AsyncClient:
    """Somebody who asks for a thing that is there."""
    cms_client.headers["accept-encoding"] = "identity"
    await store.put("a", "hello")
    return cms_client


def status_of(answer: Any) -> str:
    return str(answer.headers["cache-status"])


async def test_an_answer_tells_where_it_came_from(client: AsyncClient) -> None:
    made, kept = await client.get(A), await client.get(A)
    assert (status_of(made), made.headers.get("age")) == (STORED, None)
    assert (status_of(kept), kept.headers["age"]) == (HIT, "0")
    assert made.text == kept.text == "hello"


@on_one
async def test_who_waits_for_an_answer_is_told_that_others_got_it_too(client: AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get(A) for _ in range(5)))
    told = sorted(status_of(answer) for answer in answers)
    assert told == ["cms; fwd=miss; collapsed"] * 4 + [STORED]


async def test_a_change_is_seen_by_the_next_reader(store: Store, client: AsyncClient) -> None:
    for number in range(5):
        assert status_of(await client.get(A)) == (STORED)
        assert status_of(await client.get(A)) == HIT
        await store.put("a", f"hello {number}")
    assert (await client.get(A)).text == "hello 4"


@on_one
async def test_an_answer_is_known_by_its_tag(store: Store, client: AsyncClient) -> None:
    tag = (await client.get(A)).headers["etag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await client.get(A, headers={"if-none-match": sent})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert status_of(answer) == HIT
    answer = await client.get(A, headers={"if-none-match": '"x"'})
    assert (answer.status_code, answer.text) == (200, "hello")
    await store.put("a", "other")
    answer = await client.get(A, headers={"if-none-match": tag})
    assert (answer.status_code, answer.text) == (200, "other")


@on_one
async def test_what_a_304_says_is_what_a_200_would_say(client: AsyncClient) -> None:
    whole = await client.get(A)
    unchanged = await client.get(A, headers={"if-none-match": "*"})
    for name in ("cache-control", "etag", "surrogate-key", "access-control-allow-origin"):
        assert unchanged.headers[name] == whole.headers[name]
    assert not {"content-length", "content-type"} & set(unchanged.headers)


@on_one
async def test_the_head_alone_is_that_of_the_whole(client: AsyncClient) -> None:
    await client.get(A)
    whole, head = await client.get(A), await client.head(A)
    assert head.content == b""
    ignored = {"x-request-id", "date"}
    assert {k: v for k, v in head.headers.items() if k not in ignored} == {
        k: v for k, v in whole.headers.items() if k not in ignored
    }
    assert head.headers["content-length"] == "5"


@on_one
async def test_who_asks_for_the_head_first_makes_it_for_all(client: AsyncClient) -> None:
    assert status_of(await client.head(A)) == STORED
    answer = await client.get(A)
    assert (status_of(answer), answer.text) == (HIT, "hello")


@on_one
async def test_every_kept_answer_says_what_all_say(client: AsyncClient) -> None:
    for _ in range(2):
        headers = (await client.get(A)).headers
        assert headers["cache-control"] == "public, no-cache"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["access-control-allow-origin"] == "*"
        assert "ETag" in headers["access-control-expose-headers"]
        assert headers["surrogate-key"] == "thing:a"
        assert headers["content-type"].startswith("text/plain")
        assert "cdn-cache-control" not in headers


@on_one
async def test_each_coding_has_its_body_and_its_tag(store: Store, client: AsyncClient) -> None:
    await store.put("a", LONG)
    decode = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    tags = set()
    for _ in range(2):
        for coding, decoded in decode.items():
            request = client.stream("GET", A, headers={"accept-encoding": coding})
            async with request as answer:
                body = b"".join([chunk async for chunk in answer.aiter_raw()])
            assert decoded(body).decode() == LONG
            assert answer.headers.get("content-encoding", "identity") == coding
            assert answer.headers["content-length"] == str(len(body))
            assert answer.headers["vary"] == "Accept-Encoding"
            tags.add(answer.headers["etag"])
    assert len(tags) == 3


@on_one
async def test_a_tag_of_one_coding_is_not_known_in_another(
    store: Store, client: AsyncClient
) -> None:
    await store.put("a", LONG)
    zipped = {"accept-encoding": "gzip"}
    tag = (await client.get(A, headers=zipped)).headers["etag"]
    answer = await client.get(A, headers={"if-none-match": tag, **zipped})
    assert answer.status_code == 304
    assert (await client.get(A, headers={"if-none-match": tag})).status_code == 200


@on_one
async def test_forms_made_for_readers_count_as_memory(store: Store, client: AsyncClient) -> None:
    await store.put("a", LONG)
    await client.get(A)
    before = store.cms.published.memory.used
    await client.get(A, headers={"accept-encoding": "gzip"})
    entry = store.cms.published.memory.get(A)
    assert entry is not None
    assert store.cms.published.memory.used == entry.size > before


@on_one
@pytest.mark.parametrize("forms", ["identity", "gzip", "br"])
async def test_what_is_short_is_sent_as_it_is(client: AsyncClient, forms: str) -> None:
    answer = await client.get(A, headers={"accept-encoding": forms})
    assert not {"vary", "content-encoding"} & set(answer.headers)


async def test_what_is_not_there_is_kept_and_tells_each_reader_the_own_id(
    store: Store, client: AsyncClient
) -> None:
    nowhere = "/api/v1/things/b"
    for number in range(3):
        answer = await client.get(nowhere, headers={"x-request-id": f"request-{number}"})
        assert answer.status_code == 404
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == f"request-{number}"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert status_of(answer) == (HIT if number else STORED)
    assert (await client.head(nowhere)).status_code == 404
    await store.put("b", "there now")
    assert (await client.get(nowhere)).text == "there now"


@on_one
async def test_who_is_sent_elsewhere_is_so_from_the_cache(
    store: Store, client: AsyncClient
) -> None:
    await store.put("b", "moved to /a")
    for told in (STORED, HIT):
        answer = await client.get("/api/v1/things/b")
        assert (answer.status_code, answer.headers["location"]) == (308, "/a")
        assert status_of(answer) == told


@on_one
async def test_a_failure_is_not_kept(shelf: Shelf, client: AsyncClient) -> None:
    shelf.failing = True
    assert [(await client.get(A)).status_code for _ in range(2)] == [500, 500]
    shelf.failing = False
    assert (await client.get(A)).text == "hello"


@on_one
async def test_what_declares_no_scopes_is_made_for_each(client: AsyncClient) -> None:
    assert [status_of(await client.get(f"{A}/undeclared")) for _ in range(2)] == [PASSED] * 2


@on_one
async def test_an_unknown_parameter_is_refused_each_time(client: AsyncClient) -> None:
    await client.get(A)
    for _ in range(2):
        answer = await client.get(f"{A}?colour=red")
        assert (answer.status_code, status_of(answer)) == (422, PASSED)


async def test_what_is_due_is_seen_from_its_instant_on(store: Store, client: AsyncClient) -> None:
    due = await store.put("a", "for now", gone_in=0.4)
    began = ended = datetime.min.replace(tzinfo=UTC)
    while began < due:
        began = datetime.now(UTC)
        status = (await client.get(A)).status_code
        ended = datetime.now(UTC)
        assert (began >= due or status == 200) or ended >= due
    assert status == 404


async def test_while_what_is_due_can_not_happen_nothing_is_kept(
    store: Store, shelf: Shelf, client: AsyncClient
) -> None:
    shelf.stuck = True
    await store.put("b", "for now", gone_in=-1)
    assert [status_of(await client.get(A)) for _ in range(2)] == [PASSED] * 2
    shelf.stuck = False
    assert [status_of(await client.get(A)) for _ in range(2)] == [STORED, HIT]


@on_one
@pytest.mark.parametrize("header", ["content-length", "x-long"])
async def test_what_is_unusual_is_answered_without_the_cache(
    client: AsyncClient, header: str
) -> None:
    await client.get(A)
    value = "0" if header == "content-length" else "x" * 6000
    answer = await client.get(A, headers={header: value})
    assert (answer.status_code, answer.text, status_of(answer)) == (200, "hello", PASSED)


async def answers_with(cms: CMS, **changed: Any) -> list[Any]:
    """The answers to two equal requests, with other settings."""
    settings = cms.settings.model_copy(update=changed)
    other = build_cms(settings, cms.contributions.plugins)
    app = create_api(other)
    transport = ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        answers = [await client.get(A) for _ in range(2)]
    await other.close()
    return answers


@on_one
async def test_cdns_are_told_how_long_to_keep_it(store: Store, cms_app: CMS) -> None:
    await store.put("a", "hello")
    answers = await answers_with(cms_app, cdn_max_age=60)
    assert [answer.headers["cdn-cache-control"] for answer in answers] == ["max-age=60"] * 2
    assert answers[1].headers["cache-control"] == "public, no-cache"


@on_one
async def test_cdns_are_not_told_to_keep_what_we_would_not(store: Store, cms_app: CMS) -> None:
    (answer, _) = await answers_with(cms_app, cdn_max_age=60)
    assert answer.headers["cdn-cache-control"] == "max-age=60"  # 404 is kept as well
    other = await answers_with(cms_app, cdn_max_age=60, cache_bytes=0)
    assert [status_of(each) for each in other] == [STORED] * 2
