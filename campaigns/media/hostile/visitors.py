"""Clients that upload hostile files and read all that becomes of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote

from campaigns.media.contents import MEDIA, new_name
from campaigns.media.hostile.names import PLAIN, hostile_name, said
from campaigns.media.hostile.scan import Complaint, complaints, headers
from campaigns.media.hostile.specimens import CREATED, INVALID, Specimen
from campaigns.progress import Bar
from campaigns.violations import Violations
from campaigns.wire import Address, Answer, Headers, NoAnswer, Request, Wire

#: Seconds that an answer may take, and bytes of a request that may take another one.
LIMIT = 5.0
_RATE = 10_000_000
KINDS = ("accepted", "refused", "active", "told", "misnamed", "altered", "late", "failed")
FORMATS = ("avif", "webp", "jpeg")
#: What may come of a name that can't be read, or is no part of an address.
_NAME_REFUSED = frozenset({400, 404, 414})
#: How likely a name is sent in a form, not in the address.
_IN_FORM = 0.7
#: How likely a part of an image is asked for, too; of one that moves there is nothing else.
_CROPPED = 0.2
_BOUNDARY = b"quokka"
#: What clients say that a file is; nobody should believe it.
_CLAIMS = (b"image/jpeg", b"text/html", b"image/svg+xml", b"text/javascript")
#: Endings that a name may have instead of that of its type.
_OTHER_ENDINGS = ("", ".html", ".svg", ".php", ".jpg.exe")


@dataclass(slots=True)
class Seen:
    """What the clients have seen."""

    found: Violations = field(default_factory=lambda: Violations(*KINDS))
    #: Files of each kind.
    kinds: Counter[str] = field(default_factory=Counter)
    #: What came of them, by kind and status.
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    #: Answers that took too long, in words, and seconds that one took at most.
    late: list[str] = field(default_factory=list)
    slowest: float = 0.0


class Visitor:
    """One client, who does one thing after the other."""

    def __init__(
        self, address: Address, account: Headers, chance: random.Random, seen: Seen
    ) -> None:
        self._wire = Wire(address)
        self._account = account
        self._chance = chance
        self._seen = seen
        self._kind = ""

    async def visit(self, specimens: Iterator[tuple[str, Specimen]], progress: Bar) -> None:
        """Upload one file after the other, and read what is made of each."""
        for self._kind, specimen in specimens:
            try:
                await self._bring(specimen)
            except NoAnswer as failure:
                self._note("failed", str(failure)[-300:])
            self._seen.kinds[self._kind] += 1
            progress.advance()
        self._wire.close()

    async def _bring(self, specimen: Specimen) -> None:
        answer = await self._upload(specimen)
        self._seen.statuses[self._kind, answer.status] += 1
        if answer.status not in specimen.right:
            self._fail(answer, "accepted" if answer.status == CREATED else "refused")
        if answer.status == CREATED:
            media = answer.json()
            if media["type"] != (specimen.media_type or media["type"]):
                self._note("altered", f"taken for {media['type']}")
            await self._read(specimen, media)
            await self._look_at_pictures(specimen, media)

    async def _upload(self, specimen: Specimen) -> Answer:
        """Send it under a hostile name, and under another one where that is refused."""
        ending = specimen.extension
        if not specimen.media_type and self._chance.random() < 0.5:
            ending = self._chance.choice(_OTHER_ENDINGS)
        name = hostile_name(self._chance, ending)
        if self._chance.random() < _IN_FORM:
            request = self._form(name, specimen.content)
        else:
            request = self._put(quote(name, safe=""), specimen.content)
        answer = await self._ask(request)
        self._seen.counts["hostile_names"] += 1
        if answer.status in _NAME_REFUSED:
            self._seen.counts["refused_names"] += 1
            answer = await self._ask(self._put(PLAIN + specimen.extension, specimen.content))
        return answer

    def _form(self, name: str, content: bytes) -> Request:
        disposition = b'Content-Disposition: form-data; name="file"; ' + said(self._chance, name)
        claim = b"Content-Type: " + self._chance.choice(_CLAIMS)
        head = b"\r\n".join((b"--" + _BOUNDARY, disposition, claim, b"", b""))
        body = head + content + b"\r\n--" + _BOUNDARY + b"--\r\n"
        typed = ("Content-Type", f"multipart/form-data; boundary={_BOUNDARY.decode()}")
        return Request(MEDIA, (*self._account, typed), "POST", body)

    def _put(self, name: str, content: bytes) -> Request:
        target = f"{MEDIA}/{new_name(self._chance)}/{name}"
        return Request(target, self._account, "PUT", content)

    async def _read(self, specimen: Specimen, media: Any) -> None:
        """Read the file itself, whole and in part."""
        target, media_type = _target(media["signed_url"]), media["type"]
        whole = await self._ask(Request(target))
        told = specimen.told if specimen.is_beside else None
        if whole.status != 200 or len(whole.body) != media["size"]:
            self._fail(whole, "altered")
            return
        self._complain(complaints(whole, media_type, told))
        start = self._chance.randrange(media["size"])
        stop = self._chance.randint(start + 1, media["size"])
        part = await self._ask(Request(target, (("Range", f"bytes={start}-{stop - 1}"),)))
        if (part.status, part.body) != (206, whole.body[start:stop]):
            self._fail(part, "altered")
        self._complain(headers(part, media_type))

    async def _look_at_pictures(self, specimen: Specimen, media: Any) -> None:
        """Have an image made in each format, and read what is made."""
        if not media["type"].startswith("image/"):
            return
        if media["width"] is None:
            self._note("accepted", f"{media['type']} that nobody has decoded")
            return
        pictures = self._of_one_width(media["variants"])
        if media["animated"] or self._chance.random() < _CROPPED:
            pictures += [await self._cropped(media, format) for format in FORMATS]
        for picture in pictures:
            answer = await self._ask(Request(_target(picture["url"])))
            self._seen.counts[f"pictures_{answer.status}"] += 1
            if answer.status == 200:
                media_type = f"image/{picture['format']}"
                self._complain(complaints(answer, media_type, specimen.told))
            elif answer.status != INVALID or specimen.media_type:
                self._fail(answer, "altered")

    def _of_one_width(self, variants: list[Any]) -> list[Any]:
        """The variants of any width, in all formats."""
        width = self._chance.choice([each["width"] for each in variants] or [0])
        return [each for each in variants if each["width"] == width]

    async def _cropped(self, media: Any, format: str) -> Any:
        width, height = (self._chance.randint(1, 2 * media[side]) for side in ("width", "height"))
        size = f"width={min(width, 900)}&height={min(height, 900)}"
        target = f"{MEDIA}/{media['id']}/variants/{format}?{size}&fit=cover"
        return (await self._ask(Request(target, self._account))).json()

    async def _ask(self, request: Request) -> Answer:
        begun = monotonic()
        answer = await self._wire.ask(request)
        seconds = monotonic() - begun - len(request.body) / _RATE
        if seconds > LIMIT:
            told = f"{self._kind}: {request.method} answered {answer.status} after {seconds:.1f} s"
            self._seen.late.append(told)
        self._seen.slowest = max(self._seen.slowest, seconds)
        self._seen.counts["answers"] += 1
        return answer

    def _fail(self, answer: Answer, violation: str) -> None:
        told = f"{answer.status} {answer.body[:200]!r}"
        self._note("failed" if answer.status >= 500 else violation, told)

    def _complain(self, found: Iterator[Complaint]) -> None:
        for violation, what in found:
            self._note(violation, what)

    def _note(self, violation: str, what: str) -> None:
        self._seen.found.note(violation, f"{self._kind}: {what}")


def _target(url: str) -> str:
    return "/" + url.split("/", 3)[3]
