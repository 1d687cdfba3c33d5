from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.store import S3Store

from cms_media.storage.bucket import Bucket
from cms_media.storage.signing import Credentials, signed

#: The example in Amazon's description of signatures in the query.
EXAMPLE = Credentials(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "us-east-1"
)


def test_the_signature_is_that_of_amazons_example() -> None:
    url = signed(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {},
        EXAMPLE,
        86400,
        datetime(2013, 5, 24, tzinfo=UTC),
    )

    assert parse_qs(urlsplit(url).query)["X-Amz-Signature"] == [
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    ]


def test_the_address_is_that_of_obstore() -> None:
    bucket = Bucket("name", "a/folder", "http://localhost:9000", "us-east-1", EXAMPLE)
    store = S3Store(
        "name",
        prefix="a/folder",
        endpoint="http://localhost:9000",
        region="us-east-1",
        access_key_id=EXAMPLE.id,
        secret_access_key=EXAMPLE.secret,
        client_options={"allow_http": True},
    )
    theirs = obstore.sign(store, "GET", "ab/key", timedelta(seconds=60))
    date = parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0]

    now = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    mine = signed("GET", bucket.url(bucket.full_key("ab/key")), {}, EXAMPLE, 60, now)

    assert mine == theirs


def test_no_secret_is_shown() -> None:
    assert EXAMPLE.secret not in repr(EXAMPLE)
