import pytest
from httpx2 import AsyncClient

from .sending import TUS, UPLOADS, WORDS, Begin, metadata


@pytest.fixture
def begin(ada: AsyncClient) -> Begin:
    """``await begin(length, filename="a.txt")``: the address of an upload of Ada's."""

    async def begin(length: int = len(WORDS), **said: str) -> str:
        sent = metadata(**{"filename": "words.txt", **said})
        headers = TUS | {"Upload-Length": str(length), "Upload-Metadata": sent}
        answer = await ada.post(UPLOADS, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    return begin
