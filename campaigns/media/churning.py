"""Clients that upload and delete the same few contents at once."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from campaigns.media.contents import MEDIA, any_size, new_name, put, text
from campaigns.progress import Bar
from campaigns.violations import Violations
from campaigns.wire import Address, Answer, Headers, NoAnswer, Request, Wire, close_all

CONTENTS = 50
LARGEST = 20_000
#: The first contents, of which half of all clients want to have one: there it is crowded.
HOT = 4
#: How likely a file is deleted where there is one of the wanted content.
DELETING = 0.6


class Churn:
    """Files that come and go, and what the clients know of them."""

    def __init__(self, chance: random.Random, addresses: Sequence[Address]) -> None:
        self._chance = chance
        self._addresses = addresses
        self._contents = [text(chance, any_size(chance, LARGEST)) for _ in range(CONTENTS)]
        self._digests = [hashlib.sha256(each).hexdigest() for each in self._contents]
        self._living: dict[int, list[UUID]] = defaultdict(list)
        self._begun = 0
        self.counts: Counter[str] = Counter()
        self.found = Violations("failed")

    @property
    def living(self) -> dict[UUID, str]:
        """The digests of the files that were acknowledged and not deleted, by their ids."""
        return {id: self._digests[number] for number, ids in self._living.items() for id in ids}

    async def go_on(self, accounts: Sequence[Headers], operations: int, progress: Bar) -> None:
        """Let all accounts upload and delete at once."""

        async def act(account: Headers) -> None:
            wires = [Wire(address) for address in self._addresses]
            while self._begun < operations:
                self._begun += 1
                await self._act(wires, account)
                progress.advance()
            close_all(wires)

        await asyncio.gather(*map(act, accounts))

    async def _act(self, wires: Sequence[Wire], account: Headers) -> None:
        crowded = self._chance.random() < 0.5
        number = self._chance.randrange(HOT if crowded else CONTENTS)
        if self._living[number] and self._chance.random() < DELETING:
            await self._delete(wires, account, number)
        else:
            await self._put(wires, account, number)

    async def _put(self, wires: Sequence[Wire], account: Headers, number: int) -> None:
        id = new_name(self._chance)
        answer = await self._ask(wires, put(id, self._contents[number], account))
        if answer is not None and answer.status in (200, 201):
            self._living[number].append(id)
            self.counts["uploads"] += 1
        else:
            self._fail("PUT", answer)

    async def _delete(self, wires: Sequence[Wire], account: Headers, number: int) -> None:
        id = self._living[number].pop()
        request = Request(f"{MEDIA}/{id}", account, "DELETE")
        answer = await self._ask(wires, request)
        if answer is not None and answer.status == 204:
            self.counts["deletions"] += 1
            self.counts["last_deletions"] += not self._living[number]
        elif answer is None or answer.status != 404:  # 404: refused, and done all the same
            self._fail("DELETE", answer)

    async def _ask(self, wires: Sequence[Wire], request: Request) -> Answer | None:
        """Ask any process, again where it says that it could not; None without an answer."""
        while True:
            try:
                answer = await self._chance.choice(wires).ask(request)
            except NoAnswer:
                return None
            if answer.status != 503:
                return answer
            self.counts["refused"] += 1

    def _fail(self, method: str, answer: Answer | None) -> None:
        told = "no answer" if answer is None else f"{answer.status} {answer.body[:200]!r}"
        self.found.note("failed", f"{method}: {told}")
