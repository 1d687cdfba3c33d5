from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from cms_auth import UserChanged, UserCreated, UserDeleted
from cms_auth.models import User
from cms_auth.queries import has_administrator
from cms_core import CMS
from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from httpx2 import Response
    from tests.conftest import Account, Register, Tokens, Visitor

USERS = "/api/v1/admin/users"
EVE = {"email": "Eve@Example.com", "name": "Eve", "role": "editor"}


class Office:
    """An administrator at work."""

    def __init__(self, visitor: Visitor, account: Account, tokens: Tokens) -> None:
        self.client, self.account, self.headers = visitor.client, account, tokens.headers

    async def create(self, **instead: object) -> Response:
        return await self.client.post(USERS, json={**EVE, **instead}, headers=self.headers)

    async def read(self, id: object) -> Response:
        return await self.client.get(f"{USERS}/{id}", headers=self.headers)

    async def change(self, id: object, if_match: str | None = None, **body: object) -> Response:
        headers = {**self.headers, **({"If-Match": if_match} if if_match else {})}
        return await self.client.patch(f"{USERS}/{id}", json=body, headers=headers)

    async def delete(self, id: object, if_match: str | None = None) -> Response:
        headers = {**self.headers, **({"If-Match": if_match} if if_match else {})}
        return await self.client.delete(f"{USERS}/{id}", headers=headers)

    async def names(self, query: str) -> list[str]:
        answer = await self.client.get(f"{USERS}?{query}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["items"]]


@pytest.fixture
async def office(register: Register, visitor: Visitor) -> Office:
    account = await register("admin", "root@example.com", "Root")
    return Office(visitor, account, await visitor.sign_in(account))


async def test_an_account_is_created(cms_events: EventRecorder, office: Office) -> None:
    answer = await office.create()

    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"http://test{USERS}/{made['id']}"
    assert (made["email"], made["name"], made["role"]) == ("eve@example.com", "Eve", "editor")
    assert (made["state"], made["has_password"], made["last_login_at"]) == ("active", False, None)
    assert (await office.read(made["id"])).headers["etag"] == answer.headers["etag"]
    assert cms_events.having(UserCreated)[-1] == UserCreated(UUID(made["id"]), office.account.id)


async def test_an_account_with_a_password_can_be_signed_in_to(
    office: Office, visitor: Visitor, register: Register
) -> None:
    answer = await office.create(password="violet-harbour-51-compass")
    assert (answer.status_code, answer.json()["has_password"]) == (201, True)
    assert "violet" not in answer.text

    body = {"email": "eve@example.com", "password": "violet-harbour-51-compass"}
    assert (await visitor.client.post("/api/v1/auth/login", json=body)).status_code == 200


async def test_an_account_sent_twice_is_created_once(office: Office) -> None:
    office.headers = {**office.headers, "Idempotency-Key": "eve"}

    first, second = await office.create(), await office.create()

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("instead", "status", "code"),
    [
        ({"email": "ROOT@example.com"}, 409, "email-taken"),
        ({"role": "emperor"}, 422, "unknown-role"),
        ({"password": "short"}, 422, "password-too-short"),
        ({"email": "nobody"}, 422, "invalid"),
        ({"version": 3}, 422, "invalid"),
    ],
)
async def test_what_can_t_be_an_account_is_refused(
    office: Office, instead: dict[str, object], status: int, code: str
) -> None:
    answer = await office.create(**instead)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_of_many_with_one_address_one_is_created(office: Office) -> None:
    answers = await asyncio.gather(*(office.create() for _ in range(6)))

    assert sorted(each.status_code for each in answers) == [201, *[409] * 5]


async def test_accounts_are_listed_and_found(office: Office, register: Register) -> None:
    for name, role in (("Ada", "editor"), ("Béla", "author"), ("Cleo", "author")):
        await register(role, name=name, email=f"{name[0].lower()}@100%.example")
    await office.change((await office.create()).json()["id"], state="disabled")

    assert await office.names("sort=created_at") == ["Root", "Ada", "Béla", "Cleo", "Eve"]
    assert await office.names("sort=-name&limit=2") == ["Root", "Eve"]
    assert await office.names("role=author") == ["Cleo", "Béla"]
    assert await office.names("state=disabled") == ["Eve"]
    assert await office.names("q=LEO") == ["Cleo"]
    assert await office.names("q=c@100%25") == ["Cleo"]
    assert await office.names("q=%25_") == []


async def test_pages_of_accounts_follow_each_other(office: Office, register: Register) -> None:
    for number in range(4):
        await register(name=f"User {number}")
    answer = await office.client.get(f"{USERS}?limit=3&sort=name", headers=office.headers)
    following = answer.json()["next_cursor"]

    assert await office.names(f"limit=3&sort=name&cursor={following}") == ["User 2", "User 3"]


