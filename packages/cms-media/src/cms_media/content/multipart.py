"""The form that an upload comes in: one file and a few text fields, read while they arrive."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from cms_media.content.errors import BadForm
from cms_media.content.parameters import boundary_of
from cms_media.content.parts import Part, PartReader

FILE = "file"
MAX_FIELDS = 20
MAX_FIELD_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file on its way: its name and type as the client claims them, and its bytes, once."""

    filename: str
    content_type: str
    chunks: AsyncIterator[bytes]


class UploadForm:
    """A `multipart/form-data` body with exactly one file, in a part named `file`.

    Call `begin`, read the chunks of the file, then call `finish`. `names` are the text fields that
    are known; without them any is taken, for the caller to check. Everything here, reading the
    chunks too, raises `BadForm` for what it can't accept: a text field that is unknown, repeated,
    not UTF-8 or longer than `MAX_FIELD_BYTES`, more than `MAX_FIELDS` of them, none or several
    files, and whatever is malformed or cut off.
    """

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        content_type: str,
        *,
        names: Collection[str] | None = None,
    ) -> None:
        #: The text fields that were read up to now.
        self.fields: dict[str, str] = {}
        self._names = names
        self._parts = PartReader(chunks, boundary_of(content_type))

    async def begin(self) -> IncomingFile:
        """Read up to the first byte of the file."""
        while part := await self._parts.next_part():
            if part.name == FILE:
                return self._incoming(part)
            await self._take_field(part)
        raise BadForm(f"It has no part named `{FILE}`.")

    async def finish(self) -> dict[str, str]:
        """Read what follows the file, and what the caller left of it; return all text fields."""
        while part := await self._parts.next_part():
            if part.name == FILE:
                raise BadForm(f"It has more than one part named `{FILE}`.")
            await self._take_field(part)
        await self._parts.drain()
        return self.fields

    def _incoming(self, part: Part) -> IncomingFile:
        if part.filename is None:
            raise BadForm(f"The part `{FILE}` is a text field: it has no `filename`.")
        return IncomingFile(part.filename, part.content_type, self._bytes())

    async def _bytes(self) -> AsyncIterator[bytes]:
        while data := await self._parts.read():
            yield data

    async def _take_field(self, part: Part) -> None:
        label = f"field `{part.name[:100]}`"
        if self._names is not None and part.name not in self._names:
            raise BadForm(f"There is no {label}.")
        if part.name in self.fields or len(self.fields) >= MAX_FIELDS:
            raise BadForm(f"The {label} is one too many.")
        if part.filename is not None:
            raise BadForm(f"The {label} is not a file.")
        self.fields[part.name] = await self._text(label)

    async def _text(self, label: str) -> str:
        value = bytearray()
        while data := await self._parts.read():
            value += data
            if len(value) > MAX_FIELD_BYTES:
                raise BadForm(f"The {label} is longer than {MAX_FIELD_BYTES} bytes.")
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise BadForm(f"The {label} is not UTF-8.") from error
