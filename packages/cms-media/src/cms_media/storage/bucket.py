"""Which bucket of which S3 holds the objects, and how it is reached."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from obstore.store import S3Store

from cms_media.storage.signing import Credentials

#: Seconds that one request may take.
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the folder in it (without slashes around; may be empty) that is ours.

    `credentials` is None where they are handed out by the machine (a role), known to obstore alone.
    """

    name: str
    folder: str
    endpoint: str
    region: str
    credentials: Credentials | None

    @classmethod
    def from_environment(
        cls, name: str, folder: str, environment: Mapping[str, str] = os.environ
    ) -> "Bucket":
        """Read what AWS's own tools read: `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`…"""
        get = environment.get
        region = get("AWS_REGION") or get("AWS_DEFAULT_REGION") or "us-east-1"
        named = get("AWS_ENDPOINT_URL_S3") or get("AWS_ENDPOINT_URL") or get("AWS_ENDPOINT")
        endpoint = (named or f"https://s3.{region}.amazonaws.com").rstrip("/")
        key, secret = get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")
        token = get("AWS_SESSION_TOKEN") or get("AWS_TOKEN") or ""
        known = Credentials(key, secret, token, region) if key and secret else None
        return cls(name, folder, endpoint, region, known)

    def full_key(self, key: str) -> str:
        """Return the key as the bucket knows it."""
        return f"{self.folder}/{key}" if self.folder else key

    def url(self, full_key: str = "") -> str:
        """Return the address of the bucket or of an object in it; path-style, as all S3s accept."""
        path = quote(full_key, safe="/-._~")
        return f"{self.endpoint}/{self.name}/{path}" if path else f"{self.endpoint}/{self.name}"

    def store(self) -> S3Store:
        """Return obstore's view of the folder; credentials it finds in the environment itself."""
        return S3Store(
            self.name,
            prefix=self.folder or None,
            endpoint=self.endpoint,
            region=self.region,
            virtual_hosted_style_request=False,
            # The bulk API is missing from some S3s, and there is never more than one to delete.
            disable_bulk_delete=True,
            client_options={
                "allow_http": self.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=3),
                "timeout": timedelta(seconds=TIMEOUT),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=TIMEOUT)},
        )