async def test_an_account_is_changed(cms_events: EventRecorder, office: Office) -> None:
    made = await office.create()
    id, tag = made.json()["id"], made.headers["etag"]

    answer = await office.change(id, tag, name="Eva", role="author", email="eva@example.com")

    changed = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"].startswith('"2-')
    assert (changed["name"], changed["role"], changed["email"]) == (
        "Eva",
        "author",
        "eva@example.com",
    )
    assert [each.fields for each in cms_events.having(UserChanged)] == [("email", "name", "role")]


async def test_a_stale_change_is_refused(office: Office) -> None:
    made = await office.create()
    id, tag = made.json()["id"], made.headers["etag"]
    await office.change(id, tag, name="Eva")

    assert (await office.change(id, tag, name="Evi")).status_code == 412
    assert (await office.delete(id, tag)).status_code == 412
    assert (await office.read(id)).json()["name"] == "Eva"


async def test_signing_in_makes_no_editor_s_change_stale(
    office: Office, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    tag = (await office.read(ada.id)).headers["etag"]
    await visitor.sign_in(ada)

    assert (await office.change(ada.id, tag, name="A.")).status_code == 200


async def test_an_account_is_deleted(cms_events: EventRecorder, office: Office) -> None:
    id = (await office.create()).json()["id"]

    assert (await office.delete(id)).status_code == 204
    assert (await office.read(id)).status_code == 404
    assert (await office.delete(id)).json()["code"] == "user-not-found"
    assert (await office.change(id, name="Eva")).status_code == 404
    assert [str(each.user_id) for each in cms_events.having(UserDeleted)] == [id]


async def test_a_password_needs_an_address(cms_app: CMS, office: Office) -> None:
    async with cms_app.db.transaction() as session:
        id = await cms_app.references.provide(session, "principal", "Ghost")

    answer = await office.change(id, password="violet-harbour-51-compass")
    assert (answer.status_code, answer.json()["code"]) == (422, "password-needs-email")

    answer = await office.change(
        id, password="violet-harbour-51-compass", email="ghost@example.com"
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("change", [{"role": "editor"}, {"state": "disabled"}])
async def test_the_last_administrator_stays(
    office: Office, register: Register, change: dict[str, str]
) -> None:
    # One without a password is no help: nobody can sign in to it.
    await office.create(role="admin")

    for answer in (
        await office.change(office.account.id, **change),
        await office.delete(office.account.id),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last-administrator")

    second = await register("admin")
    assert (await office.change(second.id, **change)).status_code == 200
    assert (await office.change(office.account.id, name="Still here")).status_code == 200


async def test_a_last_administrator_may_leave_when_there_is_another(
    office: Office, register: Register
) -> None:
    await register("admin")

    assert (await office.delete(office.account.id)).status_code == 204
    assert (await office.read(office.account.id)).status_code == 401


@pytest.mark.parametrize("turn", range(5))
async def test_two_administrators_can_t_depose_each_other(
    turn: int, cms_app: CMS, office: Office, register: Register, elsewhere: Visitor
) -> None:
    second = await register("admin")
    other = Office(elsewhere, second, await elsewhere.sign_in(second))

    answers = await asyncio.gather(
        office.change(second.id, role="author"),
        other.change(office.account.id, state="disabled"),
    )

    # Who comes second is refused: as the last one, or as no administrator any more.
    assert sorted(each.status_code for each in answers)[0] == 200
    assert sorted(each.status_code for each in answers)[1] in (401, 403, 409)
    async with cms_app.db.snapshot() as session:
        assert await has_administrator(session)


async def test_administrators_who_all_resign_at_once_leave_one(
    cms_app: CMS, office: Office, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    accounts = [await register("admin") for _ in range(4)]
    offices = [office]
    for number, account in enumerate(accounts):
        place = (visitor, elsewhere)[number % 2]
        offices.append(Office(place, account, await place.sign_in(account)))

    answers = await asyncio.gather(
        *(each.change(each.account.id, role="reader") for each in offices)
    )

    assert sorted(each.status_code for each in answers) == [200, 200, 200, 200, 409]
    async with cms_app.db.snapshot() as session:
        admins = (await session.execute(select(User).where(User.role == "admin"))).scalars().all()
    assert len(admins) == 1


@pytest.mark.parametrize("role", ["reader", "author", "editor"])
async def test_only_administrators_see_accounts(
    role: str, register: Register, visitor: Visitor
) -> None:
    ada = await register(role)
    office = Office(visitor, ada, await visitor.sign_in(ada))

    answers = [
        await office.client.get(USERS, headers=office.headers),
        await office.create(),
        await office.read(ada.id),
        await office.change(ada.id, role="admin"),
        await office.delete(uuid4()),
    ]

    assert [each.status_code for each in answers] == [403] * 5
