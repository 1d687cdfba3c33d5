"""The way out: every answer gets the headers that all have, and is watched for the log."""

from __future__ import annotations

from starlette.types import Message, Send

from cms_core.front.body import Body
from cms_core.front.cors import Cors, Headers
from cms_core.front.deadline import Deadline
from cms_core.front.head import Head
from cms_core.http.exchange import Door, Exchange


class Answer:
    """Sends for the routes; drops the body when only the head was asked for."""

    def __init__(
        self,
        send: Send,
        head: Head,
        exchange: Exchange,
        cors: Cors,
        deadline: Deadline,
        body: Body,
    ) -> None:
        #: Where whole answers go, which have all their headers.
        self.client = send
        self._body = body
        self._head = head
        self._exchange = exchange
        self._cors = cors
        self._deadline = deadline
        self.head_only = False
        #: The status sent; 0 as long as none was.
        self.status = 0
        self.complete = False

    async def send(self, message: Message) -> None:
        """Pass a message on to the client."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self._headers(message)]}
        elif message["type"] == "http.response.body":
            self.complete = not message.get("more_body", False)
            if not self.complete:
                self._deadline.extend(len(message["body"]))
            if self.head_only:
                message = {**message, "body": b""}
            if self.complete:
                await self._end(message)
                return
        await self.client(message)

    async def _end(self, message: Message) -> None:
        if self._body.unread:
            await self.client({**message, "more_body": True})
            await self._body.discard_rest()
            message = {"type": "http.response.body", "body": b""}
        await self.client(message)

    def _headers(self, start: Message) -> Headers:
        headers = [
            (b"x-request-id", self._exchange.request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
            *self._exchange.headers,
            *self._cors.headers_of(self._head, self._exchange.door, start),
        ]
        if self._body.is_unwanted:
            headers.append((b"connection", b"close"))
        if self._exchange.door is Door.DELIVERY:
            headers.append((b"cache-status", b"cms; " + self._exchange.cache_status))
        return headers
