"""Access tokens (JWT, HS256, type `at+jwt`) and opaque tokens."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from cms_auth.errors import TokenRefused

ALGORITHM = "HS256"
MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says: account, session, validity in Unix seconds, by and for whom."""

    sub: str
    sid: str
    jti: str
    iat: int
    exp: int
    iss: str
    aud: str


class AccessTokens:
    """Issues and verifies access tokens.

    `keys` are secret keys of the installation, the current one first: it signs, and all of them
    verify, so that a change of the key ends nobody's session. `lifetime` is in seconds; so is
    `leeway` (0 to 5), the difference between the clocks of two servers that is put up with.
    """

    def __init__(
        self,
        keys: Sequence[str],
        *,
        issuer: str,
        audience: str,
        lifetime: int = 600,
        leeway: int = 5,
    ) -> None:
        if not keys or not 0 <= leeway <= 5:
            raise ValueError("access tokens need a key, and a leeway of 0 to 5 seconds")
        self.lifetime = lifetime
        self._leeway = leeway
        self._issuer = issuer
        self._audience = audience
        self._signing = _SigningKey.derive(keys[0])
        self._by_header = {key.encoded_header: key for key in map(_SigningKey.derive, keys)}

    def issue(self, sub: str, sid: str, *, now: float) -> str:
        """Return a token for an account and its session; `now` in Unix seconds."""
        jti = secrets.token_urlsafe(12)
        expiry = int(now) + self.lifetime
        claims = AccessClaims(sub, sid, jti, int(now), expiry, self._issuer, self._audience)
        return self._signing.sign(asdict(claims))

    def open(self, token: str) -> AccessClaims:
        """Return what an authentic token says; whether it is still valid, `check_validity` tells.

        Raises `TokenRefused` for whatever reason; which one is nobody's business.
        """
        if len(token) > MAX_LENGTH:
            raise TokenRefused
        # Only the headers that `issue` writes are known, letter by letter. So no header from
        # outside is ever interpreted: not its alg, kid, typ, crit, jwk, jku, x5u or zip.
        key = self._by_header.get(token.partition(".")[0])
        if key is None:
            raise TokenRefused
        claims = _claims(key.open(token))
        if (claims.iss, claims.aud) != (self._issuer, self._audience):
            raise TokenRefused
        return claims

    def check_validity(self, claims: AccessClaims, *, now: float) -> None:
        """Raise `TokenRefused` unless the claims are valid at `now` (Unix seconds).

        Pass the database's moment, by which they were issued: the clocks of processes may differ.
        """
        if not claims.iat - self._leeway <= now < claims.exp + self._leeway:
            raise TokenRefused


class _SigningKey:
    """One key, and the only header that goes with it."""

    def __init__(self, kid: str, key: bytes) -> None:
        self._header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": kid}
        self._key = OctKey.import_key(key)
        self.encoded_header, _, _ = self.sign({}).partition(".")

    @classmethod
    def derive(cls, secret: str) -> "_SigningKey":
        kid = _derive(secret, b"cms-auth access token kid", 8).hex()
        return cls(kid, _derive(secret, b"cms-auth access token key", 32))

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(self._header, claims, self._key, [ALGORITHM])

    def open(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key, [ALGORITHM]).claims
        except (JoseError, ValueError):
            raise TokenRefused from None


def new_opaque_token() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return what is stored of an opaque token: it is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _claims(claims: dict[str, Any]) -> AccessClaims:
    """Check that there are exactly the claims of `AccessClaims`, each of exactly its type."""
    if {name: type(value) for name, value in claims.items()} != AccessClaims.__annotations__:
        raise TokenRefused
    return AccessClaims(**claims)


def _derive(secret: str, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=purpose).derive(secret.encode())
