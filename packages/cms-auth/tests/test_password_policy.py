import random
import time
import unicodedata

import pytest

from cms_auth.errors import (
    PasswordCommon,
    PasswordNamesAccount,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnusable,
    WeakPassword,
)
from cms_auth.password_policy import check_password

GOOD = "vio-let nacht 7 brücke"


def check(password: str, email: str = "ann.miller@example.com", name: str = "Ann O'Hara") -> None:
    check_password(password, email=email, name=name)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "correct horse battery staple",
        "sunshine monkey dragon",
        "gT4-xw9!Lq2z",
        "кукушка пляшет в тазу",
        "犬が三匹公園で走っている朝",
        "🐈🚲🌋🪁🥁🧭🪵🛶🎺🧄🫖🦉",
        "x" * 3 + " marks the spot on no map of mine " * 3,
    ],
)
def test_accepts_what_is_long_and_not_common(password: str) -> None:
    check(password)


def test_eleven_characters_are_too_few_and_twelve_enough() -> None:
    with pytest.raises(PasswordTooShort):
        check("gT4-xw9!Lq2")
    check("gT4-xw9!Lq2z")


def test_128_characters_are_enough_and_129_too_many() -> None:
    letters = "".join(random.Random(1).choices("abcdefghijkmnopqrstuvwxyz2345679", k=129))
    check(letters[:128])
    with pytest.raises(PasswordTooLong):
        check(letters)


def test_counts_characters_and_not_the_keys_that_typed_them() -> None:
    decomposed = unicodedata.normalize("NFD", "éàüöñâêîôûç")
    assert len(decomposed) > 12
    with pytest.raises(PasswordTooShort):
        check(decomposed)


@pytest.mark.parametrize("password", ["gT4-xw9!Lq2z\0", "gT4-xw9!Lq2z\ud800", "\udfff" * 12])
def test_refuses_what_cannot_be_stored(password: str) -> None:
    with pytest.raises(PasswordUnusable):
        check(password)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAb",
        "abababababababab",
        "abcdefghijkl",
        "lkjihgfedcba",
        "acegikmoqsuwy",
        "абвгдежзийкл",
        "123456789012",
        "987654321098",
        "112233445566",
        "qwertyuiop[]",
        "qwertyuiopasdfghjkl",
        "1qaz2wsx3edc",
        "zaq12wsxcde3",
        "1q2w3e4r5t6y",
        "!QAZ2wsx#EDC",
        "asdfghjkl;asdfghjkl;",
        "passwordpassword",
        "password1234",
        "Password2026!",
        "P@ssw0rd2026",
        "pa55w0rd!!!!",
        "1234password5678",
        "password 2026-11-23",
        "passwordwelcome",
        "Welcome_Admin_1",
        "letmeinplease",
        "changemechangeme",
        "iloveyou1234",
        "ilovejessica",
        "monkeydragon99",
        "administrator1",
        "MySecretPassword",
        "Summer2026Summer2026",
        "pppaaassswwwooorrrddd",
        "qwertyqwerty1",
        "liverpool1892",
        "passwort12345",
        "парольпароль",
        "gfhjkmgfhjkm",
    ],
)
def test_refuses_what_would_be_guessed_first(password: str) -> None:
    with pytest.raises(PasswordCommon):
        check(password)


@pytest.mark.parametrize(
    "password",
    [
        "ann.miller-7-cranes",
        "MILLER's 7 grey cranes",
        "m1ll3r's 7 grey cranes",
        "seven o'hara cranes",
    ],
)
def test_refuses_the_name_and_the_address_of_the_account(password: str) -> None:
    with pytest.raises(PasswordNamesAccount):
        check(password)


def test_parts_of_the_name_too_short_to_tell_are_no_reason() -> None:
    check("annual bamboo fixture", name="Ann Bo")


def test_every_refusal_is_a_weak_password_with_a_code_of_its_own() -> None:
    codes = {error.code for error in WeakPassword.__subclasses__()}
    assert codes == {
        "password-common",
        "password-names-account",
        "password-too-long",
        "password-too-short",
        "password-unusable",
    }


def test_random_passphrases_are_almost_never_called_common() -> None:
    syllables = [a + b + c for a in "bdfgklmnprstvz" for b in "aeiou" for c in "lnrst"]
    chance = random.Random(3)
    refused = 0
    for _ in range(500):
        try:
            check("-".join("".join(chance.choices(syllables, k=2)) for _ in range(3)))
        except WeakPassword:
            refused += 1
    assert refused <= 1


@pytest.mark.parametrize(
    "password", ["ab1" * 5000, "\u0301\u0323" * 500, "a" * 1024, "abcabd" * 21, "0o" * 64]
)
def test_no_password_takes_long_to_check(password: str) -> None:
    started = time.perf_counter()
    with pytest.raises(WeakPassword):
        check(password)
    assert time.perf_counter() - started < 1.0
