"""Authors who upload in every way, read and delete their files, and look closely at each answer."""

from __future__ import annotations

import base64
import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from campaigns.arena import Arena
from campaigns.media.contents import MEDIA, Contents, new_name, put, sign_in, text
from campaigns.media.replies import Reply, ask
from campaigns.violations import Violations
from campaigns.wire import Address, Headers, Request
from cms_core import CMS

UPLOADS = "/api/v1/admin/uploads"
KINDS = ("wrong", "no_answer", "wrong_bytes", "hung")
#: How often an upload is tried again that was refused.
TRIES = 4
_TUS = (("Tus-Resumable", "1.0.0"),)
_PIECE = (*_TUS, ("Content-Type", "application/offset+octet-stream"))


@dataclass(frozen=True, slots=True)
class File:
    """A file that was acknowledged."""

    id: UUID
    target: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A resumable upload that has not become a file."""

    target: str
    content: bytes

    @property
    def id(self) -> UUID:
        """The file's, once there is one."""
        return UUID(self.target.rpartition("/")[2])


@dataclass(slots=True)
class Seen:
    """What all authors saw."""

    counts: Counter[str] = field(default_factory=Counter)
    found: Violations = field(default_factory=lambda: Violations(*KINDS))


@dataclass(slots=True)
class Author:
    """Does one thing after the other; `refusal` is the status that may refuse an upload."""

    addresses: Sequence[Address]
    account: Headers
    chance: random.Random
    contents: Contents
    seen: Seen
    refusal: int = 503
    tries: int = TRIES
    #: The part of resumable uploads that are ended where they can't go on.
    ending: float = 0.0
    files: list[File] = field(default_factory=list)
    left: list[Upload] = field(default_factory=list)

    async def upload(self) -> bool:
        """Upload a new file in any of the ways; return whether it is there now."""
        return await self.chance.choice(self.ways)(self.contents.new())

    @property
    def ways(self) -> Sequence[Callable[[bytes], Awaitable[bool]]]:
        """All ways to upload a content."""
        return self.upload_form, self.upload_bytes, self.upload_pieces

    async def upload_form(self, content: bytes) -> bool:
        """Upload with a form."""
        boundary = self.chance.randbytes(16).hex()
        said = 'form-data; name="file"; filename="words.txt"\r\nContent-Type: text/plain'
        head = f"--{boundary}\r\nContent-Disposition: {said}\r\n\r\n"
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        typed = ("Content-Type", f"multipart/form-data; boundary={boundary}")
        return await self._send(Request(MEDIA, (*self.account, typed), "POST", body), content)

    async def upload_bytes(self, content: bytes) -> bool:
        """Upload plain bytes under an id."""
        return await self._send(put(new_name(self.chance), content, self.account), content)

    async def upload_pieces(self, content: bytes) -> bool:
        """Upload in pieces, the first of which may come with the beginning."""
        first = b""
        if self.chance.random() < 0.3:
            first = content[: self.chance.randint(1, len(content))]
        name = base64.b64encode(b"words.txt").decode()
        said = (("Upload-Length", str(len(content))), ("Upload-Metadata", f"filename {name}"))
        typed = _PIECE if first else _TUS
        headers = (*self.account, *typed, *said)
        for _ in range(self.tries):
            begun = await self._ask(Request(UPLOADS, headers, "POST", first))
            if begun.status == 201:
                return await self.go_on(Upload(_path_of(begun.headers["location"]), content))
            if not self._is_refused(begun, "POST"):
                break
        return False

    async def go_on(self, upload: Upload) -> bool:
        """Go on with an upload until it is a file, or was refused too often."""
        refused, offset = 0, -1
        while refused < self.tries:
            told = await self._next(upload, offset)
            if "media-location" in told.headers:
                return await self._finished(upload)
            offset = int(told.headers.get("upload-offset", -1))
            if told.status not in (200, 204):
                refused += 1
                if told.status != 409 and not self._is_refused(told, "PATCH"):
                    return False
        return await self._leave(upload)

    async def read(self) -> None:
        """Read a file, whole or a part."""
        if self.files:
            file = self.chance.choice(self.files)
            size = len(file.content)
            start = self.chance.randrange(size)
            whole = self.chance.random() < 0.5
            await self.read_part(file, None if whole else slice(start, self._end(start, size)))

    async def read_all(self) -> bool:
        """Read all files whole, again where that is refused; return whether all came."""
        return all([await self._read_whole(file) for file in self.files])

    async def read_part(self, file: File, part: slice | None) -> bool:
        """Read a part of a file, or all of it; return whether it came whole."""
        ranged = () if part is None else (("Range", f"bytes={part.start}-{part.stop - 1}"),)
        reply = await self._ask(Request(file.target, ranged))
        expected = file.content if part is None else file.content[part]
        if reply.status != (200 if part is None else 206):
            self._is_refused(reply, "GET", 503)
            return False
        right = expected.startswith(reply.body) and reply.announced == len(expected)
        if not right:
            self.seen.found.note("wrong_bytes", f"{reply} of {file.target[:60]}")
        is_whole = len(reply.body) == len(expected)
        self.seen.counts["reads" if is_whole else "cut_off"] += 1
        return right and is_whole

    async def _read_whole(self, file: File) -> bool:
        for _ in range(self.tries):
            if await self.read_part(file, None):
                return True
        return False

    async def delete(self, file: File) -> None:
        """Delete a file."""
        self.files.remove(file)
        await self._delete(f"{MEDIA}/{file.id}", self.account)

    async def end_left(self) -> None:
        """End all uploads that were left."""
        while self.left:
            await self._delete(self.left.pop().target, (*self.account, *_TUS))

    def _end(self, start: int, size: int) -> int:
        return self.chance.randint(start + 1, size)

    async def _send(self, request: Request, content: bytes) -> bool:
        """Send a whole file, again where it is refused."""
        for _ in range(self.tries):
            reply = await self._ask(request)
            if reply.status in (200, 201):
                self._keep(reply, content)
                return True
            if not self._is_refused(reply, request.method):
                break
        return False

    async def _next(self, upload: Upload, offset: int) -> Reply:
        """Send the next piece; where it is not known which, ask."""
        if offset < 0:
            return await self._ask(Request(upload.target, (*self.account, *_TUS), "HEAD"))
        size = len(upload.content)
        end = size if self.chance.random() < 0.5 else self._end(min(offset, size - 1), size)
        headers = (*self.account, *_PIECE, ("Upload-Offset", str(offset)))
        piece = upload.content[offset:end]
        if not piece:  # all are there, and the file could not be made
            headers = (*headers, ("Content-Length", "0"))
        return await self._ask(Request(upload.target, headers, "PATCH", piece))

    async def _finished(self, upload: Upload) -> bool:
        reply = await self._ask(Request(f"{MEDIA}/{upload.id}", self.account))
        if reply.status == 200:
            self._keep(reply, upload.content)
            return True
        self._is_refused(reply, "GET")
        return False

    async def _leave(self, upload: Upload) -> bool:
        self.left.append(upload)
        if self.chance.random() < self.ending:
            await self.end_left()
        return False

    async def _delete(self, target: str, headers: Headers) -> None:
        reply = await self._ask(Request(target, headers, "DELETE"))
        if reply.status == 204:
            self.seen.counts["deletions"] += 1
        else:
            self._is_refused(reply, "DELETE", 503)

    async def _ask(self, request: Request) -> Reply:
        return await ask(self.chance.choice(self.addresses), request)

    def _keep(self, made: Reply, content: bytes) -> None:
        told = made.json()
        self.files.append(File(UUID(told["id"]), _path_of(told["signed_url"]), content))
        self.seen.counts["uploads"] += 1

    def _is_refused(self, reply: Reply, method: str, status: int | None = None) -> bool:
        """Whether an answer is a clean refusal; it is a violation if not."""
        if reply.refuses(status or self.refusal):
            self.seen.counts["refused"] += 1
            return True
        kind = "hung" if reply.hung else "wrong" if reply.status else "no_answer"
        self.seen.found.note(kind, f"{method}: {reply}")
        return False


def hire(
    arena: Arena, cms: CMS, addresses: Sequence[Address], contents: Contents, count: int
) -> list[Author]:
    """So many authors with an account each, before the processes are forked that know them."""
    seen = Seen()
    return [
        Author(
            addresses,
            sign_in(cms, f"author {number}"),
            arena.chance(f"author {number}"),
            contents,
            seen,
        )
        for number in range(count)
    ]


def acknowledged(authors: Sequence[Author]) -> dict[UUID, str]:
    """The digests of all files that somebody has, by their ids."""
    files = (file for author in authors for file in author.files)
    return {file.id: hashlib.sha256(file.content).hexdigest() for file in files}


async def judge_recovery(author: Author, size: int, found: Violations) -> None:
    """See whether everything works as if nothing had been; new files have so many bytes."""
    waiting, author.left = author.left, []
    for upload in waiting:
        if not await author.go_on(upload):
            found.note("not_recovered", f"{upload.target} does not go on")
    for way in author.ways:
        if not await way(text(author.chance, size)):
            found.note("not_recovered", f"{way.__name__} is refused")
    if not await author.read_all():
        found.note("not_recovered", f"not each of {len(author.files)} files is read")


def _path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]
