"""Signatures under keys derived from CMS_SECRET_KEY, one key per purpose."""

import base64
import binascii
import hashlib
import hmac


class BadSignature(Exception):
    """The text was not signed by this installation for this purpose."""


class Signer:
    """Signs short payloads for one purpose, such as cursors; the payload stays readable."""

    def __init__(self, secret: str, purpose: str) -> None:
        #: The key of this purpose: 32 bytes.
        self.key = hmac.digest(secret.encode(), f"cms:{purpose}".encode(), "sha256")

    def sign(self, payload: bytes) -> str:
        """Return ``payload`` and its 128-bit signature as URL-safe text."""
        return _text(self._mac(payload) + payload)

    def unsign(self, text: str) -> bytes:
        """Return the payload; raises `BadSignature` for anything not made by `sign`."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadSignature from None
        mac, payload = raw[:16], raw[16:]
        # The encoding ignores trailing bits: only the canonical text of a payload is accepted.
        if not hmac.compare_digest(mac, self._mac(payload)) or _text(raw) != text:
            raise BadSignature
        return payload

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self.key, payload, hashlib.sha256)[:16]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
