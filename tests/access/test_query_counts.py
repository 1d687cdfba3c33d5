"""How many SQL statements each route may run: as many for many things as for one.

`MOST` is a bound for every live route, authentication included, without what begins and ends
transactions. A route that is missing there fails the test, so a new one can't go live without
somebody counting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute
from pydantic import SecretStr

from cms_core import CMS, Settings

if TYPE_CHECKING:
    from tests.access.conftest import Site

Route = tuple[str, str]

API, ADMIN = "/api/v1", "/api/v1/admin"
POSTS, TAGS, ME = f"{ADMIN}/posts", f"{ADMIN}/tags", f"{ADMIN}/me"
POST, TAG = f"{POSTS}/{{id}}", f"{TAGS}/{{slug}}"
PLAN, PREVIEWS, REVISION = f"{POST}/schedule", f"{POST}/preview-links", f"{POST}/revisions"
TRANSITION = f"{PLAN}/{{transition_id}}"
MEDIA = f"{ADMIN}/media"
UPLOADS = "/api/v1/admin/uploads"
USERS, ROLES, SYSTEM = f"{ADMIN}/users", f"{ADMIN}/roles", f"{ADMIN}/system"
OUTBOX = f"{SYSTEM}/outbox"

MOST: Mapping[Route, int] = {
    # What readers ask for, where nothing is kept yet: of a list, the posts that it shows neither.
    ("GET", f"{API}/posts"): 6,
    ("GET", f"{API}/posts/{{slug}}"): 4,
    ("GET", f"{API}/tags"): 2,
    ("GET", "/feed.atom"): 4,
    ("GET", "/sitemap.xml"): 3,
    ("GET", "/sitemap-{number}.xml"): 3,
    ("GET", f"{API}/previews/{{token}}"): 4,
    # Files.
    ("GET", MEDIA): 4,
    ("POST", MEDIA): 9,
    ("PUT", f"{MEDIA}/{{id}}/{{filename}}"): 9,
    ("GET", f"{MEDIA}/{{id}}"): 5,
    ("GET", f"{MEDIA}/{{id}}/variants/{{format}}"): 5,
    ("PATCH", f"{MEDIA}/{{id}}"): 9,
    ("DELETE", f"{MEDIA}/{{id}}"): 12,
    ("POST", UPLOADS): 17,
    ("GET", f"{UPLOADS}/{{id}}"): 4,
    ("PATCH", f"{UPLOADS}/{{id}}"): 20,
    ("DELETE", f"{UPLOADS}/{{id}}"): 7,
    ("GET", "/media/{id}/{filename}"): 2,
    # Pages and probes.
    ("GET", "/"): 0,
    ("GET", "/docs"): 0,
    ("GET", "/openapi.json"): 0,
    ("GET", "/problems"): 0,
    ("GET", "/problems/{code}"): 0,
    ("GET", "/livez"): 0,
    ("GET", "/readyz"): 3,
    ("GET", "/metrics"): 5,
    # Accounts.
    ("POST", f"{API}/auth/login"): 7,
    ("POST", f"{API}/auth/refresh"): 5,
    ("POST", f"{API}/auth/logout"): 3,
    ("GET", ME): 3,
    ("PATCH", ME): 6,
    ("POST", f"{ME}/password"): 9,
    ("GET", f"{ME}/sessions"): 3,
    ("DELETE", f"{ME}/sessions/{{id}}"): 3,
    ("GET", USERS): 3,
    ("POST", USERS): 3,
    ("GET", f"{USERS}/{{id}}"): 3,
    ("PATCH", f"{USERS}/{{id}}"): 6,
    ("DELETE", f"{USERS}/{{id}}"): 5,
    ("GET", ROLES): 3,
    ("GET", f"{ROLES}/{{name}}"): 3,
    ("PUT", f"{ROLES}/{{name}}"): 3,
    ("DELETE", f"{ROLES}/{{name}}"): 4,
    # Posts.
    ("GET", POSTS): 7,
    ("POST", POSTS): 12,
    ("GET", POST): 6,
    ("PATCH", POST): 16,
    ("DELETE", POST): 17,
    ("POST", f"{POST}/untrash"): 9,
    ("POST", f"{POST}/purge"): 6,
    ("POST", f"{POST}/publish"): 15,
    ("POST", f"{POST}/unpublish"): 16,
    ("GET", f"{POST}/visibility"): 6,
    ("GET", REVISION): 5,
    ("GET", f"{REVISION}/{{number}}"): 6,
    ("GET", f"{REVISION}/{{number}}/diff"): 6,
    ("POST", f"{REVISION}/{{number}}/restore"): 13,
    ("GET", PREVIEWS): 5,
    ("POST", PREVIEWS): 4,
    ("GET", f"{PREVIEWS}/{{link_id}}"): 5,
    ("DELETE", f"{PREVIEWS}/{{link_id}}"): 5,
    # Plans.
    ("GET", PLAN): 5,
    ("POST", PLAN): 10,
    ("GET", f"{PLAN}/{{transition_id}}"): 5,
    ("PATCH", f"{PLAN}/{{transition_id}}"): 12,
    ("DELETE", f"{PLAN}/{{transition_id}}"): 10,
    ("POST", f"{PLAN}/{{transition_id}}/retry"): 10,
    ("GET", f"{ADMIN}/schedule"): 4,
    # Tags.
    ("GET", TAGS): 3,
    ("GET", TAG): 3,
    ("PATCH", TAG): 7,
    ("POST", f"{TAG}/merge"): 11,
    ("DELETE", TAG): 8,
    # The system.
    ("GET", f"{SYSTEM}/plugins"): 1,
    ("GET", f"{SYSTEM}/jobs"): 7,
    ("GET", OUTBOX): 2,
    ("GET", f"{OUTBOX}/{{id}}"): 2,
    ("POST", f"{OUTBOX}/{{id}}/retry"): 7,
    ("DELETE", f"{OUTBOX}/{{id}}"): 5,
}

#: How many things "many" are: of posts, and in each of tags, revisions, links, sessions.
MANY = 3

CHEAP = {"password_memory": 19 * 1024, "password_passes": 2, "login_attempts": 1000}
METRICS_TOKEN = "sesame"

Counting = Callable[[], AbstractContextManager[list[str]]]
Things = dict[str, Any]


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    """Without a cache: what a reader waits for where nothing is kept yet."""
    changed = {"cache_bytes": 0, "metrics_token": SecretStr(METRICS_TOKEN)}
    return cms_settings.model_copy(update={**changed, "plugin_settings": {"auth": CHEAP}})


def body_of(site: Site, route: Route, things: Things) -> Things | None:
    """What a request of this route says."""
    number = site.next()
    tags = [f"new-{number}-{each}" for each in range(site.size)]
    new_user = {"email": f"new-{number}@example.com", "name": "New", "role": "author"}
    login = {"email": site.email, "password": site.passwords[0]}
    bodies: dict[Route, Things] = {
        ("POST", f"{API}/auth/login"): login,
        ("POST", f"{API}/auth/refresh"): {"refresh_token": things.get("refresh_token")},
        ("PATCH", ME): {"name": f"Ada {number}"},
        ("POST", f"{ME}/password"): {
            "current_password": site.passwords[0],
            "new_password": site.passwords[1],
        },
        ("POST", USERS): new_user,
        ("PATCH", f"{USERS}/{{id}}"): {"role": "editor", "state": "disabled"},
        ("PUT", f"{ROLES}/{{name}}"): {"permissions": ["posts:write"]},
        ("POST", POSTS): {"title": f"Post {number}", "tags": tags},
        ("PATCH", POST): {"title": "Changed", "tags": tags},
        ("POST", PREVIEWS): {"expires_in": 3600},
        ("POST", PLAN): {"action": "publish", "at": "2035-02-01T08:00:00Z"},
        ("PATCH", TRANSITION): {"at": "2037-02-01T08:00:00Z"},
        ("PATCH", TAG): {"name": f"Ocean {number}", "slug": f"ocean-{number}"},
        ("PATCH", f"{MEDIA}/{{id}}"): {"alt": f"The sea {number}", "folder": "2036"},
        ("POST", f"{TAG}/merge"): {"into": things.get("into")},
    }
    return bodies.get(route)


def live_routes(cms: CMS) -> set[Route]:
    return {
        (method, route.path_format)
        for _, router in cms.contributions.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_every_live_route_has_a_bound(cms_app: CMS) -> None:
    assert live_routes(cms_app) == set(MOST)


async def test_no_route_asks_more_often_for_many_things_than_for_one(
    site: Site, cms_query_count: Counting
) -> None:
    async def count(route: Route, things: Things) -> int:
        method, path = route
        against = "?against=2" if path.endswith("/diff") else ""
        body = body_of(site, route, things)
        file = site.file_for(route)
        with cms_query_count() as statements:
            await site.send(method, path.format(**things) + against, body, **file)
        site.sent(route)
        return len(statements)

    async def count_all() -> dict[Route, int]:
        found: dict[Route, int] = {}
        # Lists first, since whatever changes something makes something to change.
        for route in sorted(MOST, key=lambda route: (route[0] != "GET", route[1])):
            found[route] = await count(route, await site.things(route))
        return found

    few = await count_all()
    site.size = MANY
    many = await count_all()

    assert {route: (few[route], many[route]) for route in MOST if many[route] > few[route]} == {}
    assert {route: few[route] for route in MOST if few[route] > MOST[route]} == {}
