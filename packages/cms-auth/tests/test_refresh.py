from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from cms_auth import EndReason, SessionEnded
from cms_auth.models import RefreshToken, UserSession
from cms_core import CMS, db_now
from cms_core.testing.drivers import WorkerDriver
from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from tests.conftest import Register, Visitor


async def test_a_refresh_token_gives_a_new_pair(register: Register, visitor: Visitor) -> None:
    first = await visitor.sign_in(await register())

    second = await visitor.renew(first)

    assert second.refresh != first.refresh
    assert await visitor.status(second) == 200


async def test_a_reused_refresh_token_ends_the_session(
    cms_events: EventRecorder, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    first = await visitor.sign_in(ada)
    second = await visitor.renew(first)
    third = await visitor.renew(second)

    answer = await visitor.refresh(first.refresh)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-refresh-token")
    assert (await visitor.refresh(third.refresh)).status_code == 401
    assert [await elsewhere.status(each) for each in (first, second, third)] == [401, 401, 401]
    (event,) = cms_events.having(SessionEnded)
    assert (event.user_id, event.reason) == (ada.id, EndReason.REFRESH_TOKEN_REUSED)


async def test_reuse_ends_no_other_session(register: Register, visitor: Visitor) -> None:
    ada = await register()
    stolen, other = await visitor.sign_in(ada), await visitor.sign_in(ada)
    await visitor.renew(stolen)

    await visitor.refresh(stolen.refresh)

    assert (await visitor.status(stolen), await visitor.status(other)) == (401, 200)


async def test_of_two_at_once_one_wins_and_the_other_ends_the_session(
    register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())

    answers = await asyncio.gather(
        visitor.refresh(tokens.refresh), elsewhere.refresh(tokens.refresh)
    )

    assert sorted(each.status_code for each in answers) == [200, 401]
    (won,) = (each.json() for each in answers if each.status_code == 200)
    assert (await visitor.refresh(won["refresh_token"])).status_code == 401
    assert await visitor.status(tokens) == 401


async def test_of_many_at_once_exactly_one_wins(register: Register, visitor: Visitor) -> None:
    tokens = await visitor.sign_in(await register())

    answers = await asyncio.gather(*(visitor.refresh(tokens.refresh) for _ in range(8)))

    assert sorted(each.status_code for each in answers) == [200, *[401] * 7]


async def test_an_unknown_refresh_token_ends_nothing(
    cms_events: EventRecorder, register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())

    for unknown in ("", "x", tokens.access[:150], tokens.refresh[:-1]):
        answer = await visitor.refresh(unknown)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid-refresh-token")

    assert cms_events.having(SessionEnded) == []
    assert await visitor.status(tokens) == 200


async def test_a_session_that_was_not_refreshed_in_time_is_over(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())
    await expire(cms_app)

    assert (await visitor.refresh(tokens.refresh)).status_code == 401
    assert await visitor.status(tokens) == 401


async def test_refreshing_prolongs_a_session_up_to_its_longest_life(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())
    week = 7 * 24 * 3600

    (before,) = await lives(cms_app)
    await make_older(cms_app, days=26)
    await visitor.renew(tokens)

    (after,) = await lives(cms_app)
    assert (before, after) == (week, 30 * 24 * 3600)


async def test_what_is_over_is_pruned_with_its_tokens(
    cms_app: CMS, cms_worker: WorkerDriver, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    ended, kept = await visitor.sign_in(ada), await visitor.sign_in(ada)
    await visitor.renew(ended)
    await visitor.logout(ended)

    await cms_worker.run("auth:prune")

    assert await counts(cms_app) == (1, 1)
    assert await visitor.status(kept) == 200
    await expire(cms_app)
    await cms_worker.run("auth:prune")
    assert await counts(cms_app) == (0, 0)


async def test_used_tokens_of_a_living_session_are_pruned_once_they_expire(
    cms_app: CMS, cms_worker: WorkerDriver, register: Register, visitor: Visitor
) -> None:
    second = await visitor.renew(await visitor.sign_in(await register()))
    await cms_worker.run("auth:prune")
    assert await counts(cms_app) == (1, 2)

    async with cms_app.db.transaction() as session:
        used = update(RefreshToken).where(RefreshToken.used_at.is_not(None))
        await session.execute(used.values(expires_at=db_now()))
    await cms_worker.run("auth:prune")

    assert await counts(cms_app) == (1, 1)
    await visitor.renew(second)


async def expire(cms: CMS) -> None:
    """Let the time of all sessions be over."""
    async with cms.db.transaction() as session:
        await session.execute(update(UserSession).values(expires_at=db_now()))


async def make_older(cms: CMS, *, days: int) -> None:
    """Let all sessions have begun so long ago."""
    async with cms.db.transaction() as session:
        for login in (await session.execute(select(UserSession))).scalars():
            login.created_at -= timedelta(days=days)


async def lives(cms: CMS) -> list[float]:
    """How many seconds each session lasts, from its beginning."""
    async with cms.db.snapshot() as session:
        logins = (await session.execute(select(UserSession))).scalars()
        return [(each.expires_at - each.created_at).total_seconds() for each in logins]


async def counts(cms: CMS) -> tuple[int, int]:
    """How many sessions and refresh tokens are stored."""
    async with cms.db.snapshot() as session:
        sessions = select(func.count()).select_from(UserSession)
        tokens = select(func.count()).select_from(RefreshToken)
        return (
            (await session.execute(sessions)).scalar_one(),
            (await session.execute(tokens)).scalar_one(),
        )
