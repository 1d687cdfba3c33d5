"""Clients that upload, and try again until they are answered, in a process of their own."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import uvloop

from campaigns.media.contents import any_size, new_name, put, text
from campaigns.processes import FORK, ProcessFailed
from campaigns.violations import Violations
from campaigns.wire import Address, Answer, Headers, NoAnswer, Request, Wire, close_all

LARGEST = 2_000_000
#: The part of contents that were uploaded before, under another id.
SAME = 0.1
#: The part of clients that give up after a connection broke: whether there is a file, nobody knows.
GIVING_UP = 0.2
#: How often somebody comes back who was told to.
REFUSALS = 40
#: Uploads that are at most ahead of the kills, in parts of all.
AHEAD = 0.1


@dataclass(slots=True)
class Told:
    """What the clients were told."""

    #: The digests of the files that were acknowledged, by their ids.
    files: dict[UUID, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    found: Violations = field(default_factory=lambda: Violations("unreadable", "failed"))


class Uploaders:
    """A process of clients. They go on until there were enough uploads and enough kills."""

    def __init__(self, addresses: Sequence[Address], chance: random.Random, uploads: int) -> None:
        self._addresses = addresses
        self._chance = chance
        self._uploads = uploads
        self._progress = FORK.RawArray("d", 2)
        #: From which something comes when they have come to their end.
        self.over, self._sender = FORK.Pipe(duplex=False)
        self._told = Told()
        self._contents: list[bytes] = []

    def start(self, accounts: Sequence[Headers]) -> None:
        """Let each account upload, one file after the other."""
        FORK.Process(target=self._run, args=(accounts,), daemon=True).start()
        self._sender.close()

    @property
    def running(self) -> bool:
        """Whether they still upload."""
        return not self.over.poll()

    @property
    def done(self) -> int:
        """Uploads that have come to their end."""
        return int(self._progress[0])

    def permit(self, share: float) -> None:
        """Let them go on: so much of what is done to the servers, in parts of all, is done."""
        self._progress[1] = share

    def told(self) -> Told:
        """What they were told. Raises `ProcessFailed`."""
        try:
            told: Told = self.over.recv()
        except EOFError:
            raise ProcessFailed("the clients died") from None
        return told

    def _run(self, accounts: Sequence[Headers]) -> None:
        uvloop.run(self._upload_all(accounts))
        self._sender.send(self._told)

    async def _upload_all(self, accounts: Sequence[Headers]) -> None:
        await asyncio.gather(*(self._upload_on(account) for account in accounts))

    async def _upload_on(self, account: Headers) -> None:
        wires = [Wire(address) for address in self._addresses]
        while self.done < self._uploads or self._progress[1] < 1:
            if self.done / self._uploads > self._progress[1] + AHEAD:
                await asyncio.sleep(0.01)
            await self._upload(wires, account)
            self._progress[0] += 1
        close_all(wires)

    async def _upload(self, wires: Sequence[Wire], account: Headers) -> None:
        id, content = new_name(self._chance), self._content()
        answer = await self._ask(wires, put(id, content, account), GIVING_UP)
        if answer is None:
            self._told.counts["given_up"] += 1
        elif answer.status in (200, 201):
            self._told.files[id] = hashlib.sha256(content).hexdigest()
            self._told.counts["acknowledged_again"] += answer.status == 200
            await self._read_back(wires, answer, content)
        else:
            self._told.found.note("failed", f"{answer.status} {answer.body[:200]!r}")

    async def _read_back(self, wires: Sequence[Wire], made: Answer, content: bytes) -> None:
        """Ask any process for what was just acknowledged."""
        target = "/" + made.json()["signed_url"].split("/", 3)[3]
        answer = await self._ask(wires, Request(target), giving_up=0)
        if answer is not None and (answer.status, answer.body) != (200, content):
            size = f"{len(answer.body)} of {len(content)} bytes"
            self._told.found.note("unreadable", f"{answer.status}, {size}: {target[:60]}")

    async def _ask(
        self, wires: Sequence[Wire], request: Request, giving_up: float
    ) -> Answer | None:
        """Ask one process after the other until one answers; None when the client gives up."""
        refusals = 0
        while True:
            try:
                answer = await self._chance.choice(wires).ask(request)
            except NoAnswer:
                self._told.counts["unanswered"] += 1
                if self._chance.random() < giving_up:
                    return None
            else:
                # Bytes that are not there any more are not there a second later either.
                if answer.status != 503 or refusals == REFUSALS:
                    return answer
                refusals += 1
                self._told.counts["refused"] += 1
                await asyncio.sleep(0.05)

    def _content(self) -> bytes:
        if self._contents and self._chance.random() < SAME:
            return self._chance.choice(self._contents)
        content = text(self._chance, any_size(self._chance, LARGEST))
        # A few are enough to be the same as; all would be a lot to keep.
        self._contents = [*self._contents[-20:], content]
        return content
