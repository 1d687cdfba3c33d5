"""The table of a process: how much it keeps, and what it gives up first."""

from __future__ import annotations

from cms_core.cache.encodings import Variant
from cms_core.cache.entry import OVERHEAD, Entry
from cms_core.cache.memory import LARGEST_SHARE, Memory

SIZE = OVERHEAD + 1000


def entry(key: str, size: int = SIZE) -> Entry:
    return Entry(key, 200, (), bytes(size - OVERHEAD))


def grow(grown: Entry, by: int) -> None:
    grown.variants[b"gzip"] = Variant(b"", (), b"", bytes(by), (), b"")


def kept(memory: Memory, *keys: str) -> list[str]:
    """Which of these keys it has; looking makes no difference to what goes first."""
    return [key for key in keys if key in memory._entries]


def test_it_keeps_no_more_bytes_than_it_may() -> None:
    memory = Memory(10 * SIZE)
    for number in range(50):
        memory.put(entry(f"/{number}"))
    assert len(memory) == 10
    assert memory.used == 10 * SIZE


def test_what_was_not_used_longest_goes_first() -> None:
    memory = Memory(4 * SIZE)
    for key in ("/a", "/b", "/c", "/d"):
        memory.put(entry(key))
    memory.get("/a")
    memory.put(entry("/e"))
    assert kept(memory, "/a", "/b", "/c", "/d", "/e") == ["/a", "/c", "/d", "/e"]


def test_what_would_take_too_large_a_share_is_not_kept() -> None:
    memory = Memory(8 * SIZE)
    for key in ("/a", "/b"):
        memory.put(entry(key))
    memory.put(entry("/huge", 8 * SIZE // LARGEST_SHARE + 1))
    assert kept(memory, "/a", "/b", "/huge") == ["/a", "/b"]
    memory.put(entry("/large", 8 * SIZE // LARGEST_SHARE))
    assert kept(memory, "/large") == ["/large"]


def test_an_entry_takes_the_place_of_the_one_before() -> None:
    memory = Memory(10 * SIZE)
    memory.put(entry("/a"))
    newer = entry("/a", 2 * SIZE)
    memory.put(newer)
    assert memory.get("/a") is newer
    assert memory.used == 2 * SIZE


def test_what_has_grown_pushes_others_out() -> None:
    memory = Memory(4 * SIZE)
    entries = [entry(key) for key in ("/a", "/b", "/c", "/d")]
    for each in entries:
        memory.put(each)
    grow(entries[3], 10)
    assert entries[3].size == SIZE + 10
    memory.recount(entries[3])
    # It has outgrown its share.
    assert memory.used == 3 * SIZE

    grow(entries[0], 10)
    larger = Memory(8 * SIZE)
    for number in range(7):
        larger.put(entry(f"/{number}"))
    larger.put(entries[1])
    grow(entries[1], 10)
    larger.recount(entries[1])
    assert kept(larger, "/0", "/1", "/b") == ["/1", "/b"]
    assert larger.used == 7 * SIZE + 10


def test_what_was_replaced_does_not_come_back_by_growing() -> None:
    memory = Memory(10 * SIZE)
    before, after = entry("/a"), entry("/a")
    memory.put(before)
    memory.put(after)
    grow(before, 10)
    memory.recount(before)
    assert memory.get("/a") is after


def test_a_table_of_no_bytes_keeps_nothing() -> None:
    memory = Memory(0)
    memory.put(entry("/a"))
    assert memory.get("/a") is None
    assert (len(memory), memory.used) == (0, 0)


def test_what_is_dropped_takes_no_bytes() -> None:
    memory = Memory(10 * SIZE)
    for key in ("/a", "/b", "/c"):
        memory.put(entry(key))
    memory.drop("/a")
    memory.drop("/none")
    assert (len(memory), memory.used) == (2, 2 * SIZE)
    memory.clear()
    assert (len(memory), memory.used) == (0, 0)
