import pytest
from httpx2 import AsyncClient, Response

from cms_core.settings import Settings

OURS = "https://editor.example"
THEIRS = "https://evil.example"


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    return cms_settings.model_copy(update={"cors_origins": (OURS + "/",)})


async def preflight(client: AsyncClient, path: str, origin: str, method: str = "GET") -> Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return await client.options(path, headers=headers)


def listed(answer: Response, name: str) -> set[str]:
    return set(answer.headers[f"access-control-{name}"].split(", "))


@pytest.mark.parametrize("path", ["/api/v1/probe", "/probe", "/api/v1/probe/failing"])
async def test_anybodys_script_reads_what_is_for_everybody(
    cms_client: AsyncClient, path: str
) -> None:
    answer = await cms_client.get(path, headers={"Origin": THEIRS})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert {"ETag", "Link", "Retry-After", "X-Request-Id"} <= set(
        answer.headers["access-control-expose-headers"].split(", ")
    )


async def test_a_preflight_of_delivery_is_answered(cms_client: AsyncClient) -> None:
    answer = await preflight(cms_client, "/api/v1/probe", THEIRS)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"].split(", ")
    assert "If-None-Match" in answer.headers["access-control-allow-headers"].split(", ")


async def test_authoring_is_for_the_scripts_of_named_origins(cms_client: AsyncClient) -> None:
    ours = await cms_client.post("/api/v1/admin/probe", headers={"Origin": OURS})
    theirs = await cms_client.post("/api/v1/admin/probe", headers={"Origin": THEIRS})
    assert ours.headers["access-control-allow-origin"] == OURS
    assert "access-control-allow-origin" not in theirs.headers
    assert ours.headers["vary"] == theirs.headers["vary"] == "Origin"


async def test_a_preflight_of_authoring_is_allowed_to_named_origins(
    cms_client: AsyncClient,
) -> None:
    ours = await preflight(cms_client, "/api/v1/admin/probe", OURS, "POST")
    theirs = await preflight(cms_client, "/api/v1/admin/probe", THEIRS, "POST")
    assert ours.headers["access-control-allow-origin"] == OURS
    assert "POST" in listed(ours, "allow-methods")
    assert "access-control-allow-origin" not in theirs.headers
    assert "access-control-allow-headers" not in theirs.headers


async def test_scripts_of_named_origins_send_and_read_the_headers_of_plugins(
    cms_client: AsyncClient,
) -> None:
    asked = await preflight(cms_client, "/api/v1/admin/probe", OURS, "POST")
    answer = await cms_client.post("/api/v1/admin/probe", headers={"Origin": OURS})
    # Browsers take a star for every header but Authorization, unless credentials are allowed.
    assert listed(asked, "allow-headers") == {"*", "Authorization"}
    assert listed(answer, "expose-headers") == {"*"}
    for each in (asked, answer):
        assert "access-control-allow-credentials" not in each.headers


async def test_anybodys_scripts_use_known_headers_alone(cms_client: AsyncClient) -> None:
    asked = await preflight(cms_client, "/api/v1/probe", THEIRS)
    answer = await cms_client.get("/api/v1/probe", headers={"Origin": THEIRS})
    assert "*" not in listed(asked, "allow-headers") | listed(answer, "expose-headers")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "PUT", "DELETE"])
async def test_a_preflight_allows_every_method_of_the_path(
    cms_client: AsyncClient, method: str
) -> None:
    answer = await preflight(cms_client, "/api/v1/admin/probe/things/1", OURS, method)
    assert answer.headers["access-control-allow-origin"] == OURS
    assert method in listed(answer, "allow-methods")


async def test_the_method_asked_for_decides_about_the_door(cms_client: AsyncClient) -> None:
    # The same path is delivery for GET and an open door for POST.
    read = await preflight(cms_client, "/api/v1/probe", THEIRS, "GET")
    sign = await preflight(cms_client, "/api/v1/probe", THEIRS, "POST")
    assert read.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in sign.headers


async def test_what_is_not_there_is_not_opened_either(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/api/v1/admin/nothing", headers={"Origin": THEIRS})
    assert answer.status_code == 404
    assert "access-control-allow-origin" not in answer.headers
