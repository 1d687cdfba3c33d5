from httpx2 import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from cms_core.front.head import MAX_HEADER, MAX_HEADERS, MAX_URL, request_id_of, trace_id_of


@given(st.binary(max_size=80))
def test_whatever_a_client_sends_the_request_id_is_harmless(sent: bytes) -> None:
    request_id = request_id_of(sent)
    assert 8 <= len(request_id) <= 64
    assert set(request_id.encode()) <= set(
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
    )


@given(st.text("abcXYZ019._-", min_size=8, max_size=64))
def test_a_well_formed_request_id_is_taken_over(sent: str) -> None:
    assert request_id_of(sent.encode()) == sent


def test_only_a_well_formed_traceparent_names_a_trace() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace_id_of(f"00-{trace}-00f067aa0ba902b7-01".encode()) == trace
    assert trace_id_of(f"00-{trace.upper()}-00f067aa0ba902b7-01".encode()) is None
    assert trace_id_of(f"ff-{trace}-00f067aa0ba902b7-01".encode()) is None
    assert trace_id_of(f"00-{'0' * 32}-00f067aa0ba902b7-01".encode()) is None


async def test_every_answer_names_its_request(cms_client: AsyncClient) -> None:
    mine = await cms_client.get("/api/v1/probe", headers={"X-Request-Id": "my-request.1"})
    malformed = await cms_client.get("/nowhere", headers={"X-Request-Id": "no spaces!"})
    assert mine.headers["x-request-id"] == "my-request.1"
    assert malformed.headers["x-request-id"] == malformed.json()["request_id"]
    assert len(malformed.headers["x-request-id"]) == 32


async def test_no_answer_is_sniffed(cms_client: AsyncClient) -> None:
    for path in ("/api/v1/probe", "/nowhere", "/api/v1/probe/failing"):
        assert (await cms_client.get(path)).headers["x-content-type-options"] == "nosniff"


async def test_a_long_address_is_414(cms_client: AsyncClient) -> None:
    answer = await cms_client.get(f"/api/v1/probe?x={'a' * MAX_URL}")
    assert (answer.status_code, answer.json()["code"]) == (414, "uri-too-long")


async def test_too_many_headers_are_431(cms_client: AsyncClient) -> None:
    many = {f"X-Header-{number}": "1" for number in range(MAX_HEADERS)}
    answer = await cms_client.get("/api/v1/probe", headers=many)
    assert (answer.status_code, answer.json()["code"]) == (431, "headers-too-large")


async def test_a_large_header_is_431(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/api/v1/probe", headers={"X-Large": "a" * MAX_HEADER})
    assert answer.status_code == 431


async def test_headers_too_large_together_are_431(cms_client: AsyncClient) -> None:
    several = {f"X-Header-{number}": "a" * (MAX_HEADER - 100) for number in range(5)}
    assert (await cms_client.get("/api/v1/probe", headers=several)).status_code == 431


async def test_a_path_that_is_no_text_is_400(cms_client: AsyncClient) -> None:
    for path in ("/api/v1/probe/items/%00", "/api/v1/probe/items/%FF"):
        answer = await cms_client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


async def test_a_path_in_any_script_is_read(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/api/v1/probe/items/%E6%97%A5%E6%9C%AC")
    assert answer.json() == {"name": "日本"}
