import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cms_auth.errors import TokenRefused
from cms_auth.tokens import AccessClaims, AccessTokens, digest, new_opaque_token

NOW = 1_800_000_000
KEY = "a secret key of an installation, long enough"
TOKENS = AccessTokens([KEY], issuer="https://cms.example", audience="cms", lifetime=600, leeway=5)
TOKEN = TOKENS.issue("account", "session", now=NOW)
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")


def decode(segment: str) -> dict[str, Any]:
    decoded = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    assert isinstance(decoded, dict)
    return decoded


def encode(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def sign_with_our_key(header: dict[str, Any], claims: object) -> str:
    """Forge as well as anybody could: with the very key of the installation."""
    extracted = hmac.digest(bytes(32), KEY.encode(), hashlib.sha256)
    key = hmac.digest(extracted, b"cms-auth access token key\x01", hashlib.sha256)
    header_segment = HEADER if header == decode(HEADER) else encode(header)
    signed = f"{header_segment}.{encode(claims)}"
    mac = hmac.digest(key, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def verify(token: str, *, now: float = NOW, tokens: AccessTokens = TOKENS) -> AccessClaims:
    """Do all that is done with a token before it is believed."""
    claims = tokens.open(token)
    tokens.check_validity(claims, now=now)
    return claims


def assert_refused(token: str, *, now: float = NOW) -> None:
    with pytest.raises(TokenRefused) as refused:
        verify(token, now=now)
    assert refused.value.detail is None
    assert refused.value.__cause__ is None


def test_a_token_carries_account_and_session() -> None:
    claims = verify(TOKEN)
    assert (claims.sub, claims.sid, claims.iat, claims.exp) == (
        "account",
        "session",
        NOW,
        NOW + 600,
    )


def test_the_header_says_what_kind_of_token_it_is_and_which_key_signed_it() -> None:
    header = decode(HEADER)
    assert header.keys() == {"alg", "typ", "kid"}
    assert (header["alg"], header["typ"]) == ("HS256", "at+jwt")
    assert KEY not in header["kid"]


def test_forging_with_our_own_key_works_in_this_test() -> None:
    verify(sign_with_our_key(decode(HEADER), decode(PAYLOAD)))


def test_two_tokens_differ_though_made_for_the_same_session_in_the_same_second() -> None:
    assert TOKENS.issue("account", "session", now=NOW) != TOKEN


@pytest.mark.parametrize("now", [NOW - 5, NOW, NOW + 604.9])
def test_is_valid_from_its_issue_to_its_expiry_give_or_take_the_leeway(now: float) -> None:
    verify(TOKEN, now=now)


@pytest.mark.parametrize("now", [NOW - 5.1, NOW + 605, NOW + 10**9, float("nan")])
def test_is_refused_before_its_issue_and_after_its_expiry(now: float) -> None:
    assert_refused(TOKEN, now=now)


def test_an_older_key_still_verifies_but_no_longer_signs() -> None:
    rotated = AccessTokens(["a new key", KEY], issuer="https://cms.example", audience="cms")
    assert verify(TOKEN, tokens=rotated).sub == "account"
    assert_refused(rotated.issue("account", "session", now=NOW))


@pytest.mark.parametrize(
    ("key", "issuer", "audience"),
    [
        ("another key", "https://cms.example", "cms"),
        (KEY, "https://other.example", "cms"),
        (KEY, "https://cms.example", "other"),
    ],
)
def test_tokens_of_another_installation_are_refused(key: str, issuer: str, audience: str) -> None:
    other = AccessTokens([key], issuer=issuer, audience=audience)
    assert_refused(other.issue("account", "session", now=NOW))


@pytest.mark.parametrize("claim", ["sub", "sid", "iss", "aud", "iat", "exp", "jti"])
def test_a_missing_claim_is_refused(claim: str) -> None:
    claims = decode(PAYLOAD)
    del claims[claim]
    assert_refused(sign_with_our_key(decode(HEADER), claims))


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": 7},
        {"sub": None},
        {"sub": ["account"]},
        {"sid": {"id": "session"}},
        {"jti": 1},
        {"aud": ["cms"]},
        {"iss": "https://cms.example/"},
        {"exp": str(NOW + 600)},
        {"exp": NOW + 0.5},
        {"exp": True},
        {"exp": float("inf")},
        {"iat": None},
        {"iat": NOW + 100},
        {"role": "admin"},
    ],
    ids=json.dumps,
)
def test_a_claim_of_the_wrong_kind_is_refused(changes: dict[str, object]) -> None:
    assert_refused(sign_with_our_key(decode(HEADER), decode(PAYLOAD) | changes))


