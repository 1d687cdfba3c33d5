import pytest

from cms_media.storage import Storage

from .streams import keys, stream

BAD = [
    "",
    "/etc/passwd",
    "../x",
    "ab/../../x",
    "ab/./x",
    "ab//x",
    "ab/",
    "AB/x",
    "ab/\n",
    "ab/x\0",
    "ab\\x",
    "incoming/x",
    "incoming",
]


@pytest.mark.parametrize("key", BAD)
async def test_a_bad_key_is_not_stored(storage: Storage, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        await storage.put(key, stream(b"x"))

    assert await keys(storage) == []


@pytest.mark.parametrize("key", BAD)
async def test_a_bad_key_is_never_looked_up(storage: Storage, key: str) -> None:
    for use in (storage.size(key), storage.delete(key), anext(storage.read(key, 0, 1))):
        with pytest.raises(ValueError, match="no key"):
            await use


async def test_a_bad_prefix_is_not_listed(storage: Storage) -> None:
    with pytest.raises(ValueError, match="no key"):
        await keys(storage, "../")
