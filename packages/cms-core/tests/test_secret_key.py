"""The secret key of an embedded CMS, and what counts as weak."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from cms_core.secret_key import (
    WeakSecretKey,
    keep_key,
    key_file,
    require_secret_key,
    with_kept_key,
)
from cms_core.settings import Settings, random_secret


def key_of(settings: Settings) -> str:
    return settings.secret_key.get_secret_value()


def test_a_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    key = key_of(keep_key(settings))
    require_secret_key(with_kept_key(settings))
    assert key_of(keep_key(settings)) == key
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert [path.name for path in settings.data.iterdir()] == ["secret-key"]


def test_commands_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
        made = [pool.submit(keep_key, settings) for pool in (one, two) for _ in range(20)]
    assert len({key_of(each.result()) for each in made}) == 1


def test_a_key_that_is_set_is_used(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, secret_key=SecretStr(random_secret()))
    keep_key(settings.model_copy(update={"secret_key": SecretStr("")}))
    assert keep_key(settings) == settings
    assert with_kept_key(settings) == settings


def test_no_key_is_kept_for_a_shared_database(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url="postgresql://db/cms")
    assert key_of(keep_key(settings)) == ""
    assert not key_file(settings).exists()


@pytest.mark.parametrize(
    "key", ["", "x" * 31, "ab" * 20, "please-changeme-0123456789-abcdefghij", "INSECURE" * 5]
)
def test_missing_short_uniform_and_placeholder_keys_are_weak(key: str) -> None:
    with pytest.raises(WeakSecretKey):
        require_secret_key(Settings(secret_key=SecretStr(key)))
