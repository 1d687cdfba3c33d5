"""Finds and ends multipart uploads that were begun and left; obstore has no way to."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from httpx2 import AsyncClient, HTTPError, Response

from cms_media.storage.bucket import TIMEOUT, Bucket
from cms_media.storage.errors import StorageUnavailable
from cms_media.storage.signing import Credentials, signed


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A multipart upload that has come to no end; `full_key` is the key as the bucket knows it."""

    full_key: str
    id: str
    begun: datetime


class UnfinishedUploads:
    """The multipart uploads below our folder of a bucket; raises `StorageUnavailable`."""

    def __init__(self, bucket: Bucket, credentials: Credentials, client: AsyncClient) -> None:
        self._bucket, self._by, self._client = bucket, credentials, client

    async def __aiter__(self) -> AsyncIterator[Unfinished]:
        """Yield all of them, a page (of 1,000, usually) at a time."""
        after: Mapping[str, str] | None = {}
        while after is not None:
            query = {"uploads": "", "prefix": self._bucket.full_key(""), **after}
            page = _parsed(await self._ask("GET", self._bucket.url(), query))
            for upload in page.iterfind("{*}Upload"):
                yield _unfinished(upload)
            after = _after(page)

    async def end(self, upload: Unfinished) -> None:
        """Abort it, so that its parts are deleted; one that is gone is no error."""
        await self._ask("DELETE", self._bucket.url(upload.full_key), {"uploadId": upload.id}, 404)

    async def _ask(
        self, method: str, url: str, query: Mapping[str, str], accepted: int = 200
    ) -> Response:
        try:
            answer = await self._client.request(
                method, signed(method, url, query, self._by, seconds=60), timeout=TIMEOUT
            )
            if answer.status_code != accepted:
                answer.raise_for_status()
        except HTTPError as error:
            raise StorageUnavailable from error
        return answer


def _parsed(answer: Response) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(answer.content)
    except ElementTree.ParseError as error:
        raise StorageUnavailable from error


def _unfinished(upload: ElementTree.Element) -> Unfinished:
    key, id, begun = (
        upload.findtext(f"{{*}}{name}", "") for name in ("Key", "UploadId", "Initiated")
    )
    try:
        return Unfinished(key, id, datetime.fromisoformat(begun).astimezone(UTC))
    except ValueError as error:
        raise StorageUnavailable from error


def _after(page: ElementTree.Element) -> Mapping[str, str] | None:
    if page.findtext("{*}IsTruncated") != "true":
        return None
    return {
        "key-marker": page.findtext("{*}NextKeyMarker", ""),
        "upload-id-marker": page.findtext("{*}NextUploadIdMarker", ""),
    }
