"""A database that is gone: nobody is told what nobody can confirm, and nobody waits long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import pytest
from httpx2 import AsyncClient
from sqlalchemy.engine import make_url

from cms_core.settings import Settings

if TYPE_CHECKING:
    from tests.cache.conftest import Store

pytestmark = pytest.mark.parametrize("cms_engine", ["postgres"])

A = "/api/v1/things/a"


class Way:
    """The way to a database, which can be cut or fall silent."""

    def __init__(self, host: str, port: int) -> None:
        self._there = host, port
        self._open = asyncio.Event()
        self._open.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Close all connections, and let nobody connect."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    def fall_silent(self) -> None:
        """Let nothing through, and close nothing."""
        self._open.clear()

    async def mend(self) -> None:
        self.cut()
        self._open.set()
        await self.open()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._there)
        self._writers += [writer, there_writer]
        await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def way(cms_database_url: str) -> AsyncIterator[Way]:
    url = make_url(cms_database_url)
    way = Way(url.host or "", url.port or 5432)
    await way.open()
    yield way
    way.fall_silent()
    way.cut()


@pytest.fixture
def cms_settings(cms_settings: Settings, way: Way) -> Settings:
    url = make_url(cms_settings.database_url).set(host="127.0.0.1", port=way.port)
    there = url.render_as_string(hide_password=False)
    return cms_settings.model_copy(update={"database_url": there})


@pytest.mark.parametrize("outage", [Way.cut, Way.fall_silent], ids=["cut", "silent"])
async def test_kept_answers_are_refused_until_the_database_is_back(
    store: Store, way: Way, cms_client: AsyncClient, outage: Callable[[Way], None]
) -> None:
    await store.put("a", "hello")
    assert [(await cms_client.get(A)).status_code for _ in range(2)] == [200, 200]
    outage(way)
    # Of what is promised: two seconds. The machine of the tests may be slow.
    async with asyncio.timeout(8):
        answers = await asyncio.gather(*(cms_client.get(A) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}

    await way.mend()
    answer = await cms_client.get(A)
    assert (answer.status_code, answer.headers["cache-status"]) == (200, "cms; hit")
