"""What is committed is answered, however long the storage takes to delete what is left over."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from httpx2 import AsyncClient

from cms_core import Settings

from .conftest import Upload
from .resumable.sending import TUS, UPLOADS, WORDS, metadata, send

#: Seconds; a storage is given up after ten.
SOON = 5


@pytest.fixture
def is_over() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture(autouse=True)
def over(ada: AsyncClient, is_over: asyncio.Event) -> Iterator[None]:
    """Let the CMS end: it waits for what it has begun."""
    yield
    is_over.set()


@pytest.fixture
async def slow_deletions(s3_server: str, is_over: asyncio.Event) -> AsyncIterator[str]:
    """The address of an S3 server that does everything but delete, until the test is over."""
    behind = urlsplit(s3_server)

    async def pass_on(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                if piece.startswith(b"DELETE "):
                    await is_over.wait()
                    break
                writer.write(piece)
        writer.close()

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(pass_on(reader, requests), pass_on(answers, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


@pytest.fixture
def cms_settings(
    cms_settings: Settings, s3_url: str, slow_deletions: str, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("AWS_ENDPOINT_URL", slow_deletions)
    return cms_settings.model_copy(update={"media_storage_url": s3_url})


async def begin(ada: AsyncClient) -> str:
    said = {"Upload-Length": str(len(WORDS)), "Upload-Metadata": metadata(filename="words.txt")}
    return str((await ada.post(UPLOADS, headers=TUS | said)).headers["location"])


async def test_bytes_that_are_there_already(upload: Upload) -> None:
    await upload(WORDS, "words.txt")

    async with asyncio.timeout(SOON):
        await upload(WORDS, "again.txt")


async def test_the_end_of_an_upload_in_pieces(ada: AsyncClient) -> None:
    url = await begin(ada)
    await send(ada, url, 0, WORDS[:10])

    async with asyncio.timeout(SOON):
        answer = await send(ada, url, 10, WORDS[10:])

    assert answer.status_code == 204


async def test_an_upload_that_is_given_up(ada: AsyncClient) -> None:
    url = await begin(ada)
    await send(ada, url, 0, WORDS[:10])

    async with asyncio.timeout(SOON):
        answer = await ada.delete(url, headers=TUS)

    assert answer.status_code == 204
