from collections.abc import Awaitable, Callable
from typing import Any

from httpx2 import AsyncClient

Write = Callable[..., Awaitable[dict[str, Any]]]


async def test_every_save_is_in_the_history(
    ada: AsyncClient, eve: AsyncClient, write: Write, ids: dict[str, str]
) -> None:
    post = await write(ada, title="One", note="First")
    await eve.patch(f"/posts/{post['id']}", json={"title": "Two", "note": "Second"})

    found = (await ada.get(f"/posts/{post['id']}/revisions")).json()["items"]

    assert [(each["number"], each["title"], each["note"]) for each in found] == [
        (2, "Two", "Second"),
        (1, "One", "First"),
    ]
    assert found[0]["author"] == {"id": ids["Eve"], "name": "Eve"}
    assert found[1]["created_at"] == post["created_at"]


async def test_the_history_is_read_page_by_page(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)
    for number in range(4):
        await ada.patch(f"/posts/{post['id']}", json={"title": f"Title {number}"})

    first = (await ada.get(f"/posts/{post['id']}/revisions?limit=3")).json()
    cursor = first["next_cursor"]
    second = (await ada.get(f"/posts/{post['id']}/revisions?limit=3&cursor={cursor}")).json()

    assert [each["number"] for each in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next_cursor"] is None


async def test_a_revision_never_changes(
    ada: AsyncClient, eve: AsyncClient, write: Write, cover: str, ids: dict[str, str]
) -> None:
    post = await write(ada, title="One", body="b", tags=["t"], cover=cover, seo={"title": "S"})
    path = f"/posts/{post['id']}"
    first = (await eve.get(f"{path}/revisions/1")).json()
    everything = {"title": "Two", "slug": "two", "excerpt": "e", "body": "c", "language": "de"}

    await eve.patch(path, json={**everything, "tags": [], "cover": None, "author_id": ids["Bob"]})
    await eve.post(f"{path}/publish")
    await eve.post(f"{path}/revisions/1/restore")
    await eve.delete(path)

    assert (await eve.get(f"{path}/revisions/1")).json() == first
    assert (first["title"], first["body"], first["tags"][0]["name"]) == ("One", "b", "t")
    assert first["post_author"] == {"id": ids["Ada"], "name": "Ada"}


async def test_a_revision_that_does_not_exist_is_not_found(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/revisions"

    answers = [
        await ada.get(f"{path}/2"),
        await ada.get(f"{path}/2/diff"),
        await ada.get(f"{path}/1/diff?against=2"),
        await ada.post(f"{path}/2/restore"),
    ]

    assert {answer.json()["code"] for answer in answers} == {"revision-not-found"}


async def test_restoring_makes_a_new_revision_equal_to_the_old_one(
    ada: AsyncClient, write: Write, cover: str
) -> None:
    extensions = {"shop": {"amount": 3, "currency": "EUR"}}
    old = await write(ada, title="One", body="b", tags=["t"], cover=cover, extensions=extensions)
    path = f"/posts/{old['id']}"
    changes = {"title": "Two", "slug": "two", "body": "c", "tags": ["u"], "cover": None}
    await ada.patch(path, json={**changes, "extensions": {"shop": None}})

    restored = (await ada.post(f"{path}/revisions/1/restore")).json()

    own = {"revision", "updated_at"}
    assert {k: v for k, v in restored.items() if k not in own} == {
        k: v for k, v in old.items() if k not in own
    }
    assert restored["revision"] == 3
    newest = (await ada.get(f"{path}/revisions")).json()["items"][0]
    assert newest["note"] == "Restores revision 1."
    assert [post["id"] for post in (await ada.get("/posts?tag=t")).json()["items"]] == [old["id"]]
    assert (await ada.get("/posts?tag=u")).json()["items"] == []


async def test_restoring_the_newest_revision_changes_nothing(
    ada: AsyncClient, write: Write
) -> None:
    post = await write(ada)

    restored = await ada.post(f"/posts/{post['id']}/revisions/1/restore")

    assert restored.json() == post


async def test_an_author_who_restores_stays_the_author(
    ada: AsyncClient, eve: AsyncClient, write: Write, ids: dict[str, str]
) -> None:
    path = f"/posts/{(await write(eve, title='One'))['id']}"
    await eve.patch(path, json={"author_id": ids["Ada"], "title": "Two"})

    by_the_author = (await ada.post(f"{path}/revisions/1/restore")).json()
    by_an_editor = (await eve.post(f"{path}/revisions/1/restore")).json()

    assert (by_the_author["title"], by_the_author["author"]["name"]) == ("One", "Ada")
    assert by_an_editor["author"]["name"] == "Eve"


async def test_a_diff_tells_fields_lines_and_words(
    ada: AsyncClient, write: Write, cover: str
) -> None:
    post = await write(ada, title="One", body="same\nthe old end", tags=["A"])
    changes = {"title": "Two", "body": "same\nthe new end", "tags": ["B"], "cover": cover}
    await ada.patch(f"/posts/{post['id']}", json={**changes, "seo": {"title": "S"}})

    diff = (await ada.get(f"/posts/{post['id']}/revisions/2/diff")).json()

    assert (diff["number"], diff["against"]) == (2, 1)
    assert {each["field"]: (each["old"], each["new"]) for each in diff["fields"]} == {
        "title": ("One", "Two"),
        "tags": (["A"], ["B"]),
        "cover": (None, cover),
        "seo.title": (None, "S"),
    }
    same, changed = diff["body"]
    assert (same["op"], same["new_lines"]) == ("equal", ["same\n"])
    words = [(each["op"], each["old"], each["new"]) for each in changed["segments"]]
    assert ("replace", "old", "new") in words


async def test_a_diff_compares_with_any_revision(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, title="One")
    for title in ("Two", "Three"):
        await ada.patch(f"/posts/{post['id']}", json={"title": title})

    diff = (await ada.get(f"/posts/{post['id']}/revisions/1/diff?against=3")).json()

    assert diff["fields"] == [{"field": "title", "old": "Three", "new": "One"}]


async def test_the_first_revision_differs_from_nothing(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, title="One", body="b")

    diff = (await ada.get(f"/posts/{post['id']}/revisions/1/diff")).json()

    assert diff["against"] is None
    assert {"field": "title", "old": None, "new": "One"} in diff["fields"]
    assert [hunk["op"] for hunk in diff["body"]] == ["insert"]
