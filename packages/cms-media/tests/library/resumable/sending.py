"""What a client of the tus protocol sends."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from httpx2 import AsyncClient

MEDIA = "/api/v1/admin/media"
UPLOADS = "/api/v1/admin/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
WORDS = b"Words, and more words.\n" * 100
Stored = Callable[[], Awaitable[dict[str, int]]]
Begin = Callable[..., Awaitable[str]]


def metadata(**values: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


def checksum(content: bytes, algorithm: str = "sha256") -> dict[str, str]:
    digest = hashlib.new(algorithm, content).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


async def send(client: AsyncClient, url: str, offset: int, content: Any, **more: str) -> Any:
    headers = PIECE | {"Upload-Offset": str(offset)} | more
    return await client.patch(url, content=content, headers=headers)


async def offset_of(client: AsyncClient, url: str) -> int:
    answer = await client.head(url, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])
