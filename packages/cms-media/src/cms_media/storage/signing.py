"""Signs addresses for S3 by AWS Signature Version 4, its variant in the query.

obstore signs too, but can't name the headers of the answer or the parts of the multipart API.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose signature it is, and the region it is good for; `token` is that of a short-lived key.

    Only the id and the region may be shown.
    """

    id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    region: str

    def scope(self, now: datetime) -> str:
        """Return what a signature of that day is limited to."""
        return f"{now:%Y%m%d}/{self.region}/s3/aws4_request"

    def sign(self, text: str, now: datetime) -> str:
        """Return the signature of the text, in hexadecimal."""
        key = f"AWS4{self.secret}".encode()
        for part in self.scope(now).split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def signed(
    method: str,
    url: str,
    query: Mapping[str, str],
    by: Credentials,
    seconds: int,
    now: datetime | None = None,
) -> str:
    """Return the address for this method and query, good for that long from `now` on.

    `url` has its path percent-encoded and no query; S3 accepts at most 604800 seconds.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    parts = urlsplit(url)
    whole = _encoded({**query, **_terms(by, seconds, now)})
    request = f"{method}\n{parts.path}\n{whole}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{now:%Y%m%dT%H%M%SZ}\n{by.scope(now)}\n{digest}"
    return f"{url}?{whole}&X-Amz-Signature={by.sign(text, now)}"


def _terms(by: Credentials, seconds: int, now: datetime) -> dict[str, str]:
    terms = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{by.id}/{by.scope(now)}",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    return terms | ({"X-Amz-Security-Token": by.token} if by.token else {})


def _encoded(query: Mapping[str, str]) -> str:
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)