@pytest.mark.parametrize("claims", [[], "text", None, 7, {}])
def test_a_payload_that_is_no_set_of_claims_is_refused(claims: object) -> None:
    assert_refused(sign_with_our_key(decode(HEADER), claims))


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": ["HS256"]},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "0000000000000000"},
        {"kid": "../../dev/null"},
        {"kid": {}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"zip": "DEF"},
        {"cty": "JWT"},
    ],
    ids=json.dumps,
)
def test_any_other_header_is_refused_even_with_our_signature(changes: dict[str, object]) -> None:
    assert_refused(sign_with_our_key(decode(HEADER) | changes, decode(PAYLOAD)))


@pytest.mark.parametrize("header", ['["alg"]', '"alg"', "null", "{", "[" * 300, ""])
def test_a_header_that_is_no_header_is_refused(header: str) -> None:
    segment = base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode()
    assert_refused(f"{segment}.{PAYLOAD}.{SIGNATURE}")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        HEADER,
        f"{HEADER}.{PAYLOAD}",
        f"{HEADER}.{PAYLOAD}.",
        f"{HEADER}..{SIGNATURE}",
        f"{TOKEN}.",
        f"{TOKEN}=",
        f" {TOKEN}",
        f"{TOKEN}\n",
        f"{TOKEN}\x00",
        f"{HEADER}.{PAYLOAD}.\ud800",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}é",
        "\ud800",
    ],
)
def test_a_malformed_token_is_refused(token: str) -> None:
    assert_refused(token)


def test_a_token_over_four_kibibytes_is_refused_though_rightly_signed() -> None:
    claims = decode(PAYLOAD)
    assert_refused(sign_with_our_key(decode(HEADER), claims | {"sub": "x" * 4096}))


def test_a_huge_token_is_refused_before_it_is_decoded() -> None:
    huge = f"{HEADER}.{'A' * 50_000_000}.{SIGNATURE}"
    started = time.perf_counter()
    for _ in range(1000):
        assert_refused(huge)
    assert time.perf_counter() - started < 5.0


@given(st.integers(0, len(TOKEN) - 1), st.integers(0, 127))
def test_a_token_with_any_other_character_is_refused(position: int, code: int) -> None:
    mutated = TOKEN[:position] + chr(code) + TOKEN[position + 1 :]
    if mutated != TOKEN:
        assert_refused(mutated)


@given(st.integers(0, len(TOKEN)), st.text(min_size=1, max_size=5))
def test_a_token_with_anything_inserted_is_refused(position: int, text: str) -> None:
    assert_refused(TOKEN[:position] + text + TOKEN[position:])


@given(st.integers(0, len(TOKEN)), st.integers(0, len(TOKEN)))
@example(0, len(TOKEN))
def test_a_token_with_anything_cut_out_is_refused(start: int, end: int) -> None:
    if start < end:
        assert_refused(TOKEN[:start] + TOKEN[end:])


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    header=st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "jwk", "crit", "zip"]) | st.text(max_size=5), _json
    ),
    claims=st.dictionaries(st.sampled_from(["sub", "sid", "exp", "aud"]) | st.text(), _json),
    keep_signature=st.booleans(),
)
def test_edited_fields_are_refused(
    header: dict[str, object], claims: dict[str, object], keep_signature: bool
) -> None:
    edited_header = HEADER if not header else encode(decode(HEADER) | header)
    edited = f"{edited_header}.{encode(decode(PAYLOAD) | claims)}"
    if edited != f"{HEADER}.{PAYLOAD}":
        assert_refused(f"{edited}.{SIGNATURE if keep_signature else ''}")


@pytest.mark.parametrize("leeway", [-1, 6])
def test_the_leeway_is_small(leeway: int) -> None:
    with pytest.raises(ValueError, match="leeway"):
        AccessTokens([KEY], issuer="i", audience="a", leeway=leeway)


def test_no_key_no_tokens() -> None:
    with pytest.raises(ValueError, match="key"):
        AccessTokens([], issuer="i", audience="a")


def test_opaque_tokens_have_256_bits_and_are_never_the_same() -> None:
    tokens = {new_opaque_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(base64.urlsafe_b64decode(token + "=")) == 32 for token in tokens)


def test_the_digest_of_a_token_does_not_show_it() -> None:
    assert digest("token") == hashlib.sha256(b"token").digest()
    assert digest("\ud800") != digest("\ud801")
