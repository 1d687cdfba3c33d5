"""Keeps uploads in a bucket of S3, or of anything that speaks its language."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from httpx2 import AsyncClient

from cms_media.storage.bucket import Bucket
from cms_media.storage.errors import ObjectMissing, StorageUnavailable
from cms_media.storage.faults import reason_of, told_as_ours
from cms_media.storage.feeding import PART, upload_in_parts
from cms_media.storage.keys import INCOMING, checked_key, checked_prefix, is_key
from cms_media.storage.pieces import cut, gathered
from cms_media.storage.protocol import StoredObject
from cms_media.storage.signing import signed
from cms_media.storage.unfinished import UnfinishedUploads

#: Bytes of one request for a part of an object. Each has the whole time-out to itself, so that a
#: reader may take as long as it likes.
_WINDOW = 4 * 1024 * 1024
#: Seconds in which threads of obstore let go of what they hold of Python after the last answer. A
#: Python that ends while they do is aborted (SIGABRT), with what it had still to print.
_LAST = 0.2


class S3Storage:
    """A `Storage` in a bucket.

    A request that is given up may still take effect in S3: a sweep finds such an object.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._store = bucket.store()

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Send a small object in one request, a large one in parts of 8 MiB as they come."""
        checked_key(key)
        async with aclosing(gathered(chunks, PART)) as pieces:
            first = await anext(pieces, b"")
            try:
                await self._send(key, first, pieces)
            except ObjectMissing as error:
                raise StorageUnavailable from error.__cause__

    async def _send(self, key: str, first: bytes, rest: AsyncIterator[bytes]) -> None:
        if len(first) < PART:
            with told_as_ours():
                await obstore.put_async(self._store, key, first, use_multipart=False)
        else:
            await upload_in_parts(self._store, key, _joined(first, rest))

    async def read(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield from one short request after the other, for the next when the last is consumed."""
        end = start + length if length else await self._end(key, start, length)
        while start < end:
            window = await self._window(key, start, min(_WINDOW, end - start))
            for piece in cut(window):
                yield piece
            start += len(window)

    async def _end(self, key: str, start: int, length: int | None) -> int:
        size = await self.size(key)
        if size is None:
            raise ObjectMissing
        return size if length is None else start

    async def _window(self, key: str, start: int, length: int) -> memoryview:
        checked_key(key)
        with told_as_ours():
            found = await obstore.get_range_async(self._store, key, start=start, length=length)
        if len(found) < length:
            raise StorageUnavailable
        return memoryview(found)

    async def size(self, key: str) -> int | None:
        """Return the size in bytes; None when there is no such object."""
        checked_key(key)
        try:
            with told_as_ours():
                return (await obstore.head_async(self._store, key))["size"]
        except ObjectMissing:
            return None

    async def delete(self, key: str) -> None:
        """Delete the object, if it is there."""
        checked_key(key)
        with suppress(ObjectMissing), told_as_ours():
            await obstore.delete_async(self._store, key)

    async def objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield the objects; what others keep there under what is no key is passed over."""
        with told_as_ours():
            pages = obstore.list(self._store, checked_prefix(prefix) or None, chunk_size=1000)
            async for page in pages:
                for found in page:
                    if is_key(found["path"]):
                        modified = found["last_modified"].astimezone(UTC)
                        yield StoredObject(found["path"], found["size"], modified)

    async def abandon(self, older_than: timedelta, *, dry_run: bool) -> int:
        """Abort the multipart uploads that began that long ago.

        Returns 0 where a role gives the credentials, for none to sign with is known then: let the
        bucket have a lifecycle rule (AbortIncompleteMultipartUpload).
        """
        if not (credentials := self._bucket.credentials):
            return 0
        before, ended = datetime.now(UTC) - older_than, 0
        async with AsyncClient() as client:
            uploads = UnfinishedUploads(self._bucket, credentials, client)
            async for upload in uploads:
                if upload.begun <= before:
                    if not dry_run:
                        await uploads.end(upload)
                    ended += 1
        return ended

    async def signed_url(
        self, key: str, seconds: int, content_type: str, disposition: str
    ) -> str | None:
        """Return a presigned GET; None where a role gives the credentials (see `abandon`)."""
        if not (credentials := self._bucket.credentials):
            return None
        url = self._bucket.url(self._bucket.full_key(checked_key(key)))
        headers = {
            "response-content-type": content_type,
            "response-content-disposition": disposition,
        }
        return signed("GET", url, headers, credentials, seconds)

    async def check(self) -> str | None:
        """Write a small object outside of the keys, for real; permission to read is not enough."""
        try:
            with told_as_ours():
                await obstore.put_async(self._store, f"{INCOMING}/check", b"", use_multipart=False)
        except (StorageUnavailable, ObjectMissing) as error:
            return reason_of(error)
        return None

    async def close(self) -> None:
        """Wait for obstore's threads; connections close by themselves."""
        await asyncio.sleep(_LAST)

    def local_path(self, key: str) -> Path | None:
        """Return None: the objects are elsewhere."""
        return None


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    del first
    async for piece in rest:
        yield piece
