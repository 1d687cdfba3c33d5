import asyncio
import threading
import time
import unicodedata

import pytest

from cms_auth.passwords import Argon2Cost, PasswordHasher, Verified

QUICK = Argon2Cost(memory=64, passes=1)
PASSWORD = "vio-let nacht 7 brücke"


async def test_a_digest_verifies_its_password_and_no_other() -> None:
    hasher = PasswordHasher(QUICK)
    digest = await hasher.hash(PASSWORD)
    assert await hasher.verify(PASSWORD, digest) == Verified(ok=True)
    assert await hasher.verify(PASSWORD + " ", digest) == Verified(ok=False)


async def test_the_same_password_never_has_the_same_digest() -> None:
    hasher = PasswordHasher(QUICK)
    assert await hasher.hash(PASSWORD) != await hasher.hash(PASSWORD)


async def test_the_default_cost_is_at_least_what_owasp_asks() -> None:
    digest = await PasswordHasher().hash(PASSWORD)
    algorithm, version, cost = digest.split("$")[1:4]
    assert (algorithm, version) == ("argon2id", "v=19")
    memory, passes, lanes = (int(part.partition("=")[2]) for part in cost.split(","))
    assert memory >= 19 * 1024
    assert passes >= 2
    assert lanes >= 1


async def test_a_digest_of_lower_cost_is_replaced_when_the_password_is_right() -> None:
    old = await PasswordHasher(QUICK).hash(PASSWORD)
    hasher = PasswordHasher(Argon2Cost(memory=128, passes=2))
    verified = await hasher.verify(PASSWORD, old)
    assert verified.ok
    assert verified.new_digest is not None
    assert await hasher.verify(PASSWORD, verified.new_digest) == Verified(ok=True)
    assert await hasher.verify("wrong", old) == Verified(ok=False)


async def test_the_same_characters_typed_otherwise_are_the_same_password() -> None:
    hasher = PasswordHasher(QUICK)
    digest = await hasher.hash(unicodedata.normalize("NFC", PASSWORD))
    assert (await hasher.verify(unicodedata.normalize("NFD", PASSWORD), digest)).ok


@pytest.mark.parametrize("digest", ["", "!", "plain", "$argon2id$", "$2b$12$abcdefghijk", "\ud800"])
async def test_a_digest_that_is_none_matches_nothing(digest: str) -> None:
    assert await PasswordHasher(QUICK).verify(PASSWORD, digest) == Verified(ok=False)


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "x" * 100_000, "\u0301" * 1024])
async def test_no_input_breaks_verification(password: str) -> None:
    hasher = PasswordHasher(QUICK)
    digest = await hasher.hash(PASSWORD)
    assert await hasher.verify(password, digest) == Verified(ok=False)
    assert await hasher.dummy_verify(password) == Verified(ok=False)


@pytest.mark.parametrize("password", ["\ud800", "x" * 100_000])
async def test_what_is_no_text_is_never_hashed(password: str) -> None:
    with pytest.raises(ValueError, match=r"surrogate|long"):
        await PasswordHasher(QUICK).hash(password)


async def test_an_unknown_account_costs_the_same_work() -> None:
    hasher = PasswordHasher()
    digest = await hasher.hash(PASSWORD)

    async def seconds(known: bool) -> float:
        started = time.perf_counter()
        await (hasher.verify("wrong", digest) if known else hasher.dummy_verify("wrong"))
        return time.perf_counter() - started

    known = sorted([await seconds(True) for _ in range(7)])
    unknown = sorted([await seconds(False) for _ in range(7)])
    assert 0.5 < unknown[3] / known[3] < 2.0


async def test_a_rush_takes_few_threads_and_the_event_loop_goes_on() -> None:
    before = set(threading.enumerate())
    hasher = PasswordHasher(threads=2)
    rush = asyncio.gather(*(hasher.dummy_verify(PASSWORD) for _ in range(12)))
    turns = 0
    while not rush.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    assert await rush == [Verified(ok=False)] * 12
    assert len(set(threading.enumerate()) - before) == 2
    hasher.close()


async def test_waiting_calls_are_cancelled_when_it_closes() -> None:
    hasher = PasswordHasher(threads=1)
    calls = [asyncio.ensure_future(hasher.dummy_verify(PASSWORD)) for _ in range(5)]
    await asyncio.sleep(0)
    hasher.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert any(isinstance(result, asyncio.CancelledError) for result in results)
