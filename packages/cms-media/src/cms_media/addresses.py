"""Addresses of files: public ones, and signed ones that expire, for what only authors may see."""

from __future__ import annotations

import time
from urllib.parse import quote
from uuid import UUID

from cms_core import CMS, BadSignature
from cms_media.images.variants import Variant, is_preset
from cms_media.settings import MediaSettings

_FILE = "media.file"
_VARIANT = "media.variant"
_ID = 16


class Addresses:
    """Makes addresses of files, and tells signed ones that are still good."""

    def __init__(self, cms: CMS) -> None:
        self._root = f"{cms.settings.public_url}/media"
        self._settings = cms.plugin_settings(MediaSettings)
        self._signer = cms.signer(_FILE)
        self._variants = cms.signer(_VARIANT)

    def public(self, id: UUID, filename: str) -> str:
        """Where anybody finds a file, once readers see something that refers to it."""
        return f"{self._root}/{id}/{quote(filename)}"

    def signed(self, id: UUID, filename: str) -> str:
        """Where whoever has the address finds a file, for one to two times CMS_MEDIA__LINK_AGE."""
        return f"{self.public(id, filename)}?s={self.signature(id)}"

    def signature(self, id: UUID) -> str:
        """What opens a file, and all of its variants, for that long."""
        # The same for a while: what shows it stays the same too.
        age = self._settings.link_age
        until = (int(time.time()) // age + 2) * age
        return self._signer.sign(id.bytes + until.to_bytes(6, "big"))

    def opens(self, signature: str, id: UUID) -> bool:
        """Whether a signature opens a file now."""
        try:
            payload = self._signer.unsign(signature)
        except BadSignature:
            return False
        is_open = int.from_bytes(payload[_ID:], "big") > time.time()
        return payload[:_ID] == id.bytes and is_open

    def variant(self, id: UUID, filename: str, variant: Variant, signature: str | None) -> str:
        """Where a variant of an image is found, with the signature where it is a private one."""
        # Who could ask for any size at all could keep the server busy: others are signed.
        plain = is_preset(self._settings, variant)
        name = variant.name if plain else self._variants.sign(id.bytes + variant.name.encode())
        private = f"&s={signature}" if signature else ""
        return f"{self.public(id, filename)}?v={quote(name)}{private}"

    def variant_at(self, v: str, id: UUID) -> Variant | None:
        """The variant that an address of a file asks for; None where there is no such address."""
        plain = Variant.named(v)
        if plain is not None:
            return plain if is_preset(self._settings, plain) else None
        try:
            payload = self._variants.unsign(v)
        except BadSignature:
            return None
        return Variant.named(payload[_ID:].decode()) if payload[:_ID] == id.bytes else None
