"""The parts of a multipart body, one after the other, while they arrive."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError

from cms_media.content.errors import BadForm
from cms_media.content.parameters import filename_of, parse_header

_UNENCODED = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True)
class Part:
    """What the headers of a part say; `filename` is None for a text field."""

    name: str
    filename: str | None
    content_type: str


class _Mark(Enum):
    PART_END = "the present part has ended"
    END = "the closing boundary was read"


class PartReader:
    """Reads a body part by part. Holds no more of it than what one chunk gave."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: str) -> None:
        self._chunks = chunks
        self._events: deque[Part | bytes | _Mark] = deque()
        self._headers = _Headers()
        self._inside = self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": self._headers.take_name,
                "on_header_value": self._headers.take_value,
                "on_header_end": self._headers.end,
                "on_headers_finished": lambda: self._events.append(self._headers.part()),
                "on_part_data": self._take_data,
                "on_part_end": lambda: self._events.append(_Mark.PART_END),
                "on_end": lambda: self._events.append(_Mark.END),
            },
        )

    async def next_part(self) -> Part | None:
        """Skip what is left of the present part; return the next one, or None after the last.

        Raises `BadForm` when the body is malformed or ends before its closing boundary.
        """
        while await self.read():
            pass
        event = None if self._ended else await self._next()
        self._inside, self._ended = isinstance(event, Part), not isinstance(event, Part)
        return event if isinstance(event, Part) else None

    async def read(self) -> bytes:
        """Return the next bytes of the present part, of any number; none at its end.

        Raises `BadForm` as `next_part` does.
        """
        event = await self._next() if self._inside else b""
        if isinstance(event, bytes):
            return event
        self._inside = False
        return b""

    async def drain(self) -> None:
        """Read what follows the closing boundary, so that the connection can be used again."""
        async for _ in self._chunks:
            pass

    async def _next(self) -> Part | bytes | _Mark:
        while not self._events:
            await self._feed()
        return self._events.popleft()

    async def _feed(self) -> None:
        try:
            self._parser.write(await anext(self._chunks))
        except StopAsyncIteration:
            raise BadForm("It ends before its closing boundary.") from None
        except FormParserError as error:
            raise BadForm(f"{error}.") from error

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._events.append(data[start:end])


class _Headers:
    """The headers of the part that is being read. The parser limits their number and length."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._values: dict[bytes, str] = {}
        self._name, self._value = bytearray(), bytearray()

    def take_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end(self) -> None:
        name = bytes(self._name).lower()
        if name in self._values:
            raise BadForm(f"A part has the header `{name.decode('ascii')}` twice.")
        self._values[name] = _text(bytes(self._value))
        self._name, self._value = bytearray(), bytearray()

    def part(self) -> Part:
        kind, parameters = parse_header(self._values.get(b"content-disposition", ""))
        if kind != "form-data" or "name" not in parameters:
            raise BadForm("A part has no Content-Disposition with its name.")
        if self._values.get(b"content-transfer-encoding", "").strip().lower() not in _UNENCODED:
            raise BadForm("A part has a Content-Transfer-Encoding; send its bytes as they are.")
        content_type = self._values.get(b"content-type", "").strip()
        return Part(parameters["name"], filename_of(parameters), content_type)


def _text(header: bytes) -> str:
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")
