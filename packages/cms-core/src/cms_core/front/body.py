"""The way in of a body: counted while it is received, whoever reads it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Message, Receive

from cms_core.errors import TooLarge
from cms_core.front.deadline import Deadline
from cms_core.front.head import Head
from cms_core.http.exchange import Exchange

#: Seconds in which a client may go on sending what nobody wants, to see its answer.
LINGER = 2.0
#: Bytes that are taken so that it does. Of more, or nobody knows how many, none are.
MOST_DISCARDED = 16 * 1024 * 1024


class Body:
    """Receives for the routes; raises `TooLarge` as soon as the body is known to be."""

    def __init__(
        self, receive: Receive, head: Head, exchange: Exchange, deadline: Deadline
    ) -> None:
        self._receive = receive
        self._head = head
        self._exchange = exchange
        self._deadline = deadline
        self._size = 0
        self._rest = head.announces_body

    async def receive(self) -> Message:
        """Return the next message of the client."""
        if self._size == 0:
            self._check_announced()
        message = await self._receive()
        self._rest = message.get("more_body", False)
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
        return message

    @property
    def unread(self) -> bool:
        """Whether the client may still be sending when the server closes the connection.

        It would be reset then, and the answer lost.
        """
        return self._rest and (self._head.ends_connection or self.is_unwanted)

    @property
    def is_unwanted(self) -> bool:
        """Whether so much may still come that the connection is better closed than read on."""
        if not self._rest:
            return False
        announced = self._head.headers.get(b"content-length", b"")
        return not announced.isdigit() or int(announced) - self._size > MOST_DISCARDED

    async def discard_rest(self) -> None:
        """Take what the client still sends, unless that is too much: then only let it read."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                if self.is_unwanted:
                    await asyncio.sleep(LINGER)
                while self._rest:
                    self._rest = (await self._receive()).get("more_body", False)

    def _check_announced(self) -> None:
        # Before anything is received: a client that waits for "100 Continue" sends nothing.
        announced = self._head.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._exchange.max_body:
            raise TooLarge

    def _count(self, received: int) -> None:
        self._size += received
        if self._size > self._exchange.max_body:
            raise TooLarge
        if self._exchange.streamed:
            self._deadline.extend(received)
