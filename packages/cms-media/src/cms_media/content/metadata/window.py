"""The part of a passing file that can still be changed, and how it is walked through."""

import re
import sys
from collections.abc import Generator

from cms_media.content.metadata.contraband import Contraband

#: Goes through a file, and pauses whenever it needs more of it.
Walk = Generator[None, None, None]
#: As a length: all that is left.
REST = sys.maxsize
#: Parts of a file that are looked at. No image has as many; hostile ones are made of little else.
MAX_PARTS = 200_000


class WalkEnded(Exception):
    """There is no way on: the file is over, or is not what its format says."""


class TooManyParts(Exception):
    """The file has more parts than any image has."""


class Window:
    """The bytes that are held. Those before `at` are decided; nothing changes their number.

    What takes a length raises `WalkEnded` when the file is over before.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.at = 0
        #: Whether these are the last bytes.
        self.ended = False
        self.contraband = Contraband()
        self._released = 0
        self._parts = 0

    @property
    def position(self) -> int:
        """Where in the file the next byte is."""
        return self._released + self.at

    def release(self) -> bytes:
        """Give away what is decided."""
        decided = bytes(self.data[: self.at])
        del self.data[: self.at]
        self._released += self.at
        self.at = 0
        return decided

    def begin_part(self) -> None:
        """Count the parts that the file is made of. Raises `TooManyParts`."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooManyParts

    def peek(self, length: int) -> Generator[None, None, bytes]:
        """Look at the next bytes; fewer where the file is over before."""
        while len(self.data) - self.at < length and not self.ended:
            yield
        return bytes(self.data[self.at : self.at + length])

    def need(self, length: int) -> Generator[None, None, bytes]:
        """Look at the next bytes."""
        seen = yield from self.peek(length)
        if len(seen) < length:
            raise WalkEnded
        return seen

    def write(self, content: bytes) -> None:
        """Put this in the place of as many bytes that were looked at."""
        place = slice(self.at, self.at + len(content))
        self.contraband.see(bytes(self.data[place]))
        self.data[place] = content
        self.at += len(content)

    def keep(self, length: int) -> Walk:
        """Leave the next bytes as they are."""
        while length > (here := len(self.data) - self.at):
            self.at += here
            length -= here
            yield from self._more()
        self.at += length

    def keep_until(self, pattern: re.Pattern[bytes]) -> Walk:
        """Leave what comes before the first match of a pattern of one or two bytes."""
        while (found := pattern.search(self.data, self.at)) is None:
            # The first of two may be the last that is here.
            self.at = max(self.at, len(self.data) - 1)
            yield from self._more()
        self.at = found.start()

    def blank_until(self, pattern: re.Pattern[bytes]) -> Walk:
        """Overwrite what comes before the first match of a pattern of one byte by zeros."""
        while (found := pattern.search(self.data, self.at)) is None:
            self.write(bytes(len(self.data) - self.at))
            yield from self._more()
        self.write(bytes(found.start() - self.at))

    def blank(self, length: int) -> Walk:
        """Overwrite the next bytes by zeros."""
        while length > (here := len(self.data) - self.at):
            self.write(bytes(here))
            length -= here
            yield from self._more()
        self.write(bytes(length))

    def _more(self) -> Walk:
        if self.ended:
            raise WalkEnded
        yield
