"""What other programs would run or unpack, hidden where an image has room for descriptions."""

import re

# A page, a script of a server, a document, the end of an archive: images have none of them. Films
# behind photos have any few bytes by chance, so that none of these is shorter than five.
_SIGNS = re.compile(
    rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]|<iframe[\s>]|<svg[\s>]"
    rb"|<\?php|<\?=[\s\w$('\"]{8}|%pdf-\d|pk\x05\x06\x00{4}|rar!\x1a\x07|7z\xbc\xaf\x27\x1c",
    re.IGNORECASE,
)
#: The longest sign, but for spaces in it.
_LONGEST = 16


class Contraband:
    """Looks at what is taken out of an image."""

    def __init__(self) -> None:
        self.found = False
        self._last = b""

    def see(self, piece: bytes) -> None:
        """Look at the next bytes."""
        if not self.found:
            seen = self._last + piece
            self.found = _SIGNS.search(seen) is not None
            self._last = seen[-_LONGEST:]
