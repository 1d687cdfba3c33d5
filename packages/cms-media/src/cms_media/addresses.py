"""Addresses of files: public ones, and signed ones that expire, for what only authors may see."""

from __future__ import annotations

import time
from urllib.parse import quote
from uuid import UUID

from cms_core import CMS, BadSignature
from cms_media.settings import MediaSettings

_PURPOSE = "media.file"
_ID = 16


class Addresses:
    """Makes addresses of files, and tells signed ones that are still good."""

    def __init__(self, cms: CMS) -> None:
        self._root = f"{cms.settings.public_url}/media"
        self._signer = cms.signer(_PURPOSE)
        self._age = cms.plugin_settings(MediaSettings).link_age

    def public(self, id: UUID, filename: str) -> str:
        """Where anybody finds a file, once readers see something that refers to it."""
        return f"{self._root}/{id}/{quote(filename)}"

    def signed(self, id: UUID, filename: str) -> str:
        """Where whoever has the address finds a file, for one to two times CMS_MEDIA__LINK_AGE."""
        # The same for a while: what shows it stays the same too.
        until = (int(time.time()) // self._age + 2) * self._age
        signature = self._signer.sign(id.bytes + until.to_bytes(6, "big"))
        return f"{self.public(id, filename)}?s={signature}"

    def opens(self, signature: str, id: UUID) -> bool:
        """Whether a signature opens a file now."""
        try:
            payload = self._signer.unsign(signature)
        except BadSignature:
            return False
        is_open = int.from_bytes(payload[_ID:], "big") > time.time()
        return payload[:_ID] == id.bytes and is_open
