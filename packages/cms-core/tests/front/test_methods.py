from httpx2 import AsyncClient


async def test_head_answers_like_get_without_the_body(cms_client: AsyncClient) -> None:
    got = await cms_client.get("/api/v1/probe")
    head = await cms_client.head("/api/v1/probe")
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == got.headers[name]


async def test_head_of_nothing_has_no_body_either(cms_client: AsyncClient) -> None:
    head = await cms_client.head("/nowhere")
    assert (head.status_code, head.content) == (404, b"")


async def test_405_lists_the_methods_of_all_routes_of_the_path(cms_client: AsyncClient) -> None:
    # GET is the delivery router's, POST the open one's.
    answer = await cms_client.delete("/api/v1/probe")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.json()["code"] == "method-not-allowed"


async def test_options_tells_the_methods(cms_client: AsyncClient) -> None:
    answer = await cms_client.options("/api/v1/admin/probe")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "OPTIONS, POST"


async def test_options_of_nothing_is_404(cms_client: AsyncClient) -> None:
    assert (await cms_client.options("/nowhere")).status_code == 404


async def test_a_method_that_nobody_knows_is_405(cms_client: AsyncClient) -> None:
    assert (await cms_client.request("BREW", "/api/v1/probe")).status_code == 405


async def test_two_routers_share_a_prefix(cms_client: AsyncClient) -> None:
    assert (await cms_client.get("/api/v1/probe")).json() == {"text": "hello"}
    assert (await cms_client.post("/api/v1/probe", json={"text": "x"})).json() == {"text": "x"}
    assert (await cms_client.get("/probe")).json() == {"text": "root"}
